package emulatorcmd

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"wps/cmd/internal/cli"
	"wps/emulator"
)

// newConnections returns "wps emulator connections".
func newConnections(env *cli.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "connections",
		Short: "List the connections of a running emulator",
		Long: `List the connections of an emulator, of every hub unless --hub names one. The
columns, separated by tabs in a pipe, are connection id, user id, hub,
subprotocol, the number of messages queued for the client, and its first 1000
groups; "moreGroups" of the JSON counts the others.`,
		Example: `  wps emulator connections
  wps emulator connections --hub chat -o json
  wps emulator connections --jq 'select(.queued > 0).connectionId'`,
		Annotations: remoteExits(),
		Args:        cli.ExactArgs(),
		RunE: func(c *cobra.Command, _ []string) error {
			return withRemote(c.Context(), env, false, func(ctx context.Context, r *emulator.Remote) error {
				all, err := r.Connections(ctx, env.Settings.HubFlag)
				if err != nil {
					return err
				}
				t := cli.NewTable(env.Out, "CONNECTION", "USER", "HUB", "SUBPROTOCOL", "WAITING", "GROUPS")
				for _, x := range all {
					if err := printConnection(t, x); err != nil {
						return err
					}
				}
				return t.End("no client is connected" + inHub(env.Settings.HubFlag))
			})
		},
	}
}

// printConnection prints a connection as a row, or as JSON.
func printConnection(t *cli.Table, x emulator.ConnectionStatus) error {
	if t.Out.JSON() {
		return t.Out.PrintJSON(x)
	}
	user := ""
	if x.UserID != nil {
		user = *x.UserID
	}
	waiting := fmt.Sprint(x.Queued)
	if x.Away {
		waiting = fmt.Sprintf("away, %d", x.Unacknowledged)
	}
	return t.Row(x.ConnectionID, user, x.Hub, cmp.Or(x.Subprotocol, "simple"), waiting, groupsText(x))
}

// groupsText returns the groups of a connection as a cell. A name with a blank or a
// quotation mark is quoted, because blanks separate them.
func groupsText(x emulator.ConnectionStatus) string {
	names := make([]string, len(x.Groups))
	for i, name := range x.Groups {
		if names[i] = name; strings.ContainsAny(name, " \"") {
			names[i] = strconv.Quote(name)
		}
	}
	text := strings.Join(names, " ")
	if x.MoreGroups > 0 {
		text += fmt.Sprintf(" and %d more", x.MoreGroups)
	}
	return text
}

// inHub returns the hub of a list as the end of a sentence, "" for every hub.
func inHub(hub string) string {
	if hub == "" {
		return ""
	}
	return fmt.Sprintf(" in hub %q", hub)
}
