package connectcmd

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"wps/client/ws"
	"wps/cmd/internal/cli"
	"wps/cmd/internal/stdio"
	"wps/protocol"
)

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

// systemLine is the JSON of a system message, without the reconnection token,
// which is a secret.
type systemLine struct {
	Type         string `json:"type"`
	Event        string `json:"event"`
	ConnectionID string `json:"connectionId,omitempty"`
	UserID       string `json:"userId,omitempty"`
	Message      string `json:"message,omitempty"`
}

// ackLine is the JSON of an ack: the service accepted a line of the input.
type ackLine struct {
	Type    string `json:"type"`
	Success bool   `json:"success"`
}

// closedLine is the JSON of the end of the connection, and the last line.
type closedLine struct {
	Type    string `json:"type"`
	Code    int    `json:"code"`
	Reason  string `json:"reason,omitempty"`
	Message string `json:"message,omitempty"`
}

// sayDim prints a status message in the color of those about the connection.
func (s *session) sayDim(text string) {
	if s.o.only == "message" {
		return
	}
	s.env.Out.Say("%s", s.env.Out.StderrColors.Dim(stdio.Clean(text)))
}

// printResponse prints a system message, or a message. It reports whether
// something was printed, which --jq may prevent. When more messages wait already, they
// are printed together.
func (s *session) printResponse(m *protocol.Response, more bool) (printed bool, err error) {
	s.print.Lock()
	defer s.print.Unlock()
	system := m.Type == protocol.ResponseSystem
	if hold := more && !system; hold || system { // one may go to stderr, after what came before
		if err := s.env.Out.Hold(hold); err != nil {
			return false, err
		}
	}
	if printed, err = s.printOne(m, system); err == nil && !more {
		err = s.env.Out.Hold(false)
	}
	return printed, err
}

func (s *session) printOne(m *protocol.Response, system bool) (printed bool, err error) {
	switch {
	case s.env.Out.JSON():
		return s.printJSON(m)
	case system:
		s.sayDim(systemText(m))
		return true, nil
	}
	return true, s.env.Out.PrintLine(s.messageText(m))
}

// lineOf returns the JSON line of a message.
func lineOf(m *protocol.Response) any {
	if m.Type == protocol.ResponseSystem {
		return systemLine{"system", m.Event, m.ConnectionID, m.UserID, m.Message}
	}
	return messageLine{
		"message", m.From, m.Group, m.FromUserID, string(m.DataType), jsonData(m), m.Metadata, m.SequenceID,
	}
}

// printHeld prints the messages that wait for more.
func (s *session) printHeld() error {
	s.print.Lock()
	defer s.print.Unlock()
	return s.env.Out.Hold(false)
}

func (s *session) printAck() error {
	if s.o.only != "" {
		return nil
	}
	s.print.Lock()
	defer s.print.Unlock()
	if s.env.Out.JSON() {
		return s.env.Out.PrintJSON(ackLine{"ack", true})
	}
	s.sayDim("acknowledged")
	return nil
}

// printClosed prints the close code and reason.
func (s *session) printClosed(e *ws.CloseError) {
	s.print.Lock()
	defer s.print.Unlock()
	if s.env.Out.JSON() {
		_ = s.env.Out.PrintJSON(closedLine{"closed", e.Code, e.Reason, e.Message}) // it is the last line, so there is nothing left to stop
		return
	}
	text := fmt.Sprintf("closed with code %d", e.Code)
	if e.Reason != "" {
		text += ": " + e.Reason
	}
	s.sayDim(text)
}

// printTally prints how much of the input was sent, if not all of it was.
func (s *session) printTally() {
	text := s.lines.text(s.o.simple())
	if text == "" && s.lines.sent > 0 && !s.env.Out.JSON() && s.o.only == "" {
		text = fmt.Sprintf("sent %s %s of %s", cli.Plural(s.lines.sent, "line"), target{s.o.toGroup, s.o.event}, s.place)
	}
	if text != "" {
		s.env.Out.Say("%s", text)
	}
}

// systemText returns the text of a system message.
func systemText(m *protocol.Response) string {
	switch m.Event {
	case protocol.SystemConnected:
		text := "connected as " + m.ConnectionID
		if m.UserID != "" {
			text += fmt.Sprintf(", user %q", m.UserID)
		}
		return text
	case ws.EventRecovering:
		return "connection broken, recovering"
	case ws.EventRecovered:
		return "recovered"
	case ws.EventLost:
		return "connection lost, it cannot be recovered"
	}
	return m.Event + ": " + m.Message
}

// messageText returns the text of a message: its origin, then the data. A simple
// client does not know the origin, so its text is the data alone.
func (s *session) messageText(m *protocol.Response) string {
	data := string(m.Data)
	if m.DataType == protocol.DataTypeBinary || m.DataType == protocol.DataTypeProtobuf {
		data = base64.StdEncoding.EncodeToString(m.Data)
	}
	if s.env.Out.StdoutIsTerminal() { // an unindented line could pose as another message
		data = stdio.CleanLines(strings.TrimSuffix(data, "\n"), "  ")
	}
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
	return s.env.Out.StdoutColors.Name("["+s.env.Out.Printable(origin)+"]") + " " + data
}

// jsonData returns the data as a JSON value: text as a string, JSON as itself,
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
