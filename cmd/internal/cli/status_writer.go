package cli

import (
	"io"
	"sync"
)

// ClearLine erases the current line of a terminal, with the ^C that the terminal
// adds to it.
const ClearLine = "\x1b[2K\r"

// StatusWriter is stderr: one writer for messages, warnings, logs and a status
// line, such as a progress bar, that is erased before anything else is written
// and drawn again after it. It may be used concurrently.
type StatusWriter struct {
	Underlying io.Writer

	mu     sync.Mutex
	status string // what is drawn; "" is nothing
}

// NewStatusWriter returns a StatusWriter over w.
func NewStatusWriter(w io.Writer) *StatusWriter { return &StatusWriter{Underlying: w} }

// Write implements io.Writer. It keeps the status line below what is written.
func (s *StatusWriter) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.status == "" {
		return s.Underlying.Write(b)
	}
	whole := ClearLine + string(b)
	if len(b) > 0 && b[len(b)-1] == '\n' {
		whole += s.status
	} else {
		s.status = ""
	}
	if _, err := io.WriteString(s.Underlying, whole); err != nil {
		return 0, err
	}
	return len(b), nil
}

// SetStatus draws a status line in place of the one before; "" erases it. It
// must fit in one line of the terminal. A terminal that is gone is ignored: what
// the status is about goes on.
func (s *StatusWriter) SetStatus(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if text == "" && s.status == "" {
		return
	}
	s.status = text
	_, _ = io.WriteString(s.Underlying, ClearLine+text)
}
