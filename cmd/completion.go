package cmd

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"wps/cmd/internal/cli"
	"wps/cmd/internal/hooks"
	"wps/cmd/internal/stdio"
	"wps/emulator"
)

// completeValues registers the completion of flags and arguments: values that the
// help lists, as in --color auto|always|never, names of events, users, groups and
// connections of a running emulator, or files.
func completeValues(settings *cli.Settings, c *cobra.Command) {
	complete := func(f *pflag.Flag) {
		if values := valuesOf(settings, f); values != nil {
			_ = c.RegisterFlagCompletionFunc(f.Name, values) // an error means that the flag has one already
		}
	}
	c.Flags().VisitAll(complete)
	c.PersistentFlags().VisitAll(complete)
	if c.ValidArgsFunction == nil && c.ValidArgs == nil && !c.HasSubCommands() {
		c.ValidArgsFunction = argumentsOf(settings, c)
	}
	for _, sub := range c.Commands() {
		completeValues(settings, sub)
	}
}

// valuesOf returns the completion of a flag; nil means files.
func valuesOf(settings *cli.Settings, f *pflag.Flag) cobra.CompletionFunc {
	placeholder, _ := pflag.UnquoteUsage(f)
	switch {
	case placeholder == "file" || strings.Contains(f.Usage, "@FILE"), strings.Contains(placeholder, "@file"):
		return nil
	case f.Name == hooks.OnFlag:
		return hooks.CompleteOn
	case strings.Contains(placeholder, "|"):
		return cobra.FixedCompletions(strings.Split(placeholder, "|"), cobra.ShellCompDirectiveNoFileComp)
	}
	switch f.Name {
	case "context":
		return func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			names, _ := settings.Store().Names() // without a folder there are no names
			return names, cobra.ShellCompDirectiveNoFileComp
		}
	case "hub":
		return liveValues(settings, ofEvery, hubNames)
	case "connection", "exclude":
		return liveValues(settings, ofHub, connectionIDs)
	case "user":
		return liveValues(settings, ofHub, userIDs)
	case "group", "join", "to-group":
		return liveValues(settings, ofHub, groupNames)
	}
	return cobra.NoFileCompletions
}

// argumentsOf returns the completion of the first argument of c, which depends on
// its name in the usage line; nil means files.
func argumentsOf(settings *cli.Settings, c *cobra.Command) cobra.CompletionFunc {
	first := func(f cobra.CompletionFunc) cobra.CompletionFunc {
		return func(c *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return f(c, args, typed)
		}
	}
	switch _, usage, _ := strings.Cut(c.Use, " "); {
	case strings.Contains(usage, "HOOK"):
		return hooks.CompleteHook
	case strings.Contains(usage, "FILE"), strings.Contains(usage, "BEFORE"):
		return nil
	case strings.Contains(usage, "GROUP"):
		return first(liveValues(settings, ofHub, groupNames))
	case strings.Contains(usage, "CONNECTION"):
		return first(liveValues(settings, ofHub, connectionIDs))
	case strings.HasPrefix(usage, "EVENT"):
		return first(cobra.FixedCompletions(hooks.EventNames(), cobra.ShellCompDirectiveNoFileComp))
	}
	return cobra.NoFileCompletions
}

// completeChild leaves a command after -- to the shell, which has the subcommands
// of wps emulator otherwise. The last of args is what is being typed.
func completeChild(root *cobra.Command, args []string) {
	c, _, err := root.Find(args[1:])
	if err != nil || c.Annotations[cli.RunsAnnotation] == "" || !slices.Contains(args[1:len(args)-1], "--") {
		return
	}
	c.RemoveCommand(c.Commands()...)
	c.ValidArgsFunction = func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return nil, cobra.ShellCompDirectiveDefault
	}
}

// liveTimeout limits how long completion waits for the emulator.
const liveTimeout = 500 * time.Millisecond

// hubChoice selects the connections that completion looks at.
type hubChoice bool

const (
	ofHub   hubChoice = false // those of the hub that is set, of all hubs if none is
	ofEvery hubChoice = true
)

// liveValues completes with what pick returns for each connection of the emulator
// on this machine, of all hubs or of that which is set. The real service cannot list
// its connections.
func liveValues(settings *cli.Settings, hubs hubChoice, pick func(emulator.ConnectionStatus) []cobra.Completion) cobra.CompletionFunc {
	return func(c *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		settings.KeepCommands() // which may ask for a password, or take long
		cs, _, err := settings.Connection()
		if err != nil || !cli.IsLoopback(cs.Endpoint) {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		ctx, cancel := context.WithTimeout(c.Context(), liveTimeout)
		defer cancel()
		r := emulator.NewRemote(cs)
		if pool, err := settings.RootCAs(); err == nil {
			r.Trust(pool)
		}
		defer r.Close()
		hub := ""
		if hubs == ofHub {
			setting, err := settings.HubSetting()
			if err != nil {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			hub = setting.Value()
		}
		all, err := r.Connections(ctx, hub)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var found []cobra.Completion
		for _, x := range all {
			for _, word := range pick(x) {
				if strings.HasPrefix(word, typed) && stdio.Clean(word) == word {
					found = append(found, word)
				}
			}
		}
		slices.Sort(found)
		return slices.Compact(found), cobra.ShellCompDirectiveNoFileComp
	}
}

func connectionIDs(x emulator.ConnectionStatus) []cobra.Completion {
	user := "anonymous"
	if x.UserID != nil {
		user = fmt.Sprintf("user %q", *x.UserID)
	}
	return []cobra.Completion{cobra.CompletionWithDesc(x.ConnectionID, user+" in hub "+x.Hub)}
}

func userIDs(x emulator.ConnectionStatus) []cobra.Completion {
	if x.UserID == nil {
		return nil
	}
	return []cobra.Completion{*x.UserID}
}

func hubNames(x emulator.ConnectionStatus) []cobra.Completion { return []cobra.Completion{x.Hub} }

func groupNames(x emulator.ConnectionStatus) []cobra.Completion { return x.Groups }

// newCompletion returns the "wps completion" command.
func newCompletion(env *cli.Env) *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use:   "completion {bash | zsh | fish | powershell}",
		Short: "Print a script that completes wps commands",
		Long: `Print a completion script for a shell; load it in the shell's startup file.
It completes commands, flags, their known values, and the hubs, users, groups and
connections of an emulator on this machine.`,
		Example: `  eval "$(wps completion bash)"      # in ~/.bashrc
  eval "$(wps completion zsh)"       # in ~/.zshrc, after compinit
  wps completion fish > ~/.config/fish/completions/wps.fish`,
		Annotations: cli.Exits(cli.ExitLineUsage),
		ValidArgs:   shells,
		Args:        cli.ExactArgs("SHELL"),
		RunE: func(c *cobra.Command, args []string) error {
			var script bytes.Buffer
			if err := writeCompletion(c.Root(), &script, args[0]); err != nil {
				return err
			}
			return env.Out.Write(script.Bytes())
		},
	}
}

// writeCompletion writes the completion script for a shell.
func writeCompletion(root *cobra.Command, w io.Writer, shell string) error {
	switch shell {
	case "bash":
		return printBashCompletion(root, w)
	case "zsh":
		return root.GenZshCompletion(w)
	case "fish":
		return root.GenFishCompletion(w, true)
	case "powershell":
		return root.GenPowerShellCompletionWithDesc(w)
	}
	return cli.Usagef("unknown shell %q: use bash, zsh, fish or powershell", shell)
}
