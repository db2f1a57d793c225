package doctorcmd

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"wps/client"
	"wps/cmd/internal/cli"
	"wps/emulator"
	"wps/internal/reason"
	"wps/protocol"
	"wps/token"
)

// handlerCheck sends events of one connection to an event handler, as the service
// does.
type handlerCheck struct {
	d          *doctor
	template   string
	origin     string
	hub        string
	keys       []token.Key
	sender     *emulator.EventSender
	transport  http.RoundTripper
	connection string
	nextID     int
	state      *string // that the handler has set last
}

// foreignOrigin is a host that no handler expects events from.
const foreignOrigin = "wps-doctor.example"

// handler checks an event handler.
func (d *doctor) handler(ctx context.Context, o *options) error {
	c := &handlerCheck{d: d, template: o.handler, origin: o.origin, hub: d.hub, connection: rand.Text()}
	if c.hub == "" {
		return cli.Usage("no hub is set", "add --hub NAME, or set WPS_HUB: each event belongs to a hub")
	}
	if c.origin == "" {
		c.origin = d.cs.Endpoint.Hostname()
	}
	var err error
	if c.keys, err = cli.ReadKeys(d.cs, o.keys); err != nil {
		return err
	}
	pool, err := d.env.Settings.RootCAs()
	if err != nil {
		return err
	}
	transport := client.NewTransport(client.Options{RootCAs: pool})
	defer transport.CloseIdleConnections()
	c.transport = transport
	if c.sender, err = emulator.NewEventSender(o.handler, c.origin, transport); err != nil {
		return cli.Usagef("--handler: %v", err)
	}
	defer c.sender.Close()
	c.run(ctx)
	return nil
}

// run runs the checks. Without validation the service sends no event, so that the
// others would say nothing.
func (c *handlerCheck) run(ctx context.Context) {
	if !c.validation(ctx) {
		return
	}
	for _, check := range []func(context.Context){
		c.origins, c.connect, c.signature, c.connected, c.message, c.types, c.repetition, c.keptState, c.large, c.disconnected,
	} {
		if ctx.Err() == nil {
			check(ctx)
		}
	}
}

func (c *handlerCheck) report(check string, s status, text, hint string) {
	c.d.report(finding{Check: check, Status: s, Text: text, Hint: hint})
}

// limited returns ctx with the limit of one request.
func (c *handlerCheck) limited(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, c.d.env.Settings.Timeout)
}

func (c *handlerCheck) validation(ctx context.Context) bool {
	ctx, cancel := c.limited(ctx)
	defer cancel()
	start := time.Now()
	if err := c.sender.Validate(ctx, c.hub); err != nil {
		hint := "answer OPTIONS with 200 and the header WebHook-Allowed-Origin: " + c.origin + " (or *), without asking for a sign-in; the URL must be the one that takes events"
		if isUnreachable(err) {
			hint = "start the event handler, or fix the host and the port of --handler"
		}
		c.report("validation", failed, c.words(err), hint)
		return false
	}
	c.d.report(finding{Check: "validation", Status: ok, Text: "the handler accepts events of " + c.origin, Milliseconds: milliseconds(start)})
	return true
}

// words returns an error in the reader's words.
func (c *handlerCheck) words(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Sprintf("the handler did not answer within %v", c.d.env.Settings.Timeout)
	}
	if isUnreachable(err) {
		return "the handler cannot be reached: " + reason.Network(err)
	}
	return err.Error()
}

// isUnreachable reports whether there was no connection.
func isUnreachable(err error) bool {
	op, isNetwork := errors.AsType[*net.OpError](err)
	return isNetwork && op.Op == "dial"
}

// origins checks whether the handler also allows a host that it does not know.
func (c *handlerCheck) origins(ctx context.Context) {
	ctx, cancel := c.limited(ctx)
	defer cancel()
	s, err := emulator.NewEventSender(c.template, foreignOrigin, c.transport)
	if err != nil {
		return // checked before
	}
	if s.Validate(ctx, c.hub) != nil {
		c.report("origins", ok, "events of other hosts are not accepted", "")
		return
	}
	c.report("origins", warning, "the handler accepts events of every host", "answer WebHook-Allowed-Origin with the hosts of your services, unless signatures are checked")
}

