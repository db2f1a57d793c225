package connectcmd

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"wps/client/ws"
	"wps/cmd/internal/cli"
	"wps/cmd/internal/explain"
	"wps/protocol"
)

// session is the connection of "wps connect" from open to closed.
type session struct {
	env      *cli.Env
	o        *connectOptions
	conn     *ws.Conn
	print    sync.Mutex // arrivals and acks come from two goroutines
	received int
	lines    lineTally
}

// Ends of a session that are no failure.
var (
	errInputEnded = errors.New("all input was sent")
	errWaited     = errors.New("the time is over")
)

// goodbyeTimeout is how long closing may take. A service that waits for an event
// handler answers nothing meanwhile.
const goodbyeTimeout = time.Second

// run prints what arrives and sends what is typed, until enough came, the time
// is over, the input has ended, the service closes or ctx ends.
func (s *session) run(parent context.Context) error {
	ctx, stop := context.WithCancelCause(parent)
	defer stop(nil)
	if s.o.wait > 0 {
		limited, cancel := context.WithTimeoutCause(ctx, s.o.wait, errWaited)
		defer cancel()
		ctx = limited
	}
	err := s.greet(ctx)
	talked := make(chan error, 1)
	go func() {
		err := s.talk(ctx)
		if err != nil {
			stop(err)
		}
		talked <- err
	}()
	if err == nil {
		err = s.receive(ctx)
	}
	cause := context.Cause(ctx)
	stop(nil)
	goodbye, done := context.WithTimeout(context.WithoutCancel(parent), goodbyeTimeout)
	defer done()
	if closeErr := s.conn.Close(goodbye); closeErr != nil {
		s.env.Log.Debug("close", "error", closeErr)
	}
	talkErr := <-talked
	err = s.outcome(err, cause)
	if talkErr == nil || !errors.Is(err, talkErr) {
		s.tellLines()
	}
	return err
}

// outcome tells how the session ended and makes it an error if it is one.
func (s *session) outcome(err, cause error) error {
	closed := &ws.CloseError{Code: 1000}
	switch {
	case err == nil:
	case errors.As(err, &closed):
	case errors.Is(cause, errWaited), errors.Is(cause, errInputEnded), errors.Is(cause, context.Canceled):
		err = nil
	case cause != nil:
		err = cause
	}
	if s.env.Out.JSON() || err == nil { // else the error tells it
		s.tellClosed(closed)
	}
	if s.received >= s.o.count {
		return err
	}
	short := fmt.Sprintf("got %d of %d messages", s.received, s.o.count)
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", short, err)
	case errors.Is(cause, errWaited):
		return fmt.Errorf("%s within %v", short, s.o.wait)
	}
	return errors.New(short)
}

// tellClosed prints the close code and reason.
func (s *session) tellClosed(e *ws.CloseError) {
	s.print.Lock()
	defer s.print.Unlock()
	if s.env.Out.JSON() {
		_ = s.env.Out.PrintJSON(closedLine{"closed", e.Code, e.Reason, e.Message}) // it is the last word either way
		return
	}
	text := fmt.Sprintf("closed with code %d", e.Code)
	if e.Reason != "" {
		text += ": " + e.Reason
	}
	s.env.Out.Say("%s", s.env.Out.ErrColors.Dim(cli.Clean(text)))
}

// greet prints the system message that every client but a simple one gets first,
// so that it stands before what is said of joining.
func (s *session) greet(ctx context.Context) error {
	if s.o.simple() {
		if !s.env.Out.JSON() { // nothing arrived that could be a line
			s.env.Out.Say("%s", s.env.Out.ErrColors.Dim("connected"))
		}
		return nil
	}
	return s.receiveOne(ctx)
}

// receive prints arrivals until --count messages came.
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
	return s.show(m)
}

// talks tells whether standard input is sent.
func (s *session) talks() bool { return s.o.toGroup != "" || s.o.event != "" }

// talk joins the groups, then sends the input.
func (s *session) talk(ctx context.Context) error {
	for _, g := range s.o.join {
		if err := s.conn.JoinGroup(ctx, g); err != nil {
			return explain.Role(fmt.Errorf("join group %q: %w", g, err), protocol.PermissionJoinLeaveGroup, g)
		}
		if !s.env.Out.JSON() {
			s.env.Out.Say("%s", s.env.Out.ErrColors.Dim(fmt.Sprintf("joined group %q", g)))
		}
	}
	// A simple client does not know its id: the line is empty.
	if err := s.o.ready.Write(s.conn.ConnectionID()); err != nil || !s.talks() {
		return err
	}
	s.invite()
	if err := s.sendLines(ctx); err != nil {
		return err
	}
	if s.o.count == 0 && s.o.wait == 0 {
		return errInputEnded
	}
	return nil
}

