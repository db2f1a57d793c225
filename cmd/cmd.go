// Package cmd is the command line of wps: the root command, and the simple
// commands, one in a file. A command maps flags to plain values, calls the packages
// below, and prints text or JSON; Run returns the exit code.
//
// What all commands share is left to cmd/internal/cli, and the large families of
// commands to the other packages of cmd/internal.
//
//	os.Exit(cmd.Main()) // the program
//
//	env := cli.NewEnv(stdin, stdout, stderr, os.LookupEnv) // a test
//	code := cmd.Run(ctx, []string{"exists", "--user", "u1"}, env)
package cmd

import (
	"context"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"wps/cmd/internal/batch"
	"wps/cmd/internal/benchcmd"
	"wps/cmd/internal/cli"
	"wps/cmd/internal/connectcmd"
	"wps/cmd/internal/emulatorcmd"
	"wps/cmd/internal/explain"
	"wps/cmd/internal/handlercmd"
	"wps/cmd/internal/hooks"
	"wps/cmd/internal/negotiatecmd"
)

// Main runs wps with the arguments, streams and signals of the process, and
// gives its exit code. The first Ctrl-C or SIGTERM stops gently, the second
// kills.
func Main() int {
	ctx, cancel := context.WithCancel(context.Background())
	go stopGently(cancel)
	return Run(ctx, os.Args[1:], cli.NewEnv(os.Stdin, os.Stdout, os.Stderr, os.LookupEnv))
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
func Run(ctx context.Context, args []string, env *cli.Env) int {
	root := newRoot(env)
	addCommands(root, env, args)
	if len(args) > 0 && strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) {
		completeValues(env, root)
	} else {
		cli.RejectRepeatedFlags(root) // cobra parses the flags twice to complete them
	}
	root.SetArgs(hooks.JoinArgs(root, args))
	root.SetIn(env.Stdin)
	root.SetOut(env.Out.Stdout)
	root.SetErr(env.Out.Stderr)
	ran, err := root.ExecuteContextC(ctx)
	return cli.Report(ctx, env, ran, explain.Exit(err))
}

const rootLong = `wps works with Azure Web PubSub: negotiate, send, manage groups, close
connections, check existence and receive. It talks to the real service or to the
emulator inside this program.

Which service: --connection-string, else $WPS_CONNECTION_STRING, else
$WebPubSubConnectionString, else the local emulator ("wps emulator").`

func newRoot(env *cli.Env) *cobra.Command {
	var version bool
	root := &cobra.Command{
		Use:   "wps",
		Short: "Azure Web PubSub in the terminal, with the service inside",
		Long:  rootLong,
		Example: `  wps emulator                                  # the service, on this machine
  wps connect --hub chat --user u1 --join g1    # a client that prints what it gets
  wps send --hub chat --group g1 "hello"        # to all of a group`,
		Annotations:                cli.Exits(cli.ExitLineFailed, cli.ExitLineUsage, cli.ExitLineNo, cli.ExitLineUnauthorized, cli.ExitLineInterrupted),
		SilenceUsage:               true,
		SilenceErrors:              true,
		SuggestionsMinimumDistance: 2,
		Args:                       cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case len(args) > 0:
				return cli.UnknownCommand(c, args[0])
			case version:
				return printVersion(env)
			}
			return c.Help()
		},
		PersistentPreRunE: func(c *cobra.Command, _ []string) error { return cli.Prepare(env, c) },
	}
	cli.CommonFlags(env, root)
	root.Flags().BoolVar(&version, "version", false, "print the version, as wps version does")
	root.SetFlagErrorFunc(cli.FlagError)
	root.SetUsageFunc(cli.PrintUsage)
	root.SetHelpFunc(cli.PrintHelp)
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
	make  func(*cli.Env) *cobra.Command
}

func subcommands() []subcommand {
	return []subcommand{
		{groupService, "negotiate", negotiatecmd.New},
		{groupService, "connect", connectcmd.New},
		{groupService, "send", newSend},
		{groupService, "broadcast", newBroadcast},
		{groupService, "group", newGroup},
		{groupService, "close", newClose},
		{groupService, "exists", newExists},
		{groupService, "permission", newPermission},
		{groupService, "apply", batch.NewApply},
		{groupService, "health", newHealth},
		{groupLocal, "emulator", emulatorcmd.New},
		{groupLocal, "listen", handlercmd.NewListen},
		{groupLocal, "trigger", handlercmd.NewTrigger},
		{groupTools, "bench", benchcmd.New},
		{groupTools, "token", newToken},
		{groupTools, "version", newVersion},
		{groupTools, "completion", newCompletion},
	}
}

// addCommands makes the command that the arguments begin with, and all of them
// when they begin with something else, such as a flag, help or a wrong name. To
// make all takes a tenth of the time of "wps negotiate".
func addCommands(root *cobra.Command, env *cli.Env, args []string) {
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
