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

// eventLog tells of each event: lines for people on stderr, or an object for
// each answered event on stdout. Safe for concurrent use.
type eventLog struct {
	env   *cli.Env
	quiet bool // tell of problems only
	json  bool
	mu    sync.Mutex
}

// event tells that an event came.
func (l *eventLog) event(c *protocol.EventContext) {
	if l.json || l.quiet {
		return
	}
	l.line(l.env.Out.ErrColors.Name("-->") + " " + cli.Clean(eventName(c)))
}

// eventName names an event in a line: "connect chat c1 u1".
func eventName(c *protocol.EventContext) string {
	words := []string{c.Event, c.Hub, c.ConnectionID}
	if c.UserID != "" {
		words = append(words, c.UserID)
	}
	return strings.Join(words, " ")
}

// answeredEvent is the JSON of an event and what became of it.
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

// answer tells what became of an event.
func (l *eventLog) answer(r trigger.Report) {
	if l.json {
		l.object(r)
		return
	}
	if l.quiet && r.Problem == "" {
		return
	}
	status := l.env.Out.ErrColors.Good(fmt.Sprint(r.Status))
	if r.Status >= 300 {
		status = l.env.Out.ErrColors.Bad(fmt.Sprint(r.Status))
	}
	text := fmt.Sprintf("%s %s %s %s", l.env.Out.ErrColors.Name("<--"), status, cli.ShortDuration(r.Took), l.env.Out.ErrColors.Dim(cli.Clean(eventName(r.Event))))
	if r.Repeated {
		text += " (repeated, the first answer)"
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
	err := l.env.Out.PrintJSON(answeredEvent{
		Type: "event", Time: time.Now().UTC().Truncate(time.Millisecond), EventType: c.Kind, Event: c.Event, Hub: c.Hub,
		ConnectionID: c.ConnectionID, UserID: c.UserID, EventID: c.ID, Hook: r.Hook, Status: r.Status,
		Milliseconds: float64(r.Took.Microseconds()) / 1000, Repeated: r.Repeated, Error: r.Problem,
	})
	if err != nil {
		l.env.Log.Error("event not printed", "error", err)
	}
}

// stderr shows a line that a hook wrote there.
func (l *eventLog) stderr(hook, line string) {
	const longest = 30 // a whole script may be a hook
	if first, _, more := strings.Cut(hook, "\n"); more || len(first) > longest {
		hook = first[:min(len(first), longest)] + "..."
	}
	l.line(l.env.Out.ErrColors.Dim(cli.Clean(strings.ToValidUTF8(hook, ""))+" |") + " " + cli.Clean(strings.ToValidUTF8(line, "\uFFFD")))
}

// logger is where :log writes: it is wanted, whatever the level of other logs.
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
	fmt.Fprintln(l.env.Out.Stderr, text)
}
