package cmd

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"wps/client"
	"wps/cmd/internal/cli"
	"wps/cmd/internal/explain"
	"wps/cmd/internal/service"
	"wps/output"
	"wps/protocol"
)

type groupOptions struct {
	act    service.EventFlags
	target service.TargetFlags
	filter string
}

// newGroup returns "wps group" with its subcommands.
func newGroup(env *cli.Env) *cobra.Command {
	c := &cobra.Command{
		Use:   "group",
		Short: "Add connections to groups, remove them, or list them",
		Long: `Change or list the members of a group over REST. Adding a user adds the
connections that the user has now, not later ones.`,
		Example: `  wps group join g1 --hub chat --user u1
  wps group leave g1 --hub chat --connection "$ID"
  wps group leave-all --hub chat --user u1`,
		Annotations: cli.ServiceExits(),
		Args:        cobra.ArbitraryArgs,
		RunE:        cli.SubcommandsOnly,
	}
	c.AddCommand(newGroupChange(env, output.GroupJoin), newGroupChange(env, output.GroupLeave),
		newGroupLeaveAll(env), newGroupList(env))
	return c
}

// newGroupChange returns "wps group join" or "wps group leave".
func newGroupChange(env *cli.Env, action output.GroupAction) *cobra.Command {
	var o groupOptions
	name, verb, done, short := "join", "add", "added %s to group %q", "Add a user's connections, or one connection, to a group"
	long := `Add all current connections of a user, or one connection, to a group; several in
turn until one fails. Adding a member again succeeds; a user or connection that is
not connected is an error.`
	if action == output.GroupLeave {
		name, verb, done, short = "leave", "remove", "removed %s from group %q", "Remove a user's connections, or one connection, from a group"
		long = `Remove all connections of a user, or one connection, from a group; several in
turn until one fails. Removing a connection that is not a member succeeds.`
	}
	c := &cobra.Command{
		Use:   name + " GROUP {--user U... | --connection C... | --filter F}",
		Short: short,
		Long:  long,
		Example: fmt.Sprintf(`  wps group %[1]s g1 --hub chat --user u1
  wps group %[1]s g1 --hub chat --connection "$ID"
  wps group %[1]s g1 --hub chat --user u1 --dry-run`, name),
		Annotations: cli.ServiceExits(),
		Args:        cli.ExactArgs("GROUP"),
		RunE: func(c *cobra.Command, args []string) error {
			evs, err := o.events(cli.ChangedFlags(c), action, args[0])
			if err != nil {
				return err
			}
			return service.RunAll(c.Context(), env, o.act, evs, func(ev *output.GroupEvent) string {
				if ev.TargetType == output.TargetAll {
					return fmt.Sprintf(done, "the connections that match the filter", args[0])
				}
				return fmt.Sprintf(done, ev.Target(), args[0])
			})
		},
	}
	o.target.Register(c, verb, output.TargetUsers, output.TargetConnections)
	c.Flags().StringVar(&o.filter, "filter", "", verb+" every connection that matches this OData `expression`")
	o.act.Register(c)
	return c
}

// events returns the GroupEvents of the flags.
func (o *groupOptions) events(given cli.FlagNames, action output.GroupAction, group string) ([]*output.GroupEvent, error) {
	targets, err := o.target.Targets()
	switch {
	case err != nil:
		return nil, err
	case given["filter"] && len(targets) > 0:
		return nil, cli.Usagef("--filter and --user or --connection exclude each other")
	case given["filter"] && o.filter == "":
		return nil, cli.Usagef("--filter is empty: it would match every connection in the hub")
	case given["filter"]:
		return []*output.GroupEvent{{GroupAction: action, TargetType: output.TargetAll, GroupIDs: []string{group}, Filter: o.filter}}, nil
	case len(targets) == 0:
		return nil, cli.Usagef("no target: add --user U, --connection C or --filter F")
	}
	return groupEvents(targets, output.GroupEvent{GroupAction: action, GroupID: group}), nil
}

