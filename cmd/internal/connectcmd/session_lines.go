package connectcmd

import (
	"fmt"

	"wps/cmd/internal/cli"
)

// lineTally counts lines of standard input. It is good to read when all that
// send and wait have ended.
type lineTally struct {
	sent, acked int
	unsent      bool // one was read and could not be sent
	ended       bool // there were no more
}

// tellLines says how far the input was sent when the session ended before it.
func (s *session) tellLines() {
	l := s.lines
	if s.o.simple() {
		l.acked = l.sent // there are no acks to wait for
	}
	if l.acked == l.sent && !l.unsent {
		return
	}
	text := fmt.Sprintf("%s acknowledged", cli.Plural(l.acked, "line"))
	if s.o.simple() {
		text = fmt.Sprintf("%s sent", cli.Plural(l.sent, "line"))
	}
	if more := l.sent - l.acked; more > 0 {
		text += fmt.Sprintf(", %d more under way", more)
	}
	if !l.ended {
		text += ", the rest of the input not sent"
	}
	s.env.Out.Say("%s", text)
}
