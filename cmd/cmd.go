// Package cmd is the command line of wps: one file a subcommand, which turns
// flags into plain values, calls the rooms below, and turns what they give into
// text or JSON and an exit code.
//
//	os.Exit(cmd.Main())                          // the program
//	code := cmd.Run(ctx, args, &cmd.Env{...})    // a test
//	env.Stdout                                   // never os.Stdout
package cmd

import (
	"context"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

// Exit codes of every command.
const (
	exitOK           = 0
	exitFailed       = 1
	exitUsage        = 2
	exitNo           = 3
	exitUnauthorized = 4
	exitInterrupted  = 130
)

// Main runs wps with the arguments, streams and signals of the process, and
// gives its exit code. The first Ctrl-C or SIGTERM stops gently, the second
// kills.
func Main() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	return Run(ctx, os.Args[1:], NewEnv(os.Stdin, os.Stdout, os.Stderr, os.Getenv))
}

// Run runs wps once and gives its exit code. An error is printed here and
// nowhere else.
func Run(ctx context.Context, args []string, env *Env) int {
	root := newRoot(env)
	if len(args) > 0 && strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) {
		completeValues(root)
	}
	root.SetArgs(joinHooks(root, args))
	root.SetIn(env.Stdin)
	root.SetOut(env.Stdout)
	root.SetErr(env.Stderr)
	return env.report(ctx, root.ExecuteContext(ctx))
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
		PersistentPreRunE: func(c *cobra.Command, _ []string) error { return env.prepare(c) },
	}
	env.commonFlags(root)
	root.Flags().BoolVar(&version, "version", false, "print the version, as wps version does")
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return usagef(c, "%v", err) })
	root.SetUsageFunc(printUsage)
	root.SetHelpFunc(printHelp)
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddGroup(
		&cobra.Group{ID: groupService, Title: "Talk to the service:"},
		&cobra.Group{ID: groupLocal, Title: "Run it here:"},
		&cobra.Group{ID: groupTools, Title: "Tools:"},
	)
	add := func(id string, commands ...*cobra.Command) {
		for _, c := range commands {
			c.GroupID = id
			root.AddCommand(c)
		}
	}
	add(groupService, newNegotiate(env), newConnect(env), newSend(env), newBroadcast(env), newGroup(env),
		newClose(env), newExists(env), newPermission(env), newApply(env), newHealth(env))
	add(groupLocal, newEmulator(env), newListen(env), newTrigger(env))
	add(groupTools, newBench(env), newToken(env), newVersion(env), newCompletion(env))
	root.SetHelpCommand(newHelp(env))
	return root
}

const (
	groupService = "service"
	groupLocal   = "local"
	groupTools   = "tools"
)
