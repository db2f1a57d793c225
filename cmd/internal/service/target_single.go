package service

import (
	"github.com/spf13/cobra"

	"wps/cmd/internal/cli"
	"wps/output"
)

// SingleTargetFlags are the flags of a command that has one target.
type SingleTargetFlags struct {
	group, user, connection string
	all                     bool
}

// Register defines the flags for kinds; verb begins the text of each.
func (t *SingleTargetFlags) Register(c *cobra.Command, verb string, kinds ...output.TargetType) {
	f := c.Flags()
	for _, k := range kinds {
		switch k {
		case output.TargetGroups:
			f.StringVar(&t.group, "group", "", verb+" the connections in `group`")
		case output.TargetUsers:
			f.StringVar(&t.user, "user", "", verb+" the connections of `user`")
		case output.TargetConnections:
			f.StringVar(&t.connection, "connection", "", verb+" the connection with this `id`")
		case output.TargetAll:
			f.BoolVar(&t.all, "all", false, verb+" every connection in the hub")
		}
	}
}

// Target returns the target that the flags name; ok is false if they name none.
func (t *SingleTargetFlags) Target(given cli.FlagNames) (found EventTarget, ok bool, err error) {
	named := TargetFlags{
		groups: given.Values("group", t.group), users: given.Values("user", t.user),
		connections: given.Values("connection", t.connection), All: t.all,
	}
	targets, err := named.Targets()
	if err != nil || len(targets) == 0 {
		return EventTarget{}, false, err
	}
	return targets[0], true, nil
}
