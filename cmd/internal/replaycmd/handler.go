package replaycmd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"

	"wps/client"
	"wps/cmd/internal/cli"
	"wps/emulator"
	"wps/internal/shownurl"
	"wps/protocol"
	"wps/protocol/traffic"
	"wps/token"
)

// handler sends events to an event handler.
type handler struct {
	env       *cli.Env
	o         *options
	keys      []token.Key
	sender    *emulator.EventSender
	validated map[string]bool // hubs
	tally     *tally
}

func newHandler(_ context.Context, env *cli.Env, o *options, t *tally) (*handler, error) {
	cs, _, err := env.Settings.Service()
	if err != nil {
		return nil, err
	}
	keys, err := cli.ReadKeys(cs, o.keys)
	if err != nil {
		return nil, err
	}
	if o.origin == "" {
		o.origin = cs.Endpoint.Hostname()
	}
	s, err := emulator.NewEventSender(o.to, o.origin, nil)
	if err != nil {
		return nil, cli.Usagef("--to: %v", err)
	}
	return &handler{env: env, o: o, keys: keys, sender: s, validated: map[string]bool{}, tally: t}, nil
}

func (h *handler) finish(context.Context) error {
	h.sender.Close()
	return nil
}

// send sends an event; other objects are not for a handler.
func (h *handler) send(ctx context.Context, o *traffic.Object, line int) error {
	if o.Type != traffic.Handled {
		return nil
	}
	e, err := o.EventRequest()
	if err != nil {
		h.tally.leaveOut(line, err.Error())
		return nil
	}
	if err := h.validate(ctx, e.Hub); err != nil {
		return err
	}
	e.ID, e.Time, e.Signature = emulator.NewEventID(), time.Now(), token.Signature(e.ConnectionID, h.keys...)
	limited, cancel := context.WithTimeout(ctx, h.env.Settings.Timeout)
	defer cancel()
	began := time.Now()
	v, err := h.sender.Send(limited, e.EventContext, e.Header, e.Body, e.Offered)
	if err != nil {
		return h.unreachable(ctx, limited, err)
	}
	r := result{Line: line, Type: o.Type, Hub: o.Hub, ConnectionID: o.ConnectionID, UserID: o.UserID, What: "event " + o.Event, Milliseconds: traffic.Milliseconds(time.Since(began))}
	return h.tally.compare(r, recorded(o), answered(v))
}

// recorded returns the answer in a recording; nil when there was none.
func recorded(o *traffic.Object) *answer {
	if o.Status == 0 {
		return nil
	}
	a := &answer{Status: o.Status}
	data, whole := o.RawReply()
	a.setData(replyType(o.ReplyDataType, data), data, whole)
	return a
}

func answered(v *emulator.EventResult) *answer {
	a := &answer{Status: v.Status}
	d, _, _ := protocol.DataTypeOf(v.Header.Get("Content-Type"))
	a.setData(replyType(d, v.Body), v.Body, true)
	return a
}

// replyType returns the data type of an answer; without data it has none.
func replyType(d protocol.DataType, data []byte) protocol.DataType {
	if len(data) == 0 {
		return ""
	}
	return d
}

// validate validates the handler once for each hub.
func (h *handler) validate(ctx context.Context, hub string) error {
	if h.o.noValidate || h.validated[hub] {
		return nil
	}
	limited, cancel := context.WithTimeout(ctx, h.env.Settings.Timeout)
	defer cancel()
	if err := h.sender.Validate(limited, hub); err != nil {
		if _, network := errors.AsType[*net.OpError](err); network {
			return h.unreachable(ctx, limited, err)
		}
		return cli.WithHint(fmt.Errorf("validate %s: %w", shownurl.Of(h.o.to), err),
			"the service sends no events to a handler that fails validation; --no-validate sends them anyway")
	}
	h.validated[hub] = true
	return nil
}

// unreachable returns the error of a handler that did not answer.
func (h *handler) unreachable(ctx, limited context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case limited.Err() != nil:
		return cli.WithHint(fmt.Errorf("no answer within %v", h.env.Settings.Timeout), "increase --timeout, or check the event handler")
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	if e, ok := errors.AsType[*net.OpError](err); ok {
		err = e.Err
	}
	return cli.WithHint(&client.UnreachableError{Endpoint: shownurl.Of(h.o.to), Cause: err}, "check that the event handler is running at that address")
}
