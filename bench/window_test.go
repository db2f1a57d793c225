package bench

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestWindow: a slot is free again after the answer and every arrival, whatever
// comes twice or late.
func TestWindow(t *testing.T) {
	t.Parallel()
	var all inFlight
	w := newWindow(2, &all)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if !w.wait(t.Context(), 7) || !w.wait(t.Context(), 8) {
		t.Fatal("the first two need to wait")
	}
	w.occupy(7, 2)
	w.occupy(8, 0)
	for range 3 {
		if uint32(w.slot(9).state.Load()) == 0 || w.wait(over, 9) {
			t.Fatal("a third message is in flight, want two")
		}
		w.came(7)
	}
	w.came(7)
	w.drop(7)
	if all.now.Load() != 1 || !w.wait(t.Context(), 9) {
		t.Fatalf("%d in flight, want one and a place", all.now.Load())
	}
	w.occupy(9, 1)
	w.came(7) // late: the place is that of another
	w.came(11)
	w.came(9)
	if all.now.Load() != 2 {
		t.Errorf("%d in flight, want 2", all.now.Load())
	}
	w.drop(9)
	w.came(8)
	if all.now.Load() != 0 || all.most.Load() != 2 {
		t.Errorf("%d in flight, at most %d; want none, 2", all.now.Load(), all.most.Load())
	}
}

// TestWindowGivesUp: a message that does not arrive keeps its slot for five
// seconds.
func TestWindowGivesUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var all inFlight
		w := newWindow(2, &all)
		for turn := range uint64(3) {
			w.wait(t.Context(), turn)
			w.occupy(turn, 1)
			w.came(turn)
		}
		if took := time.Since(start); took < answerTime || took > answerTime+2*lookTime || all.now.Load() != 2 {
			t.Errorf("free after %v, want after %v; %d in flight", took, answerTime, all.now.Load())
		}
	})
}

// TestWindowConcurrently: never more messages than slots are in flight, and in the
// end none is.
func TestWindowConcurrently(t *testing.T) {
	t.Parallel()
	const size, publishers, receivers = 5, 4, 10
	var inFlight inFlight
	var all sync.WaitGroup
	for p := range uint64(publishers) {
		w := newWindow(size, &inFlight)
		all.Go(func() {
			for turn := p; turn < 200; turn++ {
				w.wait(t.Context(), turn)
				w.occupy(turn, receivers)
				for range receivers {
					all.Go(func() { w.came(turn) })
				}
				w.came(turn)
			}
		})
	}
	all.Wait()
	if inFlight.now.Load() != 0 || inFlight.most.Load() > size*publishers {
		t.Errorf("%d are in flight, %d were at most", inFlight.now.Load(), inFlight.most.Load())
	}
}
