package apply_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"wps/output"
	"wps/output/apply"
	"wps/protocol"
)

// stage runs events that take a random time and records when each begins and ends.
// It is meant for a synctest bubble.
type stage struct {
	mu       sync.Mutex
	rand     *rand.Rand
	open     map[output.Event]bool
	started  []output.Event
	ended    []output.Event
	most     int // in flight at once
	overlaps []string
	fail     func(output.Event) error
}

func newStage(seed uint64) *stage {
	return &stage{rand: rand.New(rand.NewPCG(seed, 0)), open: map[output.Event]bool{}}
}

func (s *stage) run(ctx context.Context, ev output.Event) (output.Result, error) {
	s.mu.Lock()
	for other := range s.open {
		if conflict(ev, other) {
			s.overlaps = append(s.overlaps, fmt.Sprintf("%s while %s", text(ev), text(other)))
		}
	}
	s.open[ev] = true
	s.started = append(s.started, ev)
	s.most = max(s.most, len(s.open))
	tries := 1 + s.rand.IntN(3) // an event that is tried again takes longer
	d := time.Duration(tries*s.rand.IntN(50)) * time.Millisecond
	s.mu.Unlock()
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, ev)
	s.ended = append(s.ended, ev)
	if ctx.Err() != nil {
		return output.Result{}, ctx.Err()
	}
	if s.fail != nil {
		return output.Result{}, s.fail(ev)
	}
	return output.Result{}, nil
}

// names returns the targets that an event names, as the doc comment of apply.Run has
// it; nil for the whole hub.
func names(ev output.Event) []protocol.Target {
	switch e := ev.(type) {
	case *output.MessageEvent:
		if e.TargetType != output.TargetAll {
			return []protocol.Target{e.Target()}
		}
	case *output.GroupEvent:
		return []protocol.Target{e.Target(), {Kind: protocol.TargetGroup, ID: e.GroupID}}
	case *output.PermissionEvent:
		return []protocol.Target{{Kind: protocol.TargetConnection, ID: e.ConnectionID}}
	case *output.CloseConnectionEvent:
		return []protocol.Target{e.Target()}
	case *output.ExistenceEvent:
		return []protocol.Target{e.Target()}
	}
	return nil
}

// conflict reports whether two events must not overtake one another.
func conflict(a, b output.Event) bool {
	na, nb := names(a), names(b)
	if na == nil || nb == nil {
		return true
	}
	return slices.ContainsFunc(na, func(t protocol.Target) bool { return slices.Contains(nb, t) })
}

