package trigger_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"wps/trigger"
)

// workerMode, set in the environment, makes this test binary a worker.
const workerMode = "WPS_TEST_WORKER"

// workerMain is a worker that answers each event as its data asks for.
func workerMain() {
	switch os.Getenv(workerMode) {
	case "ends":
		return
	case "fast":
		fastWorker()
		return
	}
	in := bufio.NewReaderSize(os.Stdin, 4<<20)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			if os.Getenv(workerMode) == "stubborn" {
				select {}
			}
			return
		}
		var ev struct {
			ID       uint64
			DataType string
			Data     any
			Context  map[string]any
		}
		if err := json.Unmarshal(line, &ev); err != nil {
			fmt.Fprintln(os.Stderr, "not JSON:", err)
			os.Exit(1)
		}
		answer(ev.ID, ev.DataType, ev.Data, line)
	}
}

// fastWorker answers each event at once. It parses nothing but the id, and answers
// the events of one read with one write.
func fastWorker() {
	in := bufio.NewReaderSize(os.Stdin, 64<<10)
	out := bufio.NewWriter(os.Stdout)
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return
		}
		id, _, _ := bytes.Cut(line[len(`{"id":`):], []byte(","))
		fmt.Fprintf(out, `{"id":%s,"message":"hi","dataType":"text"}`+"\n", id)
		if in.Buffered() == 0 && out.Flush() != nil {
			return
		}
	}
}

func answer(id uint64, dataType string, data any, line []byte) {
	text, _ := data.(string)
	word, rest, _ := strings.Cut(text, " ")
	switch word {
	case "die":
		os.Exit(3)
	case "hang":
		time.Sleep(time.Hour) // where nothing else waits, the end of all goroutines ends the program
	case "noise":
		fmt.Println("debug: got", text)
	case "silent-close":
		os.Stdout.Close()
		time.Sleep(time.Hour)
	case "retry":
		fmt.Printf(`{"id":%d,"retry":true,"error":"busy"}`+"\n", id)
		return
	case "other-id":
		fmt.Printf(`{"id":%d}`+"\n", id+1)
		return
	case "no-id":
		fmt.Println(`{}`)
		return
	case "flood":
		fmt.Println(strings.Repeat("x", trigger.MaxWorkerLine+1))
		return
	case "twice":
		fmt.Printf(`{"id":%d}`+"\n"+`{"id":%d}`+"\n", id, id)
		return
	case "bye": // answers, and ends
		fmt.Printf(`{"id":%d,"message":"bye","dataType":"text"}`+"\n", id)
		os.Exit(0)
	case "pid":
		text = fmt.Sprint(os.Getpid())
	case "line":
		text = string(line)
	case "stderr":
		fmt.Fprintln(os.Stderr, rest)
	case "json":
		fmt.Printf(`{"id":%d,%s}`+"\n", id, rest)
		return
	}
	out, _ := json.Marshal(map[string]any{"id": id, "message": text, "dataType": "text"})
	if dataType == "json" || dataType == "binary" || dataType == "protobuf" {
		out, _ = json.Marshal(map[string]any{"id": id, "message": data, "dataType": dataType})
	}
	fmt.Println(string(out))
}

// newWorker returns a handler with n workers that are this test binary.
func newWorker(t testing.TB, n int, o trigger.CommandOptions, more ...func(*trigger.Options)) *trigger.Handler {
	t.Helper()
	o.Env = append(o.Env, workerMode+"=1")
	hook, err := trigger.Worker(self(t), n, o)
	if err != nil {
		t.Fatal(err)
	}
	options := trigger.Options{Default: hook}
	for _, change := range more {
		change(&options)
	}
	return handler(t, options)
}

// self returns a link to this test binary without blanks in its path.
func self(t testing.TB) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func ask(t testing.TB, h *trigger.Handler, data string) (int, string) {
	t.Helper()
	w := send(t, h, event{name: "message", body: data})
	return w.Code, w.Body.String()
}

func TestWorkerAnswers(t *testing.T) {
	t.Parallel()
	h := newWorker(t, 1, trigger.CommandOptions{})
	first := ""
	for range 3 {
		code, pid := ask(t, h, "pid")
		if first == "" {
			first = pid
		}
		if code != 200 || pid != first {
			t.Errorf("answer = %d %q, want 200 from one process", code, pid)
		}
	}
	for _, test := range []struct{ contentType, body, want string }{
		{"text/plain", "hé \"quoted\"\n\u2028<", "hé \"quoted\"\n\u2028<"},
		{"application/json", "{\"a\":\n[1,  2]}", `{"a":[1,2]}`},
		{"application/octet-stream", "\x00\xff", "\x00\xff"},
		{"text/plain", "\xff", "\xff"},
		{"text/plain", strings.Repeat("x", 900000), strings.Repeat("x", 900000)},
	} {
		w := send(t, h, event{name: "message", contentType: test.contentType, body: test.body})
		if w.Code != 200 || w.Body.String() != test.want {
			t.Errorf("%s %.20q = %d %.20q, want 200 %.20q", test.contentType, test.body, w.Code, w.Body, test.want)
		}
	}
}

