package connectcmd

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"wps/client/ws"
	"wps/cmd/internal/cli"
	"wps/cmd/internal/explain"
	"wps/cmd/internal/stdio"
	"wps/protocol"
)

// joinAndSend joins the groups, writes the ready file, and sends the input. It
// returns errInputEnded when that is to end the connection.
func (s *session) joinAndSend(ctx context.Context) error {
	if err := s.joinAll(ctx, s.o.join); err != nil {
		return err
	}
	switch {
	case s.talk != nil:
		return s.talk.run(ctx)
	case !s.o.sends():
		s.warnNotSent(ctx)
		return nil
	}
	s.sayHowToSend()
	if err := s.sendLines(ctx); err != nil {
		return err
	}
	if !s.o.asserts() && s.o.wait == 0 {
		return errInputEnded
	}
	return nil
}

// joinAll joins groups, then writes the ready file. A connection that ends meanwhile
// is left to --reconnect.
func (s *session) joinAll(ctx context.Context, groups []string) error {
	for _, g := range groups {
		err := s.join(ctx, g)
		if _, closed := errors.AsType[*ws.CloseError](err); closed && s.o.reconnect {
			return nil
		}
		if err != nil {
			return err
		}
	}
	s.print.Lock()
	defer s.print.Unlock()
	// A simple client does not know its id: the line is empty.
	return s.o.ready.Write(s.conn.Load().ConnectionID())
}

// join joins a group.
func (s *session) join(ctx context.Context, group string) error {
	if err := s.conn.Load().JoinGroup(ctx, group); err != nil {
		return explain.Role(fmt.Errorf("join group %q: %w", group, err), protocol.PermissionJoinLeaveGroup, group)
	}
	if !s.env.Out.JSON() {
		s.sayDim(fmt.Sprintf("joined group %q", group))
	}
	return nil
}

// warnNotSent warns, now and at the end, when standard input has content that no
// flag sends anywhere.
func (s *session) warnNotSent(ctx context.Context) {
	const how = "add --to-group GROUP or --event NAME to send its lines"
	if stdio.IsTerminal(s.env.Stdin) {
		s.sayDim("lines that you type are not sent: " + how)
		return
	}
	if !stdio.HoldsInput(s.env.Stdin) {
		<-ctx.Done()
	}
	if stdio.HoldsInput(s.env.Stdin) {
		s.env.Out.Warn("standard input is not read: " + how)
	}
}

// sayHowToSend explains, at a terminal, what happens to typed lines.
func (s *session) sayHowToSend() {
	if !stdio.IsTerminal(s.env.Stdin) || s.env.Out.JSON() {
		return
	}
	to := fmt.Sprintf("to group %q", s.o.toGroup)
	if s.o.event != "" {
		to = fmt.Sprintf("as the event %q", s.o.event)
	}
	s.sayDim("each line you type is sent " + to + " of " + s.place.String() + "; Ctrl-D ends the input, Ctrl-C disconnects")
}

// sendLines sends each line of standard input. Messages to a group are sent in
// order, with a window of unacknowledged ones; an event is sent only after the one
// before it has been handled.
func (s *session) sendLines(ctx context.Context) error {
	reads, stop := context.WithCancel(ctx)
	defer stop()
	w := newSendWindow(ctx, s.acked, stop)
	n, err := s.sendInput(ctx, reads, w)
	if refused := w.drain(); refused != nil {
		return explain.Line(refused, s.o.toGroup, s.o.event)
	}
	switch {
	case errors.Is(err, bufio.ErrTooLong):
		return cli.Usage(fmt.Sprintf("line %d%s: it is larger than %d bytes, the most that the service accepts", n, sentBefore(n-1), protocol.MaxMessageSize), explain.TooLargeHint)
	case err != nil:
		return explain.Line(fmt.Errorf("line %d%s: %w", n, sentBefore(n-1), err), s.o.toGroup, s.o.event)
	}
	return nil
}

// sendInput sends the lines of standard input, until one cannot be sent or one in
// the window is refused. It returns the number of the line that it ended at.
func (s *session) sendInput(ctx, reads context.Context, w *sendWindow) (n int, err error) {
	lines := bufio.NewScanner(stdio.NewInput(reads, s.env.Stdin))
	lines.Buffer(make([]byte, 0, 4<<10), protocol.MaxMessageSize+1)
	dataType, err := protocol.ParseDataType(s.o.dataType)
	if err != nil {
		return 0, err
	}
	for n = 1; lines.Scan(); n++ {
		line := lines.Bytes()
		if n == 1 && dataType != protocol.DataTypeBinary {
			line = bytes.TrimPrefix(line, []byte("\ufeff")) // a byte order mark is not part of the text
		}
		pending, err := s.sendLine(ctx, dataType, line)
		if err != nil {
			s.lines.unsent = true
			return n, err
		}
		s.lines.sent++
		if pending != nil && !w.add(sentLine{n, pending}) {
			return n, nil
		}
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return n, err
	} else if err != nil {
		return n, fmt.Errorf("read standard input: %w", err)
	}
	s.lines.ended = true
	return n, nil
}

// sendLine sends one line. The ack of a message to a group is then pending; an
// event is acknowledged.
func (s *session) sendLine(ctx context.Context, dataType protocol.DataType, line []byte) (*ws.Pending, error) {
	if err := checkLine(dataType, line); err != nil {
		return nil, err
	}
	pending, err := s.sendData(ctx, target{s.o.toGroup, s.o.event}, dataType, bytes.Clone(line))
	if err == nil && pending == nil && !s.o.simple() {
		err = s.acked()
	}
	return pending, err
}

// checkLine returns a usage error for a line that is not of its data type.
func checkLine(dataType protocol.DataType, line []byte) error {
	if dataType != protocol.DataTypeBinary && !utf8.Valid(line) {
		return cli.Usage("it is not UTF-8 text", "add --data-type binary to send the bytes as they are")
	}
	if dataType == protocol.DataTypeJSON && !json.Valid(line) {
		return cli.Usage("it is not JSON", "fix the JSON, or send it as it is with --data-type text")
	}
	return nil
}

// acked counts an ack, and prints it with --acks.
func (s *session) acked() error {
	s.lines.acked++
	if !s.o.acks {
		return nil
	}
	return s.printAck()
}