func text(ev output.Event) string {
	b, err := ev.MarshalJSON()
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// stream returns n events of every kind for a few targets.
func stream(r *rand.Rand, n int) string {
	var b strings.Builder
	for i := range n {
		user, group, conn := fmt.Sprintf("u%d", r.IntN(4)), fmt.Sprintf("g%d", r.IntN(4)), fmt.Sprintf("c%d", r.IntN(4))
		switch r.IntN(9) {
		case 0:
			fmt.Fprintf(&b, `{"type":"GroupEvent","groupAction":"Join","targetType":"Users","targetId":%q,"groupId":%q}`, user, group)
		case 1:
			fmt.Fprintf(&b, `{"type":"CloseConnectionEvent","connectionId":%q,"reason":"%d"}`, conn, i)
		case 2:
			fmt.Fprintf(&b, `{"type":"ExistenceEvent","targetType":"Users","targetId":%q}`, user)
		case 3:
			fmt.Fprintf(&b, `{"type":"PermissionEvent","permissionAction":"Grant","connectionId":%q,"permission":"sendToGroup","targetName":%q}`, conn, group)
		case 4, 5:
			fmt.Fprintf(&b, `{"targetType":"Groups","targetId":%q,"message":"%d","dataType":"text"}`, group, i)
		case 6, 7:
			fmt.Fprintf(&b, `{"targetType":"Users","targetId":%q,"message":"%d","dataType":"text"}`, user, i)
		case 8:
			if r.IntN(4) > 0 {
				fmt.Fprintf(&b, `{"targetType":"Connections","targetId":%q,"message":"%d","dataType":"text"}`, conn, i)
			} else {
				fmt.Fprintf(&b, `{"message":"%d","dataType":"text"}`, i)
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// TestRunKeepsOrder checks that events which name the same target run one after the
// other in the order of the stream, whatever their durations and failures, and that
// others run concurrently.
func TestRunKeepsOrder(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			s := newStage(seed)
			s.fail = func(output.Event) error {
				if s.rand.IntN(5) == 0 {
					return errRefused
				}
				return nil
			}
			const n = 400
			line := map[output.Event]int{}
			var results []int
			sum, err := apply.Run(t.Context(), output.NewReader(strings.NewReader(stream(s.rand, n))), s.run, apply.Options{
				Concurrency: 8, KeepGoing: true,
				OnResult: func(r apply.LineResult) {
					line[r.Event] = r.Line
					results = append(results, r.Line)
				},
			})
			failed, _ := errors.AsType[*apply.FailedError](err)
			if failed == nil || sum.Failed != failed.Count || sum.Done+sum.Failed != n || sum.NotTried != 0 || sum.Unread {
				t.Fatalf("Run = %+v, %v", sum, err)
			}
			if len(s.overlaps) > 0 {
				t.Errorf("seed %d: %d ran too early, such as %s", seed, len(s.overlaps), s.overlaps[0])
			}
			for i, a := range s.started {
				for _, b := range s.started[i+1:] {
					if line[a] > line[b] && conflict(a, b) {
						t.Fatalf("seed %d: line %d ran before line %d: %s", seed, line[a], line[b], text(b))
					}
				}
			}
			if s.most < 4 {
				t.Errorf("seed %d: at most %d events were in flight at once", seed, s.most)
			}
			if slices.Sort(results); len(slices.Compact(results)) != n {
				t.Errorf("seed %d: results of %d lines", seed, len(results))
			}
		})
	}
}

// TestRunUnordered checks that with Unordered the events of one target run
// concurrently too.
func TestRunUnordered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStage(1)
		in := output.NewLines(strings.NewReader(strings.Repeat("x\n", 100)), output.MessageEvent{TargetType: output.TargetAll, DataType: protocol.DataTypeText})
		sum, err := apply.Run(t.Context(), in, s.run, apply.Options{Concurrency: 7, Unordered: true})
		if err != nil || sum.Done != 100 || s.most != 7 {
			t.Errorf("Run = %+v, %v with %d at once, want 100 done with 7", sum, err, s.most)
		}
	})
}

// TestRunStopsConcurrent checks that after a failure nothing new is started, events
// in flight end, and every line has a result.
func TestRunStopsConcurrent(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			s := newStage(seed)
			failed := 0
			s.fail = func(ev output.Event) error {
				if s.rand.IntN(20) == 0 {
					failed++
					return errRefused
				}
				return nil
			}
			const n = 500
			stopped, results := 0, map[int]apply.Status{}
			sum, err := apply.Run(t.Context(), output.NewReader(strings.NewReader(stream(s.rand, n))), s.run, apply.Options{
				Concurrency: 8, CountRest: true, OnStop: func() { stopped++ },
				OnResult: func(r apply.LineResult) { results[r.Line] = r.Status },
			})
			if !errors.Is(err, errRefused) || stopped != 1 {
				t.Errorf("Run = %v after %d stops", err, stopped)
			}
			if sum.Failed != failed || sum.Done+sum.Failed != len(s.started) || sum.Done+sum.Failed+sum.NotTried != n || len(results) != n || sum.Unread {
				t.Errorf("Run = %+v with %d failures, %d started, %d results", sum, failed, len(s.started), len(results))
			}
			// Only events in flight at the first failure can have failed after it.
			if failed > 8 {
				t.Errorf("%d failed, more than were in flight", failed)
			}
		})
	}
}

// TestRunFaultInTheMiddle checks that everything before a faulty object is run and
// nothing after it.
func TestRunFaultInTheMiddle(t *testing.T) {
	t.Parallel()
	for _, broken := range []string{`{"message":`, `{"type":"NoSuchEvent"}`, `nonsense`} {
		synctest.Test(t, func(t *testing.T) {
			s := newStage(3)
			lines := strings.Split(strings.TrimSpace(stream(s.rand, 200)), "\n")
			lines[99] = broken
			o := apply.Options{Concurrency: 8, CountRest: true}
			sum, err := apply.Run(t.Context(), output.NewReader(strings.NewReader(strings.Join(lines, "\n"))), s.run, o)
			bad, _ := errors.AsType[*output.LineError](err)
			if bad == nil || bad.Line != 100 || sum != (apply.Summary{Done: 99, Failed: 1, NotTried: 100}) {
				t.Errorf("%s: Run = %+v, %v", broken, sum, err)
			}
			o.KeepGoing = true
			sum, err = apply.Run(t.Context(), output.NewReader(strings.NewReader(strings.Join(lines, "\n"))), s.run, o)
			if failed, _ := errors.AsType[*apply.FailedError](err); failed == nil || sum != (apply.Summary{Done: 199, Failed: 1}) {
				t.Errorf("%s, going on: Run = %+v, %v", broken, sum, err)
			}
		})
	}
}

