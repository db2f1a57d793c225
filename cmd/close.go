package cmd

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"wps/output"
)

type closeOptions struct {
	act      eventFlags
	target   targetFlags
	reason   string
	excludes []string
	yes      bool
}

// newClose returns the "wps close" command.
func newClose(env *Env) *cobra.Command {
	var o closeOptions
	c := &cobra.Command{
		Use:   "close {CONNECTION | --user U | --group G | --all}",
		Short: "Close a connection, or those of a user, a group or the hub",
		Long: `Close connections from the server's side; closing what is not there succeeds.
JSON and protobuf clients are told the reason before the connection ends.`,
		Example: `  wps close "$ID" --hub chat --reason maintenance
  wps close --hub chat --user u1
  wps close --hub chat --all --exclude "$ID" --yes`,
		Annotations: serviceExits(),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 1 {
				return tooManyIDs(c, args)
			}
			ev, err := o.event(flagsGiven(c), args)
			if err != nil {
				return err
			}
			if err := checkEvent(ev); err != nil {
				return err
			}
			if err := o.confirm(c.Context(), env); err != nil {
				return err
			}
			return runOnce(c.Context(), env, o.act, ev, "closed "+connectionsOf(ev.Target()))
		},
	}
	o.target.flags(c, "close", output.TargetUsers, output.TargetGroups, output.TargetAll)
	c.Flags().StringVar(&o.reason, "reason", "", "`text` for the clients")
	c.Flags().StringArrayVar(&o.excludes, "exclude", nil, "leave the connection with this `id` open; may be repeated")
	mayBeEmpty(c, "reason") // no reason is one
	c.Flags().BoolVar(&o.yes, "yes", false, "do not ask before --all")
	o.act.flags(c)
	return c
}

// tooManyIDs is the error of more than one argument, which may be a flag without
// its dashes.
func tooManyIDs(c *cobra.Command, args []string) error {
	err := &usageError{text: fmt.Sprintf("one connection id is expected, there are %d", len(args))}
	if flag := asFlag(c, args); len(args) == 2 && flag != "" {
		err.hint = "did you mean " + flag + "?"
	}
	return err
}

func (o *closeOptions) event(given givenFlags, args []string) (*output.CloseConnectionEvent, error) {
	kind, id, named, err := o.target.target(given)
	switch {
	case err != nil:
		return nil, err
	case len(args) == 1 && named:
		return nil, usagef("a connection id goes without --user, --group and --all")
	case len(args) == 1 && !utf8.ValidString(args[0]):
		return nil, notText("CONNECTION")
	case len(args) == 1:
		return &output.CloseConnectionEvent{ConnectionID: args[0], Reason: o.reason, Excludes: o.excludes}, nil
	case !named:
		return nil, usagef("nothing to close is given: name a connection, or add --user U, --group G or --all")
	}
	return &output.CloseConnectionEvent{TargetType: kind, TargetID: id, Reason: o.reason, Excludes: o.excludes}, nil
}

// confirm asks before everyone is cut off.
func (o *closeOptions) confirm(ctx context.Context, env *Env) error {
	if !o.target.all || o.yes || o.act.dryRun != "" {
		return nil
	}
	hub, err := env.settings.hub()
	if err != nil {
		return err
	}
	if !isTerminal(env.stdin) {
		return &usageError{fmt.Sprintf("close --all would close every connection of hub %q", hub), "add --yes if that is meant"}
	}
	fmt.Fprintf(env.out.stderr, "Close every connection of hub %q? [y/N] ", hub)
	return confirmed(ctx, env.stdin)
}

// confirmed reads an answer and is an error unless it is y or yes. It does not
// wait longer than its context, which ends with Ctrl-C.
func confirmed(ctx context.Context, from io.Reader) error {
	answer, err := bufio.NewReader(newInput(ctx, from)).ReadString('\n')
	if ctx.Err() != nil {
		return err
	}
	if a := strings.ToLower(strings.TrimSpace(answer)); a == "y" || a == "yes" {
		return nil
	}
	return errors.New("not confirmed, nothing was closed")
}
