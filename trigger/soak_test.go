//go:build linux

package trigger_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"wps/trigger"
)

// soakTime is how long TestSoak runs: $WPS_SOAK, such as 5m, or a moment.
func soakTime(t *testing.T) time.Duration {
	t.Helper()
	text := os.Getenv("WPS_SOAK")
	if text == "" {
		return 2 * time.Second
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatalf("WPS_SOAK: %v", err)
	}
	return d
}

// soakMark is in the environment of every process that TestSoak starts.
const soakMark = "WPS_SOAK_MARK"

// marked returns the running processes with the mark, from /proc.
func marked(mark string) []int {
	var pids []int
	files, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, file := range files {
		env, err := os.ReadFile(file)
		if err != nil || !strings.Contains(string(env), soakMark+"="+mark) {
			continue // it ended, or is not ours
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file))); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

func descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// TestSoak: hooks of every kind answer, fail, hang, fork and flood, clients break
// off, and hooks are killed at random. Every event gets a documented answer, and
// at the end no goroutine, process, descriptor or file is left. The test runs
// alone, because it counts these.
func TestSoak(t *testing.T) {
	mark := fmt.Sprint(os.Getpid(), "-", rand.Uint64())
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	goroutines, files := runtime.NumGoroutine(), descriptors(t)

	options := trigger.CommandOptions{Env: []string{soakMark + "=" + mark, workerMode + "=1"}}
	forwarded := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	var routes []trigger.Route
	for name, line := range map[string]string{
		"cat": "cat", "fail": "exit 65", "hang": "sleep 100", "fork": "sleep 100 & sleep 100 & printf done", "flood": "yes",
		"stderr": "yes >&2 & sleep 0.01", "files": `echo '{"message":"x"}' >"$WPS_RESPONSE"; echo >>"$WPS_OUTPUT"`,
	} {
		hook, err := trigger.Command(line, options)
		if err != nil {
			t.Fatal(err)
		}
		routes = append(routes, trigger.Route{Key: key(t, name), Hook: hook})
	}
	worker, err := trigger.Worker(self(t), 3, options)
	if err != nil {
		t.Fatal(err)
	}
	forward, err := trigger.Forward(forwarded.URL)
	if err != nil {
		t.Fatal(err)
	}
	routes = append(routes, trigger.Route{Key: key(t, "worker"), Hook: worker}, trigger.Route{Key: key(t, "forward"), Hook: forward})
	h, err := trigger.New(trigger.Options{Routes: routes, HookTimeout: 300 * time.Millisecond, Concurrency: 8, Queue: 16})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(h)

	ctx, stop := context.WithTimeout(t.Context(), soakTime(t))
	defer stop()
	var events sync.WaitGroup
	var counts [600]atomic.Int64
	for i := range 24 {
		events.Go(func() { soakClient(ctx, t, web, i, &counts) })
	}
	events.Go(func() { soakKiller(ctx, mark) })
	events.Wait()
	web.CloseClientConnections()
	web.Close()
	closing, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := h.Close(closing); err != nil {
		t.Errorf("Close: %v", err)
	}
	forwarded.Close()

	var summary []string
	for status := range counts {
		if n := counts[status].Load(); n > 0 {
			summary = append(summary, fmt.Sprintf("%d: %d", status, n))
		}
	}
	t.Logf("broken off requests and answers: %s", strings.Join(summary, ", "))
	if counts[200].Load()+counts[204].Load() == 0 {
		t.Error("no event was answered well")
	}
	settled(t, "processes", func() int { return len(marked(mark)) }, 0)
	settled(t, "goroutines", runtime.NumGoroutine, goroutines)
	settled(t, "descriptors", func() int { return descriptors(t) }, files)
	if left, _ := filepath.Glob(temp + "/*"); len(left) > 0 {
		t.Errorf("files left: %v", left)
	}
}

// settled waits until no more than want are left.
func settled(t *testing.T, what string, count func() int, want int) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for count() > want {
		if time.Now().After(deadline) {
			t.Errorf("%d %s are left, want %d", count(), what, want)
			return
		}
		time.Sleep(time.Millisecond) // there is no event to wait for
	}
}

// soakClient sends events until ctx ends; now and then it does not wait.
func soakClient(ctx context.Context, t *testing.T, web *httptest.Server, i int, counts *[600]atomic.Int64) {
	names := []string{"cat", "fail", "hang", "fork", "flood", "stderr", "files", "worker", "worker", "worker", "forward", "none"}
	bodies := []string{"hi", "die", "noise", "hang", "other-id", strings.Repeat("x", 100_000)}
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	for k := 0; ctx.Err() == nil; k++ {
		e := event{name: names[rand.IntN(len(names))], id: fmt.Sprint(rand.IntN(1000)), connection: fmt.Sprint("c", i), body: bodies[rand.IntN(len(bodies))]}
		limit := patience
		if k%7 == 0 {
			limit = time.Duration(rand.IntN(50)) * time.Millisecond
		}
		limited, cancel := context.WithTimeout(ctx, limit)
		r := e.request(t).WithContext(limited)
		r.RequestURI, r.URL.Scheme, r.URL.Host = "", "http", web.Listener.Addr().String()
		resp, err := client.Do(r)
		switch {
		case err == nil:
			counts[resp.StatusCode].Add(1)
			if s := resp.StatusCode; s != 200 && s != 204 && s != 400 && s != 500 && s != 503 {
				t.Errorf("%s %.10s = %d", e.name, e.body, s)
			}
			resp.Body.Close()
		case limited.Err() != nil:
			counts[0].Add(1)
		default:
			t.Errorf("%s: %v", e.name, err)
		}
		cancel()
	}
}

// soakKiller kills a hook or a worker now and then.
func soakKiller(ctx context.Context, mark string) {
	pace := time.NewTicker(100 * time.Millisecond)
	defer pace.Stop()
	for {
		select {
		case <-pace.C:
			if pids := marked(mark); len(pids) > 0 {
				_ = syscall.Kill(pids[rand.IntN(len(pids))], syscall.SIGKILL) // it may have ended
			}
		case <-ctx.Done():
			return
		}
	}
}
