package replaycmd

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"wps/protocol/traffic"
)

// TestPauses: the pauses of a recording are kept, also after the clock of the
// machine that made it was set back, for which no pause is made.
func TestPauses(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	second := func(n float64) time.Time { return start.Add(time.Duration(n * float64(time.Second))) }
	for name, tt := range map[string]struct {
		speed float64
		times []time.Time
		took  time.Duration // of all
	}{
		"pauses":                    {1, []time.Time{second(0), second(2), second(5)}, 5 * time.Second},
		"twice as fast":             {2, []time.Time{second(0), second(2), second(5)}, 2500 * time.Millisecond},
		"without pauses":            {0, []time.Time{second(0), second(2), second(5)}, 0},
		"of one moment":             {1, []time.Time{second(0), second(2), second(1.9), second(3)}, 3 * time.Second},
		"set back an hour":          {1, []time.Time{second(0), second(2), second(-3598), second(-3595)}, 5 * time.Second},
		"set back twice":            {1, []time.Time{second(0), second(2), second(-3598), second(-3595), second(-7195), second(-7194)}, 6 * time.Second},
		"set back, twice as fast":   {2, []time.Time{second(0), second(2), second(-3598), second(-3594)}, 3 * time.Second},
		"set back, then on by more": {1, []time.Time{second(0), second(-3600), second(4)}, 3604 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var p pace
				began := time.Now()
				for _, at := range tt.times {
					if err := p.wait(context.Background(), &traffic.Object{Time: at}, tt.speed); err != nil {
						t.Fatal(err)
					}
				}
				if took := time.Since(began); took != tt.took {
					t.Errorf("took %v, want %v", took, tt.took)
				}
			})
		})
	}
}
