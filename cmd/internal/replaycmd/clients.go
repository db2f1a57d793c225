package replaycmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"wps/client/ws"
	"wps/cmd/internal/cli"
	"wps/cmd/internal/explain"
	"wps/cmd/internal/record"
	"wps/cmd/internal/service"
	"wps/protocol"
	"wps/protocol/traffic"
	"wps/token"
)

// clients repeats the actions of the clients of a recording, each waited for.
type clients struct {
	env   *cli.Env
	tally *tally
	cs    token.ConnectionString
	rest  *requests
	open  map[string]*connection // by the id in the recording
	ids   map[string]string      // ids of now by those of the recording
	seen  facts

	rewrite rewrites
}

// facts are what a recording says after the object that they are about.
type facts struct {
	acks  map[ackKey]string          // codes; okCode is success
	modes map[string]string          // group of a simple client that sends to one
	opens map[string]*traffic.Object // how a connection was opened
}

type ackKey struct {
	connection string
	id         uint64
}

// okCode is the code of success among those of acks.
const okCode = "ok"

// connection is a client that is connected again.
type connection struct {
	conn     *ws.Conn
	ready    chan struct{} // is closed when the connection is known to the service
	received chan struct{} // is closed when nothing more arrives
}

func newClients(env *cli.Env, o *options, t *tally) (*clients, error) {
	cs, source, err := env.Settings.Service()
	if err != nil {
		return nil, err
	}
	cli.AnnounceDefault(env, source)
	c := &clients{env: env, tally: t, cs: cs, open: map[string]*connection{}, ids: map[string]string{}, rewrite: o.rewrite}
	if c.rest, err = newRequests(env, cs, c.ids); err != nil {
		return nil, err
	}
	c.seen, err = readFacts(o.path)
	return c, err
}

// readFacts reads a recording to its end.
func readFacts(path string) (facts, error) {
	f := facts{acks: map[ackKey]string{}, modes: map[string]string{}, opens: map[string]*traffic.Object{}}
	r, file, err := record.Open(path)
	if err != nil {
		return f, err
	}
	defer file.Close()
	for {
		o, _, err := r.Read()
		var fault *traffic.LineError
		switch {
		case errors.Is(err, io.EOF):
			return f, nil
		case errors.As(err, &fault):
		case err != nil:
			return f, fmt.Errorf("read the recording %s: %v", path, err)
		default:
			f.add(o)
		}
	}
}

func (f *facts) add(o *traffic.Object) {
	switch {
	case o.Type == traffic.Opened:
		f.opens[o.ConnectionID] = &traffic.Object{Type: o.Type, Subprotocol: o.Subprotocol, Opening: o.Opening}
	case o.Frame == nil:
	case o.Type == traffic.Sent && o.Request == string(protocol.ResponseAck) && o.AckID != nil:
		code := o.Code
		if code == "" || code == protocol.AckDuplicate {
			code = okCode
		}
		f.acks[ackKey{o.ConnectionID, *o.AckID}] = code
	case o.Type == traffic.Received && o.AckID == nil && o.Request == string(protocol.RequestSendToGroup):
		f.modes[o.ConnectionID] = o.Group
	}
}

// send repeats what an object is about.
func (c *clients) send(ctx context.Context, o *traffic.Object, line int) error {
	switch {
	case o.Type == traffic.Opened:
		_, err := c.connect(ctx, o, line)
		return err
	case o.Type == traffic.Received && o.Frame != nil:
		return c.act(ctx, o, line)
	case o.Type == traffic.Closed:
		return c.close(ctx, o.ConnectionID)
	case (o.Type == traffic.REST || o.Type == traffic.Refused) && o.HTTP != nil && isREST(o.Path):
		return c.rest.send(ctx, o, line, c.tally)
	}
	return nil
}

