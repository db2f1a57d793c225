package emulator

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/gorilla/websocket"

	"wps/protocol"
)

// simpleClient is a client without a service-defined subprotocol. In its default
// mode each message is the user event "message"; with a group, each is published
// there.
type simpleClient struct {
	group  string // "" in sendEvent mode
	noEcho bool
}

// newSimpleClient reads webpubsub_mode, group and noEcho; of a repeated one the
// last counts. The error is the text of a 400.
func newSimpleClient(q url.Values) (*simpleClient, error) {
	switch mode := lastValue(q, "webpubsub_mode"); strings.ToLower(mode) {
	case "", "sendevent":
		return &simpleClient{}, nil
	case "sendtogroup":
	default:
		return nil, fmt.Errorf("unknown webpubsub_mode: use sendEvent or sendToGroup")
	}
	s := &simpleClient{group: lastValue(q, "group")}
	if err := protocol.CheckGroup(s.group); err != nil {
		return nil, err
	}
	switch strings.ToLower(lastValue(q, "noEcho")) {
	case "", "false":
	case "true":
		s.noEcho = true
	default:
		return nil, fmt.Errorf("noEcho must be true or false")
	}
	return s, nil
}

// lastValue finds the lastValue value of a query parameter, whose name is compared
// without regard to case.
func lastValue(q url.Values, name string) string {
	if v := q[name]; len(v) > 0 {
		return v[len(v)-1]
	}
	for k, v := range q {
		if strings.EqualFold(k, name) && len(v) > 0 {
			return v[len(v)-1]
		}
	}
	return ""
}

func (*simpleClient) connectedFrame(*conn) []byte     { return nil }
func (*simpleClient) disconnectedFrame(string) []byte { return nil }

func (s *simpleClient) handleMessage(c *conn, op int, data []byte) *closeStatus {
	if !validText(op, data) {
		return &closeStatus{code: closeInvalid, reason: "The client message is not valid UTF-8."}
	}
	dataType := protocol.DataTypeBinary
	if op == websocket.TextMessage {
		dataType = protocol.DataTypeText
	}
	r := s.request(dataType, data)
	c.publishReceived(r)
	if s.group == "" {
		if !c.userEvent(protocol.EventMessage, dataType, data, nil) {
			return &closeStatus{code: closeInternal, reason: internalError}
		}
		return nil
	}
	if !c.publish(r) {
		return &closeStatus{code: closePolicy, reason: "The connection is not authorized for raw sendToGroup mode."}
	}
	return nil
}

// request returns what a message of the client asks for.
func (s *simpleClient) request(d protocol.DataType, data []byte) *protocol.Request {
	if s.group == "" {
		return &protocol.Request{Type: protocol.RequestEvent, Event: protocol.EventMessage, DataType: d, Data: data}
	}
	return &protocol.Request{Type: protocol.RequestSendToGroup, Group: s.group, NoEcho: s.noEcho, DataType: d, Data: data}
}
