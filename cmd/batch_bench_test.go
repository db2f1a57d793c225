//go:build unix

package cmd_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"wps/cmd"
	"wps/cmd/internal/cli"
	"wps/output"
	"wps/output/apply"
	"wps/protocol"
	"wps/token"
)

// startSink runs the program "sink" as a separate process, so that its CPU time is
// not measured.
func startSink(b *testing.B) (endpoint string) {
	b.Helper()
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	sink := exec.Command(self)
	sink.Args = []string{"sink"}
	stdin, err := sink.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	stdout, err := sink.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := sink.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		stdin.Close()
		_ = sink.Wait()
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return strings.TrimSpace(line)
}

// BenchmarkApply sends messages of 128 bytes, 16 at a time, with a token for each:
// with net/http alone, for comparison, and with "wps apply".
func BenchmarkApply(b *testing.B) {
	const concurrency = 16
	message := strings.Repeat("m", 128)
	b.Run("bare", func(b *testing.B) {
		endpoint := startSink(b)
		b.ReportAllocs()
		b.ResetTimer()
		before := cpuTime()
		bare(b, endpoint, concurrency, message)
		report(b, before)
	})
	b.Run("apply", func(b *testing.B) {
		endpoint := startSink(b)
		env := map[string]string{"WPS_CONNECTION_STRING": "Endpoint=" + endpoint + ";AccessKey=" + secretKey + ";Version=1.0;", "WPS_HUB": "chat"}
		var in bytes.Buffer
		for i := range b.N {
			fmt.Fprintf(&in, `{"type":"MessageEvent","targetType":"Users","targetId":"u%d","message":%q,"dataType":"text"}`+"\n", i%1000, message)
		}
		var stdout, stderr bytes.Buffer
		e := cli.NewEnv(&in, &stdout, &stderr, lookup(env))
		b.ReportAllocs()
		b.ResetTimer()
		before := cpuTime()
		if code := cmd.Run(b.Context(), []string{"apply", "--concurrency", fmt.Sprint(concurrency)}, e); code != 0 {
			b.Fatalf("exit code %d: %s", code, stderr.String())
		}
		report(b, before)
	})
}

// report reports events per second and CPU time per event, which depends less on
// what else runs on the machine.
func report(b *testing.B, before time.Duration) {
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(float64((cpuTime()-before).Nanoseconds())/float64(b.N), "cpu-ns/op")
}

// cpuTime returns the CPU time that this process has used, user and system.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// bare sends b.N messages with net/http alone.
func bare(b *testing.B, endpoint string, concurrency int, message string) {
	key := token.NewKey(secretKey)
	transport := &http.Transport{MaxIdleConnsPerHost: concurrency}
	defer transport.CloseIdleConnections()
	var next atomic.Int64
	var all sync.WaitGroup
	for range concurrency {
		all.Go(func() {
			for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
				url := fmt.Sprintf("%s/api/hubs/chat/users/u%d/:send?api-version=%s", endpoint, i%1000, protocol.APIVersion)
				if err := post(b.Context(), transport, key, url, message); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
}

func post(ctx context.Context, transport *http.Transport, key token.Key, url, message string) error {
	jwt, err := key.SignREST(url, time.Now(), time.Minute)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(message))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+jwt)
	r.Header.Set("Content-Type", "text/plain")
	resp, err := (&http.Client{Transport: transport}).Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != http.StatusAccepted {
		return fmt.Errorf("%s, %v", resp.Status, err)
	}
	return nil
}

// BenchmarkRun measures apply.Run itself, with reading and without a service.
func BenchmarkRun(b *testing.B) {
	for _, concurrency := range []int{1, 16} {
		b.Run(fmt.Sprintf("concurrency=%d", concurrency), func(b *testing.B) {
			line := []byte(`{"type":"MessageEvent","targetType":"Users","targetId":"u1","message":"` + strings.Repeat("m", 128) + `","dataType":"text"}` + "\n")
			b.ReportAllocs()
			b.SetBytes(int64(len(line)))
			b.ResetTimer()
			run := func(context.Context, output.Event) (output.Result, error) { return output.Result{}, nil }
			_, err := apply.Run(b.Context(), output.NewReader(bytes.NewReader(bytes.Repeat(line, b.N))), run, apply.Options{Concurrency: concurrency})
			if err != nil {
				b.Fatal(err)
			}
		})
	}
}
