package emulator_test

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"wps/emulator"
)

// attrWatcher is a log handler that looks at the text of every attribute.
type attrWatcher func(message, key, text string)

func (attrWatcher) Enabled(context.Context, slog.Level) bool { return true }
func (w attrWatcher) WithAttrs([]slog.Attr) slog.Handler     { return w }
func (w attrWatcher) WithGroup(string) slog.Handler          { return w }

func (w attrWatcher) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool { w(r.Message, a.Key, a.Value.String()); return true })
	return nil
}

// TestLogLines proves that an error in a log is one line: of a request with
// several faults, and of a handler that panics with a text of its own.
func TestLogLines(t *testing.T) {
	t.Parallel()
	found := make(chan string, 16)
	log := attrWatcher(func(message, key, text string) {
		if key != "error" && (key != "reason" || message != "connection closed") {
			return
		}
		if strings.ContainsAny(text, "\r\n\x1b") {
			t.Errorf("%s: the error %q is not one line", message, text)
		}
		found <- message
	})
	panics := &handler{reply: func(http.ResponseWriter, *http.Request) { panic("first\r\nsecond\x1b[31m") }}
	inBubble(t, emulator.Options{Logger: slog.New(log), Hubs: hubs(everything(panics))}, func(t *testing.T, b *bubble) {
		c, _ := b.dialJSON(clientOptions{hub: "other"})
		c.send(`{"type":"joinGroup","group":"","ackId":-1}`)
		c.expectClose(1007, "The client message is not a valid JSON protocol message.")
		if _, _, err := b.dialTry(clientOptions{}); err == nil {
			t.Error("a client connected although the connect event failed")
		}
		synctest.Wait()
	})
	if len(found) < 2 {
		t.Errorf("%d errors were logged, want that of the request and that of the handler", len(found))
	}
}
