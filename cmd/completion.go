package cmd

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"wps/cmd/internal/cli"
	"wps/cmd/internal/hooks"
	"wps/emulator"
	"wps/protocol"
)

// completeValues makes flags and arguments complete to what they take: values
// that the help lists, as in --color auto|always|never, the names of events, what
// is connected to a running emulator, files where files are meant, else nothing.
func completeValues(env *cli.Env, c *cobra.Command) {
	complete := func(f *pflag.Flag) {
		if values := valuesOf(env, f); values != nil {
			_ = c.RegisterFlagCompletionFunc(f.Name, values) // an error says that the flag has one already
		}
	}
	c.Flags().VisitAll(complete)
	c.PersistentFlags().VisitAll(complete)
	if c.ValidArgsFunction == nil && c.ValidArgs == nil && !c.HasSubCommands() {
		c.ValidArgsFunction = argumentsOf(env, c)
	}
	for _, sub := range c.Commands() {
		completeValues(env, sub)
	}
}

// eventNames are those of the service's own events.
var eventNames = []string{
	protocol.EventConnect, protocol.EventConnected, protocol.EventDisconnected, protocol.EventJoined, protocol.EventLeft,
}

// valuesOf completes a flag; nil is by files, as the shell does.
func valuesOf(env *cli.Env, f *pflag.Flag) cobra.CompletionFunc {
	takes, _ := pflag.UnquoteUsage(f)
	switch {
	case takes == "file" || strings.Contains(f.Usage, "@FILE"), strings.Contains(takes, "@file"):
		return nil
	case f.Name == hooks.OnFlag:
		return cobra.FixedCompletions(eventNames, cobra.ShellCompDirectiveNoFileComp)
	case strings.Contains(takes, "|"):
		return cobra.FixedCompletions(strings.Split(takes, "|"), cobra.ShellCompDirectiveNoFileComp)
	}
	switch f.Name {
	case "connection", "exclude":
		return liveValues(env, connectionIDs)
	case "user":
		return liveValues(env, userIDs)
	case "group", "join", "to-group":
		return liveValues(env, groupNames)
	}
	return cobra.NoFileCompletions
}

// argumentsOf completes the first argument of a command by the word for it in
// the line of usage; nil is by files.
func argumentsOf(env *cli.Env, c *cobra.Command) cobra.CompletionFunc {
	first := func(f cobra.CompletionFunc) cobra.CompletionFunc {
		return func(c *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return f(c, args, typed)
		}
	}
	switch _, takes, _ := strings.Cut(c.Use, " "); {
	case strings.Contains(takes, "FILE"), strings.Contains(takes, "BEFORE"), strings.Contains(takes, "HOOK"):
		return nil
	case strings.Contains(takes, "GROUP"):
		return first(liveValues(env, groupNames))
	case strings.Contains(takes, "CONNECTION"):
		return first(liveValues(env, connectionIDs))
	case strings.HasPrefix(takes, "EVENT"):
		return first(cobra.FixedCompletions(eventNames, cobra.ShellCompDirectiveNoFileComp))
	}
	return cobra.NoFileCompletions
}

// liveTimeout is how long a person who pressed the tabulator waits at most.
const liveTimeout = 500 * time.Millisecond

// live completes to what pick finds in the connections of the emulator on this
// machine. A service elsewhere is not asked: it has no list of them.
func liveValues(env *cli.Env, pick func(emulator.ConnectionStatus) []cobra.Completion) cobra.CompletionFunc {
	return func(c *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		cs, _, err := env.Settings.Connection()
		if err != nil || !cli.IsLoopback(cs.Endpoint) {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		ctx, cancel := context.WithTimeout(c.Context(), liveTimeout)
		defer cancel()
		r := emulator.NewRemote(cs)
		defer r.Close()
		hub, _ := env.Settings.LookupEnv("WPS_HUB")
		all, err := r.Connections(ctx, cmp.Or(env.Settings.HubFlag, hub))
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var found []cobra.Completion
		for _, x := range all {
			for _, word := range pick(x) {
				if strings.HasPrefix(word, typed) && cli.Clean(word) == word {
					found = append(found, word)
				}
			}
		}
		slices.Sort(found)
		return slices.Compact(found), cobra.ShellCompDirectiveNoFileComp
	}
}

func connectionIDs(x emulator.ConnectionStatus) []cobra.Completion {
	who := "anonymous"
	if x.UserID != nil {
		who = fmt.Sprintf("user %q", *x.UserID)
	}
	return []cobra.Completion{cobra.CompletionWithDesc(x.ConnectionID, who+" in hub "+x.Hub)}
}

func userIDs(x emulator.ConnectionStatus) []cobra.Completion {
	if x.UserID == nil {
		return nil
	}
	return []cobra.Completion{*x.UserID}
}

func groupNames(x emulator.ConnectionStatus) []cobra.Completion { return x.Groups }

// newCompletion returns the "wps completion" command.
func newCompletion(env *cli.Env) *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use:   "completion {bash | zsh | fish | powershell}",
		Short: "Print a script that completes wps in a shell",
		Long: `Print a completion script for a shell; load it from the shell's start-up file.
It completes commands, flags, values that are known, and the users, groups and
connections of an emulator on this machine.`,
		Example: `  eval "$(wps completion bash)"      # in ~/.bashrc
  eval "$(wps completion zsh)"       # in ~/.zshrc, behind compinit
  wps completion fish > ~/.config/fish/completions/wps.fish`,
		Annotations: cli.Exits(cli.ExitLineUsage),
		ValidArgs:   shells,
		Args:        cli.ExactArgs("SHELL"),
		RunE: func(c *cobra.Command, args []string) error {
			root := c.Root()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(env.Out.Stdout, true)
			case "zsh":
				return root.GenZshCompletion(env.Out.Stdout)
			case "fish":
				return root.GenFishCompletion(env.Out.Stdout, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(env.Out.Stdout)
			}
			return cli.Usagef("unknown shell %q: use bash, zsh, fish or powershell", args[0])
		},
	}
}
