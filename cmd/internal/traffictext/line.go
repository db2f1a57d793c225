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
	"strings"
	"unicode/utf8"

	"wps/cmd/internal/cli"
	"wps/cmd/internal/stdio"
	"wps/protocol"
	"wps/protocol/traffic"
)

// Printer prints objects to stdout.
type Printer struct {
	out   *cli.Printer
	data  bool // also payloads
	width int  // of the terminal; 0 is no limit
}

// NewPrinter returns a printer; data adds payloads and answers.
func NewPrinter(out *cli.Printer, data bool) *Printer {
	return &Printer{out: out, data: data, width: out.StdoutWidth()}
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
	text := p.line(o)
	for _, x := range p.payloads(o) {
		text += "\n  " + p.out.StdoutColors.Dim(x.mark) + stdio.CleanLines(string(x.data), "    ") + p.out.StdoutColors.Dim(x.note)
	}
	return p.out.PrintLine(text)
}

// line returns the line of an object for a terminal: clean, cut to its width, with
// the type in a color.
func (p *Printer) line(o *traffic.Object) string {
	parts := head(o)
	rest := stdio.Clean(strings.Join(words(o, true), " "))
	if used := len(cli.TimeFormat) + 1 + max(len(o.Type), typeWidth) + 1; p.width > 0 {
		rest = shorten(rest, max(p.width-used, 10))
	}
	colors := p.out.StdoutColors
	return colors.Dim(parts[0]) + " " + p.paint(o, parts[1]) + " " + rest
}

// paint colors the type of an object.
func (p *Printer) paint(o *traffic.Object, text string) string {
	colors := p.out.StdoutColors
	switch {
	case isBad(o):
		return colors.Bad(text)
	case o.Type == traffic.Opened || o.Type == traffic.Recovered || o.Type == traffic.Joined || o.Type == traffic.REST:
		return colors.Good(text)
	case o.Type == traffic.Closed || o.Type == traffic.Left || o.Type == traffic.Dropped:
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

// shorten returns the first characters of a text, with an ellipsis for the others.
func shorten(text string, width int) string {
	if utf8.RuneCountInString(text) <= width {
		return text
	}
	return string([]rune(text)[:width-1]) + "…"
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
