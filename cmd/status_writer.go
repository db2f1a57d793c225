package cmd

import (
	"io"
	"sync"
)

// clearLine erases the current line of a terminal, with the ^C that the terminal
// adds to it.
const clearLine = "\x1b[2K\r"

// statusWriter is stderr: one writer for messages, warnings, logs and a status
// line, such as a progress bar, that is erased before anything else is written
// and drawn again after it. It may be used concurrently.
type statusWriter struct {
	w io.Writer

	mu     sync.Mutex
	status string // what is drawn; "" is nothing
}

func newStatusWriter(w io.Writer) *statusWriter { return &statusWriter{w: w} }

// Write implements io.Writer. It keeps the status line below what is written.
func (s *statusWriter) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.status == "" {
		return s.w.Write(b)
	}
	whole := clearLine + string(b)
	if len(b) > 0 && b[len(b)-1] == '\n' {
		whole += s.status
	} else {
		s.status = ""
	}
	if _, err := io.WriteString(s.w, whole); err != nil {
		return 0, err
	}
	return len(b), nil
}

// setStatus draws a status line in place of the one before; "" erases it. It
// must fit in one line of the terminal. A terminal that is gone is ignored: what
// the status is about goes on.
func (s *statusWriter) setStatus(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if text == "" && s.status == "" {
		return
	}
	s.status = text
	_, _ = io.WriteString(s.w, clearLine+text)
}
