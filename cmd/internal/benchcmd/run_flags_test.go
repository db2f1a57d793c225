package benchcmd

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"wps/bench"
	"wps/cmd/internal/cli"
	"wps/protocol"
)

// checkUsage fails the test unless err is a usage error with the text want; "" is
// no error.
func checkUsage(t *testing.T, call string, err error, want string) {
	t.Helper()
	usage, isUsage := errors.AsType[*cli.UsageError](err)
	switch {
	case want == "" && err != nil:
		t.Errorf("%s = %v, want no error", call, err)
	case want != "" && (!isUsage || usage.Text != want):
		t.Errorf("%s = %v, want the usage error %q", call, err, want)
	}
}

func TestRunFlagsOptions(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		change func(*runFlags)
		want   bench.Options
		err    string
	}{
		{func(*runFlags) {}, bench.Options{Workers: 4, Duration: time.Second, Size: 128}, ""},
		{func(o *runFlags) { o.rate, o.warmup = "30/m", time.Minute }, bench.Options{Workers: 4, Rate: 0.5, Warmup: time.Minute, Duration: time.Second, Size: 128}, ""},
		{func(o *runFlags) { o.sized, o.size = false, 0 }, bench.Options{Workers: 4, Duration: time.Second}, ""},
		{func(o *runFlags) { o.rate = "x" }, bench.Options{}, `--rate "x": use a number above 0, such as 500/s`},
		{func(o *runFlags) { o.workers = 0 }, bench.Options{}, "--concurrency must be from 1 to 100000"},
		{func(o *runFlags) { o.name = "a\nb" }, bench.Options{}, `--name "a\nb" must be one line of text`},
		{func(o *runFlags) { o.duration = 0 }, bench.Options{}, "--duration must be more than 0, --warmup 0 or more, and neither over 24h0m0s"},
		{func(o *runFlags) { o.warmup = 25 * time.Hour }, bench.Options{}, "--duration must be more than 0, --warmup 0 or more, and neither over 24h0m0s"},
		{func(o *runFlags) { o.size = 1 }, bench.Options{}, fmt.Sprintf("--size must be from %d to %d", bench.MinSize, protocol.MaxMessageSize/2)},
	} {
		o := runFlags{workers: 4, duration: time.Second, size: 128, sized: true}
		tt.change(&o)
		got, err := o.options()
		checkUsage(t, "options", err, tt.err)
		if got.Workers != tt.want.Workers || got.Rate != tt.want.Rate || got.Warmup != tt.want.Warmup || got.Duration != tt.want.Duration || got.Size != tt.want.Size {
			t.Errorf("%+v.options() = %+v, want %+v", o, got, tt.want)
		}
	}
}

func TestHoldOptionsCheck(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		o     holdOptions
		given cli.FlagNames
		want  string
	}{
		{holdOptions{connections: 100}, cli.FlagNames{"duration": true}, ""},
		{holdOptions{connections: 1, hold: time.Second}, cli.FlagNames{"hold": true, "connections": true}, ""},
		{holdOptions{connections: 1}, cli.FlagNames{"hold": true}, "--hold must be more than 0 and not over 24h0m0s"},
		{holdOptions{connections: 1, hold: time.Second}, cli.FlagNames{"hold": true, "warmup": true}, "--hold replaces --duration and --warmup"},
		{holdOptions{connections: 1}, cli.FlagNames{"connections": true}, "--connections goes with --hold"},
		{holdOptions{hold: time.Second}, cli.FlagNames{"hold": true}, "--connections must be from 1 to 100000"},
	} {
		checkUsage(t, "check", tt.o.check(tt.given), tt.want)
	}
}

func TestFanoutOptionsCheck(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		o          fanoutOptions
		publishers int
		given      cli.FlagNames
		want       string
		inFlight   int
	}{
		{fanoutOptions{connections: 10, groups: 2}, 4, nil, "", defaultInFlight},
		{fanoutOptions{connections: 10, groups: 2}, 4, cli.FlagNames{"rate": true}, "", 0},
		{fanoutOptions{connections: 10, groups: 2, inFlight: 3}, 4, cli.FlagNames{"in-flight": true, "rate": true}, "", 3},
		{fanoutOptions{groups: 1}, 4, nil, "--connections must be from 1 to 100000", 0},
		{fanoutOptions{connections: 1, groups: 2}, 4, nil, "--groups must be from 1 to the number of connections", 0},
		{fanoutOptions{connections: 1000, groups: 1}, 10_001, nil, "--connections times --concurrency must be at most 10000000", 0},
		{fanoutOptions{connections: 1, groups: 1}, 4, cli.FlagNames{"in-flight": true}, "--in-flight must be 1 or more, and times --concurrency at most 1000000", 0},
	} {
		checkUsage(t, "check", tt.o.check(tt.given, tt.publishers), tt.want)
		if tt.want == "" && tt.o.inFlight != tt.inFlight {
			t.Errorf("in flight %d, want %d", tt.o.inFlight, tt.inFlight)
		}
	}
}
