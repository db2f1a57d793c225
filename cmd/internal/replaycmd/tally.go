package replaycmd

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"wps/cmd/internal/cli"
	"wps/protocol"
	"wps/protocol/traffic"
)

// answer is an answer of the recording, or of now.
type answer struct {
	Status   int               `json:"status,omitempty"`
	Code     string            `json:"code,omitempty"`
	DataType protocol.DataType `json:"dataType,omitempty"`
	Data     string            `json:"data,omitempty"`
	Base64   []byte            `json:"dataBase64,omitempty"`

	raw []byte
	cut bool // raw is only the beginning
}

// setData sets the data of an answer.
func (a *answer) setData(d protocol.DataType, data []byte, whole bool) {
	var o traffic.Object
	o.SetPayload(d, data)
	a.DataType, a.Data, a.Base64 = d, o.Data, o.DataBase64
	a.raw, a.cut = data, !whole
}

// equal reports whether two answers are the same, as far as the recording has them.
func (a *answer) equal(b *answer) bool {
	if a.Status != b.Status || a.Code != b.Code || a.DataType != b.DataType {
		return false
	}
	if a.cut {
		return bytes.HasPrefix(b.raw, a.raw)
	}
	return bytes.Equal(a.raw, b.raw)
}

// text returns an answer for a line.
func (a *answer) text() string {
	var words []string
	if a.Status != 0 {
		words = append(words, fmt.Sprint(a.Status))
	}
	if a.Code != "" {
		words = append(words, a.Code)
	}
	if len(a.raw) > 0 {
		const most = 200
		words = append(words, fmt.Sprintf("%.*q", most, a.raw[:min(len(a.raw), most)]))
	}
	if len(words) == 0 {
		return "no answer"
	}
	return strings.Join(words, " ")
}

// tally counts and prints what has become of the objects.
type tally struct {
	env                    *cli.Env
	same, changed, leftOut int
}

// result is the JSON of an object that was sent again.
type result struct {
	Line         int          `json:"line"`
	Type         traffic.Type `json:"type"`
	Hub          string       `json:"hub,omitempty"`
	ConnectionID string       `json:"connectionId,omitempty"`
	UserID       string       `json:"userId,omitempty"`
	What         string       `json:"what"`
	Changed      bool         `json:"changed"`
	Before       *answer      `json:"before,omitempty"`
	After        *answer      `json:"after,omitempty"`
	Milliseconds float64      `json:"milliseconds"`
}

// compare prints an object that was sent again, and whether its answer is that of
// the recording. before is nil when the recording has none to compare.
func (t *tally) compare(r result, before, after *answer) error {
	r.Changed = before != nil && !before.equal(after)
	r.Before, r.After = before, after
	if r.Changed {
		t.changed++
	} else {
		t.same++
	}
	out := t.env.Out
	if out.JSON() {
		return out.PrintJSON(r)
	}
	if !r.Changed && out.Quiet {
		return nil
	}
	words := []string{fmt.Sprintf("line %d:", r.Line), r.What}
	for _, w := range []string{r.Hub, r.UserID} {
		if w != "" {
			words = append(words, w)
		}
	}
	text := strings.Join(words, " ") + ": "
	if r.Changed {
		text += before.text() + " -> " + after.text()
		return out.PrintLine(out.StdoutColors.Bad("changed ") + out.Printable(text))
	}
	return out.PrintLine(out.StdoutColors.Good("same    ") + out.Printable(text+after.text()))
}

// leaveOut reports a line that is left out.
func (t *tally) leaveOut(line int, why string) {
	t.leftOut++
	t.env.Out.Warn(fmt.Sprintf("line %d is left out: %s", line, why))
}

// end prints the summary and returns the error of the run.
func (t *tally) end(o *options) error {
	n := t.same + t.changed
	t.env.Out.Say("%s sent again: %d with the same answer, %d with another; %s left out",
		cli.Plural(n, "object"), t.same, t.changed, cli.Plural(t.leftOut, "line"))
	switch {
	case n == 0:
		what := "events for a handler"
		if o.service {
			what = "actions of clients"
		}
		return cli.WithHint(errors.New("the recording has nothing to send again"), "it holds "+what+" if it was made by "+sourceOf(o)+"; --only and --line may leave out all of them")
	case t.changed > 0:
		return cli.ExitCode(cli.ExitFailed)
	}
	return nil
}

func sourceOf(o *options) string {
	if o.service {
		return "wps connect or wps emulator"
	}
	return "wps listen or wps emulator"
}
