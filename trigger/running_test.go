package trigger_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"wps/output"
	"wps/protocol"
	"wps/trigger"
)

// gate is a hook that reports each event that begins and blocks it until it is
// released.
type gate struct {
	began chan string
	goOn  chan struct{}
}

func newGate() *gate { return &gate{make(chan string, 100), make(chan struct{})} }

func (g *gate) Answer(ctx context.Context, ev *trigger.Event) (trigger.Answer, error) {
	g.began <- ev.ConnectionID + " " + ev.ID
	select {
	case <-g.goOn:
		return trigger.Answer{Message: []byte(ev.ID), DataType: protocol.DataTypeText}, nil
	case <-ctx.Done():
		return trigger.Answer{}, ctx.Err()
	}
}
func (g *gate) Close(context.Context) error { return nil }
func (g *gate) String() string              { return "gate" }

// start sends an event without waiting for its answer.
func start(t testing.TB, h http.Handler, e event) <-chan *httptest.ResponseRecorder {
	t.Helper()
	answered := make(chan *httptest.ResponseRecorder, 1)
	r := e.request(t)
	go func() {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		answered <- w
	}()
	return answered
}

// within runs a test with synctest and a gate as the hook of all events. The
// handler is closed at the end of the test.
func within(t *testing.T, o trigger.Options, test func(t *testing.T, h *trigger.Handler, g *gate)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		o.Default = g
		h, err := trigger.New(o)
		if err != nil {
			t.Fatal(err)
		}
		test(t, h, g)
		if err := h.Close(t.Context()); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
}

