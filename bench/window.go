package bench

import (
	"context"
	"sync/atomic"
	"time"
)

// window limits how many messages of one publisher are in flight. A message is in
// flight from the call that sends it until the service has answered and every
// connection that should receive it has received it, or a later one of its
// publisher. After answerTime it no longer counts, so that a lost one does not
// stop the run. Only the publisher calls wait and occupy; the other methods may be
// called concurrently.
type window struct {
	slots []slot
	wake  chan struct{} // a slot may have become free
	all   *inFlight
}

// inFlight counts the messages in flight of all publishers.
type inFlight struct{ now, most atomic.Int64 }

func (n *inFlight) add() {
	raise(&n.most, n.now.Add(1))
}

// raise makes a value at least n.
func raise(value *atomic.Int64, n int64) {
	for old := value.Load(); n > old && !value.CompareAndSwap(old, n); old = value.Load() {
	}
}

// slot is the state of one message.
type slot struct {
	// state has the lower half of the message's turn in its upper half, and how many
	// answers and arrivals are awaited in its lower half: 0 in a free slot.
	state atomic.Uint64
	since time.Time // when it was occupied; used only by the publisher
}

// lookTime is how often a waiting publisher looks for messages to give up.
const lookTime = 100 * time.Millisecond

func newWindow(size int, all *inFlight) *window {
	return &window{slots: make([]slot, size), wake: make(chan struct{}, 1), all: all}
}

func (w *window) slot(turn uint64) *slot { return &w.slots[turn%uint64(len(w.slots))] }

// occupy puts a message for a number of receivers into its slot, which wait has
// found free. Turns go up by one.
func (w *window) occupy(turn uint64, receivers int) {
	s := w.slot(turn)
	s.since = time.Now()
	if old := s.state.Swap(turn<<32 | uint64(receivers+1)); uint32(old) == 0 { // one more for the answer
		w.all.add()
	}
}

// wait waits until the slot of a turn is free, or its message has been given up. It
// returns false when ctx has ended.
func (w *window) wait(ctx context.Context, turn uint64) bool {
	s := w.slot(turn)
	if uint32(s.state.Load()) == 0 {
		return ctx.Err() == nil
	}
	look := time.NewTicker(lookTime)
	defer look.Stop()
	for uint32(s.state.Load()) != 0 && time.Since(s.since) <= answerTime {
		select {
		case <-w.wake:
		case <-look.C:
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// came records an answer or an arrival.
func (w *window) came(turn uint64) {
	w.change(turn, func(awaited uint32) uint32 { return awaited - 1 })
}

// drop frees the slot of a message that was not sent.
func (w *window) drop(turn uint64) {
	w.change(turn, func(uint32) uint32 { return 0 })
}

// change sets what a message awaits, unless another message has its slot by now.
func (w *window) change(turn uint64, to func(awaited uint32) uint32) {
	s := w.slot(turn)
	for {
		state := s.state.Load()
		if uint32(state>>32) != uint32(turn) || uint32(state) == 0 {
			return
		}
		awaited := to(uint32(state))
		if !s.state.CompareAndSwap(state, state>>32<<32|uint64(awaited)) {
			continue
		}
		if awaited == 0 {
			w.all.now.Add(-1)
			select {
			case w.wake <- struct{}{}:
			default:
			}
		}
		return
	}
}
