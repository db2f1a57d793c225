// Package traffictext prints traffic objects for people: one line each, with its
// time, its kind in a color, and on a terminal only as wide as the terminal.
//
// It hides what of an object is worth a place in the line, and how payloads are
// shown. Objects are made and filtered elsewhere.
//
//	p := traffictext.NewPrinter(env.Out, data)
//	err := p.Print(object)
package traffictext

import (
	"fmt"
	"slices"
	"strings"

	"wps/cmd/internal/cli"
	"wps/cmd/internal/stdio"
	"wps/protocol"
	"wps/protocol/traffic"
)

// Printer prints objects to stdout.
type Printer struct {
	out  *cli.Printer
	data bool // also payloads
}

// NewPrinter returns a printer; data adds payloads and answers.
func NewPrinter(out *cli.Printer, data bool) *Printer {
	return &Printer{out: out, data: data}
}

// Print prints an object: JSON as it is, or a line of text. On a terminal, payloads
// are on lines of their own below it; in a pipe they are quoted at its end.
func (p *Printer) Print(o *traffic.Object) error {
	if p.out.JSON() {
		return p.out.PrintJSON(o)
	}
	if !p.out.StdoutIsTerminal() {
		line := strings.Join(append(head(o), words(o, false)...), " ")
		for _, x := range p.payloads(o) {
			line += fmt.Sprintf(" %s%q%s", x.mark, x.data, x.note)
		}
		return p.out.PrintLine(line)
	}
	width := p.out.StdoutWidth() // that may have changed since the last line
	text := p.line(o, width)
	for _, x := range p.payloads(o) {
		text += "\n" + p.below(x, width)
	}
	return p.out.PrintLine(text)
}

// below returns a payload as lines below the line of its object. A line wider than
// the terminal goes on below itself, with an indent that distinguishes it from one of wps.
func (p *Printer) below(x payload, width int) string {
	const begin, indent = "  ", "    "
	lines := strings.Split(stdio.CleanLines(string(x.data), ""), "\n")
	lines[0] = x.mark + lines[0]
	lines[len(lines)-1] += x.note
	if width >= narrowest {
		lines = wrap(lines, width-len(indent))
	}
	dim := p.out.StdoutColors.Dim
	lines[0] = dim(x.mark) + strings.TrimPrefix(lines[0], x.mark)
	if last := lines[len(lines)-1]; x.note != "" && strings.HasSuffix(last, x.note) {
		lines[len(lines)-1] = strings.TrimSuffix(last, x.note) + dim(x.note)
	}
	return begin + strings.Join(lines, "\n"+indent)
}

func wrap(lines []string, columns int) (wrapped []string) {
	for _, line := range lines {
		wrapped = append(wrapped, stdio.Wrap(line, columns)...)
	}
	return wrapped
}

// narrowest is the least width of a terminal on which lines begin with the time, and
// payloads are wrapped.
const narrowest = 40

// line returns the line of an object for a terminal: clean, cut to its width unless
// that is 0, with the type in a color.
func (p *Printer) line(o *traffic.Object, width int) string {
	parts, colors := head(o), p.out.StdoutColors
	clock, kind, rest := parts[0]+" ", parts[1], " "+stdio.Clean(strings.Join(words(o, true), " "))
	if width > 0 && width < narrowest {
		clock, kind = "", strings.TrimRight(kind, " ")
	}
	if width > 0 {
		kind = stdio.Cut(kind, width)
		rest = stdio.Cut(rest, width-len(clock)-stdio.Columns(kind))
	}
	return colors.Dim(clock) + p.paint(o, kind) + rest
}

// Types of objects by their color; others have that of a name.
var (
	good  = []traffic.Type{traffic.Opened, traffic.Recovered, traffic.Joined, traffic.REST, traffic.TunnelOpened}
	quiet = []traffic.Type{traffic.Closed, traffic.Left, traffic.TunnelClosed, traffic.Dropped}
)

// paint colors the type of an object.
func (p *Printer) paint(o *traffic.Object, text string) string {
	colors := p.out.StdoutColors
	switch {
	case isBad(o):
		return colors.Bad(text)
	case slices.Contains(good, o.Type):
		return colors.Good(text)
	case slices.Contains(quiet, o.Type):
		return colors.Dim(text)
	}
	return colors.Name(text)
}

// isBad reports whether an object is about something that has failed.
func isBad(o *traffic.Object) bool {
	switch o.Type {
	case traffic.Refused, traffic.Throttled, traffic.Fault, traffic.Away:
		return true
	case traffic.Handled:
		return o.Status < 200 || o.Status >= 300
	case traffic.Sent:
		return o.Code != "" && o.Code != protocol.AckDuplicate
	}
	return false
}

// typeWidth is the width of the column of types.
const typeWidth = 9

// head returns the time and the type.
func head(o *traffic.Object) []string {
	return []string{o.Time.Local().Format(cli.TimeFormat), fmt.Sprintf("%-*s", typeWidth, o.Type)}
}

// payload is a payload or an answer of an object.
type payload struct {
	mark string
	data []byte
	note string // what is not shown
}

// payloads returns the payloads that are to be printed.
func (p *Printer) payloads(o *traffic.Object) (all []payload) {
	if !p.data {
		return nil
	}
	return payloadsOf(o)
}

// payloadsOf returns the data of an object, and for an event its answer.
func payloadsOf(o *traffic.Object) (all []payload) {
	if data, left := Data(o); len(data) > 0 {
		mark := ""
		if o.Handling != nil {
			mark = "data "
		}
		all = append(all, payload{mark, data, left})
	}
	if o.Handling != nil {
		if data, left := Reply(o); len(data) > 0 {
			all = append(all, payload{"reply ", data, left})
		}
	}
	return all
}

// Data returns the data of an object, and what is to be said of the rest.
func Data(o *traffic.Object) (data []byte, left string) {
	if o.Payload == nil {
		return nil, ""
	}
	data, _ = o.Raw()
	return data, leftNote(o.Left)
}

// Reply returns the answer to an event, and what is to be said of the rest.
func Reply(o *traffic.Object) (data []byte, left string) {
	if o.Handling == nil {
		return nil, ""
	}
	data, _ = o.RawReply()
	return data, leftNote(o.ReplyLeft)
}

func leftNote(left int) string {
	if left == 0 {
		return ""
	}
	return fmt.Sprintf(" (%s more)", cli.Plural(left, "byte"))
}
