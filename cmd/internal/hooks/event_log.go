package hooks

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"wps/cmd/internal/cli"
	"wps/protocol"
	"wps/trigger"
)

// eventLog logs events: as lines of text on stderr, or as a JSON object for each
// answered event on stdout. It may be used concurrently.
type eventLog struct {
	out   *cli.Printer
	log   *slog.Logger
	quiet bool // log only problems
	json  bool
	mu    sync.Mutex
}

// newEventLog returns an eventLog; a quiet one logs only problems, on stderr.
func newEventLog(env *cli.Env, quiet bool) *eventLog {
	return &eventLog{out: env.Out, log: env.Log, quiet: quiet || env.Out.Quiet, json: env.Out.JSON() && !quiet}
}

// received logs that an event was received.
func (l *eventLog) received(c *protocol.EventContext) {
	if l.json || l.quiet {
		return
	}
	l.line(l.out.StderrColors.Name("-->") + " " + cli.Clean(eventName(c)))
}

// eventName returns the text for an event in a line: "connect chat c1 u1".
func eventName(c *protocol.EventContext) string {
	words := []string{c.Event, c.Hub, c.ConnectionID}
	if c.UserID != "" {
		words = append(words, c.UserID)
	}
	return strings.Join(words, " ")
}

// answeredEvent is the JSON object of an event and its answer.
type answeredEvent struct {
	Type         string             `json:"type"`
	Time         time.Time          `json:"time"`
	EventType    protocol.EventKind `json:"eventType"`
	Event        string             `json:"event"`
	Hub          string             `json:"hub"`
	ConnectionID string             `json:"connectionId"`
	UserID       string             `json:"userId,omitempty"`
	EventID      string             `json:"eventId,omitempty"`
	Hook         string             `json:"hook,omitempty"`
	Status       int                `json:"status"`
	Milliseconds float64            `json:"milliseconds"`
	Repeated     bool               `json:"repeated,omitempty"`
	Error        string             `json:"error,omitempty"`
}

// answered logs how an event was answered.
func (l *eventLog) answered(r trigger.Report) {
	if l.json {
		l.object(r)
		return
	}
	if l.quiet && r.Problem == "" {
		return
	}
	status := l.out.StderrColors.Good(fmt.Sprint(r.Status))
	if r.Status >= 300 {
		status = l.out.StderrColors.Bad(fmt.Sprint(r.Status))
	}
	text := fmt.Sprintf("%s %s %s %s", l.out.StderrColors.Name("<--"), status, cli.FormatDuration(r.Took), l.out.StderrColors.Dim(cli.Clean(eventName(r.Event))))
	if r.Repeated {
		text += " (repeated event, same answer)"
	}
	if r.Problem != "" {
		text += ": " + cli.Clean(strings.ReplaceAll(r.Problem, "\n", "; "))
	}
	l.line(text)
}

func (l *eventLog) object(r trigger.Report) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := r.Event
	err := l.out.PrintJSON(answeredEvent{
		Type: "event", Time: time.Now().UTC().Truncate(time.Millisecond), EventType: c.Kind, Event: c.Event, Hub: c.Hub,
		ConnectionID: c.ConnectionID, UserID: c.UserID, EventID: c.ID, Hook: r.Hook, Status: r.Status,
		Milliseconds: float64(r.Took.Microseconds()) / 1000, Repeated: r.Repeated, Error: r.Problem,
	})
	if err != nil {
		l.log.Error("event not printed", "error", err)
	}
}

// stderr logs a line that a hook wrote to its standard error.
func (l *eventLog) stderr(hook, line string) {
	const maxName = 30 // a hook may be a whole script
	if first, _, more := strings.Cut(hook, "\n"); more || len(first) > maxName {
		hook = first[:min(len(first), maxName)] + "..."
	}
	l.line(l.out.StderrColors.Dim(cli.Clean(hook)+" |") + " " + cli.Clean(line))
}

// logger returns the logger of :log, which logs at every level.
func (l *eventLog) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(lineWriter{l}, nil))
}

type lineWriter struct{ l *eventLog }

// Write implements io.Writer.
func (w lineWriter) Write(b []byte) (int, error) {
	w.l.line(strings.TrimSuffix(string(b), "\n"))
	return len(b), nil
}

func (l *eventLog) line(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintln(l.out.Stderr, text)
}
