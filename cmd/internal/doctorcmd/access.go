package doctorcmd

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"

	"wps/client"
	"wps/client/ws"
	"wps/cmd/internal/explain"
	"wps/cmd/internal/service"
	"wps/protocol"
	"wps/token"
)

// reads is how many signed requests the latency is the median of.
const reads = 5

// absent is a user that no application has.
const absent = "wps-doctor"

// access checks the key or the identity by reads, and then the WebSocket.
func (d *doctor) access(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, d.env.Settings.Timeout)
	defer cancel()
	hub := d.hub
	if hub == "" {
		hub = "doctor" // the key is that of all hubs
	}
	s, err := service.NewFor(d.env, d.cs, hub, client.Options{})
	if err != nil {
		d.fail(d.signer(), err, "")
		return
	}
	defer s.CloseIdleConnections()
	times, err := timedReads(ctx, s)
	if err != nil {
		d.fail(d.signer(), explain.Exit(explain.NoAnswer(explain.Service(d.env.Settings, err), d.cs.Endpoint.String(), d.env.Settings.Timeout)), "")
		return
	}
	d.report(finding{Check: d.signer(), Status: ok, Text: "the service accepted a signed request"})
	slices.Sort(times)
	median := float64(times[len(times)/2].Microseconds()) / 1000
	d.report(finding{Check: "latency", Status: ok, Text: fmt.Sprintf("%.1f ms, the median of %d requests", median, reads), Milliseconds: median})
	if d.hub == "" {
		d.report(finding{Check: "websocket", Status: skipped, Text: "there is no hub to connect to"})
		return
	}
	d.report(finding{Check: "hub", Status: ok, Text: fmt.Sprintf("%q is accepted; a hub needs no setup", d.hub)})
	d.webSocket(ctx)
}

// signer returns the name of the check of what signs requests.
func (d *doctor) signer() string {
	if d.cs.Identity != nil {
		return "identity"
	}
	return "access key"
}

// timedReads asks whether a user exists, and returns how long each answer took.
func timedReads(ctx context.Context, s *client.Service) (times []time.Duration, err error) {
	for range reads {
		start := time.Now()
		_, _, err := s.Exists(ctx, protocol.Target{Kind: protocol.TargetUser, ID: absent})
		if err != nil {
			return nil, err
		}
		times = append(times, time.Since(start))
	}
	return times, nil
}

// webSocket connects with a real token and sends a message there and back.
func (d *doctor) webSocket(ctx context.Context) {
	group := "wps-doctor-" + rand.Text()
	negotiator, err := service.NewNegotiator(d.env, d.cs, d.hub)
	if err != nil {
		d.fail("websocket", err, "")
		return
	}
	n, err := negotiator.Negotiate(ctx, token.ClientOptions{
		Hub: d.hub, UserID: absent, Groups: []string{group}, Roles: []string{protocol.RoleSendToGroup + "." + group}, Lifetime: 5 * time.Minute,
	})
	if err != nil {
		d.fail("websocket", explain.Exit(err), "")
		return
	}
	config, err := service.TLS(d.env)
	if err != nil {
		d.fail("websocket", err, "")
		return
	}
	start := time.Now()
	c, err := ws.Dial(ctx, ws.Options{URL: n.URL, Subprotocol: protocol.SubprotocolJSON, Logger: d.env.Log, TLS: config, RecoveryTimeout: -1})
	if err != nil {
		d.fail("websocket", explain.Exit(explain.Dial(d.env.Settings, err, "")), "a proxy on the way may not let WebSocket connections through")
		return
	}
	d.report(finding{Check: "websocket", Status: ok, Text: "connected as " + c.ConnectionID(), Milliseconds: milliseconds(start)})
	start = time.Now()
	if err := echo(ctx, c, group); err != nil {
		d.fail("message", err, "the hub's event handler may have changed groups or roles of the connection")
	} else {
		d.report(finding{Check: "message", Status: ok, Text: "a message to a group came back", Milliseconds: milliseconds(start)})
	}
	_ = c.Close(ctx) // what matters is known
}

// errNoEcho is a message that was accepted and did not arrive.
var errNoEcho = errors.New("a message to a group of the connection did not come back")

// echo sends a message to a group of the connection and waits for it.
func echo(ctx context.Context, c *ws.Conn, group string) error {
	text := rand.Text()
	if err := c.SendToGroup(ctx, group, ws.SendOptions{}, []byte(text)); err != nil {
		return fmt.Errorf("send a message to a group: %w", err)
	}
	for {
		r, err := c.Receive(ctx)
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			return errNoEcho
		case err != nil:
			return fmt.Errorf("wait for a message: %w", err)
		case r.Group == group && string(r.Data) == text:
			return nil
		}
	}
}
