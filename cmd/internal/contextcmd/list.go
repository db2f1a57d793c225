package contextcmd

import (
	"strings"

	"github.com/spf13/cobra"

	"wps/cmd/internal/cli"
	"wps/cmd/internal/settings"
	"wps/token"
)

func newList(env *cli.Env) *cobra.Command {
	return &cobra.Command{
		Use:               "list",
		Short:             "List the contexts",
		Long:              "List the contexts, with the service and the hub of each. The selected one is marked\nwith *.",
		Example:           "  wps context list\n  wps context list -o json\n  wps context list --jq .name",
		Annotations:       exits(),
		Args:              cli.ExactArgs(),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(*cobra.Command, []string) error { return list(env) },
	}
}

// listed is the JSON output for a context.
type listed struct {
	Name     string `json:"name"`
	Selected bool   `json:"selected"`
	Service  string `json:"service,omitempty"`
	Hub      string `json:"hub,omitempty"`
	Problem  string `json:"problem,omitempty"`
}

func list(env *cli.Env) error {
	store := env.Settings.Store()
	names, err := store.Names()
	if err != nil {
		return cli.SettingError(err)
	}
	selected, err := store.Selected()
	if err != nil {
		return cli.SettingError(err)
	}
	table := cli.NewTable(env.Out, "", "name", "service", "hub")
	for _, name := range names {
		row := listed{Name: name, Selected: strings.EqualFold(name, selected)}
		if c, err := store.Load(name); err != nil {
			row.Problem = err.Error()
		} else {
			row.Service, row.Hub = serviceOf(c), c.Hub
		}
		if err := row.print(env.Out, table); err != nil {
			return err
		}
	}
	return table.End("no contexts; add one with \"wps context add\"")
}

func (l listed) print(out *cli.Printer, table *cli.Table) error {
	if out.JSON() {
		return out.PrintJSON(l)
	}
	mark, service := "", l.Service
	if l.Selected {
		mark = "*"
	}
	if l.Problem != "" {
		service = "problem: " + l.Problem
	}
	return table.Row(mark, l.Name, service, l.Hub)
}

// serviceOf returns what names the service of a context, without a secret.
func serviceOf(c *settings.Context) string {
	switch {
	case c.Endpoint != "":
		return c.Endpoint
	case c.ConnectionStringCommand != "":
		return "from a command"
	case c.ConnectionString != "":
		if cs, err := token.ParseConnectionString(c.ConnectionString); err == nil {
			return cs.Endpoint.String()
		}
		return "a connection string"
	case c.FunctionsSettings != "":
		return "from " + c.FunctionsSettings
	}
	return "from " + c.EnvFile
}
