package batch

import (
	"net/url"
	"testing"
	"time"

	"wps/cmd/internal/service"
	"wps/output/apply"
)

func TestSummaryText(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		s    apply.Summary
		took time.Duration
		want string // without the place
	}{
		{apply.Summary{}, 0, "0 done"},
		{apply.Summary{Done: 3}, 999 * time.Millisecond, "3 done"},
		{apply.Summary{Done: 3}, 2 * time.Second, "3 done in 2s (1.5/s)"},
		{apply.Summary{Done: 3000}, 10 * time.Second, "3000 done in 10s (300/s)"},
		{apply.Summary{Done: 1, Earlier: 2, Failed: 3, NotTried: 4}, 0, "1 done, 2 done earlier, 3 failed, 4 not tried"},
		{apply.Summary{Failed: 1, NotTried: 4, Unread: true}, time.Minute, "0 done, 1 failed, the rest not tried"},
	} {
		place := service.NewPlace("Chat", &url.URL{Scheme: "https", Host: "x.example"})
		want := tt.want + `, in hub "chat" at x.example`
		if got := summaryText(tt.s, place, tt.took); got != want {
			t.Errorf("summaryText(%+v, %v) = %q, want %q", tt.s, tt.took, got, want)
		}
	}
}
