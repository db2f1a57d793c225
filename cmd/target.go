package cmd

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"wps/output"
)

// targetFlags name the targets of a command that acts on each of them in turn.
type targetFlags struct {
	groups, users, connections []string
	all                        bool
}

// eventTarget is one target of a command.
type eventTarget struct {
	kind output.TargetType
	id   string
}

// flags adds the flags of kinds, each with what verb does to it.
func (t *targetFlags) flags(c *cobra.Command, verb string, kinds ...output.TargetType) {
	f := c.Flags()
	for _, k := range kinds {
		switch k {
		case output.TargetGroups:
			f.StringArrayVar(&t.groups, "group", nil, verb+" the connections in `group`; may be repeated")
		case output.TargetUsers:
			f.StringArrayVar(&t.users, "user", nil, verb+" every connection of `user`; may be repeated")
		case output.TargetConnections:
			f.StringArrayVar(&t.connections, "connection", nil, verb+" the connection with this `id`; may be repeated")
		case output.TargetAll:
			f.BoolVar(&t.all, "all", false, verb+" every connection in the hub")
		}
	}
}

// targets returns the targets that the flags name, in order; none if they name
// none. All are of one kind.
func (t *targetFlags) targets() ([]eventTarget, error) {
	var named []string
	var found []eventTarget
	add := func(flag string, kind output.TargetType, ids []string) {
		if len(ids) > 0 {
			named = append(named, "--"+flag)
		}
		for _, id := range ids {
			found = append(found, eventTarget{kind, id})
		}
	}
	add("group", output.TargetGroups, t.groups)
	add("user", output.TargetUsers, t.users)
	add("connection", output.TargetConnections, t.connections)
	if t.all {
		add("all", output.TargetAll, []string{""})
	}
	if len(named) > 1 {
		return nil, usagef("%s exclude each other: give one", strings.Join(named, " and "))
	}
	return found, noCommas("--connection", t.connections)
}

// need is targets where one must be given.
func (t *targetFlags) need(choice string) ([]eventTarget, error) {
	found, err := t.targets()
	if err == nil && len(found) == 0 {
		err = usagef("no target is given: add %s", choice)
	}
	return found, err
}

// noCommas refuses a list of connection ids in one word: the service would take
// it as one id.
func noCommas(flag string, ids []string) error {
	i := slices.IndexFunc(ids, func(id string) bool { return strings.Contains(id, ",") })
	if i < 0 {
		return nil
	}
	hint := "give them as words of their own: " + strings.ReplaceAll(shellWord(ids[i]), ",", " ")
	if strings.HasPrefix(flag, "--") {
		hint = fmt.Sprintf("repeat %s for each id: %s A %s B", flag, flag, flag)
	}
	return usage(fmt.Sprintf("%s %q: a connection id has no comma", flag, ids[i]), hint)
}
