package batch

import (
	"fmt"
	"strings"
	"time"

	"wps/cmd/internal/cli"
	"wps/cmd/internal/stdio"
	"wps/output/apply"
)

const (
	// progressInterval is how often a progress bar is drawn.
	progressInterval = 150 * time.Millisecond
	// barWidth is the maximum width of the bar, in columns.
	barWidth = 30
)

// progress shows the progress, the rate and the time left of a stream on a
// terminal. Its methods must not be called concurrently; a nil progress shows
// nothing. It is drawn here because a library for it would take a twentieth of the
// start time of every command.
type progress struct {
	w            *stdio.StatusWriter
	width        func() int // columns of the terminal; 0: unknown
	size, passed int64      // bytes of the input, 0: unknown, and of the events that have ended
	start, drawn time.Time
	ended        int // events that have ended in this run
	failed       int
}

// newProgress returns the progress of a stream, nil unless stderr is a terminal on
// which nothing else is printed or typed in the meantime.
func newProgress(env *cli.Env, in *Input) *progress {
	if !env.Out.StderrIsTerminal() || in.interactive || env.Out.JSON() && env.Out.StdoutIsTerminal() || env.Out.Quiet || env.Verbose || env.Debug {
		return nil
	}
	return &progress{w: env.Out.Stderr, width: env.Out.Stderr.Width, size: in.size, start: time.Now()}
}

// count counts a result.
func (p *progress) count(r apply.LineResult) {
	if p == nil {
		return
	}
	p.passed += int64(r.Size) + 1 // the line break
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

// draw draws the line.
func (p *progress) draw(took time.Duration) {
	p.w.SetStatus(p.line(took, p.width()))
}

// line returns the text after the time took for a terminal of the given columns, 0
// if unknown. It never exceeds one line, because wrapped text cannot be cleared.
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

// bar returns a framed bar for a share of 1 in the given columns, "" if they are
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
