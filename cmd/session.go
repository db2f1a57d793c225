package cmd

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"wps/client"
	"wps/protocol"
)

// session is the connection of "wps connect" from open to closed.
type session struct {
	env      *Env
	o        *connectOptions
	conn     *client.Conn
	print    sync.Mutex // arrivals and acks come from two goroutines
	received int

	connected chan struct{} // closed by receive when the service said so
	greeted   bool          // of receive: connected is closed
}

// Ends of a session that are no failure.
var (
	errInputEnded = errors.New("all input was sent")
	errWaited     = errors.New("the time is over")
)

// goodbyeTimeout is how long closing may take.
const goodbyeTimeout = 3 * time.Second

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
	talked := make(chan struct{})
	go func() {
		defer close(talked)
		if err := s.talk(ctx); err != nil {
			stop(err)
		}
	}()
	err := s.receive(ctx)
	cause := context.Cause(ctx)
	stop(nil)
	goodbye, done := context.WithTimeout(context.WithoutCancel(parent), goodbyeTimeout)
	defer done()
	if closeErr := s.conn.Close(goodbye); closeErr != nil {
		s.env.log.Debug("close", "error", closeErr)
	}
	<-talked
	return s.outcome(err, cause)
}

// outcome tells how the session ended and makes it an error if it is one.
func (s *session) outcome(err, cause error) error {
	closed := &client.CloseError{Code: 1000}
	switch {
	case err == nil:
	case errors.As(err, &closed):
	case errors.Is(cause, errWaited), errors.Is(cause, errInputEnded), errors.Is(cause, context.Canceled):
		err = nil
	case cause != nil:
		err = cause
	}
	if s.env.json() || err == nil { // else the error tells it
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
func (s *session) tellClosed(e *client.CloseError) {
	s.print.Lock()
	defer s.print.Unlock()
	if s.env.json() {
		_ = s.env.printJSON(closedLine{"closed", e.Code, e.Reason, e.Message}) // it is the last word either way
		return
	}
	text := fmt.Sprintf("closed with code %d", e.Code)
	if e.Reason != "" {
		text += ": " + e.Reason
	}
	s.env.say("%s", s.env.err.dim(clean(text)))
}

// receive prints arrivals until --count of them came.
func (s *session) receive(ctx context.Context) error {
	for {
		m, err := s.conn.Receive(ctx)
		if err != nil {
			return err
		}
		if err := s.show(m); err != nil {
			return err
		}
		s.greet(m)
		if m.Type != protocol.ResponseMessage {
			continue
		}
		if s.received++; s.received == s.o.count {
			return nil
		}
	}
}

// talks tells whether standard input is sent.
func (s *session) talks() bool { return s.o.toGroup != "" || s.o.event != "" }

// greet notes that the service said connected.
func (s *session) greet(m *protocol.Response) {
	if !s.greeted && m.Type == protocol.ResponseSystem && m.Event == protocol.SystemConnected {
		s.greeted = true
		close(s.connected)
	}
}

// ready writes the ready file. A simple client is connected when it is open,
// and does not know its id.
func (s *session) ready(ctx context.Context) error {
	if s.o.ready == "" {
		return nil
	}
	if !s.o.simple() {
		select {
		case <-s.connected:
		case <-ctx.Done():
			return nil
		}
	}
	return s.o.ready.write(s.conn.ConnectionID())
}

// talk joins the groups, then sends the input.
func (s *session) talk(ctx context.Context) error {
	for _, g := range s.o.join {
		if err := s.conn.JoinGroup(ctx, g); err != nil {
			return fmt.Errorf("join group %q: %w", g, err)
		}
		if !s.env.json() {
			s.env.say("%s", s.env.err.dim(fmt.Sprintf("joined group %q", g)))
		}
	}
	if err := s.ready(ctx); err != nil || !s.talks() {
		return err
	}
	if err := s.sendLines(ctx); err != nil {
		return err
	}
	if s.o.count == 0 && s.o.wait == 0 {
		return errInputEnded
	}
	return nil
}

// sendLines sends each line of standard input and waits for its ack.
func (s *session) sendLines(ctx context.Context) error {
	lines := bufio.NewScanner(newInput(ctx, s.env.Stdin))
	lines.Buffer(make([]byte, 0, 4<<10), protocol.MaxMessageSize)
	for n := 1; lines.Scan(); n++ {
		if err := s.sendLine(ctx, lines.Bytes()); err != nil {
			return fmt.Errorf("send line %d: %w", n, err)
		}
	}
	if err := lines.Err(); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read standard input: %v", err)
	}
	return nil
}

func (s *session) sendLine(ctx context.Context, line []byte) error {
	dataType, err := protocol.ParseDataType(s.o.dataType)
	if err != nil {
		return err
	}
	if dataType == protocol.DataTypeJSON && !json.Valid(line) {
		return fmt.Errorf("it is not JSON")
	}
	data := append([]byte(nil), line...)
	if s.o.simple() {
		if dataType == protocol.DataTypeJSON { // a simple client has no other text
			dataType = protocol.DataTypeText
		}
		return s.conn.SendRaw(ctx, dataType, data)
	}
	if s.o.toGroup != "" {
		err = s.conn.SendToGroup(ctx, s.o.toGroup, client.SendOptions{DataType: dataType, NoEcho: s.o.noEcho}, data)
	} else {
		err = s.conn.SendEvent(ctx, s.o.event, client.EventOptions{DataType: dataType}, data)
	}
	if err != nil || !s.o.acks {
		return err
	}
	return s.showAck()
}

// messageLine is the JSON of one message, the same for every subprotocol.
type messageLine struct {
	Type       string            `json:"type"`
	From       string            `json:"from,omitempty"`
	Group      string            `json:"group,omitempty"`
	FromUserID string            `json:"fromUserId,omitempty"`
	DataType   string            `json:"dataType"`
	Data       any               `json:"data"`
	Metadata   map[string]string `json:"metadata,omitempty"`
	SequenceID uint64            `json:"sequenceId,omitempty"`
}

// systemLine is the JSON of a system message. A reconnection token is a secret
// and is not in it.
type systemLine struct {
	Type         string `json:"type"`
	Event        string `json:"event"`
	ConnectionID string `json:"connectionId,omitempty"`
	UserID       string `json:"userId,omitempty"`
	Message      string `json:"message,omitempty"`
}

type closedLine struct {
	Type    string `json:"type"`
	Code    int    `json:"code"`
	Reason  string `json:"reason"`
	Message string `json:"message,omitempty"`
}

// show prints one arrival.
func (s *session) show(m *protocol.Response) error {
	s.print.Lock()
	defer s.print.Unlock()
	switch {
	case m.Type == protocol.ResponseSystem && s.env.json():
		return s.env.printJSON(systemLine{"system", m.Event, m.ConnectionID, m.UserID, m.Message})
	case m.Type == protocol.ResponseSystem:
		s.env.say("%s", s.env.err.dim(clean(systemText(m))))
	case m.Type == protocol.ResponseMessage && s.env.json():
		return s.env.printJSON(messageLine{
			"message", m.From, m.Group, m.FromUserID, string(m.DataType), jsonData(m), m.Metadata, m.SequenceID,
		})
	case m.Type == protocol.ResponseMessage:
		return s.env.printLine(s.messageText(m))
	}
	return nil
}

func (s *session) showAck() error {
	s.print.Lock()
	defer s.print.Unlock()
	if s.env.json() {
		return s.env.printJSON(map[string]any{"type": "ack", "success": true})
	}
	s.env.say("%s", s.env.err.dim("acknowledged"))
	return nil
}

func systemText(m *protocol.Response) string {
	if m.Event == protocol.SystemConnected {
		text := "connected as " + m.ConnectionID
		if m.UserID != "" {
			text += fmt.Sprintf(", user %q", m.UserID)
		}
		return text
	}
	return m.Event + ": " + m.Message
}

// messageText is a message for people: where it came from, then the data. A
// simple client cannot know where from, so it prints the data alone.
func (s *session) messageText(m *protocol.Response) string {
	data := string(m.Data)
	if m.DataType == protocol.DataTypeBinary || m.DataType == protocol.DataTypeProtobuf {
		data = base64.StdEncoding.EncodeToString(m.Data)
	}
	data = s.env.shown(data)
	origin := m.From
	if m.Group != "" {
		origin = m.Group
	}
	if origin == "" {
		return data
	}
	if m.FromUserID != "" {
		origin += " " + m.FromUserID
	}
	return s.env.out.name("["+s.env.shown(origin)+"]") + " " + data
}

// jsonData is the data as a JSON value: text as a string, JSON as itself,
// anything else in base64.
func jsonData(m *protocol.Response) any {
	switch m.DataType {
	case protocol.DataTypeText:
		return string(m.Data)
	case protocol.DataTypeJSON:
		return json.RawMessage(m.Data)
	}
	return m.Data
}