// TestRunBrokenStream checks that a read error ends the run as a failure, with
// KeepGoing too.
func TestRunBrokenStream(t *testing.T) {
	t.Parallel()
	in := io.MultiReader(strings.NewReader(msg("a")+"\n"+msg("b")+"\n"), brokenReader{})
	r := &recorder{fail: map[int]error{1: errors.New("another fault")}}
	sum, err := apply.Run(t.Context(), output.NewReader(in), r.run, apply.Options{KeepGoing: true, CountRest: true})
	if !errors.Is(err, errRefused) || sum != (apply.Summary{Done: 1, Failed: 2, Unread: true}) {
		t.Errorf("Run = %+v, %v", sum, err)
	}
}

// TestRunRestOfBrokenStream checks that what cannot be read after a stop is not
// counted, and that the summary says so.
func TestRunRestOfBrokenStream(t *testing.T) {
	t.Parallel()
	r := &recorder{fail: map[int]error{2: errRefused}}
	results, sum, err := run(t, r, "["+msg("a")+",\n"+msg("b")+",\n"+msg("c")+"\n"+msg("d")+","+msg("e")+"]", apply.Options{CountRest: true})
	if !errors.Is(err, errRefused) || sum != (apply.Summary{Done: 1, Failed: 1, NotTried: 2, Unread: true}) {
		t.Errorf("Run = %+v, %v", sum, err)
	}
	if want := []string{"1 done", "2 failed: refused", "3 not tried", "4 not tried"}; !slices.Equal(results, want) {
		t.Errorf("results = %q, want %q", results, want)
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errRefused }

// TestRunInterrupted checks that events in flight have Options.Grace to end, and
// that one which takes longer fails as perhaps sent.
func TestRunInterrupted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var results []string
		do := func(ctx context.Context, ev output.Event) (output.Result, error) {
			d := 2 * time.Second
			if ev.(*output.MessageEvent).TargetID == "slow" {
				d = time.Hour
			}
			select {
			case <-time.After(d):
				return output.Result{}, nil
			case <-ctx.Done():
				return output.Result{}, ctx.Err()
			}
		}
		sum, err := apply.Run(ctx, output.NewReader(strings.NewReader(
			`{"targetType":"Users","targetId":"quick","message":"1"}`+"\n"+
				`{"targetType":"Users","targetId":"slow","message":"2"}`+"\n"+
				`{"targetType":"Users","targetId":"quick","message":"3"}`+"\n")), do, apply.Options{
			Concurrency: 4, CountRest: true, Grace: 3 * time.Second,
			OnResult: func(r apply.LineResult) { results = append(results, resultText(r)) },
		})
		want := []string{"1 done", "3 not tried", "2 failed: interrupted, it may have been sent: context canceled"}
		if !slices.Equal(results, want) || sum != (apply.Summary{Done: 1, Failed: 1, NotTried: 1}) {
			t.Errorf("results = %q, %+v, %v, want %q", results, sum, err, want)
		}
	})
}

// TestRunReadsAheadWithinBounds checks that a stuck target does not let the whole
// stream accumulate in memory.
func TestRunReadsAheadWithinBounds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		src := &endless{}
		free := make(chan struct{})
		go func() { time.Sleep(time.Second); src.stop(); close(free) }()
		done := 0
		do := func(ctx context.Context, ev output.Event) (output.Result, error) {
			<-free
			return output.Result{}, nil
		}
		sum, err := apply.Run(t.Context(), src, do, apply.Options{
			Concurrency: 4,
			OnResult:    func(apply.LineResult) { done++ },
		})
		if err != nil || src.ahead > 300 || sum.Done != src.lines {
			t.Errorf("%d events were read before any was done; Run = %+v, %v", src.ahead, sum, err)
		}
	})
}

// endless is a source of events until it is stopped.
type endless struct {
	mu           sync.Mutex
	lines, ahead int
	ended        bool
}

func (e *endless) stop() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ended, e.ahead = true, e.lines
}

func (e *endless) Read() ([]byte, int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.ended {
		return nil, e.lines, io.EOF
	}
	e.lines++
	return fmt.Appendf(nil, `{"targetType":"Users","targetId":"u%d","message":"x"}`, e.lines%3), e.lines, nil
}

func (*endless) Decode(raw []byte) (output.Event, error) { return output.Decode(raw) }
