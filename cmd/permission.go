package cmd

import (
	"fmt"

	"github.com/spf13/cobra"

	"wps/output"
	"wps/protocol"
)

// newPermission returns "wps permission" with its subcommands.
func newPermission(env *Env) *cobra.Command {
	c := &cobra.Command{
		Use:   "permission",
		Short: "Grant, revoke or check a live connection's permissions",
		Long: `Change what one live connection may do with a group: send to it, or join and
leave it. Roles in the token (wps negotiate --role) do the same from the start.`,
		Example: `  wps permission grant sendToGroup --hub chat --connection "$ID" --group g1
  wps permission revoke joinLeaveGroup --hub chat --connection "$ID" --group g1
  wps permission check sendToGroup --hub chat --connection "$ID" --group g1`,
		Annotations: serviceExits(exitLineNo),
		Args:        cobra.ArbitraryArgs,
		RunE:        subcommandsOnly,
	}
	c.AddCommand(
		newPermissionAction(env, output.PermissionGrant, "grant", "Grant a permission to a connection", "granted"),
		newPermissionAction(env, output.PermissionRevoke, "revoke", "Take a permission from a connection", "revoked"),
		newPermissionAction(env, output.PermissionCheck, "check", "Tell whether a connection has a permission", ""),
	)
	return c
}

func newPermissionAction(env *Env, action output.PermissionAction, verb, short, done string) *cobra.Command {
	var act eventFlags
	var connection, group string
	c := &cobra.Command{
		Use:   verb + " {sendToGroup | joinLeaveGroup} --connection C --group G",
		Short: short,
		Long: short + `. It concerns one group, whose name
is taken literally, and lasts as long as the connection.`,
		Example: fmt.Sprintf(`  wps permission %[1]s sendToGroup --hub chat --connection "$ID" --group g1
  wps permission %[1]s joinLeaveGroup --hub chat --connection "$ID" --group g1
  wps permission %[1]s sendToGroup --hub chat --connection "$ID" --group g1 --dry-run`, verb),
		Annotations: serviceExits(exitLineNo),
		ValidArgs:   []string{string(protocol.PermissionSendToGroup), string(protocol.PermissionJoinLeaveGroup)},
		Args:        exactArgs("PERMISSION"),
		RunE: func(c *cobra.Command, args []string) error {
			p, err := protocol.ParsePermission(args[0])
			switch {
			case err != nil:
				return usagef("%v", err)
			case connection == "":
				return usagef("no connection is given: add --connection C")
			case group == "":
				return usagef("no group is given: add --group G")
			}
			ev := &output.PermissionEvent{PermissionAction: action, ConnectionID: connection, Permission: p, TargetName: group}
			if action == output.PermissionCheck {
				return askOnce(c.Context(), env, act, ev)
			}
			return runOnce(c.Context(), env, act, ev, fmt.Sprintf("%s %s on group %q for connection %q", done, p, group, connection))
		},
	}
	c.Flags().StringVar(&connection, "connection", "", "the connection with this `id`")
	c.Flags().StringVar(&group, "group", "", "the `group` that the permission is for")
	act.flags(c)
	return c
}
