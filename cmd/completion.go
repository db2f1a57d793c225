package cmd

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// completeValues makes every flag whose help lists its values, as in
// --color auto|always|never, complete to them.
func completeValues(c *cobra.Command) {
	complete := func(f *pflag.Flag) {
		if values, _ := pflag.UnquoteUsage(f); strings.Contains(values, "|") {
			_ = c.RegisterFlagCompletionFunc(f.Name, // an error says that the flag has one already
				cobra.FixedCompletions(strings.Split(values, "|"), cobra.ShellCompDirectiveNoFileComp))
		}
	}
	c.Flags().VisitAll(complete)
	c.PersistentFlags().VisitAll(complete)
	for _, sub := range c.Commands() {
		completeValues(sub)
	}
}

// newCompletion returns the "wps completion" command.
func newCompletion(env *Env) *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use:   "completion {bash | zsh | fish | powershell}",
		Short: "Print a script that completes wps in a shell",
		Long: `Print a completion script for a shell; load it from the shell's start-up file. It
completes commands, flags and the values that are known.`,
		Example: `  eval "$(wps completion bash)"
  wps completion zsh > ~/.zfunc/_wps
  wps completion fish > ~/.config/fish/completions/wps.fish`,
		Annotations: exits(exitLineUsage),
		ValidArgs:   shells,
		Args:        exactArgs("SHELL"),
		RunE: func(c *cobra.Command, args []string) error {
			root := c.Root()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(env.Stdout, true)
			case "zsh":
				return root.GenZshCompletion(env.Stdout)
			case "fish":
				return root.GenFishCompletion(env.Stdout, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(env.Stdout)
			}
			return usagef(c, "unknown shell %q: use bash, zsh, fish or powershell", args[0])
		},
	}
}
