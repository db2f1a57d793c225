package cli

import (
	"io"
	"sync"
)

// ClearLine erases the current line of a terminal, including the ^C that the
// terminal echoes.
const ClearLine = "\x1b[2K\r"

// StatusWriter is stderr: one writer for messages, warnings, logs and a status
// line, such as a progress bar, which is erased before anything else is written
// and drawn again after it. It may be used concurrently.
type StatusWriter struct {
	w io.Writer

	mu     sync.Mutex
	status string // the status line that is drawn; "" for none
}

// NewStatusWriter returns a StatusWriter that writes to w.
func NewStatusWriter(w io.Writer) *StatusWriter { return &StatusWriter{w: w} }

// Width returns the width of the terminal in columns; 0 if it is unknown or the
// stream is not a terminal.
func (s *StatusWriter) Width() int { return terminalWidth(s.w) }

// Write implements io.Writer. It keeps the status line below what is written.
func (s *StatusWriter) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.status == "" {
		return s.w.Write(b)
	}
	text := ClearLine + string(b)
	if len(b) > 0 && b[len(b)-1] == '\n' {
		text += s.status
	} else {
		s.status = ""
	}
	if _, err := io.WriteString(s.w, text); err != nil {
		return 0, err
	}
	return len(b), nil
}

// SetStatus replaces the status line; "" erases it. The text must fit in one line
// of the terminal. An error of the terminal is ignored: it must not stop the work
// whose status is shown.
func (s *StatusWriter) SetStatus(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if text == "" && s.status == "" {
		return
	}
	s.status = text
	_, _ = io.WriteString(s.w, ClearLine+text)
}
