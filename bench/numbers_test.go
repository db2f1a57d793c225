package bench_test

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"wps/bench"
	"wps/protocol"
)

// TestRateIsOfItsTime: what is done after the end is in the times and not in the
// rate.
func TestRateIsOfItsTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := bench.Options{Workers: 4, Duration: 2 * time.Second, Size: 100}
		r := bench.Send(t.Context(), &service{takes: 1500 * time.Millisecond}, group, o)
		if r.Count != 8 || r.Late != 4 || r.PerSecond != 2 {
			t.Errorf("count %d, late %d, %v/s; want 8, 4, 2/s", r.Count, r.Late, r.PerSecond)
		}
		// Begun at 0, 1.4 and 2.8 s, the first in the warm-up: it is in the rate and
		// not in the times.
		o.Warmup = time.Second
		r = bench.Send(t.Context(), &service{takes: 1400 * time.Millisecond}, group, o)
		if r.Count != 8 || r.Late != 4 || r.PerSecond != 4 {
			t.Errorf("with a warm-up: count %d, late %d, %v/s; want 8, 4, 4/s", r.Count, r.Late, r.PerSecond)
		}
	})
}

// TestNotStarted: what was due while every worker was busy is counted.
func TestNotStarted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := bench.Options{Workers: 4, Rate: 200, Warmup: time.Second, Duration: 2 * time.Second, Size: 100}
		r := bench.Send(t.Context(), &service{takes: time.Second}, group, o)
		// 600 were due, 200 of them in the warm-up. Each of four workers started
		// one at 0, 1 and 2 s, all due in the first 15 ms.
		if r.NotStarted < 395 || r.NotStarted > 400 || r.Count != 0 {
			t.Errorf("%d not started, %d done; want nearly 400, none", r.NotStarted, r.Count)
		}
		if text := bench.Text(r); !strings.Contains(text, "not started") {
			t.Errorf("it is not told:\n%s", text)
		}
		r = bench.Send(t.Context(), &service{takes: 10 * time.Millisecond}, group, o)
		if r.NotStarted != 0 || !about(r.PerSecond, 200) {
			t.Errorf("a service that keeps up: %d not started, %v/s", r.NotStarted, r.PerSecond)
		}
	})
}

// TestInterruptedWhileHanging: after an interruption the run waits ten seconds
// for what hangs, not until its planned end, and the numbers are of the time
// before.
func TestInterruptedWhileHanging(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		s := &service{takes: 10 * time.Millisecond, hangs: func(n int) bool { return n > 200 }}
		o := bench.Options{Workers: 2, Warmup: time.Second, Duration: time.Hour, Size: 100}
		r := bench.Send(ctx, s, group, o)
		if took := time.Since(start); took != 13*time.Second {
			t.Errorf("it took %v, want 13s", took)
		}
		if !r.Interrupted || r.Seconds != 2 || r.Count != 0 || r.Failed != 2 || r.Faults["no answer within 10s of the end of the run"] != 2 || len(r.Series) != 2 {
			t.Errorf("result = %+v", r)
		}
		if title := bench.Title(r); !strings.Contains(title, "2 s, interrupted") {
			t.Errorf("title = %q", title)
		}
	})
}

// TestShortRun: a run of less than a second has no whole second, and a rate all
// the same.
func TestShortRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := bench.Send(t.Context(), &service{takes: 10 * time.Millisecond}, group, bench.Options{Workers: 1, Duration: 295 * time.Millisecond, Size: 100})
		b, err := json.Marshal(r)
		if err != nil || !strings.Contains(string(b), `"series":[]`) || r.Count != 30 {
			t.Errorf("%s, %v", b, err)
		}
		var csv strings.Builder
		if err := bench.CSV(&csv, r); err != nil || strings.Count(csv.String(), "\n") != 2 || !strings.Contains(csv.String(), "\ntotal,30,") {
			t.Errorf("CSV = %q, %v", csv.String(), err)
		}
	})
}

