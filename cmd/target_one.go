package cmd

import (
	"github.com/spf13/cobra"

	"wps/output"
)

// oneTargetFlags name the one target of a command that has one answer.
type oneTargetFlags struct {
	group, user, connection string
	all                     bool
}

// flags adds the flags of kinds, each with what verb does to it.
func (t *oneTargetFlags) flags(c *cobra.Command, verb string, kinds ...output.TargetType) {
	f := c.Flags()
	for _, k := range kinds {
		switch k {
		case output.TargetGroups:
			f.StringVar(&t.group, "group", "", verb+" the connections in `group`")
		case output.TargetUsers:
			f.StringVar(&t.user, "user", "", verb+" every connection of `user`")
		case output.TargetConnections:
			f.StringVar(&t.connection, "connection", "", verb+" the connection with this `id`")
		case output.TargetAll:
			f.BoolVar(&t.all, "all", false, verb+" every connection in the hub")
		}
	}
}

// target returns the target that the flags name; ok is false if they name none.
func (t *oneTargetFlags) target(given givenFlags) (found eventTarget, ok bool, err error) {
	named := targetFlags{
		groups: given.values("group", t.group), users: given.values("user", t.user),
		connections: given.values("connection", t.connection), all: t.all,
	}
	targets, err := named.targets()
	if err != nil || len(targets) == 0 {
		return eventTarget{}, false, err
	}
	return targets[0], true, nil
}
