package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"wps/client"
	"wps/output"
	"wps/protocol"
)

// eventFlags are the flags of commands that run event objects.
type eventFlags struct{ dryRun dryRun }

// dryRun is what --dry-run prints; "" means that things are really done. The
// flag stands alone or has a value.
type dryRun string

const (
	dryRunEvent dryRun = "true" // what a flag of type bool without a value gets
	dryRunCurl  dryRun = "curl"
)

func (d *dryRun) String() string { return string(*d) }
func (*dryRun) Type() string     { return "bool" }

func (d *dryRun) Set(s string) error {
	switch s {
	case "true", "event":
		*d = dryRunEvent
	case "false":
		*d = ""
	case "curl":
		*d = dryRunCurl
	default:
		return errors.New("use --dry-run or --dry-run=curl")
	}
	return nil
}

func (o *eventFlags) flags(c *cobra.Command) {
	c.Flags().Var(&o.dryRun, "dry-run", "send nothing and print the event object; --dry-run=curl prints the HTTP request")
	c.Flags().Lookup("dry-run").NoOptDefVal = string(dryRunEvent)
}

// eventRunner runs event objects for one command.
type eventRunner struct {
	env  *Env
	o    eventFlags
	hub  string
	svc  output.Service
	curl *curlPrinter
}

// newEventRunner returns a runner for the hub of the flags.
func newEventRunner(env *Env, o eventFlags) (*eventRunner, error) {
	return newEventRunnerWith(env, o, client.Options{})
}

func newEventRunnerWith(env *Env, o eventFlags, options client.Options) (*eventRunner, error) {
	hub, err := env.settings.hub()
	if err != nil {
		return nil, err
	}
	a := &eventRunner{env: env, o: o, hub: hub}
	if o.dryRun == dryRunCurl {
		a.curl = &curlPrinter{env: env}
		options.Transport = a.curl
	}
	if o.dryRun == dryRunEvent {
		return a, nil
	}
	a.svc, err = newService(env, hub, options)
	return a, err
}

// checked gives the faults of an event object as wrong usage, in the words of
// the command line.
func checkEvent(ev output.Event) error {
	err := ev.Check()
	var faulty *output.FaultError
	if err == nil || !errors.As(err, &faulty) {
		return err
	}
	texts := make([]string, len(faulty.Faults))
	for i, f := range faulty.Faults {
		texts[i] = flagFault(f)
	}
	wrong := usagef("%s", strings.Join(texts, "; "))
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
	var usage *usageError
	if !errors.As(wrong, &usage) {
		return wrong
	}
	switch {
	case len(m.Message) > protocol.MaxMessageSize:
		usage.hint = tooLargeHint
	case m.DataType == protocol.DataTypeJSON && !json.Valid(m.Message):
		usage.hint = "mend the JSON, or send it as it is with --data-type text"
	case m.DataType == protocol.DataTypeText && !utf8.Valid(m.Message):
		usage.text, usage.hint = "the message is not UTF-8 text", "add --data-type binary to send the bytes as they are"
	}
	return usage
}

// act checks one event object, runs it and prints what came of it; done says
// so for people.
func (a *eventRunner) runAndPrint(ctx context.Context, ev output.Event, done string) (output.Result, error) {
	if err := checkEvent(ev); err != nil {
		return output.Result{}, err
	}
	if a.o.dryRun == dryRunEvent {
		return output.Result{}, a.env.out.printJSON(ev)
	}
	result, err := a.run(ctx, ev)
	if err != nil || a.o.dryRun != "" {
		return result, err
	}
	if done != "" && !a.env.out.json() {
		a.env.out.say("%s", done)
	}
	if a.env.out.json() && !result.Asked {
		return result, a.env.out.printJSON(eventResult{OK: true, Event: ev})
	}
	return result, nil
}

// actResult is the JSON of a command that did something.
type eventResult struct {
	OK    bool         `json:"ok"`
	Event output.Event `json:"event"`
}

// run runs one checked event object within --timeout.
func (a *eventRunner) run(ctx context.Context, ev output.Event) (output.Result, error) {
	limited, cancel := context.WithTimeoutCause(ctx, a.env.settings.timeout, errTimeout)
	defer cancel()
	result, err := ev.Run(limited, a.svc)
	if err == nil {
		return result, nil
	}
	if context.Cause(limited) == errTimeout {
		err = withHint(&noAnswerError{within: a.env.settings.timeout, status: result.HTTPStatus}, "raise --timeout, or look whether the service is there with \"wps health\"")
	}
	return result, explain(a.env.settings, explainRefusal(ev, fmt.Errorf("%s: %w", describe(ev), err)))
}

var errTimeout = errors.New("timeout")

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

// answer prints the answer to a question and ends with exit code 3 for no.
func (a *eventRunner) printAnswer(ev output.Event, yes bool) error {
	var err error
	switch {
	case a.o.dryRun != "":
		return nil
	case a.env.out.json():
		err = a.env.out.printJSON(answerTo(ev, yes))
	case a.env.out.quiet:
	default:
		err = a.env.out.printLine(yesNo(yes))
	}
	if err == nil && !yes {
		err = errNo
	}
	return err
}