// TestSeriesEndsInTime: waiting for what is lost adds no seconds, and the seconds
// sum up to the rate.
func TestSeriesEndsInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &service{takes: 10 * time.Millisecond, change: func(n int, data []byte) [][]byte {
			if n%10 == 0 {
				return nil
			}
			return [][]byte{data}
		}}
		r, err := bench.Fanout(t.Context(), s, s.dial, bench.FanoutOptions{Options: options(2), Connections: 2, Groups: 1})
		var sum float64
		for i, second := range r.Series {
			sum += float64(second.Count)
			if second.Second != i+1 {
				t.Errorf("second %d stands at %d", second.Second, i)
			}
		}
		if err != nil || len(r.Series) != 5 || sum != r.PerSecond*r.Seconds || r.Lost == 0 {
			t.Errorf("%d seconds with %v in all, %v/s: %+v, %v", len(r.Series), sum, r.PerSecond, r, err)
		}
	})
}

// TestFanoutUnsureHidesNoLoss: a message that is delivered although its sending
// failed does not make up for one that is lost.
func TestFanoutUnsureHidesNoLoss(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &delivering{service: service{takes: 3 * time.Millisecond, change: func(n int, data []byte) [][]byte {
			if n%10 == 0 {
				return nil
			}
			return [][]byte{data}
		}}}
		r, err := bench.Fanout(t.Context(), s, s.dial, bench.FanoutOptions{Options: options(1), Connections: 1, Groups: 1})
		// Of every thirty messages three are lost, and the sending of one of these
		// has failed.
		if want := int64(s.deliveries/10 - s.deliveries/30); err != nil || r.Lost != want || r.Failed == 0 {
			t.Errorf("%d lost, want %d: %+v, %v", r.Lost, want, r, err)
		}
	})
}

// delivering is a service that delivers each message and refuses every third all
// the same.
type delivering struct{ service }

func (s *delivering) Send(ctx context.Context, to protocol.Target, m protocol.Send) (protocol.Outcome, error) {
	o, err := s.service.Send(ctx, to, m)
	if err == nil && s.sends%3 == 0 {
		err = errRefused
	}
	return o, err
}

// TestFanoutPatience: messages of a slow service do not count as lost.
func TestFanoutPatience(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &service{late: 4 * time.Second}
		o := bench.FanoutOptions{Options: options(1), Connections: 1, Groups: 1}
		o.Rate = 0.3
		r, err := bench.Fanout(t.Context(), s, s.dial, o)
		if err != nil || r.Sent != 2 || r.Lost != 0 || r.Latency.Max < 4000 {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

// TestFanoutAllEnded: without connections the run ends, and the result has its
// real length.
func TestFanoutAllEnded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		s := &service{takes: 10 * time.Millisecond}
		s.fault = func(n int) error {
			if n == 300 {
				for _, c := range s.conns {
					close(c.closed)
				}
			}
			return nil
		}
		r, err := bench.Fanout(t.Context(), s, s.dial, bench.FanoutOptions{Options: options(1), Connections: 3, Groups: 2})
		if err != nil || r.Ended != 3 || r.Faults["connection ended: refused"] != 3 || !about(r.Seconds, 2) || r.Interrupted || time.Since(start) > 4*time.Second {
			t.Errorf("after %v: %+v, %v", time.Since(start), r, err)
		}
	})
}

