package cmd

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"wps/cmd/internal/cli"
)

// newHelp returns the "wps help" command: "wps help send" is "wps send --help".
func newHelp(env *cli.Env) *cobra.Command {
	return &cobra.Command{
		Use:               "help [COMMAND... | TOPIC]",
		Short:             "Show help for a command, or for a topic",
		Long:              "Show the help of a command, as --help after it does, or of one of these topics.\nWithout a command, list all commands.\n\n" + topicList(),
		Example:           "  wps help send\n  wps help group join\n  wps help environment",
		GroupID:           groupTools,
		Annotations:       cli.Exits(cli.ExitLineUsage),
		ValidArgsFunction: completeHelp,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 {
				if t, ok := findTopic(args[0]); ok {
					return env.Out.Write([]byte(t.text(c.Root(), env)))
				}
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

// topicList lists the topics, a line each.
func topicList() string {
	var b strings.Builder
	for _, t := range topics() {
		fmt.Fprintf(&b, "  %-12s %s\n", t.name, t.short)
	}
	return b.String()
}

// completeHelp completes the commands and topics of "wps help".
func completeHelp(c *cobra.Command, args []string, _ string) (words []cobra.Completion, _ cobra.ShellCompDirective) {
	about, rest, err := c.Root().Find(args)
	if err != nil || len(rest) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	if len(args) == 0 {
		for _, t := range topics() {
			words = append(words, cobra.CompletionWithDesc(t.name, t.short))
		}
	}
	for _, sub := range about.Commands() {
		if !sub.Hidden {
			words = append(words, cobra.CompletionWithDesc(sub.Name(), sub.Short))
		}
	}
	return words, cobra.ShellCompDirectiveNoFileComp
}
