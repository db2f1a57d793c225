package cli

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

// Signals are the requests to stop that the process receives. The first one ends
// the context of the command. The second ends the process, unless the command
// called Serve: then it ends the context of Second, and the third ends the
// process. A hang-up is a first request, but never a second one, because a closing
// terminal may send it twice. [Signals.Requests] leaves one more request to the
// command.
//
// The zero value receives nothing. Signals is safe for concurrent use.
type Signals struct {
	received chan struct{} // closed when signals are received; nil: they are not

	mu      sync.Mutex
	asked   bool      // to stop
	first   os.Signal // the signal that did so; nil: none
	stop    func()    // ends the context of the command; nil: no signals are received
	handled int       // requests that do not end the process, beside the first
	reloads bool      // a hang-up is no request to stop

	second   chan struct{}  // closed by the second request; nil before it is asked for
	ended    bool           // second is closed
	requests chan os.Signal // see Requests; nil before
}

// Start begins to receive signals, for as long as the process lasts. The first
// request calls stop. It does so in a goroutine, because signal.Notify takes a tenth
// of a millisecond.
func (s *Signals) Start(stop func()) {
	s.stop = stop
	s.received = make(chan struct{})
	go s.receive() // ends with the process
}

// wait returns when signals are received.
func (s *Signals) wait() {
	if s.received != nil {
		<-s.received
	}
}

func (s *Signals) receive() {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // as nohup makes it
		signal.Notify(signals, syscall.SIGHUP)
	}
	close(s.received)
	for received := range signals {
		s.request(received)
	}
}

// request handles one signal.
func (s *Signals) request(received os.Signal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if received == syscall.SIGHUP && (s.reloads || s.asked) {
		return
	}
	if s.requests != nil {
		select {
		case s.requests <- received:
		default: // the process ends by then
		}
	}
	switch {
	case s.asked:
		s.endSecond()
		s.handled--
	default:
		s.asked, s.first = true, received
		s.stop()
	}
	if s.handled < 0 {
		endBy(received)
	}
}

// endBy ends the process by a signal. It is sent again because one that is received
// while signal.Reset runs is lost.
func endBy(received os.Signal) {
	signal.Reset(os.Interrupt, syscall.SIGTERM)
	if p, err := os.FindProcess(os.Getpid()); err == nil {
		_ = p.Signal(received) // Windows cannot; there the next one ends the process
	}
}

// endSecond closes the channel of Second. The lock is held.
func (s *Signals) endSecond() {
	if s.second == nil {
		s.second = make(chan struct{})
	}
	if !s.ended {
		s.ended = true
		close(s.second)
	}
}

// Stop requests a stop as a first signal does.
func (s *Signals) Stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = true
	if s.stop != nil {
		s.stop()
	}
}

// First returns the signal that requested the stop, nil if none did.
func (s *Signals) First() os.Signal {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.first
}

// Second returns a context that the second request ends, and that ends after
// limit, if it is more than 0. The command is stopping: without a first request
// the next one is the second. The caller calls cancel.
func (s *Signals) Second(ctx context.Context, limit time.Duration) (second context.Context, cancel context.CancelFunc) {
	if limit > 0 {
		second, cancel = context.WithTimeout(ctx, limit)
	} else {
		second, cancel = context.WithCancel(ctx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = true
	if s.second == nil {
		s.second = make(chan struct{})
	}
	requested := s.second
	go func() { // ends with second, which the caller cancels
		select {
		case <-requested:
			cancel()
		case <-second.Done():
		}
	}()
	return second, cancel
}

// Killed reports whether the second request was received.
func (s *Signals) Killed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ended
}

// Serve declares that the command ends all that it started when it is asked to
// stop: the second request is left to it, and a closed standard stream does not
// end the process. The caller calls done.
func (s *Signals) Serve() (done func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.handled = max(s.handled, 1)
	pipe := make(chan os.Signal, 1)
	signal.Notify(pipe, syscall.SIGPIPE) // a write returns the error instead
	return func() { signal.Stop(pipe) }
}

// maxRequests is how many requests to stop a command handles that runs another
// program: to let it end, to end it, to kill it.
const maxRequests = 3

// Requests returns a channel of the requests to stop that are received from now on.
// Of these the first ends the context of the command, after it is in the channel,
// and none up to the third ends the process.
func (s *Signals) Requests() <-chan os.Signal {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.handled = maxRequests - 1
	s.requests = make(chan os.Signal, maxRequests)
	return s.requests
}

// Hangups returns the hang-ups, which no longer request a stop. The caller passes
// the channel to signal.Stop.
func (s *Signals) Hangups() chan os.Signal {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reloads = true
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	return hangups
}