func TestOrderWithinALine(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		by     trigger.SerialBy
		events []event
		want   []string // that run at once
	}{
		{"", []event{{id: "1"}, {id: "2"}, {id: "1", connection: "c2"}}, []string{"c1 1", "c2 1"}},
		{trigger.SerialByUser, []event{{id: "1"}, {id: "1", connection: "c2"}, {id: "1", connection: "c3", user: "u2"}}, []string{"c1 1", "c3 1"}},
		{trigger.SerialByUser, []event{{id: "1", user: "-"}, {id: "1", connection: "c2", user: "-"}}, []string{"c1 1", "c2 1"}},
		{trigger.SerialByNone, []event{{id: "1"}, {id: "2"}}, []string{"c1 1", "c1 2"}},
	} {
		synctest.Test(t, func(t *testing.T) {
			g := newGate()
			h, err := trigger.New(trigger.Options{Default: g, SerialBy: test.by})
			if err != nil {
				t.Fatal(err)
			}
			var answers []<-chan *httptest.ResponseRecorder
			for _, e := range test.events {
				e.name = "message"
				answers = append(answers, start(t, h, e))
				synctest.Wait()
			}
			var got []string
			for len(g.began) > 0 {
				got = append(got, <-g.began)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("serial by %q: %v run at once, want %v", test.by, got, test.want)
			}
			close(g.goOn)
			for i, a := range answers {
				if w := <-a; w.Code != 200 || w.Body.String() != test.events[i].id {
					t.Errorf("serial by %q: event %d = %d %q, want its own id", test.by, i, w.Code, w.Body)
				}
			}
			if err := h.Close(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestEventsOfOneConnectionRunInOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		h, err := trigger.New(trigger.Options{Default: g, Concurrency: 50})
		if err != nil {
			t.Fatal(err)
		}
		var answers []<-chan *httptest.ResponseRecorder
		for i := range 50 {
			answers = append(answers, start(t, h, event{name: "message", id: fmt.Sprint(i)}))
			synctest.Wait()
		}
		close(g.goOn)
		for i, a := range answers {
			if w := <-a; w.Body.String() != fmt.Sprint(i) {
				t.Errorf("event %d was answered %q", i, w.Body)
			}
			if got, want := <-g.began, fmt.Sprint("c1 ", i); got != want {
				t.Errorf("%s began, want %s", got, want)
			}
		}
		if err := h.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestFullQueueAnswers503(t *testing.T) {
	t.Parallel()
	within(t, trigger.Options{Concurrency: 1, Queue: 1}, func(t *testing.T, h *trigger.Handler, g *gate) {
		runs := start(t, h, event{name: "message", id: "1"})
		synctest.Wait()
		waits := start(t, h, event{name: "message", id: "1", connection: "c2"})
		synctest.Wait()
		w := send(t, h, event{name: "message", id: "1", connection: "c3"})
		if w.Code != 503 || w.Header().Get("Retry-After") == "" || w.Body.String() != "too many events are waiting" {
			t.Errorf("the third event = %d %v %q, want 503 with Retry-After", w.Code, w.Header(), w.Body)
		}
		close(g.goOn)
		if a, b := (<-runs).Code, (<-waits).Code; a != 200 || b != 200 {
			t.Errorf("the others = %d, %d, want 200", a, b)
		}
		if w := send(t, h, event{name: "message", id: "1", connection: "c3"}); w.Code != 200 {
			t.Errorf("the third again = %d, want 200: it had not run", w.Code)
		}
	})
}

func TestWaitingEndsAfterAMinute(t *testing.T) {
	t.Parallel()
	within(t, trigger.Options{HookTimeout: time.Hour}, func(t *testing.T, h *trigger.Handler, g *gate) {
		runs := start(t, h, event{name: "message", id: "1"})
		synctest.Wait()
		began := time.Now()
		if w := send(t, h, event{name: "message", id: "2"}); w.Code != 503 || time.Since(began) != time.Minute {
			t.Errorf("the event that waits = %d after %v, want 503 after a minute", w.Code, time.Since(began))
		}
		close(g.goOn)
		<-runs
	})
}

func TestHookTimeout(t *testing.T) {
	t.Parallel()
	within(t, trigger.Options{HookTimeout: 3 * time.Second}, func(t *testing.T, h *trigger.Handler, g *gate) {
		began := time.Now()
		if w := send(t, h, event{name: "message"}); w.Code != 500 || time.Since(began) != 3*time.Second {
			t.Errorf("a hook that hangs = %d after %v, want 500 after 3s", w.Code, time.Since(began))
		}
	})
}

func TestRepeatedEventsRunOnce(t *testing.T) {
	t.Parallel()
	within(t, trigger.Options{}, func(t *testing.T, h *trigger.Handler, g *gate) {
		first := start(t, h, event{name: "message", id: "7"})
		synctest.Wait()
		meanwhile := start(t, h, event{name: "message", id: "7"})
		synctest.Wait()
		close(g.goOn)
		for _, w := range []*httptest.ResponseRecorder{<-first, <-meanwhile, send(t, h, event{name: "message", id: "7"})} {
			if w.Code != 200 || w.Body.String() != "7" {
				t.Errorf("answer = %d %q, want the first one", w.Code, w.Body)
			}
		}
		if len(g.began) != 1 {
			t.Errorf("the hook ran %d times, want once", len(g.began))
		}
		for _, other := range []event{
			{name: "message", id: "8"}, {name: "message", id: "7", connection: "c2"}, {name: "message", id: "7", header: http.Header{"Ce-Hub": {"x"}}},
			{name: "message", id: "7", header: http.Header{"X-Ms-Client-Request-Id": {"r2"}}},
			{name: "message", id: "7", header: http.Header{"Ce-Physicalconnectionid": {"p2"}}},
			{name: "connect", id: "7"}, {name: "user:connect", id: "7"}, {name: "other", id: "7"},
		} {
			before := len(g.began)
			if send(t, h, other); len(g.began) != before+1 {
				t.Errorf("%+v is another event and did not run", other)
			}
		}
	})
}

// An answer is remembered for some minutes, and not longer.
func TestAnswersAreForgotten(t *testing.T) {
	t.Parallel()
	within(t, trigger.Options{}, func(t *testing.T, h *trigger.Handler, g *gate) {
		close(g.goOn)
		for i, step := range []struct {
			wait time.Duration
			runs int
		}{{0, 1}, {4 * time.Minute, 1}, {time.Minute, 2}, {4 * time.Minute, 2}} {
			time.Sleep(step.wait)
			if send(t, h, event{name: "message", id: "7"}); len(g.began) != step.runs {
				t.Errorf("request %d: the hook ran %d times, want %d", i, len(g.began), step.runs)
			}
		}
	})
}

// A failure after which the service sends the event again reaches the hook again,
// and any other answer does not.
func TestRepeatedFailures(t *testing.T) {
	t.Parallel()
	for status, wantRuns := range map[int]int{200: 1, 307: 1, 400: 1, 401: 1, 429: 1, 408: 2, 500: 2, 503: 2, 599: 2} {
		ran := 0
		h := handler(t, trigger.Options{Routes: []trigger.Route{on(t, "message", func(context.Context, *trigger.Event) (trigger.Answer, error) {
			ran++
			return trigger.Answer{Verbatim: &trigger.Verbatim{Status: status}}, nil
		})}})
		for range 2 {
			if w := send(t, h, event{name: "message", id: "1"}); w.Code != status {
				t.Errorf("answer = %d, want %d", w.Code, status)
			}
		}
		if ran != wantRuns {
			t.Errorf("the hook that answers %d ran %d times, want %d", status, ran, wantRuns)
		}
	}
}

// A repetition that waits for the first request runs the hook when that fails.
func TestRepetitionRunsAfterAFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began, goOn := make(chan struct{}, 2), make(chan error)
		h := handler(t, trigger.Options{Routes: []trigger.Route{on(t, "message", func(context.Context, *trigger.Event) (trigger.Answer, error) {
			began <- struct{}{}
			return trigger.Answer{}, <-goOn
		})}})
		first := start(t, h, event{name: "message", id: "1"})
		synctest.Wait()
		again := start(t, h, event{name: "message", id: "1"})
		synctest.Wait()
		goOn <- errors.New("once")
		if w := <-first; w.Code != 500 {
			t.Errorf("first = %d, want 500", w.Code)
		}
		goOn <- nil
		if w := <-again; w.Code != 200 || len(began) != 2 {
			t.Errorf("again = %d after %d runs, want 200 after 2", w.Code, len(began))
		}
	})
}

func TestEventsWithoutAnIDAreNeverRepeated(t *testing.T) {
	t.Parallel()
	ran := 0
	h := handler(t, trigger.Options{Routes: []trigger.Route{on(t, "message", func(context.Context, *trigger.Event) (trigger.Answer, error) {
		ran++
		return trigger.Answer{}, nil
	})}})
	for range 2 {
		send(t, h, event{name: "message"})
	}
	if ran != 2 {
		t.Errorf("the hook ran %d times, want 2", ran)
	}
}

func TestDedupeIsBounded(t *testing.T) {
	t.Parallel()
	ran := 0
	h := handler(t, trigger.Options{Routes: []trigger.Route{on(t, "message", func(context.Context, *trigger.Event) (trigger.Answer, error) {
		ran++
		return trigger.Answer{Message: make([]byte, 1<<20)}, nil
	})}})
	for i := range 40 { // 40 MiB, of which 16 are kept
		send(t, h, event{name: "message", id: fmt.Sprint(i)})
	}
	send(t, h, event{name: "message", id: "39"})
	if ran != 40 {
		t.Errorf("the hook ran %d times, want 40: the last answer is remembered", ran)
	}
	send(t, h, event{name: "message", id: "0"})
	if ran != 41 {
		t.Errorf("the hook ran %d times, want 41: the first answer is forgotten", ran)
	}
	for i := range 5000 {
		h2 := event{name: "connected", id: fmt.Sprint(i), connection: "c2"}
		send(t, h, h2)
	}
}

func TestNotRunMayBeRetried(t *testing.T) {
	t.Parallel()
	broken := true
	h := handler(t, trigger.Options{Routes: []trigger.Route{on(t, "message", func(context.Context, *trigger.Event) (trigger.Answer, error) {
		if broken {
			return trigger.Answer{}, trigger.NotRun(errors.New("unreachable"))
		}
		return trigger.Answer{}, nil
	})}})
	if w := send(t, h, event{name: "message", id: "1"}); w.Code != 503 {
		t.Errorf("answer = %d, want 503", w.Code)
	}
	broken = false
	if w := send(t, h, event{name: "message", id: "1"}); w.Code != 200 {
		t.Errorf("again = %d, want 200", w.Code)
	}
}

func TestClientThatGoesAway(t *testing.T) {
	t.Parallel()
	within(t, trigger.Options{}, func(t *testing.T, h *trigger.Handler, g *gate) {
		ctx, cancel := context.WithCancel(t.Context())
		runs := event{name: "message", id: "1"}.request(t).WithContext(ctx)
		waits := event{name: "message", id: "2"}.request(t).WithContext(ctx)
		var done sync.WaitGroup
		for _, r := range []*http.Request{runs, waits} {
			done.Go(func() { h.ServeHTTP(httptest.NewRecorder(), r) })
			synctest.Wait()
		}
		cancel()
		synctest.Wait()
		close(g.goOn) // the hook that began finishes
		done.Wait()
		if len(g.began) != 1 {
			t.Errorf("%d hooks began, want 1: the request of the waiting event has ended", len(g.began))
		}
		if w := send(t, h, event{name: "message", id: "1"}); w.Body.String() != "1" || len(g.began) != 1 {
			t.Errorf("the same event again = %q, %d hooks began; want the answer without another run", w.Body, len(g.began))
		}
		if w := send(t, h, event{name: "message", id: "2"}); w.Body.String() != "2" || len(g.began) != 2 {
			t.Errorf("the event that never ran, again = %q, %d hooks began", w.Body, len(g.began))
		}
	})
}

func TestCloseDrains(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		h, err := trigger.New(trigger.Options{Default: g})
		if err != nil {
			t.Fatal(err)
		}
		runs := start(t, h, event{name: "message", id: "1"})
		synctest.Wait()
		waits := start(t, h, event{name: "message", id: "2"})
		synctest.Wait()
		closed := make(chan error, 1)
		go func() { closed <- h.Close(t.Context()) }()
		synctest.Wait()
		if w := <-waits; w.Code != 503 {
			t.Errorf("the waiting event = %d, want 503", w.Code)
		}
		if w := send(t, h, event{name: "message", id: "3"}); w.Code != 503 {
			t.Errorf("a new event = %d, want 503", w.Code)
		}
		close(g.goOn)
		if w := <-runs; w.Code != 200 {
			t.Errorf("the running event = %d, want 200", w.Code)
		}
		if err := <-closed; err != nil {
			t.Errorf("Close: %v", err)
		}
	})
}

