package ws

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/gorilla/websocket"

	"wps/protocol"
)

var (
	errSimple    = errors.New("a simple client can send only raw messages")
	errNotSimple = errors.New("raw messages are for simple clients: use a group or an event")

	errNoTextFrames = errors.New("a protobuf subprotocol has no text frames")
)

// SendOptions are the options of a message to a group.
type SendOptions struct {
	// DataType of the data; "" means text.
	DataType protocol.DataType
	// NoEcho excludes this connection from the receivers.
	NoEcho bool
	// TTLSeconds is how long the message may wait for a receiver, 1 to 300; 0 means
	// without limit.
	TTLSeconds uint32
	Metadata   map[string]string
	// NoAck returns as soon as the message is queued, without the service's answer.
	// Close writes what is queued.
	NoAck bool
}

// EventOptions are the options of an event; the members are those of [SendOptions].
type EventOptions struct {
	DataType protocol.DataType
	Metadata map[string]string
	NoAck    bool
}

// JoinGroup joins group. Like every call that waits for an ack it returns an
// [*AckError] when the service refuses, [ErrAckTimeout] when it does not answer,
// and the reason when the connection ends. It is no error to be in the group
// already.
func (c *Conn) JoinGroup(ctx context.Context, group string) error {
	return c.member(ctx, protocol.RequestJoinGroup, group)
}

// LeaveGroup leaves group. It is no error not to be in it.
func (c *Conn) LeaveGroup(ctx context.Context, group string) error {
	return c.member(ctx, protocol.RequestLeaveGroup, group)
}

func (c *Conn) member(ctx context.Context, t protocol.RequestType, group string) error {
	if c.codec == nil {
		return errSimple
	}
	if err := protocol.CheckGroup(group); err != nil {
		return err
	}
	return c.request(ctx, &protocol.Request{Type: t, Group: group})
}

// SendToGroup sends data to the members of group; the sender need not be one. A
// frame over [protocol.MaxMessageSize] is not sent; the error is
// [client.ErrTooLarge].
func (c *Conn) SendToGroup(ctx context.Context, group string, o SendOptions, data []byte) error {
	r, err := groupRequest(group, o, data)
	if err != nil {
		return err
	}
	return c.send(ctx, o.NoAck, r)
}

// StartSendToGroup is SendToGroup without the wait for the ack: messages are
// written in the order of the calls, and many can be in flight. NoAck is ignored.
func (c *Conn) StartSendToGroup(ctx context.Context, group string, o SendOptions, data []byte) (*Pending, error) {
	r, err := groupRequest(group, o, data)
	if err == nil {
		err = c.checkSend(r)
	}
	if err != nil {
		return nil, err
	}
	return c.start(ctx, r)
}

func groupRequest(group string, o SendOptions, data []byte) (*protocol.Request, error) {
	if err := protocol.CheckGroup(group); err != nil {
		return nil, err
	}
	if err := protocol.CheckTTL(int64(o.TTLSeconds)); err != nil {
		return nil, err
	}
	return &protocol.Request{
		Type: protocol.RequestSendToGroup, Group: group, NoEcho: o.NoEcho, TTLSeconds: o.TTLSeconds,
		DataType: o.DataType, Data: data, Metadata: o.Metadata,
	}, nil
}

// SendEvent sends an event to the hub's event handler and waits until it has
// been handled. A message that the handler returns is available to Receive before
// SendEvent returns.
func (c *Conn) SendEvent(ctx context.Context, event string, o EventOptions, data []byte) error {
	if err := protocol.CheckEventName(event); err != nil {
		return err
	}
	return c.send(ctx, o.NoAck, &protocol.Request{
		Type: protocol.RequestEvent, Event: event, DataType: o.DataType, Data: data, Metadata: o.Metadata,
	})
}

func (c *Conn) send(ctx context.Context, noAck bool, r *protocol.Request) error {
	if err := c.checkSend(r); err != nil {
		return err
	}
	if noAck {
		return c.enqueue(ctx, c.encode(r))
	}
	return c.request(ctx, r)
}

// checkSend completes a request that carries data, and refuses what cannot be
// sent.
func (c *Conn) checkSend(r *protocol.Request) error {
	if c.codec == nil {
		return errSimple
	}
	r.DataType = cmp.Or(r.DataType, protocol.DataTypeText)
	if err := checkData(r.DataType, r.Data); err != nil {
		return err
	}
	return protocol.CheckMetadata(r.Metadata)
}

// SendRaw sends a message of a simple client, text or binary, and returns when
// it is queued: there are no acks. Close writes what is queued. The mode in the
// client URL decides what the service does with it: by default it is the event
// "message".
func (c *Conn) SendRaw(ctx context.Context, d protocol.DataType, data []byte) error {
	if c.codec != nil {
		return errNotSimple
	}
	f := frame{messageType: websocket.BinaryMessage}
	switch d {
	case protocol.DataTypeBinary:
	case protocol.DataTypeText:
		f.messageType = websocket.TextMessage
		if err := checkData(d, data); err != nil {
			return err
		}
	default:
		return fmt.Errorf("a raw message is text or binary, not %q", d)
	}
	f.data = append(f.data, data...)
	return c.enqueue(ctx, f)
}

// checkData refuses data that would change on its way, or break the frame.
func checkData(d protocol.DataType, data []byte) error {
	switch d {
	case protocol.DataTypeText:
		if !utf8.Valid(data) {
			return errors.New("text is not valid UTF-8: send it as binary")
		}
	case protocol.DataTypeJSON:
		if !json.Valid(data) {
			return errors.New("data is not valid JSON")
		}
		if string(bytes.TrimSpace(data)) == "null" {
			return errors.New("null cannot be sent to the service")
		}
	case protocol.DataTypeBinary, protocol.DataTypeProtobuf:
	default:
		return fmt.Errorf("unknown data type %q", d)
	}
	return nil
}

// SendFrame sends a text frame as it is, such as a request that the methods of
// Conn do not have. The ack of a request that it contains is not waited for, and a
// client of a protobuf subprotocol, which has no text frames, cannot call it.
func (c *Conn) SendFrame(ctx context.Context, text []byte) error {
	if c.codec != nil && c.codec.messageType() != websocket.TextMessage {
		return errNoTextFrames
	}
	if err := checkData(protocol.DataTypeText, text); err != nil {
		return err
	}
	return c.enqueue(ctx, frame{messageType: websocket.TextMessage, data: bytes.Clone(text)})
}
