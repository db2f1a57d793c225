package feed

import (
	"slices"
	"time"

	"wps/protocol/traffic"
)

// Bounds of what waits for one follower unless its Options say otherwise.
const (
	MaxPending      = 1024
	MaxPendingBytes = 1 << 20 // of texts and payloads
)

// Options say what a follower gets.
type Options struct {
	// Recent is how many of the objects kept come first, at most; those up to After
	// are left out.
	Recent int
	After  uint64
	// Detail asks for payloads, headers, and the objects about single frames and
	// requests.
	Detail bool
	// Filter selects the objects that wait. Its Grep is applied by Drain, because
	// that takes too long for a publisher.
	Filter traffic.Filter
	// Pending is how many objects may wait, PendingBytes their size; 0 is MaxPending
	// and MaxPendingBytes.
	Pending      int
	PendingBytes int
}

func (o *Options) wants(x *traffic.Object) bool {
	return (o.Detail || !x.Detail) && o.Filter.Match(x)
}

// shown removes from a batch what was not asked for.
func (o *Options) shown(batch []*traffic.Object) []*traffic.Object {
	if !o.Detail {
		for i, x := range batch {
			batch[i] = x.Bare()
		}
	}
	return batch
}

// Follower is a reader of a Feed. It must be closed.
type Follower struct {
	feed    *Feed
	o       Options
	grep    traffic.Filter // what Drain applies
	ready   chan struct{}  // its buffer is one signal
	pending []*traffic.Object
	bytes   int
	dropped int // objects after those in pending
}

// Follow adds a follower. The error is ErrBusy.
func (f *Feed) Follow(o Options) (*Follower, error) {
	if o.Pending == 0 {
		o.Pending = MaxPending
	}
	if o.PendingBytes == 0 {
		o.PendingBytes = MaxPendingBytes
	}
	grep := traffic.Filter{Grep: o.Filter.Grep}
	o.Filter.Grep = ""
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.followers) == MaxFollowers {
		return nil, ErrBusy
	}
	r := &Follower{feed: f, o: o, grep: grep, ready: make(chan struct{}, 1), pending: f.latestLocked(&o)}
	if f.followers == nil {
		f.followers = map[*Follower]struct{}{}
	}
	f.followers[r] = struct{}{}
	if o.Detail {
		f.details.Add(1)
	}
	r.ready <- struct{}{}
	return r, nil
}

// Close ends the follower.
func (r *Follower) Close() {
	r.feed.mu.Lock()
	defer r.feed.mu.Unlock()
	if _, open := r.feed.followers[r]; !open {
		return
	}
	delete(r.feed.followers, r)
	if r.o.Detail {
		r.feed.details.Add(-1)
	}
}

// push queues an object, if the follower wants it; the feed's lock is held.
func (r *Follower) push(x *traffic.Object, size int) {
	switch {
	case !r.o.wants(x):
		return
	case len(r.pending) >= r.o.Pending, r.bytes >= r.o.PendingBytes, r.dropped > 0:
		r.dropped++
		return
	}
	r.pending = append(r.pending, x)
	r.bytes += size
	select {
	case r.ready <- struct{}{}:
	default:
	}
}

// Ready is signalled when something is pending, and at the beginning.
func (r *Follower) Ready() <-chan struct{} { return r.ready }

// Drain returns what is pending, without payloads unless they were asked for, and at
// the end an object that counts those which were dropped.
func (r *Follower) Drain(now time.Time) []*traffic.Object {
	batch, dropped := r.take()
	if !r.grep.Empty() {
		batch = slices.DeleteFunc(batch, func(x *traffic.Object) bool { return !r.grep.Match(x) })
	}
	batch = r.o.shown(batch)
	if dropped > 0 {
		x := traffic.New(traffic.Dropped, now)
		x.Count = dropped
		batch = append(batch, x)
	}
	return batch
}

func (r *Follower) take() (batch []*traffic.Object, dropped int) {
	r.feed.mu.Lock()
	defer r.feed.mu.Unlock()
	batch, dropped = r.pending, r.dropped
	r.pending, r.bytes, r.dropped = nil, 0, 0
	return batch, dropped
}