// A client that sends its data slowly does not delay Close.
func TestCloseDoesNotWaitForData(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		h, err := trigger.New(trigger.Options{Default: g})
		if err != nil {
			t.Fatal(err)
		}
		r := event{name: "message", id: "1"}.request(t)
		body, slowly := io.Pipe()
		r.Body = body
		answered := make(chan *httptest.ResponseRecorder, 1)
		go func() {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			answered <- w
		}()
		synctest.Wait()
		if err := h.Close(t.Context()); err != nil {
			t.Errorf("Close: %v", err)
		}
		if _, err := slowly.Write([]byte("hi")); err != nil {
			t.Error(err)
		}
		if w := <-answered; w.Code != 503 || len(g.began) != 0 {
			t.Errorf("the event = %d, %d hooks began, want 503 and none", w.Code, len(g.began))
		}
	})
}

func TestCloseKillsWhenItsTimeIsOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate() // never released
		h, err := trigger.New(trigger.Options{Default: g})
		if err != nil {
			t.Fatal(err)
		}
		runs := start(t, h, event{name: "message", id: "1"})
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := h.Close(ctx); err != nil {
			t.Errorf("Close: %v", err)
		}
		if w := <-runs; w.Code != 500 {
			t.Errorf("the killed event = %d, want 500", w.Code)
		}
	})
}

