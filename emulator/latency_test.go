package emulator_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
)

// latencyConns is the number of receivers of BenchmarkLatency.
const latencyConns = 1000

// BenchmarkLatency sends b.N messages of 128 bytes to 1,000 clients of a server at a
// steady rate: $WPS_BENCH_RATE deliveries a second, by default 100,000. It reports how
// long the slowest hundredth of the deliveries and the median took, in milliseconds
// from the time at which the message was due, so that a server which holds up its
// publisher gains nothing.
func BenchmarkLatency(b *testing.B) {
	rate := 100_000.0
	if text := os.Getenv("WPS_BENCH_RATE"); text != "" {
		var err error
		if rate, err = strconv.ParseFloat(text, 64); err != nil || rate <= 0 {
			b.Fatalf("WPS_BENCH_RATE is %q, not a number of deliveries a second", text)
		}
	}
	interval := time.Duration(float64(latencyConns) / rate * float64(time.Second))
	for name, start := range map[string]func(*testing.B) broadcaster{
		"emulator": emulated, "nats": nats, "centrifugo": centrifugo, "prepared": prepared, "coalescing": coalescing,
	} {
		b.Run("by="+name, func(b *testing.B) { deliverSteadily(b, start(b), interval) })
	}
}

// deliverSteadily publishes a message each interval and waits until every connection
// has all.
func deliverSteadily(b *testing.B, s broadcaster, interval time.Duration) {
	limited, cancel := context.WithTimeout(b.Context(), broadcastTime)
	defer cancel()
	ctx, fail := context.WithCancelCause(limited)
	defer fail(nil)
	var began time.Time
	started := make(chan struct{})
	took := make([][]time.Duration, latencyConns) // by connection and message
	var receiving sync.WaitGroup
	for i := range took {
		ws := s.dial()
		context.AfterFunc(ctx, func() { ws.Close() })
		took[i] = make([]time.Duration, 0, b.N)
		receiving.Go(func() {
			<-started
			r := newReceiver(s.framing, 1, func(n int) {
				took[i] = append(took[i], time.Since(began)-time.Duration(n)*interval)
			})
			if err := r.receive(ws.NetConn(), b.N); err != nil {
				fail(err)
			}
		})
	}
	publish := s.publishers(1)[0]
	b.ResetTimer()
	began = time.Now()
	close(started)
	publishSteadily(ctx, fail, publish, b.N, began, interval)
	receiving.Wait()
	b.StopTimer()
	if err := context.Cause(ctx); err != nil {
		b.Fatal(err)
	}
	all := slices.Concat(took...)
	slices.Sort(all)
	b.ReportMetric(all[len(all)/2].Seconds()*1000, "p50-ms")
	b.ReportMetric(all[len(all)*99/100].Seconds()*1000, "p99-ms")
}

// publishSteadily publishes message n when it is due: n intervals after began, or at
// once when that has passed.
func publishSteadily(ctx context.Context, fail func(error), publish publish, n int, began time.Time, interval time.Duration) {
	for number := range n {
		select {
		case <-time.After(time.Until(began.Add(time.Duration(number) * interval))):
		case <-ctx.Done():
			return
		}
		if err := publish(ctx, stamped(0, number)); err != nil {
			fail(fmt.Errorf("message %d: %w", number, err))
			return
		}
	}
}
