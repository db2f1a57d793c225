package connectcmd

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"wps/client/ws"
	"wps/cmd/internal/cli"
	"wps/cmd/internal/explain"
	"wps/protocol"
)

// session is one run of "wps connect" with an open connection.
type session struct {
	env      *cli.Env
	o        *connectOptions
	conn     *ws.Conn
	print    sync.Mutex // messages and acks come from two goroutines
	received int        // messages, without system messages
	lines    lineTally
}

// Causes of an end that is not a failure.
var (
	errInputEnded = errors.New("end of input")
	errWaitOver   = errors.New("end of --wait")
)

// closeTimeout bounds the closing handshake. A service that waits for an event
// handler does not answer it.
const closeTimeout = time.Second

// run prints incoming messages and sends the input, until --count messages have
// arrived, --wait is over, the input has ended, the service closes the connection
// or ctx ends.
func (s *session) run(parent context.Context) error {
	ctx, stop := context.WithCancelCause(parent)
	defer stop(nil)
	if s.o.wait > 0 {
		limited, cancel := context.WithTimeoutCause(ctx, s.o.wait, errWaitOver)
		defer cancel()
		ctx = limited
	}
	err := s.receiveConnected(ctx)
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
	if err := s.conn.Close(ctx); err != nil {
		s.env.Log.Debug("close", "error", err)
	}
}

// outcome prints how the connection was closed and returns the error of the
// command. err is that of receiving, cause that of the context.
func (s *session) outcome(err, cause error) error {
	closed := &ws.CloseError{Code: 1000}
	switch {
	case err == nil:
	case errors.As(err, &closed):
		if s.o.simple() && s.o.event != "" {
			err = explain.Closed(err)
		}
	case errors.Is(cause, errWaitOver), errors.Is(cause, errInputEnded), errors.Is(cause, context.Canceled):
		err = nil
	case cause != nil:
		err = cause
	}
	if s.env.Out.JSON() || err == nil { // in text, the error reports it
		s.printClosed(closed)
	}
	if s.received >= s.o.count {
		return err
	}
	short := fmt.Sprintf("got %d of %d messages", s.received, s.o.count)
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", short, err)
	case errors.Is(cause, errWaitOver):
		return fmt.Errorf("%s within %v", short, s.o.wait)
	}
	return errors.New(short)
}

// receiveConnected prints the system message that every client but a simple one
// gets first, so that it comes before the messages about joining.
func (s *session) receiveConnected(ctx context.Context) error {
	if !s.o.simple() {
		return s.receiveOne(ctx)
	}
	if !s.env.Out.JSON() { // in JSON each line is a message that arrived
		s.sayDim("connected")
	}
	return nil
}

// receive prints what arrives, until --count messages have.
func (s *session) receive(ctx context.Context) error {
	for s.o.count == 0 || s.received < s.o.count {
		if err := s.receiveOne(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (s *session) receiveOne(ctx context.Context) error {
	m, err := s.conn.Receive(ctx)
	if err != nil {
		return err
	}
	if m.Type == protocol.ResponseMessage {
		s.received++
	}
	return s.printResponse(m)
}