// invite tells a person who can type what becomes of it.
func (s *session) invite() {
	if !cli.IsTerminal(s.env.Stdin) || s.env.Out.JSON() {
		return
	}
	to := fmt.Sprintf("to group %q", s.o.toGroup)
	if s.o.event != "" {
		to = fmt.Sprintf("as the event %q", s.o.event)
	}
	s.env.Out.Say("%s", s.env.Out.ErrColors.Dim("type: each line is sent "+to+"; Ctrl-D ends the input, Ctrl-C the connection"))
}

// sendLines sends each line of standard input. Messages to a group are on their
// way in a window, in order; an event is only sent when the one before has been
// handled.
func (s *session) sendLines(ctx context.Context) error {
	reading, stop := context.WithCancel(ctx)
	defer stop()
	w := newWindow(ctx, s.acked, stop)
	n, err := s.sendAll(ctx, reading, w)
	if refused := w.drain(); refused != nil {
		return explain.Line(refused, s.o.toGroup, s.o.event)
	}
	switch {
	case errors.Is(err, bufio.ErrTooLong):
		return cli.Usage(fmt.Sprintf("line %d%s: it is larger than %d bytes, which is the most the service accepts", n, sentBefore(n-1), protocol.MaxMessageSize), explain.TooLargeHint)
	case err != nil:
		return explain.Line(fmt.Errorf("line %d%s: %w", n, sentBefore(n-1), err), s.o.toGroup, s.o.event)
	}
	return nil
}

// sendAll sends the lines until one cannot be sent, and gives its number, or one
// of the window is refused.
func (s *session) sendAll(ctx, reading context.Context, w *window) (n int, err error) {
	lines := bufio.NewScanner(cli.NewInput(reading, s.env.Stdin))
	lines.Buffer(make([]byte, 0, 4<<10), protocol.MaxMessageSize+1)
	for n = 1; lines.Scan(); n++ {
		line := lines.Bytes()
		if n == 1 && !strings.EqualFold(s.o.dataType, string(protocol.DataTypeBinary)) {
			line = bytes.TrimPrefix(line, []byte("\ufeff")) // a byte order mark is no part of the text
		}
		pending, err := s.sendLine(ctx, line)
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

// sendLine sends one line. A message to a group is then still to be
// acknowledged.
func (s *session) sendLine(ctx context.Context, line []byte) (*ws.Pending, error) {
	dataType, err := protocol.ParseDataType(s.o.dataType)
	if err != nil {
		return nil, err
	}
	if dataType != protocol.DataTypeBinary && !utf8.Valid(line) {
		return nil, cli.Usage("it is not UTF-8 text", "add --data-type binary to send the bytes as they are")
	}
	if dataType == protocol.DataTypeJSON && !json.Valid(line) {
		return nil, cli.Usage("it is not JSON", "mend the JSON, or send it as it is with --data-type text")
	}
	data := append([]byte(nil), line...)
	if s.o.simple() {
		if dataType == protocol.DataTypeJSON { // a simple client has no other text
			dataType = protocol.DataTypeText
		}
		return nil, s.conn.SendRaw(ctx, dataType, data)
	}
	if s.o.toGroup != "" {
		return s.conn.StartSendToGroup(ctx, s.o.toGroup, ws.SendOptions{DataType: dataType, NoEcho: s.o.noEcho}, data)
	}
	if err = s.conn.SendEvent(ctx, s.o.event, ws.EventOptions{DataType: dataType}, data); err == nil {
		err = s.acked()
	}
	return nil, err
}

// acked counts an ack, and shows it if acks are to be shown.
func (s *session) acked() error {
	s.lines.acked++
	if !s.o.acks {
		return nil
	}
	return s.showAck()
}

// sentBefore says what of a stream of lines was done before one failed.
func sentBefore(n int) string {
	switch n {
	case 0:
		return ""
	case 1:
		return " (the one before it was sent)"
	}
	return fmt.Sprintf(" (the %d before it were sent)", n)
}
