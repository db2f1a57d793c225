package emulatorcmd

import (
	"context"
	"os"
	"syscall"
	"time"

	"wps/cmd/internal/cli"
	"wps/cmd/internal/stdio"
)

// Time that a command has to end.
const (
	// childGrace is how long it may run after the first request to stop.
	childGrace = 10 * time.Second
	// termGrace is how long it may run after the SIGTERM that follows.
	termGrace = 5 * time.Second
)

// stage is how far the stop of a command has come.
type stage int

const (
	running    stage = iota
	asked            // to stop
	terminated       // SIGTERM was sent
	killed
)

// childStop stops a command. The first request to stop is passed on to it, unless
// the terminal has sent the signal to it already. The second one, or the end of
// childGrace, sends SIGTERM; the third, or the end of termGrace, kills.
type childStop struct {
	env    *cli.Env
	name   string
	target signaler
	stage  stage
	timer  <-chan time.Time // ends the stage; nil before the first request
}

// signaler is what childStop uses of a target.
type signaler interface {
	hasFromTerminal(os.Signal) bool
	signal(os.Signal)
}

// wait waits until the command has ended, and returns the error of that.
func (s *childStop) wait(ctx context.Context, requests <-chan os.Signal, ended <-chan error) error {
	stopped := ctx.Done()
	for {
		select {
		case err := <-ended:
			return err
		case received := <-requests:
			s.request(received)
		case <-stopped:
			stopped = nil
			if s.stage == running {
				s.request(firstOf(requests))
			}
		case <-s.timer:
			s.advance()
		}
	}
}

// firstOf returns the request that has ended a context, or SIGTERM if something else
// has: the emulator failed, or the output has no reader.
func firstOf(requests <-chan os.Signal) os.Signal {
	select {
	case received := <-requests:
		return received
	default:
		return syscall.SIGTERM
	}
}

// request handles a request to stop.
func (s *childStop) request(received os.Signal) {
	if s.stage != running {
		s.advance()
		return
	}
	s.stage = asked
	s.timer = time.After(childGrace)
	if !s.target.hasFromTerminal(received) {
		s.target.signal(received)
		if received == syscall.SIGTERM {
			s.stage = terminated
		}
	}
	s.env.Out.Say("waiting up to %v for %s to end; Ctrl-C again %s", childGrace, stdio.Clean(s.name), s.next())
}

// next says what the next request does.
func (s *childStop) next() string {
	if s.stage == asked {
		return "sends SIGTERM"
	}
	return "kills it"
}

// advance goes to the next stage.
func (s *childStop) advance() {
	switch s.stage {
	case asked:
		s.stage = terminated
		s.timer = time.After(termGrace)
		s.target.signal(syscall.SIGTERM)
		s.env.Out.Say("sent SIGTERM to %s; it is killed in %v, or by another Ctrl-C", stdio.Clean(s.name), termGrace)
	case terminated:
		s.stage = killed
		s.timer = nil
		s.target.signal(os.Kill)
		s.env.Out.Say("killed %s", stdio.Clean(s.name))
	}
}
