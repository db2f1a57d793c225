package cmd

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

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
		ValidArgsFunction: func(c *cobra.Command, args []string, _ string) (words []cobra.Completion, _ cobra.ShellCompDirective) {
			about, rest, err := c.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			if len(args) == 0 {
				words = append(words, cobra.CompletionWithDesc("json", "What -o json prints"))
			}
			for _, sub := range about.Commands() {
				if !sub.Hidden {
					words = append(words, cobra.CompletionWithDesc(sub.Name(), sub.Short))
				}
			}
			return words, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 && args[0] == "json" {
				return env.out.write([]byte(helpJSON))
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

// runsAnnotation marks a command that has subcommands and does something without
// one too.
const runsAnnotation = "runs"

// printHelp and printUsage are functions, not templates: text/template would
// keep every exported method of every type in the binary, which is a tenth of it.
func printHelp(c *cobra.Command, _ []string) {
	about := c.Long
	if about == "" {
		about = c.Short
	}
	about = strings.TrimRight(about, " \n")
	fmt.Fprintf(c.OutOrStdout(), "%s\n\n%s", about, usageText(c, widthOf(c.OutOrStdout()))) // nobody to tell when it cannot be written
}

func printUsage(c *cobra.Command) error {
	_, err := io.WriteString(c.OutOrStderr(), usageText(c, widthOf(c.OutOrStderr())))
	return err
}

// usageText is all of the help but what a command does. The width is in columns;
// 0 is no limit.
func usageText(c *cobra.Command, width int) string {
	var b strings.Builder
	b.WriteString("Usage:")
	if !c.HasAvailableSubCommands() || c.Annotations[runsAnnotation] != "" {
		b.WriteString("\n  " + wrapWords(c.UseLine(), width, 2, 6))
	}
	if c.HasAvailableSubCommands() {
		b.WriteString("\n  " + c.CommandPath() + " <command> [flags]")
	}
	section := func(title, text string) {
		if text = strings.TrimRight(text, " \n"); text != "" {
			b.WriteString("\n\n" + title + ":\n" + text)
		}
	}
	section("Examples", c.Example)
	for _, g := range c.Groups() {
		section(strings.TrimSuffix(g.Title, ":"), commandList(c, g.ID))
	}
	section("Commands", commandList(c, ""))
	section("Flags", wrapFlags(flagList(c.LocalFlags()), width))
	section("Common flags", wrapFlags(flagList(c.InheritedFlags()), width))
	section("Exit codes", c.Annotations["exit"])
	b.WriteString("\n")
	if c.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "\n%q tells more about a command", c.CommandPath()+" <command> --help")
		if !c.HasParent() {
			b.WriteString(`, "wps help json" about JSON output`)
		}
		b.WriteString(".\n")
	}
	return b.String()
}

// flagList lists flags. The words that stand for a flag's value come out of the
// back quotes in its usage, and pflag leaves them there as well: where they end
// the usage, behind a colon, once is enough.
func flagList(flags *pflag.FlagSet) string {
	text := flags.FlagUsages()
	flags.VisitAll(func(f *pflag.Flag) {
		if value, usage := pflag.UnquoteUsage(f); strings.HasSuffix(usage, ": "+value) {
			text = strings.Replace(text, usage, strings.TrimSuffix(usage, ": "+value), 1)
		}
	})
	return text
}

// commandList lists the subcommands of a group; "" is those without one.
func commandList(c *cobra.Command, group string) string {
	var b strings.Builder
	for _, sub := range c.Commands() {
		if sub.GroupID == group && sub.IsAvailableCommand() {
			fmt.Fprintf(&b, "  %-*s %s\n", sub.NamePadding(), sub.Name(), sub.Short)
		}
	}
	return b.String()
}

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
