package bench_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"wps/bench"
	"wps/protocol"
)

var errRefused = errors.New("refused")

// service is a Web PubSub in memory: a message to a group reaches its connections,
// unless one of the faults below applies.
type service struct {
	takes time.Duration // how long a send takes
	late  time.Duration // how long a delivery takes after it
	// fault, when set, gets each send with its number from 1: an error refuses it.
	fault func(n int) error
	// change, when set, gets each delivery with its number and returns what is
	// delivered instead.
	change func(n int, data []byte) [][]byte
	// hangs, when set, reports which sends get no answer.
	hangs func(n int) bool

	mu         sync.Mutex
	sends      int
	deliveries int
	open, most int
	conns      []*conn
}

func (s *service) Send(ctx context.Context, to protocol.Target, m protocol.Send) (o protocol.Outcome, err error) {
	s.mu.Lock()
	s.sends++
	n := s.sends
	s.mu.Unlock()
	if s.takes > 0 {
		time.Sleep(s.takes)
	}
	if s.hangs != nil && s.hangs(n) {
		<-ctx.Done()
		return o, ctx.Err()
	}
	if s.fault != nil {
		if err := s.fault(n); err != nil {
			return o, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.conns {
		if c.group == to.ID {
			s.deliver(c, m.Data)
		}
	}
	return o, nil
}

func (s *service) deliver(c *conn, data []byte) {
	s.deliveries++
	all := [][]byte{data}
	if s.change != nil {
		all = s.change(s.deliveries, data)
	}
	for _, d := range all {
		m := &protocol.Response{Type: protocol.ResponseMessage, From: protocol.FromServer, DataType: protocol.DataTypeText, Data: bytes.Clone(d)}
		if s.late > 0 {
			time.AfterFunc(s.late, func() { c.in <- m })
			continue
		}
		c.in <- m
	}
}

func (s *service) dial(_ context.Context, groups []string) (bench.Conn, error) {
	c := &conn{s: s, in: make(chan *protocol.Response, 1<<16), closed: make(chan struct{}), group: strings.Join(groups, " ")}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open++
	s.most = max(s.most, s.open)
	s.conns = append(s.conns, c)
	return c, nil
}

type conn struct {
	s      *service
	group  string
	in     chan *protocol.Response
	closed chan struct{}
	deaf   bool // to pings
}

func (c *conn) Receive(ctx context.Context) (*protocol.Response, error) {
	select {
	case m := <-c.in:
		return m, nil
	case <-c.closed:
		return nil, errRefused
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// SendEvent waits, as for a handler, and echoes.
func (c *conn) SendEvent(_ context.Context, event string, data []byte) error {
	time.Sleep(c.s.takes)
	if event != "echo" {
		return errRefused
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.s.deliver(c, data)
	return nil
}

func (c *conn) Ping(ctx context.Context) error {
	select {
	case <-c.closed:
		return errRefused
	default:
	}
	if c.deaf {
		<-ctx.Done()
	}
	return ctx.Err()
}

func (c *conn) Close(context.Context) error {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.s.open--
	return nil
}

func options(workers int) bench.Options {
	return bench.Options{Workers: workers, Warmup: time.Second, Duration: 5 * time.Second, Size: 100}
}

// about reports whether a number is as expected, within 2 %.
func about(got, want float64) bool { return got >= want*0.98 && got <= want*1.02 }

var group = protocol.Target{Kind: protocol.TargetGroup, ID: "g"}

// TestSend: rate and times are those of the service, without the warm-up.
func TestSend(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		seconds := 0
		o := options(4)
		o.OnSecond = func(s bench.Second) {
			if seconds++; s.Second != seconds || !about(float64(s.Count), 400) || !about(s.P50, 10) {
				t.Errorf("second %d = %+v", seconds, s)
			}
		}
		r := bench.Send(t.Context(), &service{takes: 10 * time.Millisecond}, group, o)
		if !about(float64(r.Count), 2000) || !about(r.PerSecond, 400) || r.Failed != 0 || r.Seconds != 5 {
			t.Errorf("result = %+v", r)
		}
		if l := r.Latency; l.Min != 10 || !about(l.P50, 10) || !about(l.P9999, 10) || !about(l.Mean, 10) {
			t.Errorf("latency = %+v", l)
		}
		if seconds < 4 || len(r.Series) < 4 {
			t.Errorf("%d seconds were told, %d kept", seconds, len(r.Series))
		}
	})
}

// TestRateCountsWaiting: with a rate, requests that had to wait for one that
// stalled are measured from when they should have started.
func TestRateCountsWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &service{takes: time.Millisecond}
		s.fault = func(n int) error {
			if n == 300 {
				time.Sleep(2 * time.Second)
			}
			return nil
		}
		o := options(1)
		o.Rate = 100
		r := bench.Send(t.Context(), s, group, o)
		// A hundred a second wait up to two seconds: a good third of five seconds.
		if l := r.Latency; !about(l.Max, 2001) || l.P50 > 10 || l.P90 < 1000 {
			t.Errorf("latency = %+v", l)
		}
		if !about(float64(r.Count), 500) {
			t.Errorf("%d were done, want 500", r.Count)
		}
	})
}

