package hooks

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"

	"wps/cmd/internal/cli"
	"wps/cmd/internal/stdio"
	"wps/cmd/internal/traffictext"
	"wps/internal/feed"
	"wps/protocol"
	"wps/trigger"
)

// eventLog logs events: as lines of text on stderr, each with its time, or as a JSON
// object for each answered event on stdout. It may be used concurrently.
type eventLog struct {
	out   *cli.Printer
	log   *slog.Logger
	feed  *feed.Feed // also gets the objects; nil for none
	quiet bool       // log only problems
	json  bool
	data  bool // also the data of events and answers
	mu    sync.Mutex

	guarded map[string]bool // hubs, in lower case, with a hook for connect if others have none; else nil
	warned  sync.Once       // of a client of another hub
}

// newEventLog returns an eventLog; a quiet one logs only problems, on stderr.
func newEventLog(o *Options, data bool) *eventLog {
	out := o.Env.Out
	return &eventLog{out: out, log: o.Env.Log, feed: o.Feed, data: data, quiet: o.Quiet || out.Quiet, json: out.JSON() && !o.Quiet}
}

// observe sets the functions of a handler that report to l.
func (l *eventLog) observe(o *trigger.Options) {
	o.OnAnswer, o.OnRefused = l.answered, l.refused
	if l.data {
		o.OnData = l.arrived
	} else {
		o.OnEvent = l.received
	}
}

// received logs that an event was received.
func (l *eventLog) received(c *protocol.EventContext) {
	if l.json || l.quiet {
		return
	}
	l.line(l.arrow("-->") + " " + l.fitting(c, "-->"))
}

// arrived logs an event with its data.
func (l *eventLog) arrived(ev *trigger.Event) {
	if l.json || l.quiet {
		return
	}
	text := l.arrow("-->") + " " + l.fitting(&ev.EventContext, "-->")
	if o := eventObject(trigger.Report{Event: &ev.EventContext, Received: ev}); o.Payload != nil && o.Bytes > 0 {
		text += l.below(traffictext.Data(o))
	}
	l.line(text)
}

// below returns data as lines below the line of its event.
func (l *eventLog) below(data []byte, left string) string {
	const indent = "             " // as wide as the time
	return "\n" + indent + stdio.CleanLines(string(data), indent) + l.out.StderrColors.Dim(left)
}

func (l *eventLog) arrow(text string) string { return l.out.StderrColors.Name(text) }

// fitting returns the text for an event in a line, so short that it fits a terminal
// after the time and what else precedes it.
func (l *eventLog) fitting(c *protocol.EventContext, before string) string {
	name, width := stdio.Clean(eventName(c)), l.out.Stderr.Width()
	if width == 0 {
		return name
	}
	left := width - len(cli.TimeFormat) - 1 - stdio.Columns(before) - 1
	if id := []rune(stdio.Clean(c.ConnectionID)); stdio.Columns(name) > left && len(id) > shortID {
		name = strings.Replace(name, string(id), string(id[:shortID])+"…", 1)
	}
	return stdio.Cut(name, max(left, 1))
}

// shortID is how much of a connection id is shown where the width is too small.
const shortID = 8

// eventName returns the text for an event in a line: "connect chat c1 u1".
func eventName(c *protocol.EventContext) string {
	words := []string{c.Event, c.Hub, c.ConnectionID}
	if c.UserID != "" {
		words = append(words, c.UserID)
	}
	return strings.Join(words, " ")
}

// answered logs how an event was answered.
func (l *eventLog) answered(r trigger.Report) {
	if l.feed != nil {
		l.feed.Publish(eventObject(r))
	}
	l.warnUnguarded(r)
	switch {
	case l.json:
		l.object(r)
	case !l.quiet || r.Problem != "":
		l.line(l.answerText(r))
	}
}

// warnUnguarded warns once of a client that is accepted because only the connect
// events of other hubs have a hook.
func (l *eventLog) warnUnguarded(r trigger.Report) {
	c := r.Event
	if l.guarded == nil || c.Kind != protocol.EventSystem || c.Event != protocol.EventConnect || l.guarded[strings.ToLower(c.Hub)] {
		return
	}
	l.warned.Do(func() {
		l.out.Warn(fmt.Sprintf("no hook for connect events of hub %q: its clients are accepted; --strict refuses them", c.Hub))
	})
}

func (l *eventLog) answerText(r trigger.Report) string {
	status := l.out.StderrColors.Good(fmt.Sprint(r.Status))
	if r.Status >= 300 {
		status = l.out.StderrColors.Bad(fmt.Sprint(r.Status))
	}
	took := cli.FormatDuration(r.Took)
	name := l.fitting(r.Event, fmt.Sprint("<-- ", r.Status, " ", took))
	text := fmt.Sprintf("%s %s %s %s", l.arrow("<--"), status, took, l.out.StderrColors.Dim(name))
	if r.Repeated {
		text += " (repeated event, same answer)"
	}
	if r.Problem != "" {
		text += ": " + stdio.Clean(strings.ReplaceAll(r.Problem, "\n", "; "))
	}
	if l.data && r.Problem == "" && len(r.Body) > 0 {
		text += l.below(traffictext.Reply(eventObject(r)))
	}
	return text
}

func (l *eventLog) object(r trigger.Report) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.out.PrintJSON(eventObject(r)); err != nil {
		l.log.Error("event not printed", "error", err)
	}
}

// refused publishes a request that is no valid event. The handler has logged it.
func (l *eventLog) refused(r trigger.Refusal) {
	if l.feed != nil {
		l.feed.Publish(refusedObject(r))
	}
}

// stderr logs a line that a hook wrote to its standard error.
func (l *eventLog) stderr(hook, line string) {
	const maxName = 30 // a hook may be a whole script
	if first, _, more := strings.Cut(hook, "\n"); more || len(first) > maxName {
		hook = first[:min(len(first), maxName)] + "..."
	}
	l.line(l.out.StderrColors.Dim(stdio.Clean(hook)+" |") + " " + stdio.Clean(line))
}

// logger returns the logger of :log, which logs at every level.
func (l *eventLog) logger() *slog.Logger { return l.out.ServeLogger() }

func (l *eventLog) line(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintln(l.out.Stderr, l.out.StderrColors.Dim(cli.Clock())+" "+text)
}
