package client_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"wps/client"
	"wps/emulator/emulatortest"
	"wps/token"
)

const (
	inFlight = 16              // sends that BenchmarkSend has under way at a time
	sendTime = 3 * time.Minute // -timeout does not hold for benchmarks
)

// BenchmarkSend sends 128 bytes to everyone in an empty hub, a token signed for
// each request: by this package, and by net/http only, as the lower bound. They go
// to an emulator in this process, and to a server that only answers 202, so that
// most of what is measured is the client.
func BenchmarkSend(b *testing.B) {
	b.Run("to=emulator", func(b *testing.B) { benchmarkSend(b, emulatortest.Run(b).ConnectionString) })
	b.Run("to=bare", func(b *testing.B) {
		address, err := url.Parse(startServer(b, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusAccepted)
		})))
		if err != nil {
			b.Fatal(err)
		}
		benchmarkSend(b, token.NewConnectionString(address, key))
	})
}

func benchmarkSend(b *testing.B, cs token.ConnectionString) {
	payload := strings.Repeat("x", 128)
	b.Run("by=client", func(b *testing.B) {
		s, err := client.FromConnectionString(cs, "chat", client.Options{})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(s.CloseIdleConnections)
		sends(b, func(ctx context.Context) error { return errorOf(s.Send(ctx, everyone, text(payload))) })
	})
	b.Run("by=http", func(b *testing.B) {
		bare := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: inFlight}}
		b.Cleanup(bare.CloseIdleConnections)
		sends(b, func(ctx context.Context) error { return bareSend(ctx, cs, bare, payload) })
	})
}

// sends runs b.N sends, inFlight at a time.
func sends(b *testing.B, send func(context.Context) error) {
	b.Helper()
	b.ReportAllocs()
	ctx, cancel := context.WithTimeout(b.Context(), sendTime)
	defer cancel()
	next := make(chan struct{})
	failed := make(chan error, inFlight)
	for range inFlight {
		go func() {
			var err error
			for range next {
				if err == nil {
					err = send(ctx)
				}
			}
			failed <- err
		}()
	}
	b.ResetTimer()
	for range b.N {
		next <- struct{}{}
	}
	close(next)
	for range inFlight {
		if err := <-failed; err != nil {
			b.Error(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "sends/s")
}

func bareSend(ctx context.Context, cs token.ConnectionString, c *http.Client, payload string) error {
	address := cs.Endpoint.String() + "/api/hubs/chat/:send?api-version=2024-12-01"
	signed, err := cs.Key.SignREST(address, time.Now(), 5*time.Minute)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(payload))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+signed)
	req.Header.Set("Content-Type", "text/plain")
	resp, err := c.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusAccepted {
		return fmt.Errorf("status %s", resp.Status)
	}
	return nil
}