// TestFaultsAreCounted: errors are counted by their text, and a service that
// refuses everything does not make the run spin.
func TestFaultsAreCounted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &service{fault: func(n int) error {
			if n%2 == 0 {
				return errRefused
			}
			return fmt.Errorf("fault %d", n)
		}}
		r := bench.Send(t.Context(), s, group, options(2))
		if r.Count != 0 || r.Failed < 100 || r.Failed > 600 || len(r.Faults) > 22 || r.Faults["refused"] < 50 || r.Faults["other errors"] < 50 {
			t.Errorf("failed %d with %d faults: %v", r.Failed, len(r.Faults), r.Faults)
		}
	})
}

// TestInterrupted: the result has what was measured until then.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		r := bench.Send(ctx, &service{takes: 10 * time.Millisecond}, group, options(1))
		if !about(r.Seconds, 2) || !about(float64(r.Count), 200) || !about(r.PerSecond, 100) {
			t.Errorf("result = %+v", r)
		}
	})
}

func TestConnect(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &service{}
		dial := func(ctx context.Context, groups []string) (bench.Conn, error) {
			time.Sleep(20 * time.Millisecond)
			return s.dial(ctx, groups)
		}
		r := bench.Connect(t.Context(), dial, options(3))
		if !about(float64(r.Count), 750) || r.Latency.P50 < 19.9 || r.Latency.P50 > 20.1 || s.open != 0 || s.most > 3 {
			t.Errorf("result = %+v, %d open, at most %d", r, s.open, s.most)
		}
	})
}

// TestFanout: lost, doubled and overtaken messages are counted, each exactly.
func TestFanout(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(n int, data []byte) [][]byte
		check  func(*bench.Result, *service) bool
	}{
		{"none", nil, func(r *bench.Result, _ *service) bool { return r.Lost+r.Duplicate+r.OutOfOrder == 0 }},
		{"lost", func(n int, data []byte) [][]byte {
			if n%10 == 0 {
				return nil
			}
			return [][]byte{data}
		}, func(r *bench.Result, s *service) bool {
			return r.Lost == int64(s.deliveries/10) && r.Duplicate+r.OutOfOrder == 0
		}},
		{"doubled", func(n int, data []byte) [][]byte {
			if n%10 == 0 {
				return [][]byte{data, data}
			}
			return [][]byte{data}
		}, func(r *bench.Result, s *service) bool {
			return r.Duplicate == int64(s.deliveries/10) && r.Lost+r.OutOfOrder == 0
		}},
	}
	for _, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			s := &service{takes: 3 * time.Millisecond, change: tt.change}
			r, err := bench.Fanout(t.Context(), s, s.dial, bench.FanoutOptions{Options: options(2), Connections: 10, Groups: 3})
			if err != nil || !tt.check(r, s) || s.open != 0 || r.Failed != 0 {
				t.Fatalf("%s: %+v, %v, %d open", tt.name, r, err, s.open)
			}
			if r.Sent != int64(s.sends) || !about(float64(r.Count), float64(s.deliveries)*5/6) && tt.name == "none" || r.Connections != 10 || r.Groups != 3 {
				t.Errorf("%s: %+v with %d sends, %d deliveries", tt.name, r, s.sends, s.deliveries)
			}
		})
	}
}

