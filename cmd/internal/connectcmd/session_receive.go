package connectcmd

import (
	"bytes"
	"context"
	"errors"

	"wps/client/ws"
	"wps/protocol"
)

// receiveConnected prints the system message that every client but a simple one
// gets first, so that it comes before the messages about joining.
func (s *session) receiveConnected(ctx context.Context) error {
	if !s.o.simple() {
		return s.receiveOne(ctx, s.conn.Load())
	}
	if !s.env.Out.JSON() { // in JSON each line is a message that arrived
		s.sayDim("connected")
	}
	return nil
}

// receive prints what arrives, until --count messages have or one matches. With
// --reconnect it goes on with a new connection when one has ended.
func (s *session) receive(ctx context.Context) error {
	err := s.receiveAll(ctx)
	if held := s.printHeld(); held != nil && (err == nil || errors.Is(err, errMatched)) {
		return held
	}
	return err
}

func (s *session) receiveAll(ctx context.Context) error {
	for s.o.count == 0 || s.received < s.o.count {
		err := s.receiveOne(ctx, s.conn.Load())
		if err != nil && s.reconnects(ctx, err) {
			err = s.connectAgain(ctx, err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// receiveOne prints one message. It returns errMatched for the one that --until or
// --expect waits for.
func (s *session) receiveOne(ctx context.Context, conn *ws.Conn) error {
	m, err := conn.Receive(ctx)
	if err != nil {
		return err
	}
	isMessage := m.Type == protocol.ResponseMessage
	if s.o.only != "" && (s.o.only == "message") != isMessage {
		return nil
	}
	printed, err := s.printResponse(m, conn.Waiting() > 0)
	if err != nil {
		return err
	}
	if isMessage && printed {
		s.received++
	}
	return s.matchOf(m, isMessage)
}

// matchOf returns errMatched if a message is what --until or --expect waits for.
func (s *session) matchOf(m *protocol.Response, isMessage bool) error {
	found := false
	switch {
	case s.o.expect != "":
		found = isMessage && bytes.Contains(m.Data, []byte(s.o.expect))
	case s.o.matches != nil:
		var err error
		if found, err = s.o.matches.Match(lineOf(m)); err != nil {
			return err
		}
	}
	if found {
		return errMatched
	}
	return nil
}
