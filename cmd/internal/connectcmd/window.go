package connectcmd

import (
	"context"
	"fmt"
	"sync"

	"wps/client/ws"
)

// sendWindow is how many lines may be on their way without an ack.
const sendWindow = 64

// window holds the lines that were sent and wait for their acks, oldest first.
// One goroutine adds; a second one, owned here, waits.
type window struct {
	queue  chan sentLine
	failed chan struct{} // closed when err is set
	waits  sync.WaitGroup
	// after drain:
	err    error
	number int // of the line that failed
	behind int // lines behind it that were acknowledged all the same
}

type sentLine struct {
	number  int
	pending *ws.Pending
}

// newWindow makes a window, of which one line is with the second goroutine; acked is called for each ack, in order, and failed
// once when a line was refused.
func newWindow(ctx context.Context, acked func() error, failed func()) *window {
	w := &window{queue: make(chan sentLine, sendWindow-1), failed: make(chan struct{})}
	w.waits.Go(func() {
		for l := range w.queue {
			err := l.pending.Wait(ctx)
			switch {
			case err == nil && w.err == nil:
				err = acked()
			case err == nil:
				w.behind++
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

// add waits for room and puts a line in; false when an earlier one has failed.
func (w *window) add(l sentLine) bool {
	w.queue <- l // the other goroutine takes them all
	select {
	case <-w.failed:
		return false
	default:
		return true
	}
}

// drain waits for every ack and gives the failure of the first line that has
// one.
func (w *window) drain() error {
	close(w.queue)
	w.waits.Wait()
	if w.err == nil {
		return nil
	}
	return fmt.Errorf("line %d%s: %w", w.number, sentAround(w.number-1, w.behind), w.err)
}

// sentAround tells which other lines were sent.
func sentAround(before, behind int) string {
	if behind == 0 {
		return sentBefore(before)
	}
	return fmt.Sprintf(" (the %d before it were sent, and %d behind it)", before, behind)
}
