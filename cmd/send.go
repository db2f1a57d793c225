package cmd

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"wps/cmd/internal/batch"
	"wps/cmd/internal/cli"
	"wps/cmd/internal/service"
	"wps/cmd/internal/smallinput"
	"wps/cmd/internal/stdio"
	"wps/output"
	"wps/protocol"
)

type sendOptions struct {
	act      service.EventFlags
	target   service.TargetFlags
	dataType string
	excludes []string
	filter   string
	ttl      time.Duration
	meta     []string
	file     string
	lines    bool
	newline  bool // keep the final one of a text from stdin
	batch    batch.Options
}

// newSend returns the "wps send" command.
func newSend(env *cli.Env) *cobra.Command {
	var o sendOptions
	c := &cobra.Command{
		Use:   "send [MESSAGE | -] [--group G... | --user U... | --connection C... | --all]",
		Short: "Send a message to a group, a user, a connection or everyone",
		Long: `Send one message over REST to the connections that are open now, to several
targets in turn until one fails, or without a target to everyone in the hub. If
MESSAGE is "-", or missing and stdin is a pipe, it is read from stdin.

One line break at the end of a text from stdin is dropped. With a MESSAGE, stdin is
not read.`,
		Example: `  wps send --hub chat --group g1 "hello"
  echo '{"n":1}' | wps send --hub chat --user u1 --data-type json
  tail -f app.log | wps send --hub chat --all --lines`,
		Annotations: cli.ServiceExits(),
		RunE: func(c *cobra.Command, args []string) error {
			return send(c.Context(), env, &o, cli.ChangedFlags(c), args)
		},
	}
	c.Flags().SortFlags = false
	o.target.Register(c, "send to", output.TargetGroups, output.TargetUsers, output.TargetConnections, output.TargetAll)
	o.flags(c)
	return c
}

// newBroadcast returns "wps broadcast", which is "wps send --all".
func newBroadcast(env *cli.Env) *cobra.Command {
	var o sendOptions
	c := &cobra.Command{
		Use:   "broadcast [MESSAGE | -]",
		Short: "Send a message to everyone in the hub (send --all)",
		Long: `Send one message over REST to every connection in the hub. If MESSAGE is "-", or
missing and stdin is a pipe, it is read from stdin.

One line break at the end of a text from stdin is dropped. With a MESSAGE, stdin is
not read.`,
		Example: `  wps broadcast --hub chat "the server restarts in a minute"
  wps broadcast --hub chat --data-type json '{"kind":"restart"}'
  wps broadcast --hub chat --exclude "$ID" "to all but one"`,
		Annotations: cli.ServiceExits(),
		RunE: func(c *cobra.Command, args []string) error {
			return send(c.Context(), env, &o, cli.ChangedFlags(c), args)
		},
	}
	o.flags(c)
	return c
}

func (o *sendOptions) flags(c *cobra.Command) {
	f := c.Flags()
	f.SortFlags = false
	f.StringVar(&o.dataType, "data-type", "text", "type of the message: `text|json|binary`")
	f.StringArrayVar(&o.excludes, "exclude", nil, "do not send to the connection with this `id`; may be repeated")
	f.StringVar(&o.filter, "filter", "", "send only to connections that match this OData `expression`, such as \"userId ne 'u1'\"")
	f.DurationVar(&o.ttl, "ttl", 0, "drop the message for a receiver that has not read it within this `time`, up to 300s (default: never)")
	f.StringArrayVar(&o.meta, "meta", nil, "metadata `key=value` of the message; may be repeated")
	f.StringVar(&o.file, "file", "", "read the message from `file`")
	f.BoolVar(&o.newline, "keep-newline", false, "keep the line break at the end of a text from stdin, which is dropped otherwise")
	f.BoolVar(&o.lines, "lines", false, "send each line of the input as a message")
	o.batch.Register(c, "with --lines: send up to `n` lines at the same time, in no order if more than 1")
	o.act.Register(c)
}

func send(ctx context.Context, env *cli.Env, o *sendOptions, given cli.FlagNames, args []string) error {
	template, err := o.template()
	if err != nil {
		return err
	}
	targets, err := o.targets()
	if err != nil {
		return err
	}
	if len(args) > 1 {
		return cli.Usagef("expected one message, got %d arguments: quote the message", len(args))
	}
	if o.lines {
		if len(targets) > 1 {
			return cli.Usage("--lines allows only one target", "run it once for each target, or write event objects for wps apply")
		}
		template.TargetType, template.TargetID = targets[0].Kind, targets[0].ID
		return sendLines(ctx, env, o, template, args)
	}
	if name := o.batch.Given(given); name != "" {
		return cli.Usagef("--%s goes with --lines", name)
	}
	in, err := o.input(ctx, env, args)
	if err != nil {
		return withMissingHub(env, err)
	}
	defer in.Close()
	r, err := service.NewEventRunner(env, o.act)
	if err != nil {
		return err
	}
	if template.Message, err = o.readMessage(in, args); err != nil {
		return err
	}
	evs := make([]*output.MessageEvent, len(targets))
	for i, t := range targets {
		ev := template
		ev.TargetType, ev.TargetID = t.Kind, t.ID
		evs[i] = &ev
	}
	return service.RunEach(ctx, r, evs, func(ev *output.MessageEvent) string { return "sent to " + service.Receivers(ev.Target()) })
}

// withMissingHub adds to the error of a missing message that there is no hub either.
func withMissingHub(env *cli.Env, err error) error {
	_, hubErr := env.Settings.Hub()
	_, isUsage := errors.AsType[*cli.UsageError](err)
	if hubErr == nil || !isUsage {
		return err
	}
	return cli.Usage(fmt.Sprintf("%v; %v", hubErr, err), cli.Hint(hubErr))
}

