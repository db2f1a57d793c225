package ws

import "testing"

// TestSequence proves that what comes again is told from what is new, also out
// of order, and that the largest id counts, not the latest.
func TestSequence(t *testing.T) {
	t.Parallel()
	s := sequence{due: make(chan struct{}, 1)}
	for _, tt := range []struct {
		id   uint64
		take bool
	}{{0, true}, {1, true}, {2, true}, {2, false}, {5, true}, {4, false}, {3, false}, {5, false}, {6, true}, {0, true}} {
		if got := s.take(tt.id); got != tt.take {
			t.Errorf("take(%d) = %v, want %v", tt.id, got, tt.take)
		}
	}
	if got := s.largest.Load(); got != 6 {
		t.Errorf("largest = %d, want 6", got)
	}
	if len(s.due) != 0 {
		t.Error("an ack is due after 6 messages")
	}
	s.take(ackAhead + 1)
	if len(s.due) != 1 {
		t.Errorf("no ack is due after %d messages", ackAhead+1)
	}
}