// event returns the next event of the connection.
func (c *handlerCheck) event(kind protocol.EventKind, name string) protocol.EventContext {
	e := protocol.EventContext{
		Kind: kind, Event: name, Hub: c.hub, ConnectionID: c.connection, UserID: absent, ID: fmt.Sprint(c.nextID), Time: time.Now(),
		Signature: token.Signature(c.connection, c.keys...),
	}
	c.nextID++
	if name != protocol.EventConnect {
		e.Subprotocol = protocol.SubprotocolJSON
	}
	if c.state != nil {
		e.State, e.HasState = *c.state, true
	}
	return e
}

// send sends an event within the limit, and keeps the state of the answer.
func (c *handlerCheck) send(ctx context.Context, e protocol.EventContext, contentType string, body []byte, offered ...string) (*emulator.EventResult, error) {
	ctx, cancel := c.limited(ctx)
	defer cancel()
	r, err := c.sender.Send(ctx, e, http.Header{"Content-Type": {contentType}}, body, offered)
	if err == nil && r.State != nil {
		c.state = r.State
	}
	return r, err
}

const contentJSON = "application/json"

func connectBody() []byte {
	b, err := json.Marshal(protocol.ConnectRequest{
		Claims: map[string][]string{"sub": {absent}}, Query: map[string][]string{}, Headers: map[string][]string{},
		Subprotocols: []string{protocol.SubprotocolJSON}, ClientCertificates: []protocol.ClientCertificate{},
	})
	if err != nil {
		panic(err) // of texts only
	}
	return b
}

// outcome reports how an event was answered, and whether it was accepted.
func (c *handlerCheck) outcome(check string, r *emulator.EventResult, err error) bool {
	switch {
	case err != nil:
		c.report(check, failed, c.words(err), "see the log of the handler")
	case r.Status == http.StatusUnauthorized || r.Status == http.StatusForbidden:
		c.report(check, warning, fmt.Sprintf("refused with %d", r.Status), "that is right if the handler wants a claim or a user of its own; else check its key: it must be that of the service, as in --key")
	case r.Status == http.StatusNotFound:
		c.report(check, warning, "refused with 404", "let the handler answer this event, or register only the events that it answers")
	case r.Problem != "":
		c.report(check, failed, fmt.Sprintf("the answer %d is of no use to the service: %s", r.Status, r.Problem), "see the log of the handler; the service retries 408 and 5xx after 1, 3 and 5 s")
	default:
		return true
	}
	return false
}

func (c *handlerCheck) connect(ctx context.Context) {
	r, err := c.send(ctx, c.event(protocol.EventSystem, protocol.EventConnect), contentJSON, connectBody(), protocol.SubprotocolJSON)
	if c.outcome("connect", r, err) {
		c.report("connect", ok, fmt.Sprintf("accepted with %d", r.Status), "")
	}
}

// signature sends a connect event whose signature is wrong.
func (c *handlerCheck) signature(ctx context.Context) {
	e := c.event(protocol.EventSystem, protocol.EventConnect)
	c.nextID--
	e.ConnectionID = rand.Text()
	e.ID = "0"
	e.Signature = token.Signature(e.ConnectionID, token.NewKey("wps-doctor: not the key of this service"))
	before := c.state
	r, err := c.send(ctx, e, contentJSON, connectBody(), protocol.SubprotocolJSON)
	c.state = before
	switch {
	case err != nil:
		c.report("signature", failed, c.words(err), "see the log of the handler")
	case r.Status >= 200 && r.Status < 300:
		c.report("signature", warning, "an event with a wrong signature was accepted", "check ce-signature with the access key of the service: anyone who can reach the handler can send it events")
	default:
		c.report("signature", ok, fmt.Sprintf("an event with a wrong signature was refused with %d", r.Status), "")
	}
}

