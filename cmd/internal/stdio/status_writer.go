package stdio

import (
	"io"
	"sync"
)

// ClearLine erases the current line of a terminal, including the ^C that the
// terminal echoes.
const ClearLine = "\x1b[2K\r"

// StatusWriter is stderr: one writer for messages, warnings, logs and a status
// line, such as a progress bar, which is erased before anything else is written
// and drawn again after it. A stream that is not read delays a write for a moment
// only: what does not fit in memory until it is read again is dropped and counted.
// It may be used concurrently.
type StatusWriter struct {
	stream io.Writer // what it was made for
	out    *Writer

	mu     sync.Mutex
	status string // the status line that is drawn; "" for none
}

// NewStatusWriter returns a StatusWriter that writes to w. When lines had to be
// dropped, what dropped returns for their number is written in their place; nil: nothing.
func NewStatusWriter(w io.Writer, dropped func(lines int) []byte) *StatusWriter {
	out := NewWriter(w)
	out.DropUnread(dropped)
	return &StatusWriter{stream: w, out: out}
}

// Stream returns the stream itself, for another process to write to.
func (s *StatusWriter) Stream() io.Writer { return s.stream }

// Width returns the width of the terminal in columns; 0 if it is unknown or the
// stream is not a terminal.
func (s *StatusWriter) Width() int { return Width(s.stream) }

// Write implements io.Writer. It keeps the status line below what is written.
func (s *StatusWriter) Write(b []byte) (int, error) { return s.write(b, false) }

// WriteAlways is Write for what is never dropped, such as the error of a command.
func (s *StatusWriter) WriteAlways(b []byte) (int, error) { return s.write(b, true) }

// Redirect makes w what is written to, after what was written before; nil is the
// stream that s was made for.
func (s *StatusWriter) Redirect(w io.Writer) {
	if w == nil {
		w = s.stream
	}
	s.out.Redirect(w)
}

// OnFailure calls failed with the error of each write that fails.
func (s *StatusWriter) OnFailure(failed func(error)) { s.out.OnFailure(failed) }

// Flush waits until all is written, for at most a second.
func (s *StatusWriter) Flush() { s.out.Flush() }

// write writes b, which is never dropped if must is true.
func (s *StatusWriter) write(b []byte, must bool) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.status == "" {
		return s.out.write(b, must)
	}
	text := ClearLine + string(b)
	if len(b) > 0 && b[len(b)-1] == '\n' {
		text += s.status
	} else {
		s.status = ""
	}
	if _, err := s.out.write([]byte(text), must); err != nil {
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
	_, _ = io.WriteString(s.out, ClearLine+text)
}
