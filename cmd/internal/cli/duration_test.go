package cli

import (
	"testing"
	"time"
)

func TestFormatExpiry(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 27, 22, 57, 7, 0, time.UTC)
	for left, want := range map[time.Duration]string{
		30 * time.Second:        "2026-11-27 22:57:37 UTC (in 30s)",
		10 * time.Minute:        "2026-11-27 23:07:07 UTC (in 10m)",
		time.Hour:               "2026-11-27 23:57 UTC (in 1h)",
		90 * time.Minute:        "2026-11-28 00:27 UTC (in 1h30m)",
		24*time.Hour - 1e9:      "2026-11-28 22:57 UTC (in 23h59m59s)",
		24 * time.Hour:          "2026-11-28 22:57 UTC (in 24h)",
		36 * time.Hour:          "2026-11-29 10:57 UTC (in 36h)",
		48 * time.Hour:          "2026-11-29 22:57 UTC (in 2 days)",
		10000 * time.Hour:       "2028-01-18 14:57 UTC (in 416 days)",
		1000000*time.Hour + 1e9: "2140-12-26 14:57 UTC (in 41666 days)",
	} {
		if got := FormatExpiry(now.Add(left), now); got != want {
			t.Errorf("FormatExpiry(now + %v) = %q, want %q", left, got, want)
		}
	}
}
