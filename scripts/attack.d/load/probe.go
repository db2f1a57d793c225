package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"wps/token"
)

// waits are the times that something has taken.
type waits []time.Duration

func (w waits) String() string {
	if len(w) == 0 {
		return "-"
	}
	sorted := slices.Sorted(slices.Values(w))
	at := func(share float64) time.Duration { return sorted[int(float64(len(sorted)-1)*share)] }
	return fmt.Sprintf("%v, %v", at(0.99).Round(100*time.Microsecond), at(1).Round(100*time.Microsecond))
}

const (
	// probeInterval is the time between two messages of the probe.
	probeInterval = 20 * time.Millisecond
	// A load is over when calm messages in a row were sent within calmWait.
	calm     = 25
	calmWait = 50 * time.Millisecond
)

// probe is a well-behaved sender, by REST, and its receiver, a client. It measures
// how long both wait.
type probe struct {
	stop     context.CancelFunc
	sent     chan struct{} // closed when the sender has ended
	received chan struct{} // closed when the receiver has ended

	mu     sync.Mutex
	sends  waits
	gets   waits
	starts []time.Time // of message i
	failed int
}

func startProbe(ctx context.Context, e *emulator) (*probe, error) {
	s, err := e.connect(ctx, token.ClientOptions{UserID: "probe"}, "", true)
	if err != nil {
		return nil, err
	}
	sending, stop := context.WithCancel(ctx)
	p := &probe{stop: stop, sent: make(chan struct{}), received: make(chan struct{})}
	go p.send(sending, e, s)
	go p.receive(s)
	return p, nil
}

// send sends a message after the other until ctx ends, then waits for the last one
// and closes the client.
func (p *probe) send(ctx context.Context, e *emulator, s *socket) {
	defer close(p.sent)
	for i := 0; ctx.Err() == nil; i++ {
		began := time.Now()
		p.mu.Lock()
		p.starts = append(p.starts, began)
		p.mu.Unlock()
		status, err := e.request(context.WithoutCancel(ctx), "POST", "/users/probe/:send", "text/plain", strings.NewReader(strconv.Itoa(i)))
		p.mu.Lock()
		p.sends = append(p.sends, time.Since(began))
		if err != nil || status != 202 {
			p.failed++
		}
		p.mu.Unlock()
		time.Sleep(max(0, probeInterval-time.Since(began)))
	}
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end) && p.missing() > 0; {
		time.Sleep(10 * time.Millisecond)
	}
	s.Close()
}

func (p *probe) receive(s *socket) {
	defer close(p.received)
	for {
		op, payload, err := s.receive()
		if err != nil {
			return
		}
		i, err := strconv.Atoi(string(payload))
		p.mu.Lock()
		if op == 1 && err == nil && i < len(p.starts) {
			p.gets = append(p.gets, time.Since(p.starts[i]))
		}
		p.mu.Unlock()
	}
}

// missing returns how many messages were sent and not received.
func (p *probe) missing() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.sends) - len(p.gets)
}

// untilNormal waits until sends are quick again, and returns how long that took.
func (p *probe) untilNormal(ctx context.Context) (time.Duration, error) {
	began := time.Now()
	p.mu.Lock()
	first := len(p.sends)
	p.mu.Unlock()
	for {
		p.mu.Lock()
		since := p.sends[first:]
		quick := 0
		for i, w := range since {
			if quick++; w > calmWait {
				quick, first = 0, first+i+1
				break
			}
		}
		p.mu.Unlock()
		if quick >= calm {
			return max(0, time.Since(began)-calm*probeInterval), nil
		}
		select {
		case <-ctx.Done():
			return 0, fmt.Errorf("sends have not become quick again: %w", ctx.Err())
		case <-time.After(probeInterval):
		}
	}
}

// end ends the probe and returns what it has measured.
func (p *probe) end() (sends, gets waits, lost int) {
	p.stop()
	<-p.sent
	<-p.received
	return p.sends, p.gets, p.failed + max(0, len(p.sends)-len(p.gets))
}
