package cmd

import (
	"strings"

	"github.com/spf13/cobra"

	"wps/output"
)

// targetFlags say whom a command concerns.
type targetFlags struct {
	group, user, connection string
	all                     bool
}

// flags adds the flags that are wanted, each with what verb does to it.
func (t *targetFlags) flags(c *cobra.Command, verb string, kinds ...output.TargetType) {
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

// target gives the one target that the flags name; ok is false when they name
// none.
func (t *targetFlags) target(given givenFlags) (kind output.TargetType, id string, ok bool, err error) {
	var named []string
	set := func(flag string, k output.TargetType, value string) {
		if given[flag] {
			named = append(named, "--"+flag)
			kind, id, ok = k, value, true
		}
	}
	set("group", output.TargetGroups, t.group)
	set("user", output.TargetUsers, t.user)
	set("connection", output.TargetConnections, t.connection)
	if t.all {
		set("all", output.TargetAll, "")
	}
	if len(named) > 1 {
		return "", "", false, usagef("%s exclude each other: give one", strings.Join(named, " and "))
	}
	return kind, id, ok, nil
}

// need is target where one must be given.
func (t *targetFlags) need(given givenFlags, choice string) (output.TargetType, string, error) {
	kind, id, ok, err := t.target(given)
	if err == nil && !ok {
		err = usagef("no target is given: add %s", choice)
	}
	return kind, id, err
}
