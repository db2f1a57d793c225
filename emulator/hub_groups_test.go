package emulator

import (
	"context"
	"fmt"
	"testing"
)

// betweenLocks is a context that looks at the hub whenever a bulk operation has
// unlocked it, and ends when stop says so.
type betweenLocks struct {
	context.Context
	stop func() bool
}

func (b betweenLocks) Err() error {
	if b.stop() {
		return context.Canceled
	}
	return nil
}

// TestBulkLetsOthersIn proves that a bulk operation changes a bounded number of
// memberships before it unlocks the hub, and that it ends with its context.
func TestBulkLetsOthersIn(t *testing.T) {
	t.Parallel()
	s, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	h := newHub("chat", &backlog{})
	for i := range 20 {
		h.add(&conn{id: fmt.Sprint("c", i), server: s}, nil, func() {})
	}
	groups := make([]string, 3*changesPerLock/2)
	for i := range groups {
		groups[i] = fmt.Sprint("g", i)
	}
	memberships := func() (n int) {
		h.mu.Lock() // others can
		defer h.mu.Unlock()
		for _, c := range h.all.list {
			n += len(c.groups)
		}
		return n
	}
	last, rounds := 0, 0
	full, err := h.changeGroups(betweenLocks{t.Context(), func() bool {
		now := memberships()
		if now-last > changesPerLock {
			t.Errorf("%d memberships changed under one lock, want at most %d", now-last, changesPerLock)
		}
		last = now
		rounds++
		return false
	}}, &bulk{groups: groups}, (*hub).join)
	if want := 20 * len(groups); full || err != nil || memberships() != want || rounds < want/changesPerLock-1 {
		t.Errorf("changeGroups = %v, %v with %d memberships in %d rounds, want %d in at least %d", full, err, memberships(), rounds, want, want/changesPerLock-1)
	}
	ended := betweenLocks{t.Context(), func() bool { return true }}
	if _, err := h.changeGroups(ended, &bulk{groups: groups}, (*hub).leave); err == nil || memberships() < 20*len(groups)-changesPerLock {
		t.Errorf("an ended operation: %v, %d memberships are left of %d", err, memberships(), 20*len(groups))
	}
}
