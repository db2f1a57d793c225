// Package cmd is the command line of wps. A subcommand turns flags into plain
// values, calls the libraries of this module, and prints the results as text or
// JSON. The simple commands are here, a file for each; the large ones have packages
// below cmd/internal.
//
//	os.Exit(cmd.Main()) // the program
//	code := cmd.Run(ctx, args, cli.NewEnv(stdin, stdout, stderr, lookupEnv)) // a test
package cmd

import (
	"context"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"wps/cmd/internal/batch"
	"wps/cmd/internal/benchcmd"
	"wps/cmd/internal/cli"
	"wps/cmd/internal/connectcmd"
	"wps/cmd/internal/contextcmd"
	"wps/cmd/internal/doctorcmd"
	"wps/cmd/internal/emulatorcmd"
	"wps/cmd/internal/explain"
	"wps/cmd/internal/handlercmd"
	"wps/cmd/internal/hooks"
	"wps/cmd/internal/negotiatecmd"
	"wps/cmd/internal/replaycmd"
)

// Main runs wps with the arguments, streams and signals of the process, and
// returns its exit code.
func Main() int {
	ctx, cancel := context.WithCancel(context.Background())
	env := cli.NewEnv(os.Stdin, os.Stdout, os.Stderr, os.LookupEnv)
	env.Environ, env.Settings.SetEnv = os.Environ, os.Setenv
	cli.CaptureStandardLog(env)
	env.Signals.Start(cancel)
	return Run(ctx, os.Args[1:], env)
}

// Run runs wps once and returns its exit code. Only Run prints the error of a
// command.
func Run(ctx context.Context, args []string, env *cli.Env) int {
	env.Out.Until(ctx)
	env.Settings.Until(ctx)
	defer env.Out.Flush()
	root := newRoot(env)
	addCommands(root, env, args)
	if len(args) > 0 && strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) {
		completeValues(env.Settings, root)
		completeChild(root, args)
	} else {
		cli.RejectRepeatedFlags(root) // cobra parses the flags twice to complete them
	}
	root.SetArgs(hooks.JoinArgs(root, args))
	root.SetIn(env.Stdin)
	root.SetOut(env.Out.Stdout)
	root.SetErr(env.Out.Stderr)
	ran, err := root.ExecuteContextC(ctx)
	return cli.Report(ctx, env, ran, args, explain.Exit(err))
}

const rootLong = `wps is a command line for Azure Web PubSub: it creates client URLs, sends and
receives messages, manages groups and connections, and answers events. It uses
the real service, or the emulator that is part of this program.

The service is that of --connection-string or --endpoint, $WPS_CONNECTION_STRING,
$WPS_ENDPOINT or $WebPubSubConnectionString, a context ("wps context"), or else the
local emulator ("wps emulator"). "wps context show" prints which, and why.
HTTPS_PROXY, HTTP_PROXY and NO_PROXY name the proxies of all requests.`

func newRoot(env *cli.Env) *cobra.Command {
	var version bool
	root := &cobra.Command{
		Use:   "wps",
		Short: "Azure Web PubSub on the command line, with an emulator",
		Long:  rootLong,
		Example: `  wps emulator                                # run the service on this machine
  wps connect --hub chat --user u1 --join g1  # connect and print messages
  wps send --hub chat --group g1 "hello"      # send a message to a group`,
		Annotations:                cli.Exits(cli.ExitLineFailed, cli.ExitLineUsage, cli.ExitLineNo, cli.ExitLineUnauthorized, cli.ExitLineInterrupted),
		SilenceUsage:               true,
		SilenceErrors:              true,
		SuggestionsMinimumDistance: 2,
		Args:                       cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case len(args) > 0:
				return cli.UnknownCommand(c, args...)
			case version:
				return printVersion(env.Out)
			}
			return c.Help()
		},
		PersistentPreRunE: func(c *cobra.Command, _ []string) error { return cli.Prepare(env, c) },
	}
	cli.CommonFlags(env, root)
	root.Flags().BoolVar(&version, "version", false, "print the version")
	root.SetFlagErrorFunc(cli.FlagError)
	cli.SetHelp(root, env)
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddGroup(
		&cobra.Group{ID: groupService, Title: "Service commands:"},
		&cobra.Group{ID: groupLocal, Title: "Local commands:"},
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

// subcommand makes one command of wps.
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
		{groupService, "doctor", doctorcmd.New},
		{groupService, "wait", newWait},
		{groupLocal, "emulator", emulatorcmd.New},
		{groupLocal, "listen", handlercmd.NewListen},
		{groupLocal, "trigger", handlercmd.NewTrigger},
		{groupLocal, "replay", replaycmd.New},
		{groupTools, "bench", benchcmd.New},
		{groupTools, "context", contextcmd.New},
		{groupTools, "token", newToken},
		{groupTools, "version", newVersion},
		{groupTools, "completion", newCompletion},
	}
}

// addCommands adds the command that args start with, or all commands if args start
// with something else, such as a flag or help. Making all of them takes a tenth of
// the time of "wps negotiate".
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
