package bench

import "testing"

func TestSequence(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name                        string
		numbers                     []uint64
		sent                        uint64
		lost, duplicate, outOfOrder int64
	}{
		{"nothing sent", nil, 0, 0, 0, 0},
		{"nothing came", nil, 5, 5, 0, 0},
		{"in order", []uint64{1, 2, 3}, 3, 0, 0, 0},
		{"the last are lost", []uint64{1, 2, 3}, 5, 2, 0, 0},
		{"the first is lost", []uint64{2, 3}, 3, 1, 0, 0},
		{"overtaken", []uint64{1, 3, 2, 4}, 4, 0, 0, 1},
		{"twice", []uint64{1, 2, 2, 3}, 3, 0, 1, 0},
		{"overtaken and twice", []uint64{2, 1, 1, 3}, 3, 0, 1, 1},
		{"a large gap", []uint64{1, 100_000, 99_999, 100_001}, 100_001, 99_998, 1, 0},
		{"far back, no longer known", []uint64{1, 100_000, 17_000}, 100_000, 99_998, 1, 0},
		{"back, still known", []uint64{1, 100_000, 16_000}, 100_000, 99_997, 0, 1},
	}
	for _, tt := range tests {
		var s sequence
		var c counts
		for _, n := range tt.numbers {
			s.see(n, &c)
		}
		if lost := s.lost(&sent{last: tt.sent}); lost != tt.lost || c.duplicate.Load() != tt.duplicate || c.outOfOrder.Load() != tt.outOfOrder {
			t.Errorf("%s: %d lost, %d twice, %d out of order; want %d, %d, %d",
				tt.name, lost, c.duplicate.Load(), c.outOfOrder.Load(), tt.lost, tt.duplicate, tt.outOfOrder)
		}
	}
}

// TestSequenceUnsure: a message whose sending failed is not lost when it does not
// arrive, and does not hide another one that is.
func TestSequenceUnsure(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		numbers []uint64
		sent    sent
		lost    int64
	}{
		{"did not come", []uint64{1, 3}, sent{last: 4, unsure: []uint64{2, 4}}, 0},
		{"came all the same, another is lost", []uint64{1, 2, 4}, sent{last: 4, unsure: []uint64{2}}, 1},
		{"one came, one did not, two others are lost", []uint64{1, 2}, sent{last: 5, unsure: []uint64{2, 3}}, 2},
		{"more than are kept", []uint64{1, 2}, sent{last: 5, more: 2}, 1},
		{"far back, no longer known", []uint64{1, 100_000}, sent{last: 100_000, unsure: []uint64{90_000}}, 99_997},
	}
	for _, tt := range tests {
		var s sequence
		for _, n := range tt.numbers {
			s.see(n, &counts{})
		}
		if lost := s.lost(&tt.sent); lost != tt.lost {
			t.Errorf("%s: %d lost, want %d", tt.name, lost, tt.lost)
		}
	}
	var s sent
	for s.last = 1; s.last <= maxMissing+3; s.last++ {
		s.failed()
	}
	if len(s.unsure) != maxMissing || s.more != 3 {
		t.Errorf("%d are kept, %d more", len(s.unsure), s.more)
	}
}
