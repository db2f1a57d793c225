package trigger

import (
	"testing"
	"time"

	"wps/protocol"
)

// TestRepetitionMemoryByElapsedTime: an answer is remembered for rememberFor of the
// time that passes, which is not what the clock shows.
func TestRepetitionMemoryByElapsedTime(t *testing.T) {
	t.Parallel()
	d := newDedupe()
	var elapsed time.Duration
	d.elapsed = func() time.Duration { return elapsed }
	event := &protocol.EventContext{Hub: "chat", ConnectionID: "c", ID: "1", Kind: protocol.EventUser, Event: "e"}
	a, first := d.begin(event)
	if !first {
		t.Fatal("the first event counts as repeated")
	}
	d.end(a, &reply{status: 200})
	for _, tt := range []struct {
		at    time.Duration
		first bool
	}{{rememberFor - 1, false}, {rememberFor, true}} {
		elapsed = tt.at
		if _, first := d.begin(event); first != tt.first {
			t.Errorf("after %v the event counts as new: %v, want %v", tt.at, first, tt.first)
		}
	}
}
