package service

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"wps/client"
	"wps/cmd/internal/cli"
	"wps/cmd/internal/explain"
	"wps/output"
	"wps/protocol"
)

// EventFlags are the flags of commands that run event objects.
type EventFlags struct{ DryRun dryRun }

// dryRun is what --dry-run prints; "" means that things are really done. The
// flag stands alone or has a value.
type dryRun string

const (
	DryRunEvent dryRun = "true" // what a flag of type bool without a value gets
	dryRunCurl  dryRun = "curl"
)

func (d *dryRun) String() string { return string(*d) }
func (*dryRun) Type() string     { return "bool" }

func (d *dryRun) Set(s string) error {
	switch s {
	case "true", "event":
		*d = DryRunEvent
	case "false":
		*d = ""
	case "curl":
		*d = dryRunCurl
	default:
		return errors.New("use --dry-run or --dry-run=curl")
	}
	return nil
}

// Register defines the flags.
func (o *EventFlags) Register(c *cobra.Command) {
	c.Flags().Var(&o.DryRun, "dry-run", "send nothing and print the event object; --dry-run=curl prints the HTTP request")
	c.Flags().Lookup("dry-run").NoOptDefVal = string(DryRunEvent)
}

// EventRunner runs event objects for one command.
type EventRunner struct {
	Env     *cli.Env
	Flags   EventFlags
	Hub     string
	Service output.Service
	curl    *curlPrinter
}

// NewEventRunner returns a runner for the hub of the flags.
func NewEventRunner(env *cli.Env, o EventFlags) (*EventRunner, error) {
	return NewEventRunnerWith(env, o, client.Options{})
}

// NewEventRunnerWith is NewEventRunner with options of the client.
func NewEventRunnerWith(env *cli.Env, o EventFlags, options client.Options) (*EventRunner, error) {
	hub, err := env.Settings.Hub()
	if err != nil {
		return nil, err
	}
	a := &EventRunner{Env: env, Flags: o, Hub: hub}
	if o.DryRun == dryRunCurl {
		a.curl = &curlPrinter{env: env}
		options.Transport = a.curl
	}
	if o.DryRun == DryRunEvent {
		return a, nil
	}
	a.Service, err = New(env, hub, options)
	return a, err
}

// Check returns the faults of an event object as a usage error, in the words of
// the command line.
func Check(ev output.Event) error {
	err := ev.Check()
	var faulty *output.FaultError
	if err == nil || !errors.As(err, &faulty) {
		return err
	}
	texts := make([]string, len(faulty.Faults))
	for i, f := range faulty.Faults {
		texts[i] = flagFault(f)
	}
	wrong := cli.Usagef("%s", strings.Join(texts, "; "))
	if m, isMessage := ev.(*output.MessageEvent); isMessage {
		wrong = withMessageHint(wrong, m)
	}
	return wrong
}

// flagNames says where the members of event objects come from. Of the others
// the fault names the thing itself, such as "group name is empty".
var flagNames = map[string]string{
	"message": "the message", "dataType": "--data-type", "excludes": "--exclude",
	"filter": "--filter", "ttlSeconds": "--ttl", "metadata": "--meta",
}

var targetNames = strings.NewReplacer(
	"targetType ", "", "All", "--all", "Groups", "--group", "Users", "--user", "Connections", "--connection")

func flagFault(f output.Fault) string {
	name := flagNames[f.Member]
	text, unusable := strings.CutPrefix(f.Text, "cannot be used: ")
	switch {
	case name == "":
		return text
	case unusable:
		return name + ": " + text
	case f.Member == "excludes", f.Member == "filter":
		return name + " " + targetNames.Replace(text)
	}
	return name + " " + text
}

// withMessageHint adds the way out when the message itself is what is wrong.
func withMessageHint(wrong error, m *output.MessageEvent) error {
	var usage *cli.UsageError
	if !errors.As(wrong, &usage) {
		return wrong
	}
	switch {
	case len(m.Message) > protocol.MaxMessageSize:
		usage.Hint = explain.TooLargeHint
	case m.DataType == protocol.DataTypeJSON && !json.Valid(m.Message):
		usage.Hint = "mend the JSON, or send it as it is with --data-type text"
	case m.DataType == protocol.DataTypeText && !utf8.Valid(m.Message):
		usage.Text, usage.Hint = "the message is not UTF-8 text", "add --data-type binary to send the bytes as they are"
	}
	return usage
}

// RunAndPrint checks one event object, runs it and prints its result; done says
// so for people.
func (a *EventRunner) RunAndPrint(ctx context.Context, ev output.Event, done string) (output.Result, error) {
	if err := Check(ev); err != nil {
		return output.Result{}, err
	}
	if a.Flags.DryRun == DryRunEvent {
		return output.Result{}, a.Env.Out.PrintJSON(ev)
	}
	result, err := a.Run(ctx, ev)
	if err != nil || a.Flags.DryRun != "" {
		return result, err
	}
	if done != "" && !a.Env.Out.JSON() {
		a.Env.Out.Say("%s", done)
	}
	if a.Env.Out.JSON() && !result.Asked {
		return result, a.Env.Out.PrintJSON(eventResult{OK: true, Event: ev})
	}
	return result, nil
}

// actResult is the JSON of a command that did something.
type eventResult struct {
	OK    bool         `json:"ok"`
	Event output.Event `json:"event"`
}

// Run runs one checked event object within --timeout.
func (a *EventRunner) Run(ctx context.Context, ev output.Event) (output.Result, error) {
	limited, cancel := context.WithTimeoutCause(ctx, a.Env.Settings.Timeout, ErrTimeout)
	defer cancel()
	result, err := ev.Run(limited, a.Service)
	if err == nil {
		return result, nil
	}
	if context.Cause(limited) == ErrTimeout {
		err = cli.WithHint(&explain.NoAnswerError{Within: a.Env.Settings.Timeout, Status: result.HTTPStatus}, "raise --timeout, or look whether the service is there with \"wps health\"")
	}
	return result, explain.Service(a.Env.Settings, explain.Refusal(ev, fmt.Errorf("%s: %w", describe(ev), err)))
}

// ErrTimeout is the cause of a context that --timeout ended.
var ErrTimeout = errors.New("timeout")

// answerResult is the JSON of a command that asked something; one of Exists and
// Allowed is there.
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

// PrintAnswer prints the answer to a question and ends with exit code 3 for no.
func (a *EventRunner) PrintAnswer(ev output.Event, yes bool) error {
	var err error
	switch {
	case a.Flags.DryRun != "":
		return nil
	case a.Env.Out.JSON():
		err = a.Env.Out.PrintJSON(answerTo(ev, yes))
	case a.Env.Out.Quiet:
	default:
		err = a.Env.Out.PrintLine(cli.YesNo(yes))
	}
	if err == nil && !yes {
		err = cli.ErrNo
	}
	return err
}
