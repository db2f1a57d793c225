// Package cmd is the command line of wps: one file a subcommand, which turns
// flags into plain values, calls the rooms below, and turns what they give into
// text or JSON and an exit code.
//
//	os.Exit(cmd.Main())                          // the program
//	code := cmd.Run(ctx, args, &cmd.Env{...})    // a test
//	env.out.stdout                                   // never os.Stdout
package cmd

import (
	"context"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

// Main runs wps with the arguments, streams and signals of the process, and
// gives its exit code. The first Ctrl-C or SIGTERM stops gently, the second
// kills.
func Main() int {
	ctx, cancel := context.WithCancel(context.Background())
	go stopGently(cancel)
	return Run(ctx, os.Args[1:], NewEnv(os.Stdin, os.Stdout, os.Stderr, os.LookupEnv))
}

// stopGently waits for the first signal, for as long as the process lasts. To ask
// for signals takes a thread and a tenth of a millisecond, so it is done while the
// command begins.
func stopGently(cancel func()) {
	first := make(chan os.Signal, 1)
	signal.Notify(first, os.Interrupt, syscall.SIGTERM)
	<-first
	signal.Stop(first)
	cancel()
}

// Run runs wps once and gives its exit code. An error is printed here and
// nowhere else.
func Run(ctx context.Context, args []string, env *Env) int {
	root := newRoot(env)
	addCommands(root, env, args)
	if len(args) > 0 && strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) {
		completeValues(env, root)
	} else {
		refuseRepeats(root) // cobra parses the flags twice to complete them
	}
	root.SetArgs(joinHooks(root, args))
	root.SetIn(env.stdin)
	root.SetOut(env.out.stdout)
	root.SetErr(env.out.stderr)
	ran, err := root.ExecuteContextC(ctx)
	return report(ctx, env, ran, explainExit(err))
}

const rootLong = `wps works with Azure Web PubSub: negotiate, send, manage groups, close
connections, check existence and receive. It talks to the real service or to the
emulator inside this program.

Which service: --connection-string, else $WPS_CONNECTION_STRING, else
$WebPubSubConnectionString, else the local emulator ("wps emulator").`

func newRoot(env *Env) *cobra.Command {
	var version bool
	root := &cobra.Command{
		Use:   "wps",
		Short: "Azure Web PubSub in the terminal, with the service inside",
		Long:  rootLong,
		Example: `  wps emulator                                  # the service, on this machine
  wps connect --hub chat --user u1 --join g1    # a client that prints what it gets
  wps send --hub chat --group g1 "hello"        # to all of a group`,
		Annotations:                exits(exitLineFailed, exitLineUsage, exitLineNo, exitLineAuth, exitLineInt),
		SilenceUsage:               true,
		SilenceErrors:              true,
		SuggestionsMinimumDistance: 2,
		Args:                       cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case len(args) > 0:
				return unknownCommand(c, args[0])
			case version:
				return printVersion(env)
			}
			return c.Help()
		},
		PersistentPreRunE: func(c *cobra.Command, _ []string) error { return prepare(env, c) },
	}
	commonFlags(env, root)
	root.Flags().BoolVar(&version, "version", false, "print the version, as wps version does")
	root.SetFlagErrorFunc(flagError)
	root.SetUsageFunc(printUsage)
	root.SetHelpFunc(printHelp)
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddGroup(
		&cobra.Group{ID: groupService, Title: "Talk to the service:"},
		&cobra.Group{ID: groupLocal, Title: "Run it here:"},
		&cobra.Group{ID: groupTools, Title: "Tools:"},
	)
	root.SetHelpCommand(newHelp(env))
	return root
}

const (
	groupService = "service"
	groupLocal   = "local"
	groupTools   = "tools"
)

// subcommand is a command of wps that is not made yet.
type subcommand struct {
	group string
	name  string
	make  func(*Env) *cobra.Command
}

func subcommands() []subcommand {
	return []subcommand{
		{groupService, "negotiate", newNegotiate},
		{groupService, "connect", newConnect},
		{groupService, "send", newSend},
		{groupService, "broadcast", newBroadcast},
		{groupService, "group", newGroup},
		{groupService, "close", newClose},
		{groupService, "exists", newExists},
		{groupService, "permission", newPermission},
		{groupService, "apply", newApply},
		{groupService, "health", newHealth},
		{groupLocal, "emulator", newEmulator},
		{groupLocal, "listen", newListen},
		{groupLocal, "trigger", newTrigger},
		{groupTools, "bench", newBench},
		{groupTools, "token", newToken},
		{groupTools, "version", newVersion},
		{groupTools, "completion", newCompletion},
	}
}

// addCommands makes the command that the arguments begin with, and all of them
// when they begin with something else, such as a flag, help or a wrong name. To
// make all takes a tenth of the time of "wps negotiate".
func addCommands(root *cobra.Command, env *Env, args []string) {
	all := subcommands()
	wanted := func(s subcommand) bool { return len(args) > 0 && args[0] == s.name }
	one := slices.ContainsFunc(all, wanted)
	for _, s := range all {
		if !one || wanted(s) {
			c := s.make(env)
			c.GroupID = s.group
			root.AddCommand(c)
		}
	}
}
