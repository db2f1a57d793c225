package cmd_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"wps/cmd"
	"wps/cmd/internal/cli"
)

// service is a Web PubSub service whose answers a test decides, and which records
// the messages that it accepts.
type service struct {
	*httptest.Server
	// fault, when set, is called with each request and its number from 1. It reports
	// whether it has answered.
	fault func(w http.ResponseWriter, r *http.Request, n int) bool

	mu       sync.Mutex
	seen     int
	accepted []string
}

func newService(t *testing.T, fault func(http.ResponseWriter, *http.Request, int) bool) *service {
	s := &service{fault: fault}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	s.mu.Lock()
	s.seen++
	n := s.seen
	s.mu.Unlock()
	r.Header.Set("test-body", string(body)) // fault cannot read the body again
	if s.fault != nil && s.fault(w, r, n) {
		return
	}
	s.mu.Lock()
	s.accepted = append(s.accepted, string(body))
	s.mu.Unlock()
	w.WriteHeader(http.StatusAccepted)
}

// taken returns the messages that the service accepted.
func (s *service) taken() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.accepted)
}

func (s *service) env() map[string]string {
	return map[string]string{
		"WPS_CONNECTION_STRING": "Endpoint=" + s.URL + ";AccessKey=" + secretKey + ";Version=1.0;",
		"WPS_HUB":               "chat",
	}
}

// events writes n messages for several users to a file.
func events(t *testing.T, n int) (path string) {
	t.Helper()
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, `{"targetType":"Users","targetId":"u%d","message":"%d","dataType":"text"}`+"\n", i%10, i+1)
	}
	return write(t, b.String())
}

func write(t *testing.T, content string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "events.jsonl")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// line is a result line of -o json.
type line struct {
	Line         int
	Status       string
	Earlier      bool
	Event        json.RawMessage
	HTTPStatus   int
	Code, Error  string
	Tries        int
	Milliseconds float64
}

// results parses result lines and counts their statuses; each of n lines must be
// reported once.
func results(t *testing.T, stdout string, n int) (lines []line, count map[string]int) {
	t.Helper()
	reported := map[int]bool{}
	count = map[string]int{}
	for dec := json.NewDecoder(strings.NewReader(stdout)); ; {
		var l line
		if err := dec.Decode(&l); err == io.EOF {
			break
		} else if err != nil {
			t.Fatalf("%v in %.200q", err, stdout)
		}
		if l.Line == 0 { // the error of the command, the last line
			continue
		}
		if reported[l.Line] {
			t.Errorf("line %d is reported twice", l.Line)
		}
		reported[l.Line] = true
		count[l.Status]++
		lines = append(lines, l)
	}
	if len(reported) != n {
		t.Errorf("%d lines are reported, want %d", len(reported), n)
	}
	return lines, count
}

// TestApplyTargetOrder checks that the messages of each user arrive in order with
// --concurrency and retries.
func TestApplyTargetOrder(t *testing.T) {
	t.Parallel()
	s := newService(t, func(w http.ResponseWriter, _ *http.Request, i int) bool {
		if i%7 != 0 {
			return false
		}
		w.Header().Set("retry-after-ms", "5")
		w.WriteHeader(http.StatusServiceUnavailable)
		return true
	})
	const n = 500
	code, _, stderr := run(t, s.env(), "apply", "--concurrency", "8", "--retries", "20", events(t, n))
	if code != 0 || !strings.HasPrefix(stderr, "500 done") {
		t.Fatalf("exit code %d, %s", code, stderr)
	}
	last := map[int]int{}
	for _, text := range s.taken() {
		var i int
		if _, err := fmt.Sscan(text, &i); err != nil {
			t.Fatal(err)
		}
		if user := i % 10; last[user] >= i {
			t.Errorf("message %d arrived after %d", i, last[user])
		} else {
			last[user] = i
		}
	}
	if len(s.taken()) != n {
		t.Errorf("the service accepted %d, want %d", len(s.taken()), n)
	}
}

// TestApplyInputs checks that every input format results in the same events.
func TestApplyInputs(t *testing.T) {
	t.Parallel()
	a, b := `{"message":"a","dataType":"text"}`, `{"message":"b","dataType":"text"}`
	for name, in := range map[string]string{
		"lines": a + "\n" + b + "\n", "array": "[" + a + ",\n" + b + "]",
		"documents": "message: a\ndataType: text\n---\nmessage: b\ndataType: text\n",
		"list":      "# events\n- {message: a, dataType: text}\n- {message: b, dataType: text}\n",
	} {
		s := newService(t, nil)
		if code, _, stderr := run(t, s.env(), "apply", write(t, in)); code != 0 || stderr != "2 done, in hub \"chat\"\n" || !slices.Equal(s.taken(), []string{"a", "b"}) {
			t.Errorf("%s: exit code %d, %q, accepted %q", name, code, stderr, s.taken())
		}
	}
	s := newService(t, nil)
	flow := write(t, "{message: a, dataType: text}\n")
	if code, _, stderr := run(t, s.env(), "apply", "--format", "yaml", flow); code != 0 || len(s.taken()) != 1 {
		t.Errorf("--format yaml: exit code %d, %s", code, stderr)
	}
}