// connect opens a connection for one of the recording; nil when it is refused.
func (c *clients) connect(ctx context.Context, o *traffic.Object, line int) (*connection, error) {
	if known := c.open[o.ConnectionID]; known != nil {
		return known, nil
	}
	how := c.opening(o)
	address, err := c.address(ctx, o, how)
	if err != nil {
		c.tally.leaveOut(line, err.Error())
		return nil, nil
	}
	config, err := service.TLS(c.env)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	conn, err := ws.Dial(ctx, ws.Options{URL: address, Subprotocol: how.Subprotocol, Logger: c.env.Log, HandshakeTimeout: c.env.Settings.Timeout, AckTimeout: c.env.Settings.Timeout, TLS: config})
	if err != nil {
		if _, refused := errors.AsType[*ws.HandshakeError](err); refused {
			c.tally.leaveOut(line, "the client is refused: "+err.Error())
			return nil, nil
		}
		return nil, explain.Dial(c.env.Settings, err, "")
	}
	x := &connection{conn: conn, ready: make(chan struct{}), received: make(chan struct{})}
	go x.receive(how.Subprotocol != "")
	c.open[o.ConnectionID] = x
	select {
	case <-x.ready:
	case <-x.received:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if id := conn.ConnectionID(); id != "" {
		c.ids[o.ConnectionID] = id
	}
	r := result{Line: line, Type: o.Type, Hub: o.Hub, ConnectionID: o.ConnectionID, UserID: o.UserID, What: "client connects", Milliseconds: traffic.Milliseconds(time.Since(began))}
	return x, c.tally.compare(r, nil, &answer{Code: okCode})
}

// opening returns how the connection of an object is opened: as in the recording, or
// else with every right.
func (c *clients) opening(o *traffic.Object) *traffic.Object {
	if o.Type == traffic.Opened {
		return o
	}
	if how := c.seen.opens[o.ConnectionID]; how != nil {
		c.rewrite.apply(how)
		return how
	}
	return &traffic.Object{Subprotocol: protocol.SubprotocolJSON, Opening: &traffic.Opening{Roles: []string{protocol.RoleJoinLeaveGroup, protocol.RoleSendToGroup}}}
}

// receive drops what arrives. A client of a subprotocol is ready at its first frame.
func (x *connection) receive(greeted bool) {
	defer close(x.received)
	if !greeted {
		close(x.ready)
	}
	for first := greeted; ; first = false {
		if _, err := x.conn.Receive(context.Background()); err != nil { // ends when the connection does
			return
		}
		if first {
			close(x.ready)
		}
	}
}

// address returns the URL for a client of the recording, with its user, groups and
// roles.
func (c *clients) address(ctx context.Context, o, how *traffic.Object) (string, error) {
	if o.Hub == "" {
		return "", errors.New("it names no hub")
	}
	t := token.ClientOptions{Hub: o.Hub, UserID: o.UserID, Lifetime: time.Hour}
	if how.Opening != nil {
		t.Roles, t.Groups = how.Roles, how.Groups
	}
	by, err := service.NewNegotiator(c.env, c.cs, o.Hub)
	if err != nil {
		return "", err
	}
	n, err := by.Negotiate(ctx, t)
	if err != nil {
		return "", err
	}
	group := c.seen.modes[o.ConnectionID]
	if how.Subprotocol != "" || group == "" {
		return n.URL, nil
	}
	return n.URL + "&" + url.Values{"webpubsub_mode": {"sendToGroup"}, "group": {group}}.Encode(), nil
}

// act repeats a frame of a client, and compares the acks.
func (c *clients) act(ctx context.Context, o *traffic.Object, line int) error {
	data, whole := o.Raw()
	switch request := protocol.RequestType(o.Request); {
	case request == protocol.RequestPing, request == protocol.RequestSequenceAck: // the client of now has its own
		return nil
	case request != protocol.RequestJoinGroup && request != protocol.RequestLeaveGroup && request != protocol.RequestSendToGroup && request != protocol.RequestEvent:
		c.tally.leaveOut(line, "a request "+traffic.Cut(o.Request)+" cannot be sent again")
		return nil
	case request == protocol.RequestSendToGroup && (o.Payload == nil || o.DataType == ""): // a message has data
		c.tally.leaveOut(line, "a stream cannot be sent again")
		return nil
	case !whole:
		c.tally.leaveOut(line, "its data was cut off")
		return nil
	}
	x, err := c.connect(ctx, o, line)
	if x == nil {
		return err
	}
	began := time.Now()
	after, err := ackOf(x.request(ctx, o, data))
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		after = &answer{Code: "closed"}
	}
	var before *answer
	if o.AckID != nil {
		if code, known := c.seen.acks[ackKey{o.ConnectionID, *o.AckID}]; known {
			before = &answer{Code: code}
		}
	}
	what := strings.TrimSpace(o.Request + " " + o.Group + o.Event)
	r := result{Line: line, Type: o.Type, Hub: o.Hub, ConnectionID: o.ConnectionID, UserID: o.UserID, What: what, Milliseconds: traffic.Milliseconds(time.Since(began))}
	return c.tally.compare(r, before, after)
}

// request sends a request and waits for its ack, if the client has acks.
func (x *connection) request(ctx context.Context, o *traffic.Object, data []byte) error {
	var d protocol.DataType
	var metadata map[string]string
	if o.Payload != nil {
		d, metadata = o.DataType, o.Metadata
	}
	switch protocol.RequestType(o.Request) {
	case protocol.RequestJoinGroup:
		return x.conn.JoinGroup(ctx, o.Group)
	case protocol.RequestLeaveGroup:
		return x.conn.LeaveGroup(ctx, o.Group)
	}
	if x.conn.ConnectionID() == "" { // a simple client
		return x.conn.SendRaw(ctx, d, data)
	}
	if o.Request == string(protocol.RequestEvent) {
		return x.conn.SendEvent(ctx, o.Event, ws.EventOptions{DataType: d, Metadata: metadata}, data)
	}
	return x.conn.SendToGroup(ctx, o.Group, ws.SendOptions{DataType: d, NoEcho: o.NoEcho, TTLSeconds: o.TTLSeconds, Metadata: metadata}, data)
}

// ackOf returns the code of an ack; an error is the end of the connection.
func ackOf(err error) (*answer, error) {
	if refused, ok := errors.AsType[*ws.AckError](err); ok {
		return &answer{Code: refused.Name}, nil
	}
	return &answer{Code: okCode}, err
}

// close closes the connection for one of the recording.
func (c *clients) close(ctx context.Context, id string) error {
	x := c.open[id]
	if x == nil {
		return nil
	}
	delete(c.open, id)
	limited, cancel := context.WithTimeout(ctx, closeTimeout)
	defer cancel()
	if err := x.conn.Close(limited); err != nil {
		c.env.Log.Debug("close", "error", err)
	}
	<-x.received
	return ctx.Err()
}

// closeTimeout bounds the closing handshake.
const closeTimeout = time.Second

// finish closes what is still open.
func (c *clients) finish(ctx context.Context) error {
	for id := range c.open {
		if err := c.close(ctx, id); err != nil {
			return err
		}
	}
	c.rest.close()
	return nil
}
