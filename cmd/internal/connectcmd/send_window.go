package connectcmd

import (
	"context"
	"fmt"
	"sync"

	"wps/client/ws"
)

// maxInFlight is how many lines may be sent and not yet acknowledged.
const maxInFlight = 64

// sendWindow holds the lines that are sent and not yet acknowledged, oldest first.
// One goroutine adds lines; another one, started here, waits for the acks.
type sendWindow struct {
	queue  chan sentLine
	failed chan struct{} // closed when err is set
	waits  sync.WaitGroup

	// Valid after drain:
	err    error
	number int // of the line that failed
	after  int // lines after it that were acknowledged
}

type sentLine struct {
	number  int
	pending *ws.Pending
}

// newSendWindow returns a window and starts its goroutine, which holds one of its
// lines. acked is called for each ack, in order; failed once, when a line was
// refused.
func newSendWindow(ctx context.Context, acked func() error, failed func()) *sendWindow {
	w := &sendWindow{queue: make(chan sentLine, maxInFlight-1), failed: make(chan struct{})}
	w.waits.Go(func() {
		for l := range w.queue {
			err := l.pending.Wait(ctx)
			switch {
			case err == nil && w.err == nil:
				err = acked()
			case err == nil:
				w.after++
			}
			if err != nil && w.err == nil {
				w.err, w.number = err, l.number
				close(w.failed)
				failed()
			}
		}
	})
	return w
}

// add adds a line when the window has room. It returns false after a line has
// failed.
func (w *sendWindow) add(l sentLine) bool {
	w.queue <- l // the goroutine receives every line
	select {
	case <-w.failed:
		return false
	default:
		return true
	}
}

// drain waits for every ack and returns the error of the first line that failed.
func (w *sendWindow) drain() error {
	close(w.queue)
	w.waits.Wait()
	if w.err == nil {
		return nil
	}
	return fmt.Errorf("line %d%s: %w", w.number, sentAround(w.number-1, w.after), w.err)
}

// sentAround says how many lines before and after a failed one were sent.
func sentAround(before, after int) string {
	if after == 0 {
		return sentBefore(before)
	}
	return fmt.Sprintf(" (the %d before it were sent, and %d after it)", before, after)
}

// sentBefore says how many lines before a failed one were sent.
func sentBefore(n int) string {
	switch n {
	case 0:
		return ""
	case 1:
		return " (the one before it was sent)"
	}
	return fmt.Sprintf(" (the %d before it were sent)", n)
}
