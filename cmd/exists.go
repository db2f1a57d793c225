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
		Short: "Check whether a user, connection or group exists",
		Long: `Check whether a connection is open, a user has a connection, or a group has a
member. The answer is printed, and the exit code is 0 for yes and 3 for no.`,
		Example: `  wps exists --hub chat --user u1
  wps exists --hub chat --group g1 -o json
  if wps exists -q --hub chat --user u1; then echo online; fi`,
		Annotations: cli.ServiceExits(cli.ExitLineNo),
		Args:        cli.ExactArgs(),
		RunE: func(c *cobra.Command, _ []string) error {
			to, ok, err := target.Target(cli.ChangedFlags(c))
			if err == nil && !ok {
				err = cli.Usagef("no target: add --user U, --connection C or --group G")
			}
			if err != nil {
				return err
			}
			return runQuestion(c.Context(), env, act, &output.ExistenceEvent{TargetType: to.Kind, TargetID: to.ID})
		},
	}
	target.Register(c, "check for", output.TargetUsers, output.TargetConnections, output.TargetGroups)
	act.Register(c)
	return c
}

// runQuestion runs an event object that asks a question, and prints the answer.
func runQuestion(ctx context.Context, env *cli.Env, o service.EventFlags, ev output.Event) error {
	r, err := service.NewEventRunner(env, o)
	if err != nil {
		return err
	}
	result, err := r.RunAndPrint(ctx, ev, "")
	if err != nil {
		return err
	}
	return r.PrintAnswer(ev, result.Yes)
}