// groupEvents returns a copy of template for each target.
func groupEvents(targets []service.EventTarget, template output.GroupEvent) []*output.GroupEvent {
	evs := make([]*output.GroupEvent, len(targets))
	for i, t := range targets {
		ev := template
		ev.TargetType, ev.TargetID = t.Kind, t.ID
		evs[i] = &ev
	}
	return evs
}

func newGroupLeaveAll(env *cli.Env) *cobra.Command {
	var o groupOptions
	c := &cobra.Command{
		Use:   "leave-all {--user U... | --connection C...}",
		Short: "Remove a user's connections, or one connection, from all groups",
		Long: `Remove all connections of a user, or one connection, from all groups; several in
turn until one fails. It succeeds if they were in no group.`,
		Example: `  wps group leave-all --hub chat --user u1
  wps group leave-all --hub chat --connection "$ID"
  wps group leave-all --hub chat --user u1 --dry-run=curl`,
		Annotations: cli.ServiceExits(),
		Args:        cli.ExactArgs(),
		RunE: func(c *cobra.Command, _ []string) error {
			targets, err := o.target.Required("--user U or --connection C")
			if err != nil {
				return err
			}
			evs := groupEvents(targets, output.GroupEvent{GroupAction: output.GroupLeaveAll})
			return service.RunAll(c.Context(), env, o.act, evs, func(ev *output.GroupEvent) string {
				return fmt.Sprintf("removed %s from all groups", ev.Target())
			})
		},
	}
	o.target.Register(c, "remove", output.TargetUsers, output.TargetConnections)
	o.act.Register(c)
	return c
}

// newGroupList returns "wps group list".
func newGroupList(env *cli.Env) *cobra.Command {
	var top, pageSize int
	c := &cobra.Command{
		Use:   "list GROUP",
		Short: "List the connections in a group",
		Long: `List the connections in a group, one per line: connection id and user id,
separated by a tab in a pipe. It reads page by page, so groups may have any size.`,
		Example: `  wps group list g1 --hub chat
  wps group list g1 --hub chat -o json
  wps group list g1 --hub chat --jq .userId | sort -u`,
		Annotations: cli.ServiceExits(),
		Args:        cli.ExactArgs("GROUP"),
		RunE: func(c *cobra.Command, args []string) error {
			if top < 0 || pageSize < 0 || pageSize > 200 {
				return cli.Usagef("--top must be 0 or more, --page-size from 1 to 200")
			}
			if err := protocol.CheckGroup(args[0]); err != nil {
				return cli.Usagef("%v", err)
			}
			return listGroup(c.Context(), env, args[0], client.ListOptions{Top: top, PageSize: pageSize})
		},
	}
	c.Flags().IntVar(&top, "top", 0, "list at most `n` connections (default all)")
	c.Flags().IntVar(&pageSize, "page-size", 0, "read `n` connections per request, up to 200 (default: decided by the service)")
	return c
}

func listGroup(ctx context.Context, env *cli.Env, group string, o client.ListOptions) error {
	hub, err := env.Settings.Hub()
	if err != nil {
		return err
	}
	service.WarnAboutLists(env.Out, protocol.TargetGroup, group)
	svc, err := service.New(env, hub, client.Options{TryTimeout: env.Settings.Timeout})
	if err != nil {
		return err
	}
	t := cli.NewTable(env.Out, "CONNECTION", "USER")
	for member, err := range svc.ListConnections(ctx, group, o) {
		if err != nil {
			return cli.JoinErrors(t.Flush(), explain.Service(env.Settings, explain.Listed(fmt.Errorf("list group %q: %w", group, err), group)))
		}
		if env.Out.JSON() {
			err = env.Out.PrintJSON(member)
		} else {
			err = t.Row(member.ConnectionID, member.UserID)
		}
		if err != nil {
			return err
		}
	}
	return t.End(fmt.Sprintf("no connection is in group %q of hub %q", group, hub))
}
