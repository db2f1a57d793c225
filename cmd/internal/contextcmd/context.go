// Package contextcmd is "wps context": named sets of settings, such as one for each
// environment of an application.
//
// It hides how a context is made of flags, edited and printed. Its file is left to
// cmd/internal/settings, the meaning of settings to cmd/internal/cli.
//
//	root.AddCommand(contextcmd.New(env))
package contextcmd

import (
	"github.com/spf13/cobra"

	"wps/cmd/internal/cli"
)

// New returns the "wps context" command.
func New(env *cli.Env) *cobra.Command {
	c := &cobra.Command{
		Use:   "context {add | list | show | use | edit | rename | remove}",
		Short: "Manage named sets of settings, such as dev and production",
		Long: `A context is a named set of settings: the service, the hub, how to sign in. Select
one for all commands with "wps context use", for a shell with WPS_CONTEXT, or for
one command with --context, which outranks the environment.

Contexts are files that only their owner can read, below $WPS_CONFIG_DIR, or else
below $XDG_CONFIG_HOME/wps, ~/.config/wps, ~/Library/Application Support/wps
(macOS) or %AppData%\wps (Windows).`,
		Example: `  wps context add prod --endpoint https://NAME.webpubsub.azure.com --hub chat
  wps context use prod
  wps context show`,
		Annotations: cli.Exits(cli.ExitLineUsage),
		Args:        cobra.ArbitraryArgs,
		RunE:        cli.SubcommandsOnly,
	}
	c.AddCommand(newAdd(env), newList(env), newShow(env), newUse(env), newEdit(env), newRename(env), newRemove(env))
	return c
}

// exits are the exit codes of the subcommands.
func exits() map[string]string {
	return cli.Exits(cli.ExitLineFailed, "  2    wrong usage, or a context that does not exist or cannot be used")
}

// changed is the JSON output of a command that changes contexts.
type changed struct {
	OK      bool   `json:"ok"`
	Context string `json:"context,omitempty"`
	File    string `json:"file,omitempty"`
}

// report prints what was done.
func report(env *cli.Env, c changed, text string) error {
	if env.Out.JSON() {
		c.OK = true
		return env.Out.PrintJSON(c)
	}
	env.Out.Say("%s", text)
	return nil
}

// completeNames completes the names of contexts for the first max arguments.
func completeNames(env *cli.Env, most int) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) >= most {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		names, _ := env.Settings.Store().Names() // without a folder there are no names
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}
