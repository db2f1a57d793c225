package ws

import "testing"

// TestSequence shows that repeated messages are told apart from new ones, also out
// of order, and that the largest id counts, not the latest.
func TestSequence(t *testing.T) {
	t.Parallel()
	s := sequence{due: make(chan struct{}, 1)}
	for _, tt := range []struct {
		id    uint64
		isNew bool
	}{{0, true}, {1, true}, {2, true}, {2, false}, {5, true}, {4, false}, {3, false}, {5, false}, {6, true}, {0, true}} {
		if got := s.advance(tt.id); got != tt.isNew {
			t.Errorf("advance(%d) = %v, want %v", tt.id, got, tt.isNew)
		}
	}
	if got := s.largest.Load(); got != 6 {
		t.Errorf("largest = %d, want 6", got)
	}
	if len(s.due) != 0 {
		t.Error("an ack is due after 6 messages")
	}
	s.advance(ackAhead + 1)
	if len(s.due) != 1 {
		t.Errorf("no ack is due after %d messages", ackAhead+1)
	}
}
