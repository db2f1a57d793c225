package cmd

import (
	"github.com/spf13/cobra"

	"wps/cmd/internal/cli"
)

// newHelp returns the "wps help" command: "wps help send" is "wps send --help".
func newHelp(env *cli.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND... | json]",
		Short: "Show help for a command, or for JSON output",
		Long: `Show the help of a command, as --help after it does, or of the topic json: the
objects that -o json prints. Without a command, list all commands.`,
		Example: `  wps help send
  wps help group join
  wps help json`,
		GroupID:     groupTools,
		Annotations: cli.Exits(cli.ExitLineUsage),
		ValidArgsFunction: func(c *cobra.Command, args []string, _ string) (words []cobra.Completion, _ cobra.ShellCompDirective) {
			about, rest, err := c.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			if len(args) == 0 {
				words = append(words, cobra.CompletionWithDesc("json", "the objects that -o json prints"))
			}
			for _, sub := range about.Commands() {
				if !sub.Hidden {
					words = append(words, cobra.CompletionWithDesc(sub.Name(), sub.Short))
				}
			}
			return words, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 && args[0] == "json" {
				return env.Out.Write([]byte(helpJSON))
			}
			about, rest, err := c.Root().Find(args)
			switch {
			case err != nil:
				return err
			case len(rest) > 0:
				return cli.SubcommandsOnly(about, rest)
			}
			about.InitDefaultHelpFlag()
			return about.Help()
		},
	}
}