// targets returns the targets of the message; without a flag it is everyone.
func (o *sendOptions) targets() ([]service.EventTarget, error) {
	found, err := o.target.Targets()
	if err == nil && len(found) == 0 {
		found = []service.EventTarget{{Kind: output.TargetAll}}
	}
	return found, err
}

// readMessage reads the whole message.
func (o *sendOptions) readMessage(in io.Reader, args []string) ([]byte, error) {
	message, err := io.ReadAll(io.LimitReader(in, protocol.MaxMessageSize+1))
	if err != nil {
		return nil, fmt.Errorf("read the message: %w", err)
	}
	if strings.EqualFold(o.dataType, string(protocol.DataTypeJSON)) {
		if message, err = smallinput.JSONMessage(message); err != nil {
			return nil, cli.Usagef("%v", err)
		}
	}
	if !o.fromStdin(args) {
		return message, nil
	}
	if len(message) == 0 {
		return nil, cli.Usage("the message is empty: stdin contained nothing", "to send an empty message, pass the argument \"\"")
	}
	if strings.EqualFold(o.dataType, string(protocol.DataTypeText)) && !o.newline {
		message = withoutLineEnd(message)
	}
	return message, nil
}

// fromStdin reports whether the message is all of standard input.
func (o *sendOptions) fromStdin(args []string) bool {
	return !o.lines && (o.file == "-" || o.file == "" && (len(args) == 0 || args[0] == "-"))
}

// withoutLineEnd returns a text without one line break at its end, as echo and
// editors add it.
func withoutLineEnd(b []byte) []byte {
	if text, ended := bytes.CutSuffix(b, []byte("\n")); ended {
		return bytes.TrimSuffix(text, []byte("\r"))
	}
	return b
}

// template returns the event object without message and target.
func (o *sendOptions) template() (ev output.MessageEvent, err error) {
	if err := service.CheckNoCommas("--exclude", o.excludes); err != nil {
		return ev, err
	}
	if ev.DataType, err = protocol.ParseDataType(o.dataType); err != nil {
		return ev, cli.Usagef("--data-type: %v", err)
	}
	if o.ttl < 0 || o.ttl > protocol.MaxTTL {
		return ev, cli.Usagef("--ttl must be from 0s to %v", protocol.MaxTTL)
	}
	ev.TTLSeconds = int(math.Ceil(o.ttl.Seconds()))
	ev.Excludes, ev.Filter = o.excludes, o.filter
	for _, pair := range o.meta {
		key, value, isPair := strings.Cut(pair, "=")
		if !isPair {
			return ev, cli.Usagef("--meta %q: use key=value", pair)
		}
		if ev.Metadata == nil {
			ev.Metadata = map[string]string{}
		}
		ev.Metadata[strings.ToLower(key)] = value
	}
	return ev, nil
}

// checkInput returns an error unless there is exactly one source of the message.
func (o *sendOptions) checkInput(stdin io.Reader, args []string) error {
	switch {
	case o.file != "" && len(args) > 0:
		return cli.Usagef("a MESSAGE argument and --file exclude each other")
	case o.newline && (!o.fromStdin(args) || !strings.EqualFold(o.dataType, string(protocol.DataTypeText))):
		return cli.Usagef("--keep-newline goes with a text from standard input")
	case o.file == "" && len(args) == 0 && stdio.IsTerminal(stdin):
		return cli.Usagef("no message: pass it as an argument, or pipe it in")
	}
	return nil
}

// noteUnread warns of standard input that is not the source of the message.
func (o *sendOptions) noteUnread(env *cli.Env, args []string) {
	switch {
	case o.file != "" && o.file != "-":
		env.NoteUnread("the message is that of --file")
	case len(args) > 0 && args[0] != "-":
		env.NoteUnread("the message is the argument")
	}
}

// input opens the only source of the message, and warns of another one that is not read.
func (o *sendOptions) input(ctx context.Context, env *cli.Env, args []string) (io.ReadCloser, error) {
	if err := o.checkInput(env.Stdin, args); err != nil {
		return nil, err
	}
	o.noteUnread(env, args)
	return o.openInput(ctx, env.Stdin, args)
}

// openInput opens the source of the message: argument, file or standard input.
func (o *sendOptions) openInput(ctx context.Context, stdin io.Reader, args []string) (io.ReadCloser, error) {
	switch {
	case o.file != "" && o.file != "-":
		return batch.OpenFile(o.file)
	case len(args) > 0 && args[0] != "-":
		return io.NopCloser(strings.NewReader(args[0])), nil
	}
	return io.NopCloser(stdio.NewInput(ctx, stdin)), nil
}

// sendLines sends each line as a message. All have the same target, so concurrent
// sends do not keep their order.
func sendLines(ctx context.Context, env *cli.Env, o *sendOptions, template output.MessageEvent, args []string) error {
	if err := cli.JoinErrors(o.checkInput(env.Stdin, args), o.batch.Check(o.act)); err != nil {
		return err
	}
	o.noteUnread(env, args)
	var in *batch.Input
	var err error
	if len(args) > 0 && args[0] != "-" {
		in = batch.NewText(args[0])
	} else if in, err = batch.Open(ctx, env, o.file); err != nil {
		return err
	}
	defer in.Close()
	r, pace, err := batch.NewRunner(env, o.act, o.batch)
	if err != nil {
		return err
	}
	like, err := json.Marshal(&template)
	if err != nil {
		return err
	}
	b := &batch.Stream{
		Runner: r, Options: o.batch, In: in, Pace: pace, Unordered: true, Lines: true,
		Purpose: "send --lines like " + string(like),
		Source:  func(r io.Reader) output.Source { return output.NewLines(r, template) },
	}
	return b.Run(ctx)
}
