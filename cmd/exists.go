package cmd

import (
	"context"

	"github.com/spf13/cobra"

	"wps/cmd/internal/cli"
	"wps/cmd/internal/service"
	"wps/output"
)

// newExists returns the "wps exists" command.
func newExists(env *cli.Env) *cobra.Command {
	var act service.EventFlags
	var target service.SingleTargetFlags
	c := &cobra.Command{
		Use:   "exists {--user U | --connection C | --group G}",
		Short: "Tell whether a user, connection or group is there now",
		Long: `Ask whether a connection is open, a user has one, or a group has a member. The
answer is printed and is the exit code: 0 yes, 3 no.`,
		Example: `  wps exists --hub chat --user u1
  wps exists --hub chat --group g1 -o json
  if wps exists -q --hub chat --user u1; then echo online; fi`,
		Annotations: cli.ServiceExits(cli.ExitLineNo),
		Args:        cli.ExactArgs(),
		RunE: func(c *cobra.Command, _ []string) error {
			asked, ok, err := target.Target(cli.ChangedFlags(c))
			if err == nil && !ok {
				err = cli.Usagef("no target is given: add --user U, --connection C or --group G")
			}
			if err != nil {
				return err
			}
			return askOnce(c.Context(), env, act, &output.ExistenceEvent{TargetType: asked.Kind, TargetID: asked.ID})
		},
	}
	target.Register(c, "ask for", output.TargetUsers, output.TargetConnections, output.TargetGroups)
	act.Register(c)
	return c
}

// askOnce runs an event object that is a question and prints the answer.
func askOnce(ctx context.Context, env *cli.Env, o service.EventFlags, ev output.Event) error {
	a, err := service.NewEventRunner(env, o)
	if err != nil {
		return err
	}
	result, err := a.RunAndPrint(ctx, ev, "")
	if err != nil {
		return err
	}
	return a.PrintAnswer(ev, result.Yes)
}
