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
	root.SetUsageTemplate(usageTemplate)
	root.SetHelpTemplate(helpTemplate)
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
	add(groupLocal, newEmulator(env), newListen(env))
	add(groupTools, newToken(env), newVersion(env), newCompletion(env))
	root.SetHelpCommand(newHelp(env))
	return root
}

// newHelp returns the "wps help" command: "wps help send" is "wps send --help".
func newHelp(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND... | json]",
		Short: "Tell more about a command, or about what -o json prints",
		Long: `Print the help of a command, the same as --help does behind it, or of the topic
json: the objects that -o json prints. Without a command it lists them all.`,
		Example: `  wps help send
  wps help group join
  wps help json`,
		GroupID:     groupTools,
		Annotations: exits(exitLineUsage),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 && args[0] == "json" {
				return env.write([]byte(helpJSON))
			}
			about, rest, err := c.Root().Find(args)
			switch {
			case err != nil:
				return err
			case len(rest) > 0:
				return subcommandsOnly(about, rest)
			}
			about.InitDefaultHelpFlag()
			return about.Help()
		},
	}
}

const (
	groupService = "service"
	groupLocal   = "local"
	groupTools   = "tools"
)

const helpTemplate = `{{with (or .Long .Short)}}{{. | trimTrailingWhitespaces}}

{{end}}{{.UsageString}}`

// runsAnnotation marks a command that has subcommands and does something without
// one too.
const runsAnnotation = "runs"

const usageTemplate = `Usage:{{if or (not .HasAvailableSubCommands) (index .Annotations "runs")}}
  {{.UseLine}}{{end}}{{if .HasAvailableSubCommands}}
  {{.CommandPath}} <command> [flags]{{end}}
{{- if .HasExample}}

Examples:
{{.Example}}{{end}}
{{- if .HasAvailableSubCommands}}{{$cmds := .Commands}}
{{- range $group := .Groups}}

{{.Title}}{{range $cmds}}{{if (and (eq .GroupID $group.ID) .IsAvailableCommand)}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}
{{- if not .AllChildCommandsHaveGroup}}

Commands:{{range $cmds}}{{if (and (eq .GroupID "") .IsAvailableCommand)}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}{{end}}
{{- if .HasAvailableLocalFlags}}

Flags:
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}
{{- if .HasAvailableInheritedFlags}}

Common flags:
{{.InheritedFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}
{{- with index .Annotations "exit"}}

Exit codes:
{{.}}{{end}}
{{- if .HasAvailableSubCommands}}

"{{.CommandPath}} <command> --help" tells more about a command
{{- if not .HasParent}}, "wps help json" about JSON output{{end}}.{{end}}
`

// exits describes the exit codes of a command for its help.
func exits(lines ...string) map[string]string {
	text := "  0    done\n"
	for _, l := range lines {
		text += l + "\n"
	}
	return map[string]string{"exit": text[:len(text)-1]}
}

// Lines for exits that most commands share.
const (
	exitLineFailed = "  1    the operation failed"
	exitLineUsage  = "  2    wrong usage: a flag, an argument or a missing setting"
	exitLineNo     = "  3    the answer is no"
	exitLineAuth   = "  4    not authorised (401 or 403)"
	exitLineInt    = "  130  interrupted"
)

func serviceExits(more ...string) map[string]string {
	return exits(append([]string{exitLineFailed, exitLineUsage}, append(more, exitLineAuth, exitLineInt)...)...)
}