// recordedService records the calls of event objects.
type recordedService struct {
	output.Service // what a test does not expect is nil, and panics
	mu             sync.Mutex
	done           []string
	fail           error
}

func (s *recordedService) note(format string, args ...any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done = append(s.done, fmt.Sprintf(format, args...))
	return s.fail
}

func (s *recordedService) Send(_ context.Context, to protocol.Target, m protocol.Send) (protocol.Outcome, error) {
	return protocol.Outcome{}, s.note("send %s %s %q", to, m.DataType, m.Data)
}

func (s *recordedService) AddToGroup(_ context.Context, member protocol.Target, group string) (protocol.Outcome, error) {
	return protocol.Outcome{}, s.note("add %s to %s", member, group)
}

func outputOf(s *recordedService, hubs *[]string) func(string) (output.Service, error) {
	return func(hub string) (output.Service, error) {
		*hubs = append(*hubs, hub)
		return s, nil
	}
}

const twoObjects = `{"outputs":[{"groupAction":"Join","targetType":"Users","targetId":"u1","groupId":"g"},{"type":"MessageEvent","message":"hi","dataType":"text"}],"message":"ok","dataType":"text"}`

func TestOutputRunsInOrderBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	var hubs []string
	s := &recordedService{}
	h := handler(t, trigger.Options{Routes: []trigger.Route{parses(t, "message", twoObjects)}, Output: outputOf(s, &hubs)})
	if w := send(t, h, event{name: "message"}); w.Code != 200 || w.Body.String() != "ok" {
		t.Errorf("answer = %d %q", w.Code, w.Body)
	}
	if want := []string{`add user "u1" to g`, `send the hub text "hi"`}; !slices.Equal(s.done, want) || !slices.Equal(hubs, []string{"chat"}) {
		t.Errorf("done %q in %q, want %q in chat", s.done, hubs, want)
	}
}

func TestOutputFailures(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, answer, problem string
		noService             bool
		ran                   int
	}{
		{"the service refuses", twoObjects, "output: line 1: refused", false, 1},
		{"a faulty object: nothing runs", `{"outputs":[{"type":"MessageEvent","message":"hi"},{"type":"GroupEvent"}]}`, "output: line 2: groupAction is missing", false, 0},
		{"an error: nothing runs", `{"outputs":[{"type":"MessageEvent","message":"hi"}],"error":"x"}`, "x", false, 0},
		{"no service", twoObjects, "output: no service is set", true, 0},
	} {
		var hubs []string
		var problem string
		s := &recordedService{fail: errors.New("refused")}
		o := trigger.Options{
			Routes: []trigger.Route{parses(t, "message", test.answer)}, Output: outputOf(s, &hubs),
			OnAnswer: func(r trigger.Report) { problem = r.Problem },
		}
		if test.noService {
			o.Output = nil
		}
		w := send(t, handler(t, o), event{name: "message"})
		if w.Code != 500 || !strings.HasPrefix(problem, test.problem) || len(s.done) != test.ran {
			t.Errorf("%s: %d, problem %q, ran %v; want 500, %q, %d", test.name, w.Code, problem, s.done, test.problem, test.ran)
		}
	}
}
