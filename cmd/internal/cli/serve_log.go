package cli

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"sync"
	"time"

	"wps/cmd/internal/stdio"
)

// TimeFormat is the time in front of each line of a command that runs until it is
// stopped.
const TimeFormat = "15:04:05.000"

// serveHandler writes log records as lines of a command that runs until it is
// stopped, in the style of its own: the time, the level if it is a problem, the
// message, the attributes.
type serveHandler struct {
	slog.Handler // writes the attributes to text
	shared       *serveLog
}

// serveLog is what a handler and those made of it share.
type serveLog struct {
	out  io.Writer
	mu   sync.Mutex
	text bytes.Buffer
}

// newServeLogger returns a logger for out.
func newServeLogger(out io.Writer, level slog.Level) *slog.Logger {
	shared := &serveLog{out: out}
	attributes := slog.NewTextHandler(&shared.text, &slog.HandlerOptions{Level: level, ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) == 0 && (a.Key == slog.TimeKey || a.Key == slog.LevelKey || a.Key == slog.MessageKey) {
			return slog.Attr{}
		}
		return a
	}})
	return slog.New(serveHandler{attributes, shared})
}

// Handle implements slog.Handler.
func (h serveHandler) Handle(ctx context.Context, r slog.Record) error {
	h.shared.mu.Lock()
	defer h.shared.mu.Unlock()
	h.shared.text.Reset()
	if err := h.Handler.Handle(ctx, r); err != nil {
		return err
	}
	line := r.Time.Format(TimeFormat) + " " + levelText(r.Level) + stdio.Clean(r.Message)
	if attributes := bytes.TrimSpace(h.shared.text.Bytes()); len(attributes) > 0 {
		line += " " + stdio.Clean(string(attributes))
	}
	_, err := io.WriteString(h.shared.out, line+"\n")
	return err
}

// WithAttrs implements slog.Handler.
func (h serveHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return serveHandler{h.Handler.WithAttrs(attrs), h.shared}
}

// WithGroup implements slog.Handler.
func (h serveHandler) WithGroup(name string) slog.Handler {
	return serveHandler{h.Handler.WithGroup(name), h.shared}
}

func levelText(l slog.Level) string {
	switch {
	case l >= slog.LevelError:
		return "error: "
	case l >= slog.LevelWarn:
		return "warning: "
	}
	return ""
}

// ServeLogger returns a logger of lines with the time in front, at every level.
func (p *Printer) ServeLogger() *slog.Logger { return newServeLogger(p.Stderr, slog.LevelDebug) }

// Clock returns the time as it is in front of a line.
func Clock() string { return time.Now().Format(TimeFormat) }
