package contextcmd

import (
	"github.com/spf13/cobra"

	"wps/cmd/internal/cli"
)

func newShow(env *cli.Env) *cobra.Command {
	var reveal bool
	c := &cobra.Command{
		Use:   "show [NAME]",
		Short: "Show the settings that commands use, and their sources",
		Long: `Print every setting that a command would use now, or would use with --context NAME,
and its source: a flag, a variable, a file, a context, or the default. Secrets are
printed only with --reveal, which also runs a context's connectionStringCommand.`,
		Example: `  wps context show
  wps context show prod -o json
  wps context show prod --reveal`,
		Annotations: exits(),
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return cli.ExactArgs("NAME")(c, args)
		},
		ValidArgsFunction: completeNames(env, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				env.Settings.SelectContext(args[0])
			}
			return show(env, reveal)
		},
	}
	c.Flags().BoolVar(&reveal, "reveal", false, "print secrets")
	return c
}

func show(env *cli.Env, reveal bool) error {
	rows, err := env.Settings.Describe(reveal)
	if err != nil {
		return err
	}
	if env.Out.JSON() {
		return env.Out.PrintJSON(map[string]any{"settings": rows})
	}
	table := cli.NewTable(env.Out, "setting", "value", "source")
	for _, r := range rows {
		if err := table.Row(r.Name, r.Value, r.Source); err != nil {
			return err
		}
	}
	return table.End("")
}