// TestEchoLate: an echo that comes after the wait for it is late, not lost.
func TestEchoLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &service{late: 7 * time.Second}
		o := options(1)
		o.Duration = 11 * time.Second
		r, err := bench.Echo(t.Context(), s.dial, "echo", o)
		// Asked at 0, 5 and 10 s; the last wait ends at 15 s, its echo comes at 17 s.
		if err != nil || r.Sent != 3 || r.Count != 1 || r.Latency.Max < 7000 || r.Lost != 1 {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

// TestEchoEnded: a client whose connection has ended asks no more.
func TestEchoEnded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &service{takes: 10 * time.Millisecond}
		s.change = func(n int, data []byte) [][]byte {
			if n == 1000 {
				close(s.conns[0].closed)
				return nil
			}
			return [][]byte{data}
		}
		r, err := bench.Echo(t.Context(), s.dial, "echo", options(2))
		if err != nil || r.Ended != 1 || r.Failed != 1 || r.Faults["connection ended: refused"] != 1 || r.Seconds != 5 {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

// TestFaultsHaveNoPorts: the same fault of many connections is one, though each
// has a port of its own.
func TestFaultsHaveNoPorts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &service{takes: time.Millisecond, fault: func(n int) error {
			from := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 10_000 + n}
			return &net.OpError{Op: "read", Net: "tcp", Source: from, Addr: from, Err: os.NewSyscallError("read", errors.New("connection reset by peer"))}
		}}
		r := bench.Send(t.Context(), s, group, options(2))
		if len(r.Faults) != 1 || r.Faults["read tcp: read: connection reset by peer"] != r.Failed {
			t.Errorf("faults = %v", r.Faults)
		}
	})
}

// TestOpeningFails: the error has the number of open connections.
func TestOpeningFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &service{}
		var dials atomic.Int64
		dial := func(ctx context.Context, groups []string) (bench.Conn, error) {
			if dials.Add(1) > 7 {
				return nil, errRefused
			}
			return s.dial(ctx, groups)
		}
		_, err := bench.Echo(t.Context(), dial, "echo", options(100))
		if !errors.Is(err, errRefused) || !strings.Contains(err.Error(), "7 of 100 opened: refused") || s.open != 0 {
			t.Errorf("%v, %d open", err, s.open)
		}
	})
}

// TestFanoutInFlight: without a rate each publisher has so many messages on
// their way and no more, and neither a lost message nor a connection that ends
// holds the others up.
func TestFanoutInFlight(t *testing.T) {
	t.Parallel()
	o := bench.FanoutOptions{Options: options(2), Connections: 6, Groups: 4, InFlight: 5}
	o.Warmup, o.Duration = 0, 10*time.Second
	run := func(t *testing.T, s *service) *bench.Result {
		t.Helper()
		r, err := bench.Fanout(t.Context(), s, s.dial, o)
		if err != nil || r.InFlight != 10 || r.MostInFlight > 10 {
			t.Fatalf("%+v, %v", r, err)
		}
		return r
	}
	synctest.Test(t, func(t *testing.T) {
		// A message takes 101 ms, so that a publisher sends five in that time.
		r := run(t, &service{takes: time.Millisecond, late: 100 * time.Millisecond})
		if want := 10 * 10_000.0 / 101; !about(float64(r.Sent), want) || r.MostInFlight != 10 || !about(r.Latency.P50, 101) || r.Lost != 0 {
			t.Errorf("%d sent, want %v, at most %d in flight, %+v", r.Sent, want, r.MostInFlight, r.Latency)
		}
		s := &service{takes: time.Millisecond, late: 100 * time.Millisecond, change: func(n int, data []byte) [][]byte {
			if n%10 == 0 {
				return nil
			}
			return [][]byte{data}
		}}
		if r = run(t, s); r.Sent < 450 || r.Lost == 0 {
			t.Errorf("with losses: %d sent, %d lost", r.Sent, r.Lost)
		}
		s = &service{takes: time.Millisecond, late: 100 * time.Millisecond}
		s.fault = func(n int) error {
			if n == 500 {
				close(s.conns[0].closed)
			}
			return nil
		}
		if r = run(t, s); r.Sent < 970 || r.Ended != 1 {
			t.Errorf("with a connection that ends: %d sent, %d ended", r.Sent, r.Ended)
		}
	})
}
