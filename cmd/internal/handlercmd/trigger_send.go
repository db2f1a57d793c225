package handlercmd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"

	"wps/client"
	"wps/cmd/internal/cli"
	"wps/cmd/internal/service"
	"wps/emulator"
	"wps/internal/shownurl"
)

// unreachableHint is the next step when an event handler does not answer.
const unreachableHint = "check that the event handler is running at that address"

// send validates the handler, sends the event and prints the result.
func (e *handlerEvent) send(ctx context.Context, env *cli.Env, o *triggerOptions, t *emulator.EventSender) error {
	if !o.noValidate {
		if err := t.Validate(ctx, e.Hub); err != nil {
			if _, unreachable := errors.AsType[*net.OpError](err); unreachable {
				return cli.WithHint(endOf(ctx, env, o.unreachable(err)), unreachableHint)
			}
			return cli.WithHint(endOf(ctx, env, fmt.Errorf("validate %s: %w", shownurl.Of(o.to), err)),
				"the service sends no events to a handler that fails validation; --no-validate sends this one anyway")
		}
		env.Log.Info("validated", "origin", o.origin)
	}
	start := time.Now()
	v, err := t.Send(ctx, e.EventContext, e.header, e.body, e.offered)
	if err != nil {
		return cli.WithHint(endOf(ctx, env, o.unreachable(err)), unreachableHint)
	}
	if err := printResult(env, &e.EventContext, v, time.Since(start)); err != nil {
		return err
	}
	if v.Problem != "" {
		return cli.ExitCode(cli.ExitFailed)
	}
	return nil
}

// unreachable returns the error of a handler that did not answer, in the form of
// that for a service.
func (o *triggerOptions) unreachable(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	if e, ok := errors.AsType[*net.OpError](err); ok {
		err = e.Err
	}
	return &client.UnreachableError{Endpoint: shownurl.Of(o.to), Cause: err}
}

// endOf returns the error of --timeout or of an interrupt if that ended ctx, else
// err.
func endOf(ctx context.Context, env *cli.Env, err error) error {
	if errors.Is(context.Cause(ctx), service.ErrTimeout) {
		return fmt.Errorf("no answer within %v", env.Settings.Timeout)
	}
	if errors.Is(err, context.Canceled) {
		return ctx.Err()
	}
	return err
}
