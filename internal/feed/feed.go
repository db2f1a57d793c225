// Package feed keeps the latest traffic objects of a program and passes new ones to
// followers: readers of "wps emulator events", the inspector, a recording.
//
// A publisher never waits. Objects wait for each follower within bounds; one that
// is too slow misses some and learns how many. Who makes objects asks Watched first
// whether anyone wants their details, which costs one atomic read.
//
//	var f feed.Feed
//	follower, err := f.Follow(feed.Options{Detail: true})
//	f.Publish(traffic.New(traffic.Opened, now))
//	<-follower.Ready()
//	objects := follower.Drain(now)
package feed

import (
	"errors"
	"sync"
	"sync/atomic"

	"wps/protocol/traffic"
)

// Bounds of what is kept for later followers, and of the followers.
const (
	Kept         = 1000
	maxKeptBytes = 4 << 20 // of texts and payloads
	MaxFollowers = 16
)

// ErrBusy: there are MaxFollowers already.
var ErrBusy = errors.New("too many event streams are open")

// Totals count what was published while details were wanted.
type Totals struct {
	Messages   uint64 `json:"messages"`   // fan-outs
	Deliveries uint64 `json:"deliveries"` // their receivers
	REST       uint64 `json:"rest"`
	Events     uint64 `json:"events"`
	Frames     uint64 `json:"frames"` // received from clients
	Refused    uint64 `json:"refused"`
}

// Feed is the stream of a program. The zero value is ready. All methods may be
// called concurrently. Its lock is locked after all others.
type Feed struct {
	chains  atomic.Uint64
	details atomic.Int32 // how many followers want details

	mu        sync.Mutex
	last      uint64            // ID of the newest object
	recent    []*traffic.Object // a ring, oldest is the oldest when it is full
	oldest    int
	bytes     int // of the objects kept
	followers map[*Follower]struct{}
	totals    Totals
}

// Watched reports whether a follower wants details.
func (f *Feed) Watched() bool { return f.details.Load() > 0 }

// NewChain returns the number of a new chain; 0, which is none, when no follower wants
// details.
func (f *Feed) NewChain() uint64 {
	if !f.Watched() {
		return 0
	}
	return f.chains.Add(1)
}

// Publish sets the ID of o, keeps it and passes it to the followers. The caller may
// not use it afterwards. An object with Detail is dropped when no follower wants it.
func (f *Feed) Publish(o *traffic.Object) {
	watched := f.Watched()
	if o.Detail && !watched {
		return
	}
	o.Bound()
	size := o.Size()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last++
	o.ID = f.last
	f.keep(o, size)
	if watched {
		f.count(o)
	}
	for follower := range f.followers {
		follower.push(o, size)
	}
}

// keep adds o to the ring. Old objects make way for it.
func (f *Feed) keep(o *traffic.Object, size int) {
	if len(f.recent) < Kept {
		f.recent = append(f.recent, o)
	} else {
		f.forget(f.oldest)
		f.recent[f.oldest] = o
		f.oldest = (f.oldest + 1) % Kept
	}
	f.bytes += size
	for i := 0; f.bytes > maxKeptBytes && i < len(f.recent); i++ {
		f.forget((f.oldest + i) % len(f.recent))
	}
}

// forget empties a place of the ring.
func (f *Feed) forget(i int) {
	if f.recent[i] != nil {
		f.bytes -= f.recent[i].Size()
		f.recent[i] = nil
	}
}

func (f *Feed) count(o *traffic.Object) {
	t := &f.totals
	switch o.Type {
	case traffic.Message:
		t.Messages++
		if o.Fanout != nil {
			t.Deliveries += uint64(o.Receivers)
		}
	case traffic.REST:
		t.REST++
	case traffic.Handled:
		t.Events++
	case traffic.Received:
		t.Frames++
	case traffic.Refused, traffic.Throttled:
		t.Refused++
	}
}

// Totals returns what was counted until now.
func (f *Feed) Totals() Totals {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.totals
}

// Latest returns at most that many of the objects kept that a filter selects,
// oldest first.
func (f *Feed) Latest(o Options) []*traffic.Object {
	f.mu.Lock()
	defer f.mu.Unlock()
	return o.shown(f.latestLocked(&o))
}

func (f *Feed) latestLocked(o *Options) []*traffic.Object {
	all := []*traffic.Object{}
	for i := range f.recent {
		if x := f.recent[(f.oldest+i)%len(f.recent)]; x != nil && x.ID > o.After && o.wants(x) {
			all = append(all, x)
		}
	}
	return all[max(0, len(all)-o.Recent):]
}

// Find returns an object that is kept; nil when it is not.
func (f *Feed) Find(id uint64) *traffic.Object {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, o := range f.recent {
		if o != nil && o.ID == id {
			return o
		}
	}
	return nil
}

// Followers returns how many followers there are.
func (f *Feed) Followers() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.followers)
}
