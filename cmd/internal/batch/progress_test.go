package batch

import (
	"strings"
	"testing"
	"time"

	"wps/cmd/internal/stdio"
	"wps/output/apply"
)

// TestProgressLine checks that the bar fits the terminal and never exceeds a line.
func TestProgressLine(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		p       progress
		columns int
		want    string
	}{
		{progress{ended: 1}, 80, "1 event, 0/s"},
		{progress{ended: 3000, failed: 2}, 80, "3000 events, 300/s, 2 failed"},
		{progress{ended: 3000, failed: 2, size: 400, passed: 100}, 80,
			"[=======                       ]  25% 3000 events, 300/s, 2 failed, 30s left"},
		{progress{ended: 3000, size: 400, passed: 100}, 0, "[=======                       ]  25% 3000 events, 300/s, 30s left"},
		{progress{ended: 3000, size: 400, passed: 100}, 48, "[==         ]  25% 3000 events, 300/s, 30s left"},
		{progress{ended: 3000, size: 400, passed: 100}, 38, " 25% 3000 events, 300/s, 30s left"},
		{progress{ended: 3000, size: 400, passed: 100}, 20, " 25% 3000 events, 3"},
		{progress{ended: 3000, size: 400, passed: 100}, 1, ""},
		{progress{ended: 3000, size: 400, passed: 404}, 60, "[========================] 100% 3000 events, 300/s, 0s left"},
	} {
		got := tt.p.line(10*time.Second, tt.columns)
		if got != tt.want {
			t.Errorf("%+v.line(10s, %d) = %q, want %q", tt.p, tt.columns, got, tt.want)
		}
	}
}

// TestProgressDrawn checks that a result is drawn at once, the next one only after
// an interval, and that hide clears the line.
func TestProgressDrawn(t *testing.T) {
	t.Parallel()
	var w strings.Builder
	p := &progress{w: stdio.NewStatusWriter(&w, nil), width: func() int { return 80 }, start: time.Now().Add(-time.Hour)}
	p.hide()
	p.count(apply.LineResult{Size: 9})
	p.count(apply.LineResult{Size: 9, Earlier: true})
	p.hide()
	if got, want := w.String(), stdio.ClearLine+"1 event, 0/s"+stdio.ClearLine; got != want {
		t.Errorf("drew %q, want %q", got, want)
	}
	if p.passed != 20 || p.ended != 1 {
		t.Errorf("passed %d bytes and %d events, want 20 and 1", p.passed, p.ended)
	}
}