func TestWorkerSeesContextAndData(t *testing.T) {
	t.Parallel()
	h := newWorker(t, 1, trigger.CommandOptions{})
	_, text := ask(t, h, "line")
	var got map[string]any
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	about, _ := got["context"].(map[string]any)
	if got["id"] != 1.0 || got["dataType"] != "text" || got["data"] != "line" || about["event"] != "message" || about["connectionId"] != "c1" {
		t.Errorf("line = %s", text)
	}
	for name, want := range map[string]int{"connect": 204, "connected": 200, "disconnected": 200, "joined": 200} {
		// The worker answers with a message, which does not fit.
		if w := send(t, h, event{name: name}); w.Code != want || w.Body.Len() > 0 {
			t.Errorf("%s = %d %q, want %d", name, w.Code, w.Body, want)
		}
	}
}

// A worker asks for its event again, and gets it.
func TestWorkerAsksForTheEventAgain(t *testing.T) {
	t.Parallel()
	h := newWorker(t, 1, trigger.CommandOptions{})
	for range 2 {
		w := send(t, h, event{name: "message", id: "1", body: "retry"})
		if w.Code != 503 || w.Body.String() != "busy" || w.Header().Get("Retry-After") == "" {
			t.Errorf("answer = %d %v %q, want 503 busy with Retry-After", w.Code, w.Header(), w.Body)
		}
	}
	if code, text := ask(t, h, "next"); code != 200 || text != "next" {
		t.Errorf("the next event = %d %q, want 200 next from the same worker", code, text)
	}
}

func TestWorkerFaults(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		data, problem string
		survives      bool
	}{
		{"die", "ended without an answer", false},
		{"noise", "the line that the worker printed cannot be read", false},
		{"other-id", "does not have the id 1", false},
		{"no-id", "does not have the id 1", false},
		{"flood", "a line of more than", false},
		{"hang", "did not answer in time", false},
		{"silent-close", "ended without an answer", false},
		{`json "code":"sometimes"`, "sometimes", true},
		{`json "message":{},"dataType":"text"`, "message", true},
		{`json "code":"userError","errorMessage":"no"`, "no", true},
	} {
		t.Run(test.data, func(t *testing.T) {
			t.Parallel()
			var problem string
			h := newWorker(t, 1, trigger.CommandOptions{}, problems(&problem), func(o *trigger.Options) {
				if test.data == "hang" {
					o.HookTimeout = time.Second
				}
			})
			code, _ := ask(t, h, test.data)
			if code < 400 || code == 503 || !strings.Contains(problem, test.problem) {
				t.Errorf("%s = %d, problem %q, want a problem with %q", test.data, code, problem, test.problem)
			}
			if code, text := ask(t, h, "again"); code != 200 || text != "again" {
				t.Errorf("the next event = %d %q, problem %q, want 200 again", code, text, problem)
			}
		})
	}
}

// A line printed before an event must not become the answer to the next event.
func TestWorkerOutOfStep(t *testing.T) {
	t.Parallel()
	h := newWorker(t, 1, trigger.CommandOptions{})
	if code, _ := ask(t, h, "twice"); code != 200 {
		t.Errorf("the first = %d, want 200", code)
	}
	if code, text := ask(t, h, "second"); code != 500 && text != "second" {
		t.Errorf("the second = %d %q, want 500 or its own answer", code, text)
	}
	if code, text := ask(t, h, "third"); code != 200 || text != "third" {
		t.Errorf("the third = %d %q, want 200 third", code, text)
	}
}

// A worker that ends after its answer may already have the next event in its
// pipe. That event fails; it is not lost silently.
func TestWorkerThatEndsAfterItsAnswer(t *testing.T) {
	t.Parallel()
	h := newWorker(t, 1, trigger.CommandOptions{})
	good := 0
	for i := range 10 {
		switch code, text := ask(t, h, "bye"); {
		case code == 200 && text == "bye":
			good++
		case code != 500:
			t.Errorf("event %d = %d %q, want 200 bye or 500", i, code, text)
		}
	}
	if good < 5 {
		t.Errorf("%d of 10 events were answered, want every other one at least", good)
	}
}

func TestWorkersWorkSideBySide(t *testing.T) {
	t.Parallel()
	h := newWorker(t, 3, trigger.CommandOptions{}, func(o *trigger.Options) { o.SerialBy = trigger.SerialByNone; o.HookTimeout = 2 * time.Second })
	var wg sync.WaitGroup
	for range 2 { // these hold two of the three
		wg.Go(func() { ask(t, h, "hang") })
	}
	if code, text := ask(t, h, "free"); code != 200 || text != "free" {
		t.Errorf("beside two that hang = %d %q, want 200", code, text)
	}
	wg.Wait()
}

