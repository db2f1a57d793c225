package cmd

import (
	"context"

	"github.com/spf13/cobra"

	"wps/output"
)

// newExists returns the "wps exists" command.
func newExists(env *Env) *cobra.Command {
	var act eventFlags
	var target oneTargetFlags
	c := &cobra.Command{
		Use:   "exists {--user U | --connection C | --group G}",
		Short: "Tell whether a user, connection or group is there now",
		Long: `Ask whether a connection is open, a user has one, or a group has a member. The
answer is printed and is the exit code: 0 yes, 3 no.`,
		Example: `  wps exists --hub chat --user u1
  wps exists --hub chat --group g1 -o json
  if wps exists -q --hub chat --user u1; then echo online; fi`,
		Annotations: serviceExits(exitLineNo),
		Args:        exactArgs(),
		RunE: func(c *cobra.Command, _ []string) error {
			asked, ok, err := target.target(flagsGiven(c))
			if err == nil && !ok {
				err = usagef("no target is given: add --user U, --connection C or --group G")
			}
			if err != nil {
				return err
			}
			return askOnce(c.Context(), env, act, &output.ExistenceEvent{TargetType: asked.kind, TargetID: asked.id})
		},
	}
	target.flags(c, "ask for", output.TargetUsers, output.TargetConnections, output.TargetGroups)
	act.flags(c)
	return c
}

// askOnce runs an event object that is a question and prints the answer.
func askOnce(ctx context.Context, env *Env, o eventFlags, ev output.Event) error {
	a, err := newEventRunner(env, o)
	if err != nil {
		return err
	}
	result, err := a.runAndPrint(ctx, ev, "")
	if err != nil {
		return err
	}
	return a.printAnswer(ev, result.Yes)
}
