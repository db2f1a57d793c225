package cmd

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"wps/cmd/internal/cli"
	"wps/cmd/internal/service"
	"wps/cmd/internal/stdio"
	"wps/output"
)

type closeOptions struct {
	act      service.EventFlags
	target   service.TargetFlags
	reason   string
	excludes []string
	yes      bool
}

// newClose returns the "wps close" command.
func newClose(env *cli.Env) *cobra.Command {
	var o closeOptions
	c := &cobra.Command{
		Use:   "close {CONNECTION... | --user U... | --group G... | --all}",
		Short: "Close connections by id, user or group, or all in the hub",
		Long: `Close connections from the server's side, several in turn until one fails;
closing a connection that does not exist succeeds.
JSON and protobuf clients receive the reason before the connection ends.`,
		Example: `  wps close "$ID" --hub chat --reason maintenance
  wps close --hub chat --user u1
  wps close --hub chat --all --exclude "$ID" --yes`,
		Annotations: cli.ServiceExits(),
		RunE: func(c *cobra.Command, args []string) error {
			evs, err := o.events(c, args)
			if err != nil {
				return err
			}
			if err := o.confirm(c.Context(), env); err != nil {
				return err
			}
			return service.RunAll(c.Context(), env, o.act, evs, func(ev *output.CloseConnectionEvent) string {
				return "closed " + service.ConnectionsOf(ev.Target())
			})
		},
	}
	o.target.Register(c, "close", output.TargetUsers, output.TargetGroups, output.TargetAll)
	c.Flags().StringVar(&o.reason, "reason", "", "reason that the clients receive, any `text`")
	c.Flags().StringArrayVar(&o.excludes, "exclude", nil, "keep the connection with this `id` open; may be repeated")
	cli.AllowEmpty(c, "reason") // "" is the default, no reason
	c.Flags().BoolVar(&o.yes, "yes", false, "do not ask for confirmation of --all")
	o.act.Register(c)
	return c
}

// events returns an event for each target, checked.
func (o *closeOptions) events(c *cobra.Command, args []string) ([]*output.CloseConnectionEvent, error) {
	targets, err := o.target.Targets()
	if err == nil {
		err = o.checkIDs(c, args, len(targets) > 0)
	}
	if err != nil {
		return nil, err
	}
	var evs []*output.CloseConnectionEvent
	for _, id := range args {
		evs = append(evs, &output.CloseConnectionEvent{ConnectionID: id, Reason: o.reason, Excludes: o.excludes})
	}
	for _, t := range targets {
		evs = append(evs, &output.CloseConnectionEvent{TargetType: t.Kind, TargetID: t.ID, Reason: o.reason, Excludes: o.excludes})
	}
	for _, ev := range evs {
		if err := service.Check(ev); err != nil {
			return nil, err
		}
	}
	return evs, service.CheckNoCommas("--exclude", o.excludes)
}

// checkIDs checks the connection ids, the first of which may be a flag without its
// dashes. targets reports that flags name targets, too.
func (o *closeOptions) checkIDs(c *cobra.Command, ids []string, targets bool) error {
	if len(ids) > 1 {
		if flag := cli.MeantFlag(c, ids); flag != "" {
			return cli.Usage(fmt.Sprintf("%q is the name of a flag", ids[0]), "did you mean "+flag+"?")
		}
	}
	switch {
	case len(ids) > 0 && targets:
		return cli.Usagef("connection ids and --user, --group or --all exclude each other")
	case len(ids) == 0 && !targets:
		return cli.Usagef("nothing to close: pass a connection id, or add --user U, --group G or --all")
	case slices.ContainsFunc(ids, func(id string) bool { return !utf8.ValidString(id) }):
		return cli.NotUTF8("CONNECTION")
	}
	return service.CheckNoCommas("CONNECTION", ids)
}

// confirm asks for confirmation of --all.
func (o *closeOptions) confirm(ctx context.Context, env *cli.Env) error {
	if !o.target.All || o.yes || o.act.DryRun != "" {
		return nil
	}
	place, err := service.CurrentPlace(env)
	if err != nil {
		return err
	}
	if !stdio.IsTerminal(env.Stdin) {
		return cli.Usage("close --all closes every connection of "+place.Full(), "add --yes to confirm")
	}
	fmt.Fprintf(env.Out.Stderr, "Close every connection of %s? [y/N] ", stdio.Clean(place.Full()))
	return readConfirmation(ctx, env.Stdin)
}

// readConfirmation reads an answer, and returns an error unless it is y or yes, or
// if ctx ends first.
func readConfirmation(ctx context.Context, from io.Reader) error {
	answer, err := bufio.NewReader(stdio.NewInput(ctx, from)).ReadString('\n')
	if ctx.Err() != nil {
		return err
	}
	if a := strings.ToLower(strings.TrimSpace(answer)); a == "y" || a == "yes" {
		return nil
	}
	return errors.New("not confirmed, nothing was closed")
}
