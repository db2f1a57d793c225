package connectcmd

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"wps/client/ws"
	"wps/cmd/internal/cli"
	"wps/cmd/internal/explain"
	"wps/cmd/internal/service"
)

// session is one run of "wps connect".
type session struct {
	env      *cli.Env
	o        *connectOptions
	place    service.Place
	tls      *tls.Config
	recorder *recorder               // nil without --record
	conn     atomic.Pointer[ws.Conn] // the open one; --reconnect replaces it
	print    sync.Mutex              // messages, acks and the ready file are of two goroutines
	received int                     // messages that were printed
	line     []byte                  // the last one, in JSON
	lines    lineTally
	talk     *conversation // nil without a prompt
}

// Causes of an end that is not a failure.
var (
	errInputEnded  = errors.New("end of input")
	errWaitOver    = errors.New("end of --wait")
	errMatched     = errors.New("a match")
	errReaderEnded = errors.New("stdout has no reader")
	errLeft        = errors.New("left at the prompt")
)

// closeTimeout bounds the closing handshake. A service that waits for an event
// handler does not answer it.
const closeTimeout = time.Second

// run prints incoming messages and sends the input, until --count messages have
// arrived, one matches, --wait is over, the input has ended, the service closes the
// connection or ctx ends.
func (s *session) run(parent context.Context) error {
	ctx, stop := context.WithCancelCause(parent)
	defer stop(nil)
	if s.o.wait > 0 {
		limited, cancel := context.WithTimeoutCause(ctx, s.o.wait, errWaitOver)
		defer cancel()
		ctx = limited
	}
	watched := s.env.Out.WatchReader(ctx, func() { stop(errReaderEnded) })
	endTalk, err := s.startTalk(ctx, stop)
	if err == nil {
		err = s.receiveConnected(ctx)
	}
	sent := make(chan error, 1)
	go func() {
		err := s.joinAndSend(ctx)
		if err != nil {
			stop(err)
		}
		sent <- err
	}()
	if err == nil {
		err = s.receive(ctx)
	}
	cause := context.Cause(ctx)
	stop(nil)
	s.close(parent)
	sendErr := <-sent
	watched()
	endTalk()
	if parent.Err() != nil {
		s.env.Out.EndInterruptedLine()
	}
	err = s.outcome(err, cause)
	if sendErr == nil || !errors.Is(err, sendErr) {
		s.printTally()
	}
	return err
}

// close closes the connection, also when parent has ended.
func (s *session) close(parent context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(parent), closeTimeout)
	defer cancel()
	if err := s.conn.Load().Close(ctx); err != nil {
		s.env.Log.Debug("close", "error", err)
	}
}

// outcome prints how the connection was closed and returns the error of the
// command. err is that of receiving, cause that of the context.
func (s *session) outcome(err, cause error) error {
	closed := &ws.CloseError{Code: 1000}
	matched := errors.Is(err, errMatched)
	readerEnded := errors.Is(cause, errReaderEnded) || cli.ReaderEnded(err)
	switch {
	case err == nil:
	case matched, readerEnded:
		err = nil
	case errors.As(err, &closed):
		if s.o.simple() && s.o.event != "" {
			err = explain.Closed(err)
		}
	case isPlannedEnd(cause):
		err = nil
	case cause != nil:
		err = cause
	}
	if !readerEnded && s.o.only == "" && (s.env.Out.JSON() || err == nil) { // in text, the error reports it
		s.printClosed(closed)
	}
	if matched {
		return nil
	}
	return s.unmet(err, cause)
}

// isPlannedEnd reports whether the command ended as it was meant to.
func isPlannedEnd(cause error) bool {
	return errors.Is(cause, errWaitOver) || errors.Is(cause, errInputEnded) || errors.Is(cause, errLeft) || errors.Is(cause, context.Canceled)
}

// unmet returns err, or the error of an assertion that was not met.
func (s *session) unmet(err, cause error) error {
	short := "no message matched"
	switch {
	case s.o.count > s.received:
		short = fmt.Sprintf("got %d of %d messages", s.received, s.o.count)
	case s.o.expect != "":
		short = fmt.Sprintf("no message contained %q", s.o.expect)
	case s.o.matches == nil:
		return err
	}
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", short, err)
	case errors.Is(cause, errWaitOver):
		return cli.WithHint(fmt.Errorf("%s within %v", short, s.o.wait), "raise --wait if it may still come; -o json prints all that arrived")
	}
	return errors.New(short)
}