// TestFanoutOutOfOrder: a message that a later one has overtaken counts as out
// of order, not as lost.
func TestFanoutOutOfOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &service{takes: 3 * time.Millisecond}
		var held []byte
		swaps := 0
		s.change = func(n int, data []byte) [][]byte {
			switch {
			case n%10 == 5:
				held = bytes.Clone(data)
				return nil
			case held != nil:
				both := [][]byte{data, held}
				held = nil
				swaps++
				return both
			}
			return [][]byte{data}
		}
		r, err := bench.Fanout(t.Context(), s, s.dial, bench.FanoutOptions{Options: options(1), Connections: 1, Groups: 1})
		if err != nil || r.OutOfOrder != int64(swaps) || swaps < 10 || r.Lost > 1 || r.Duplicate != 0 {
			t.Errorf("%+v, %v after %d swaps", r, err, swaps)
		}
	})
}

// TestFanoutFailures: a send that fails is no lost message, and a connection
// that ends is told.
func TestFanoutFailures(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &service{takes: 3 * time.Millisecond}
		s.fault = func(n int) error {
			if n == 1000 {
				close(s.conns[0].closed)
			}
			if n%10 == 0 {
				return errRefused
			}
			return nil
		}
		r, err := bench.Fanout(t.Context(), s, s.dial, bench.FanoutOptions{Options: options(1), Connections: 4, Groups: 4})
		if err != nil || r.Faults["refused"] == 0 || r.Faults["connection ended: refused"] != 1 {
			t.Errorf("%+v, %v", r, err)
		}
		// What went to the connection that had ended is lost, or may be among what
		// was refused.
		if r.Lost > int64(s.sends-999) {
			t.Errorf("%d are lost of %d sends", r.Lost, s.sends)
		}
	})
	dial := func(context.Context, []string) (bench.Conn, error) { return nil, errRefused }
	if r, err := bench.Fanout(t.Context(), &service{}, dial, bench.FanoutOptions{Options: options(1), Connections: 4, Groups: 1}); r != nil || !errors.Is(err, errRefused) {
		t.Errorf("without connections: %v, %v", r, err)
	}
}

func TestEcho(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &service{takes: 10 * time.Millisecond}
		r, err := bench.Echo(t.Context(), s.dial, "echo", options(3))
		if err != nil || !about(float64(r.Count), 1500) || !about(r.Latency.P50, 10) || r.Lost+r.Duplicate+r.OutOfOrder+r.Failed != 0 || s.open != 0 {
			t.Errorf("%+v, %v", r, err)
		}
		s = &service{takes: 10 * time.Millisecond, change: func(n int, data []byte) [][]byte {
			switch n {
			case 5:
				return nil
			case 50:
				return [][]byte{data, data}
			case 70:
				return [][]byte{[]byte("something else"), data}
			}
			return [][]byte{data}
		}}
		o := options(1)
		o.Duration = 20 * time.Second
		r, err = bench.Echo(t.Context(), s.dial, "echo", o)
		if err != nil || r.Lost != 1 || r.Duplicate != 1 || r.Failed != 1 {
			t.Errorf("with faults: %+v, %v", r, err)
		}
		r, err = bench.Echo(t.Context(), s.dial, "other", options(1))
		if err != nil || r.Count != 0 || r.Faults["refused"] == 0 {
			t.Errorf("without a handler: %+v, %v", r, err)
		}
	})
}
