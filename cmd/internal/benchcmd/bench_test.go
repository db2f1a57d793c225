package benchcmd

import (
	"testing"

	"wps/bench"
)

// TestWhyNothing: the hint for a run that has measured nothing fits what it saw.
func TestWhyNothing(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		r    bench.Result
		want string
	}{
		{bench.Result{Kind: "send", Failed: 1}, "look at the errors above"},
		{bench.Result{Kind: "echo", Lost: 4}, "the hub's event handler must answer the event with what it holds"},
		{bench.Result{Kind: "fanout", Lost: 4}, "the service took messages and delivered none of them"},
		{bench.Result{Kind: "fanout"}, "give it more --duration"},
	} {
		if got := whyNothing(&tt.r); got != tt.want {
			t.Errorf("%+v: %q, want %q", tt.r, got, tt.want)
		}
	}
}