// Events that are sent to a worker together each get their own answer, even if
// the worker ends among them.
func TestManyEventsForFewWorkers(t *testing.T) {
	t.Parallel()
	h := newWorker(t, 2, trigger.CommandOptions{}, func(o *trigger.Options) { o.SerialBy = trigger.SerialByNone })
	var wg sync.WaitGroup
	var good, bad atomic.Int64
	for i := range 20 {
		wg.Go(func() {
			for k := range 30 {
				want := fmt.Sprint("event ", i, " ", k)
				if k == 20 && i%5 == 0 {
					ask(t, h, "die")
				}
				switch code, text := ask(t, h, want); {
				case code == 200 && text == want:
					good.Add(1)
				case code == 500:
					bad.Add(1)
				default:
					t.Errorf("%s = %d %q", want, code, text)
				}
			}
		})
	}
	wg.Wait()
	if good.Load() < 500 {
		t.Errorf("%d of 600 events were answered, %d failed beside four deaths", good.Load(), bad.Load())
	}
}

// An event that was sent together with one that hangs also times out.
func TestTimeoutOfEventsThatWereSentTogether(t *testing.T) {
	t.Parallel()
	h := newWorker(t, 1, trigger.CommandOptions{}, func(o *trigger.Options) { o.SerialBy = trigger.SerialByNone; o.HookTimeout = 2 * time.Second })
	ask(t, h, "fast")
	var wg sync.WaitGroup
	for i := range 12 {
		wg.Go(func() {
			data := "quick"
			if i%4 == 0 {
				data = "hang"
			}
			if code, text := ask(t, h, data); code != 500 && code != 503 && (code != 200 || text != "quick") {
				t.Errorf("%s = %d %q", data, code, text)
			}
		})
	}
	wg.Wait()
	if code, text := ask(t, h, "after"); code != 200 || text != "after" {
		t.Errorf("after all = %d %q, want 200", code, text)
	}
}

func TestNoWorkerInTimeIs503(t *testing.T) {
	t.Parallel()
	hook, err := trigger.Worker(self(t), 1, trigger.CommandOptions{Env: []string{workerMode + "=ends"}})
	if err != nil {
		t.Fatal(err)
	}
	var log lines
	h := handler(t, trigger.Options{Default: hook, HookTimeout: time.Second, Logger: log.logger()})
	// It ends at once, so that usually no worker is running.
	if code, _ := ask(t, h, "x"); code != 503 && code != 500 {
		t.Errorf("without a worker = %d, want 503", code)
	}
}

func TestWorkerStderrAndEndAreReported(t *testing.T) {
	t.Parallel()
	var log lines
	reported := make(chan string, 10)
	h := newWorker(t, 1, trigger.CommandOptions{Logger: log.logger(), OnStderr: func(_, line string) { reported <- line }})
	ask(t, h, "stderr hello")
	if got := <-reported; got != "hello" {
		t.Errorf("stderr = %q, want hello", got)
	}
	ask(t, h, "die")
	ask(t, h, "x")
	if !strings.Contains(log.String(), "exit status 3") {
		t.Errorf("log = %q, want the exit status", &log)
	}
}

func TestCloseEndsWorkers(t *testing.T) {
	t.Parallel()
	for mode, wait := range map[string]time.Duration{"1": patience, "stubborn": 100 * time.Millisecond} {
		hook, err := trigger.Worker(self(t), 2, trigger.CommandOptions{Env: []string{workerMode + "=" + mode}})
		if err != nil {
			t.Fatal(err)
		}
		h, err := trigger.New(trigger.Options{Default: hook})
		if err != nil {
			t.Fatal(err)
		}
		if code, text := ask(t, h, "pid"); code != 200 {
			t.Errorf("answer = %d %q", code, text)
		}
		ctx, cancel := context.WithTimeout(t.Context(), wait)
		if err := h.Close(ctx); err != nil {
			t.Errorf("Close: %v", err)
		}
		cancel()
	}
}

func TestWorkerOutput(t *testing.T) {
	t.Parallel()
	var hubs []string
	s := &recordedService{}
	h := newWorker(t, 1, trigger.CommandOptions{}, func(o *trigger.Options) { o.Output = outputOf(s, &hubs) })
	if code, text := ask(t, h, `json `+strings.Trim(twoObjects, "{}")); code != 200 || text != "ok" {
		t.Errorf("answer = %d %q, want 200 ok", code, text)
	}
	if want := []string{`add user "u1" to g`, `send the hub text "hi"`}; !slices.Equal(s.done, want) {
		t.Errorf("done %q, want %q", s.done, want)
	}
}

func TestMissingWorker(t *testing.T) {
	t.Parallel()
	if _, err := trigger.Worker(filepath.Join(t.TempDir(), "none"), 1, trigger.CommandOptions{}); err == nil {
		t.Error("a worker that is missing was accepted")
	}
}
