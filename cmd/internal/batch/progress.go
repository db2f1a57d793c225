package batch

import (
	"fmt"
	"strings"
	"time"

	"wps/cmd/internal/cli"
	"wps/output/apply"
)

const (
	// progressInterval is how often a progress bar is drawn.
	progressInterval = 150 * time.Millisecond
	// barWidth is the most that its bar alone takes, in columns.
	barWidth = 30
)

// progress shows on a terminal how far a batch is, how fast, and how long it
// will take. Its methods are not called concurrently; a nil one shows nothing. It
// is drawn here because a library for it takes a twentieth of the start of every
// command.
type progress struct {
	w            *cli.StatusWriter
	width        func() int // columns of the terminal; 0: unknown
	size, passed int64      // bytes of the input, 0: unknown, and of the events whose fate is known
	start, drawn time.Time
	ended        int // events that this run has ended
	failed       int
}

// newProgress returns the progress bar of a batch, nil unless stderr is a terminal
// where nothing else is printed or typed in the meantime.
func newProgress(env *cli.Env, in *Input) *progress {
	if !env.Out.ErrToTerminal() || in.typed || env.Out.JSON() && env.Out.ToTerminal() || env.Out.Quiet || env.Verbose || env.Debug {
		return nil
	}
	return &progress{w: env.Out.Stderr, width: func() int { return cli.WidthOf(env.Out.Stderr.Underlying) }, size: in.size, start: time.Now()}
}

// count takes note of a result.
func (p *progress) count(r apply.LineResult) {
	if p == nil {
		return
	}
	p.passed += int64(r.Size) + 1 // the end of the line
	if !r.Earlier {
		p.ended++
	}
	if r.Status == apply.StatusFailed {
		p.failed++
	}
	if now := time.Now(); now.Sub(p.drawn) >= progressInterval {
		p.drawn = now
		p.draw(now.Sub(p.start))
	}
}

// draw draws the line again.
func (p *progress) draw(took time.Duration) {
	p.w.SetStatus(p.line(took, p.width()))
}

// line is what a terminal of some columns shows after some time. It keeps to one
// line of them, because what wraps cannot be cleared.
func (p *progress) line(took time.Duration, columns int) string {
	text := fmt.Sprintf("%s, %.0f/s", cli.Plural(p.ended, "event"), float64(p.ended)/max(took.Seconds(), 0.001))
	if p.failed > 0 {
		text += fmt.Sprintf(", %d failed", p.failed)
	}
	if columns == 0 {
		columns = 80
	}
	if p.size > 0 {
		share := min(float64(p.passed)/float64(p.size), 1)
		left := time.Duration(float64(took) * (1/share - 1)).Round(time.Second)
		text = fmt.Sprintf("%3.0f%% %s, %s left", 100*share, text, left)
		text = bar(share, min(columns-len(text)-4, barWidth)) + text
	}
	return text[:min(len(text), columns-1)]
}

// bar draws a share of 1 in some columns, with a frame; nothing when there are
// too few.
func bar(share float64, columns int) string {
	if columns < 5 {
		return ""
	}
	n := int(share * float64(columns))
	return "[" + strings.Repeat("=", n) + strings.Repeat(" ", columns-n) + "] "
}

// hide erases the line.
func (p *progress) hide() {
	if p != nil {
		p.w.SetStatus("")
	}
}
