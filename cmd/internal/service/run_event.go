package service

import (
	"context"
	"errors"
	"fmt"

	"wps/client"
	"wps/cmd/internal/cli"
	"wps/cmd/internal/explain"
	"wps/output"
)

// EventRunner runs event objects for one command.
type EventRunner struct {
	Env     *cli.Env
	Flags   EventFlags
	Hub     string
	Place   Place // the zero value in a dry run that prints event objects
	Service output.Service
}

// NewEventRunner returns a runner for the hub of the flags.
func NewEventRunner(env *cli.Env, o EventFlags) (*EventRunner, error) {
	return NewEventRunnerWith(env, o, client.Options{})
}

// NewEventRunnerWith is NewEventRunner with options for the client.
func NewEventRunnerWith(env *cli.Env, o EventFlags, options client.Options) (*EventRunner, error) {
	hub, err := env.Settings.Hub()
	if err != nil {
		return nil, err
	}
	r := &EventRunner{Env: env, Flags: o, Hub: hub}
	if o.DryRun == DryRunEvent {
		return r, nil
	}
	if r.Place, err = CurrentPlace(env); err != nil {
		return nil, err
	}
	if o.DryRun == dryRunCurl {
		options.Transport = &curlPrinter{out: env.Out}
	}
	r.Service, err = New(env, hub, options)
	return r, err
}

// RunAndPrint checks one event object, runs it and prints the result; done is the
// status message without the hub, "" for none.
func (r *EventRunner) RunAndPrint(ctx context.Context, ev output.Event, done string) (output.Result, error) {
	if err := Check(ev); err != nil {
		return output.Result{}, err
	}
	warnAboutLists(r.Env.Out, ev)
	if r.Flags.DryRun == DryRunEvent {
		return output.Result{}, r.Env.Out.PrintJSON(ev)
	}
	result, err := r.Run(ctx, ev)
	if err != nil || r.Flags.DryRun != "" {
		return result, afterTries(err, result.Tries)
	}
	if done != "" && !r.Env.Out.JSON() {
		r.Env.Out.Say("%s of %s", done, r.Place)
	}
	if r.Env.Out.JSON() && !result.Asked {
		return result, r.Env.Out.PrintJSON(eventResult{OK: true, Event: ev})
	}
	return result, nil
}

// eventResult is the JSON output for an event that was run.
type eventResult struct {
	OK    bool         `json:"ok"`
	Event output.Event `json:"event"`
}

// Run runs one checked event object within --timeout.
func (r *EventRunner) Run(ctx context.Context, ev output.Event) (output.Result, error) {
	limited, cancel := context.WithTimeoutCause(ctx, r.Env.Settings.Timeout, ErrTimeout)
	defer cancel()
	result, err := ev.Run(limited, r.Service)
	if err == nil {
		return result, nil
	}
	if errors.Is(context.Cause(limited), ErrTimeout) {
		err = cli.WithHint(&explain.NoAnswerError{Endpoint: r.endpoint(), Within: r.Env.Settings.Timeout, Status: result.HTTPStatus}, "increase --timeout, or check the service with \"wps health\"")
	}
	return result, explain.Service(r.Env.Settings, explain.Refusal(ev, fmt.Errorf("%s: %w", describe(ev), err)))
}

// endpoint returns the address of the service, "" if none is known.
func (r *EventRunner) endpoint() string {
	cs, _, err := r.Env.Settings.Service()
	if err != nil || cs.Endpoint == nil {
		return ""
	}
	return cs.Endpoint.String()
}

// afterTries adds to an error how often an event was tried.
func afterTries(err error, n int) error {
	if err == nil || n < 2 {
		return err
	}
	return fmt.Errorf("%w (after %d tries)", err, n)
}

// ErrTimeout is the cause of a context whose --timeout passed.
var ErrTimeout = errors.New("timeout")

// answerResult is the JSON output of a command that asks a question; either Exists
// or Allowed is set.
type answerResult struct {
	Exists  *bool        `json:"exists,omitempty"`
	Allowed *bool        `json:"allowed,omitempty"`
	Event   output.Event `json:"event"`
}

func answerTo(ev output.Event, yes bool) answerResult {
	if _, permission := ev.(*output.PermissionEvent); permission {
		return answerResult{Allowed: &yes, Event: ev}
	}
	return answerResult{Exists: &yes, Event: ev}
}

// PrintAnswer prints the answer to a question. It returns cli.ErrNo for no.
func (r *EventRunner) PrintAnswer(ev output.Event, yes bool) error {
	var err error
	switch {
	case r.Flags.DryRun != "":
		return nil
	case r.Env.Out.JSON():
		err = r.Env.Out.PrintJSON(answerTo(ev, yes))
	case r.Env.Out.Quiet:
	default:
		err = r.Env.Out.PrintLine(cli.YesNo(yes))
	}
	if err == nil && !yes {
		err = cli.ErrNo
	}
	return err
}
