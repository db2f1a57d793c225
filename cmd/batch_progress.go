package cmd

import (
	"fmt"
	"time"

	"github.com/schollz/progressbar/v3"

	"wps/output"
)

// progressInterval is how often a progress bar is drawn.
const progressInterval = 150 * time.Millisecond

// progress shows on a terminal how far a batch is, how fast, and how long it
// will take. Its methods are not called concurrently; a nil one shows nothing.
type progress struct {
	bar          *progressbar.ProgressBar
	size, passed int64 // bytes of the input, and of the events whose fate is known
	start, drawn time.Time
	ended        int // events that this run has ended
	failed       int
}

// newProgress makes the progress bar of a batch: only where a person looks, and
// nothing else is printed or typed meanwhile.
func (e *Env) newProgress(in *batchInput) *progress {
	if !isTerminal(e.Stderr) || in.typed || e.json() && isTerminal(e.Stdout) || e.flags.quiet || e.flags.verbose || e.flags.debug {
		return nil
	}
	size := in.size
	if size == 0 {
		size = -1 // unknown
	}
	return &progress{size: in.size, start: time.Now(), bar: progressbar.NewOptions64(size,
		progressbar.OptionSetWriter(e.Stderr),
		progressbar.OptionSetWidth(30),
		progressbar.OptionSetPredictTime(true),
		progressbar.OptionShowDescriptionAtLineEnd(),
		progressbar.OptionSetRenderBlankState(false),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionUseANSICodes(true), // clear the line, with the ^C that a terminal adds to it
		progressbar.OptionThrottle(progressInterval/2),
	)}
}

// count takes note of a result.
func (p *progress) count(r output.LineResult) {
	if p == nil {
		return
	}
	p.passed += int64(r.Size) + 1 // the end of the line
	if !r.Earlier {
		p.ended++
	}
	if r.Status == output.StatusFailed {
		p.failed++
	}
	if now := time.Now(); now.Sub(p.drawn) >= progressInterval {
		p.drawn = now
		p.draw(now)
	}
}

func (p *progress) draw(now time.Time) {
	text := fmt.Sprintf(" %s, %.0f/s", plural(p.ended, "event"), float64(p.ended)/max(now.Sub(p.start).Seconds(), 0.001))
	if p.failed > 0 {
		text += fmt.Sprintf(", %d failed", p.failed)
	}
	p.bar.Describe(text)
	// A terminal that is gone is no reason to stop.
	if p.size == 0 || p.passed < p.size {
		_ = p.bar.Set64(p.passed)
	}
}

// hide makes way for a line of text.
func (p *progress) hide() {
	if p != nil {
		_ = p.bar.Clear()
	}
}

// end takes the bar away.
func (p *progress) end() {
	if p != nil {
		_ = p.bar.Clear()
	}
}