func (c *handlerCheck) connected(ctx context.Context) {
	r, err := c.send(ctx, c.event(protocol.EventSystem, protocol.EventConnected), contentJSON, []byte("{}"))
	if c.outcome("connected", r, err) {
		c.report("connected", ok, fmt.Sprintf("accepted with %d", r.Status), "")
	}
}

func (c *handlerCheck) message(ctx context.Context) {
	start := time.Now()
	r, err := c.send(ctx, c.event(protocol.EventUser, "message"), protocol.EventContentType(protocol.DataTypeText), []byte("hello"))
	if c.outcome("message", r, err) {
		c.d.report(finding{Check: "message", Status: ok, Text: fmt.Sprintf("accepted with %d", r.Status), Milliseconds: milliseconds(start)})
	}
}

// types sends a user event of each other data type.
func (c *handlerCheck) types(ctx context.Context) {
	for _, t := range []struct {
		data protocol.DataType
		body string
	}{{protocol.DataTypeJSON, `{"hello":true}`}, {protocol.DataTypeBinary, "\x00\xff"}} {
		r, err := c.send(ctx, c.event(protocol.EventUser, "message"), protocol.EventContentType(t.data), []byte(t.body))
		if c.outcome(string(t.data), r, err) {
			c.report(string(t.data), ok, fmt.Sprintf("a %s event was accepted with %d", t.data, r.Status), "")
		}
	}
}

// repetition sends an event again under its id, as the service does when an answer
// was lost, and as it does twice at the same time.
func (c *handlerCheck) repetition(ctx context.Context) {
	e := c.event(protocol.EventUser, "message")
	send := func() (*emulator.EventResult, error) {
		return c.send(ctx, e, protocol.EventContentType(protocol.DataTypeText), []byte("again"))
	}
	first, err := send()
	if !c.outcome("retry", first, err) {
		return
	}
	second, err := send()
	if !c.outcome("retry", second, err) {
		return
	}
	if first.Status != second.Status || string(first.Body) != string(second.Body) {
		c.report("duplicate", warning, "an event that was sent again got another answer", "recognize an event by ce-connectionId and ce-id: the service sends it again if an answer is lost")
		return
	}
	c.report("retry", ok, "an event that was sent again got the same answer", "")
}

// keptState checks that the handler reads the state that it has set.
func (c *handlerCheck) keptState(ctx context.Context) {
	if c.state == nil {
		c.report("state", ok, "the handler sets no connection state", "")
		return
	}
	r, err := c.send(ctx, c.event(protocol.EventUser, "message"), protocol.EventContentType(protocol.DataTypeText), []byte("state"))
	if c.outcome("state", r, err) {
		c.report("state", ok, fmt.Sprintf("the handler takes its state of %d bytes back", len(*c.state)), "")
	}
}

// large sends the largest message that a client can send.
func (c *handlerCheck) large(ctx context.Context) {
	body := []byte(strings.Repeat("x", protocol.MaxMessageSize))
	r, err := c.send(ctx, c.event(protocol.EventUser, "message"), protocol.EventContentType(protocol.DataTypeText), body)
	if err == nil && r.Status == http.StatusRequestEntityTooLarge {
		c.report("large body", failed, "an event of 1 MiB was refused with 413", "raise the limit of the web framework or the proxy: clients may send messages of 1 MiB")
		return
	}
	if c.outcome("large body", r, err) {
		c.report("large body", ok, fmt.Sprintf("an event of 1 MiB was accepted with %d", r.Status), "")
	}
}

func (c *handlerCheck) disconnected(ctx context.Context) {
	body, err := json.Marshal(protocol.DisconnectedRequest{})
	if err != nil {
		return // cannot happen: of texts only
	}
	r, err := c.send(ctx, c.event(protocol.EventSystem, protocol.EventDisconnected), contentJSON, body)
	if c.outcome("disconnected", r, err) {
		c.report("disconnected", ok, fmt.Sprintf("accepted with %d", r.Status), "")
	}
}
