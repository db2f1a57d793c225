package connectcmd

import (
	"fmt"

	"wps/cmd/internal/cli"
)

// lineTally counts lines of standard input. Two goroutines write it, and it may be
// read when both have ended.
type lineTally struct {
	sent, acked int
	unsent      bool // a line was read and could not be sent
	ended       bool // the input was read to its end
}

// text returns how much of the input was sent, "" if all of it was. simple is that
// of a simple client, which gets no acks.
func (l lineTally) text(simple bool) string {
	if simple {
		l.acked = l.sent
	}
	if l.acked == l.sent && !l.unsent {
		return ""
	}
	text := fmt.Sprintf("%s acknowledged", cli.Plural(l.acked, "line"))
	if simple {
		text = fmt.Sprintf("%s sent", cli.Plural(l.sent, "line"))
	}
	if more := l.sent - l.acked; more > 0 {
		text += fmt.Sprintf(", %d more in flight", more)
	}
	if !l.ended {
		text += ", the rest of the input not sent"
	}
	return text
}
