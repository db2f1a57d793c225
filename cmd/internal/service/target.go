package service

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"wps/cmd/internal/cli"
	"wps/output"
)

// TargetFlags are the flags of a command that acts on several targets in turn.
type TargetFlags struct {
	groups, users, connections []string
	All                        bool
}

// EventTarget is one target of a command.
type EventTarget struct {
	Kind output.TargetType
	ID   string
}

// Register defines the flags for kinds; verb begins the text of each.
func (t *TargetFlags) Register(c *cobra.Command, verb string, kinds ...output.TargetType) {
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
			f.BoolVar(&t.All, "all", false, verb+" every connection in the hub")
		}
	}
}

// Targets returns the targets that the flags name, in order; all are of one kind.
func (t *TargetFlags) Targets() ([]EventTarget, error) {
	var named []string
	var found []EventTarget
	add := func(flag string, kind output.TargetType, ids []string) {
		if len(ids) > 0 {
			named = append(named, "--"+flag)
		}
		for _, id := range ids {
			found = append(found, EventTarget{kind, id})
		}
	}
	add("group", output.TargetGroups, t.groups)
	add("user", output.TargetUsers, t.users)
	add("connection", output.TargetConnections, t.connections)
	if t.All {
		add("all", output.TargetAll, []string{""})
	}
	if len(named) > 1 {
		return nil, cli.Usagef("%s exclude each other: use one", strings.Join(named, " and "))
	}
	return found, CheckNoCommas("--connection", t.connections)
}

// Required is Targets for a command that needs a target; choice lists its flags.
func (t *TargetFlags) Required(choice string) ([]EventTarget, error) {
	found, err := t.Targets()
	if err == nil && len(found) == 0 {
		err = cli.Usagef("no target: add %s", choice)
	}
	return found, err
}

// CheckNoCommas rejects a list of connection ids in one argument, which the service
// would treat as one id.
func CheckNoCommas(flag string, ids []string) error {
	i := slices.IndexFunc(ids, func(id string) bool { return strings.Contains(id, ",") })
	if i < 0 {
		return nil
	}
	hint := "pass them as separate arguments: " + strings.ReplaceAll(cli.ShellWord(ids[i]), ",", " ")
	if strings.HasPrefix(flag, "--") {
		hint = fmt.Sprintf("repeat %s for each id: %s A %s B", flag, flag, flag)
	}
	return cli.Usage(fmt.Sprintf("%s %q: a connection id contains no comma", flag, ids[i]), hint)
}
