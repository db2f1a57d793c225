package cmd

import (
	"fmt"

	"github.com/spf13/cobra"

	"wps/cmd/internal/cli"
	"wps/cmd/internal/service"
	"wps/output"
	"wps/protocol"
)

// newPermission returns "wps permission" with its subcommands.
func newPermission(env *cli.Env) *cobra.Command {
	c := &cobra.Command{
		Use:   "permission",
		Short: "Grant, revoke or check permissions of a connection",
		Long: `Change what a connection may do with a group: send to it, or join and leave it.
Roles in the token (wps negotiate --role) do the same from the start.`,
		Example: `  wps permission grant sendToGroup --hub chat --connection "$ID" --group g1
  wps permission revoke joinLeaveGroup --hub chat --connection "$ID" --group g1
  wps permission check sendToGroup --hub chat --connection "$ID" --group g1`,
		Annotations: cli.ServiceExits(cli.ExitLineNo),
		Args:        cobra.ArbitraryArgs,
		RunE:        cli.SubcommandsOnly,
	}
	c.AddCommand(
		newPermissionAction(env, output.PermissionGrant, "grant", "Grant a permission to a connection", "granted"),
		newPermissionAction(env, output.PermissionRevoke, "revoke", "Revoke a permission from a connection", "revoked"),
		newPermissionCheck(env),
	)
	return c
}

func newPermissionAction(env *cli.Env, action output.PermissionAction, verb, short, done string) *cobra.Command {
	var act service.EventFlags
	var connections, groups []string
	c := &cobra.Command{
		Use:   verb + " {sendToGroup | joinLeaveGroup} --connection C... --group G...",
		Short: short,
		Long: short + `, or several in turn until one
fails. The permission is for one group, whose name is taken literally, and lasts
as long as the connection.`,
		Example:     permissionExamples(verb),
		Annotations: cli.ServiceExits(cli.ExitLineNo),
		ValidArgs:   permissionNames(),
		Args:        cli.ExactArgs("PERMISSION"),
		RunE: func(c *cobra.Command, args []string) error {
			evs, err := permissionEvents(action, args[0], connections, groups)
			if err != nil {
				return err
			}
			return service.RunAll(c.Context(), env, act, evs, func(ev *output.PermissionEvent) string {
				return fmt.Sprintf("%s %s on group %q for connection %q", done, ev.Permission, ev.TargetName, ev.ConnectionID)
			})
		},
	}
	c.Flags().StringArrayVar(&connections, "connection", nil, "the connection with this `id`; may be repeated")
	c.Flags().StringArrayVar(&groups, "group", nil, "the `group` that the permission is for; may be repeated")
	act.Register(c)
	return c
}

// newPermissionCheck returns "wps permission check".
func newPermissionCheck(env *cli.Env) *cobra.Command {
	var act service.EventFlags
	var connection, group string
	const short = "Check whether a connection has a permission"
	c := &cobra.Command{
		Use:   "check {sendToGroup | joinLeaveGroup} --connection C --group G",
		Short: short,
		Long: short + `. The permission is for one
group, whose name is taken literally, and lasts as long as the connection.`,
		Example:     permissionExamples("check"),
		Annotations: cli.ServiceExits(cli.ExitLineNo),
		ValidArgs:   permissionNames(),
		Args:        cli.ExactArgs("PERMISSION"),
		RunE: func(c *cobra.Command, args []string) error {
			given := cli.ChangedFlags(c)
			evs, err := permissionEvents(output.PermissionCheck, args[0], given.Values("connection", connection), given.Values("group", group))
			if err != nil {
				return err
			}
			return runQuestion(c.Context(), env, act, evs[0])
		},
	}
	c.Flags().StringVar(&connection, "connection", "", "the connection with this `id`")
	c.Flags().StringVar(&group, "group", "", "the `group` that the permission is for")
	act.Register(c)
	return c
}

// permissionEvents returns an event for each group of each connection.
func permissionEvents(action output.PermissionAction, name string, connections, groups []string) ([]*output.PermissionEvent, error) {
	p, err := protocol.ParsePermission(name)
	switch {
	case err != nil:
		return nil, cli.Usagef("%v", err)
	case len(connections) == 0:
		return nil, cli.Usagef("no connection: add --connection C")
	case len(groups) == 0:
		return nil, cli.Usagef("no group: add --group G")
	}
	var evs []*output.PermissionEvent
	for _, c := range connections {
		for _, g := range groups {
			evs = append(evs, &output.PermissionEvent{PermissionAction: action, ConnectionID: c, Permission: p, TargetName: g})
		}
	}
	return evs, service.CheckNoCommas("--connection", connections)
}

func permissionNames() []string {
	return []string{string(protocol.PermissionSendToGroup), string(protocol.PermissionJoinLeaveGroup)}
}

func permissionExamples(verb string) string {
	return fmt.Sprintf(`  wps permission %[1]s sendToGroup --hub chat --connection "$ID" --group g1
  wps permission %[1]s joinLeaveGroup --hub chat --connection "$ID" --group g1
  wps permission %[1]s sendToGroup --hub chat --connection "$ID" --group g1 --dry-run`, verb)
}
