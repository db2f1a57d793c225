package connectcmd

import (
	"crypto/rand"
	"errors"
	"net/url"
	"sync"
	"time"

	"wps/client/ws"
	"wps/cmd/internal/cli"
	"wps/cmd/internal/record"
	"wps/protocol"
	"wps/protocol/traffic"
	"wps/token"
)

// recorder writes what a client does and gets, for wps replay. The objects are those
// of the service: what the client sends is received.
type recorder struct {
	file        *record.File
	out         *cli.Printer
	hub         string
	subprotocol string
	group       string // to which a simple client sends
	claims      token.Claims

	mu   sync.Mutex
	last uint64 // id of the last object
	id   string // of the connection; "" when there is none
	user string
}

// newRecorder creates the recording of --record; nil without. The roles and groups
// of the client are those of its token.
func newRecorder(out *cli.Printer, o *connectOptions, address string) (*recorder, error) {
	if o.record == "" {
		return nil, nil
	}
	r := &recorder{out: out, subprotocol: subprotocols[o.subprotocol]}
	if u, err := url.Parse(address); err == nil {
		q := u.Query()
		r.hub, r.group = hubOf(u), q.Get("group")
		if seen, err := token.Inspect(q.Get("access_token")); err == nil {
			r.claims = seen.Claims
		}
	}
	var err error
	r.file, err = record.Create(o.record, traffic.Recording{Source: "connect", Hub: r.hub})
	return r, err
}

// close writes the end of the connection and closes the file. end is the error with
// which the session has ended.
func (r *recorder) close(end error) error {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	code, reason := 1000, ""
	if closed, ok := errors.AsType[*ws.CloseError](end); ok {
		code, reason = closed.Code, closed.Reason
	}
	r.closed(code, reason)
	r.mu.Unlock()
	return r.file.Close()
}

// connected begins a connection without a greeting, that of a simple client.
func (r *recorder) connected() {
	if r == nil || r.subprotocol != "" {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.opened(rand.Text(), r.claims.UserID)
}

// frame records a frame; see ws.Options.OnFrame.
func (r *recorder) frame(sent, text bool, data []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	format, _, service := protocol.ParseSubprotocol(r.subprotocol)
	switch {
	case !service:
		r.simple(sent, text, data)
	case sent:
		if q, err := format.DecodeRequest(data); err == nil {
			r.received(q)
		}
	default:
		if a, err := format.DecodeResponse(data); err == nil {
			r.sent(a)
		}
	}
}

// opened writes that there is a connection, and the end of one before it.
func (r *recorder) opened(id, user string) {
	if id == r.id {
		return // it was recovered
	}
	r.closed(1006, "")
	r.id, r.user = id, user
	o := r.object(traffic.Opened)
	o.Subprotocol = r.subprotocol
	if len(r.claims.Groups) > 0 || len(r.claims.Roles) > 0 {
		o.Opening = &traffic.Opening{Groups: r.claims.Groups, Roles: r.claims.Roles}
	}
	r.write(o)
}

func (r *recorder) closed(code int, reason string) {
	if r.id == "" {
		return
	}
	o := r.object(traffic.Closed)
	o.CloseCode, o.Reason = code, reason
	r.write(o)
	r.id = ""
}

func (r *recorder) received(q *protocol.Request) {
	o := r.object(traffic.Received)
	o.SetRequest(q)
	if q.Data != nil || q.DataType != "" {
		o.SetPayload(q.DataType, q.Data)
		o.Metadata = q.Metadata
	}
	r.write(o)
}

func (r *recorder) sent(a *protocol.Response) {
	if a.Type == protocol.ResponseSystem && a.Event == protocol.SystemConnected {
		r.opened(a.ConnectionID, a.UserID)
	}
	o := r.object(traffic.Sent)
	o.SetResponse(a)
	o.Group = a.Group
	r.write(o)
}

// simple records a message of or for a simple client.
func (r *recorder) simple(sent, text bool, data []byte) {
	o, d := r.object(traffic.Sent), protocol.DataTypeBinary
	if text {
		d = protocol.DataTypeText
	}
	o.Frame = &traffic.Frame{Request: string(protocol.ResponseMessage)}
	if sent {
		o.Type = traffic.Received
		o.Request, o.Event = string(protocol.RequestEvent), protocol.EventMessage
		if r.group != "" {
			o.Request, o.Event, o.Group = string(protocol.RequestSendToGroup), "", r.group
		}
	}
	o.SetPayload(d, data)
	r.write(o)
}

// object returns an object about the connection.
func (r *recorder) object(t traffic.Type) *traffic.Object {
	o := traffic.New(t, time.Now())
	r.last++
	o.ID, o.Hub, o.ConnectionID, o.UserID = r.last, r.hub, r.id, r.user
	return o
}

func (r *recorder) write(o *traffic.Object) {
	o.Bound()
	if err := r.file.Write(o); err != nil {
		r.out.Warn("the recording ends here: " + err.Error())
	}
}
