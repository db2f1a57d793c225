package benchcmd

import (
	"testing"

	"wps/bench"
)

// TestNothingHint checks that the hint of a run without a measurement fits its cause.
func TestNothingHint(t *testing.T) {
	t.Parallel()
	const handler = "the hub's event handler must answer the event with the data of the event, as in wps emulator --on echo :echo -- wps bench echo --hub bench"
	for _, tt := range []struct {
		r    bench.Result
		want string
	}{
		{bench.Result{Kind: "send", Failed: 1}, "see the errors above"},
		{bench.Result{Kind: "echo", Lost: 4}, handler},
		{bench.Result{Kind: "echo", Failed: 4, Faults: map[string]int64{"InternalServerError: Internal server error": 4}}, handler},
		{bench.Result{Kind: "echo", Failed: 4, Faults: map[string]int64{"Forbidden: no": 4}}, "see the errors above"},
		{bench.Result{Kind: "send", Failed: 4, Faults: map[string]int64{"InternalServerError: no": 4}}, "see the errors above"},
		{bench.Result{Kind: "fanout", Lost: 4}, "the service accepted messages and delivered none of them"},
		{bench.Result{Kind: "fanout"}, "raise --duration"},
	} {
		if got := nothingHint(&tt.r); got != tt.want {
			t.Errorf("nothingHint(%+v) = %q, want %q", tt.r, got, tt.want)
		}
	}
}