// TestApplyStartsAtOnce checks that the first event is run as soon as it is read.
func TestApplyStartsAtOnce(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]string{
		"JSON":  "\ufeff \n{\"message\":\"a\",\"dataType\":\"text\"}\n",
		"array": "[{\"message\":\"a\",\"dataType\":\"text\"},\n",
		"YAML":  "message: a\ndataType: text\n---\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			taken := make(chan struct{})
			s := newService(t, func(http.ResponseWriter, *http.Request, int) bool {
				close(taken)
				return false
			})
			in, more := io.Pipe()
			env := s.env()
			e := cli.NewEnv(in, io.Discard, io.Discard, lookup(env))
			ended := make(chan int, 1)
			go func() { ended <- cmd.Run(t.Context(), []string{"apply"}, e) }()
			if _, err := io.WriteString(more, first); err != nil {
				t.Fatal(err)
			}
			select {
			case <-taken:
			case <-time.After(patience):
				t.Error("the first event is not sent")
			}
			more.CloseWithError(io.EOF)
			if code := <-ended; (code != 0) != (name == "array") {
				t.Errorf("exit code %d", code)
			}
		})
	}
}

// TestApplyResumesStream checks that a run reads no further ahead than its journal
// needs, so that an endless stream can be resumed.
func TestApplyResumesStream(t *testing.T) {
	t.Parallel()
	taken := make(chan struct{}, 8)
	s := newService(t, func(http.ResponseWriter, *http.Request, int) bool {
		taken <- struct{}{}
		return false
	})
	journal, env := filepath.Join(t.TempDir(), "journal"), s.env()
	text := `{"message":"a","dataType":"text"}` + "\n" + `{"message":"b","dataType":"text"}` + "\n"
	if code, _, stderr := run(t, env, "apply", "--journal", journal, write(t, text)); code != 0 {
		t.Fatalf("exit code %d, %s", code, stderr)
	}
	<-taken
	<-taken
	in, more := io.Pipe()
	var stderr bytes.Buffer
	e := cli.NewEnv(in, io.Discard, &stderr, lookup(env))
	ended := make(chan int, 1)
	go func() { ended <- cmd.Run(t.Context(), []string{"apply", "--journal", journal}, e) }()
	for i, part := range []string{text + `{"message":"c","dataType":"text"}` + "\n", `{"message":"d","dataType":"text"}`} {
		if _, err := io.WriteString(more, part); err != nil {
			t.Fatal(err)
		}
		if i > 0 {
			more.CloseWithError(io.EOF)
		}
		select {
		case <-taken:
		case <-time.After(patience):
			t.Error("the event after those of the journal is not sent")
		}
	}
	if code := <-ended; code != 0 || stderr.String() != "2 done, 2 done earlier, in hub \"chat\"\n" || !slices.Equal(s.taken(), []string{"a", "b", "c", "d"}) {
		t.Errorf("exit code %d, %s, accepted %q", code, stderr.String(), s.taken())
	}
}

// fullDisk is a writer that fails after some bytes.
type fullDisk struct{ free int }

var errFull = errors.New("no space left on device")

func (f *fullDisk) Write(b []byte) (int, error) {
	if f.free -= len(b); f.free < 0 {
		return 0, errFull
	}
	return len(b), nil
}

// TestApplyResultsLostWaiting checks that a run whose results cannot be written
// stops even while it waits for input.
func TestApplyResultsLostWaiting(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{
		"in order":     {"-o", "json"},
		"side by side": {"-o", "json", "--concurrency", "4"},
		"dry run":      {"--dry-run"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := &twoEvents{waits: make(chan struct{}), end: t.Context().Done()}
			s := newService(t, func(http.ResponseWriter, *http.Request, int) bool {
				<-in.waits
				return false
			})
			var stderr bytes.Buffer
			env := s.env()
			e := cli.NewEnv(in, &fullDisk{}, &stderr, lookup(env))
			ended := make(chan int, 1)
			go func() { ended <- cmd.Run(t.Context(), append([]string{"apply"}, args...), e) }()
			select {
			case code := <-ended:
				if code != 1 || !strings.Contains(stderr.String(), "wps: write the result: no space left on device\n") {
					t.Errorf("exit code %d, %s", code, stderr.String())
				}
			case <-time.After(patience):
				t.Error("the run waits for more input")
			}
		})
	}
}

// twoEvents is an input of two events that does not end after them.
type twoEvents struct {
	read  bool
	waits chan struct{} // closed when more is read
	end   <-chan struct{}
}

func (e *twoEvents) Read(b []byte) (int, error) {
	if !e.read {
		e.read = true
		return copy(b, `{"targetType":"Users","targetId":"u1","message":"1"}`+"\n"+`{"targetType":"Users","targetId":"u2","message":"2"}`+"\n"), nil
	}
	close(e.waits)
	<-e.end
	return 0, io.EOF
}

// TestApplyResultsLost checks that a run stops when its results cannot be written.
func TestApplyResultsLost(t *testing.T) {
	t.Parallel()
	s := newService(t, nil)
	var stderr bytes.Buffer
	env := s.env()
	e := cli.NewEnv(io.MultiReader(), &fullDisk{free: 2000}, &stderr, lookup(env))
	code := cmd.Run(t.Context(), []string{"apply", "-o", "json", "--concurrency", "4", events(t, 500)}, e)
	if code != 1 || !strings.Contains(stderr.String(), "write the result: no space left on device") || len(s.taken()) > 100 {
		t.Errorf("exit code %d after %d, %s", code, len(s.taken()), stderr.String())
	}
}
