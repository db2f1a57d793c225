package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// RunsAnnotation marks a command that has subcommands and does something without
// one too.
const RunsAnnotation = "runs"

// PrintHelp and printUsage are functions, not templates: text/template would
// keep every exported method of every type in the binary, which is a tenth of it.
func PrintHelp(c *cobra.Command, _ []string) {
	about := c.Long
	if about == "" {
		about = c.Short
	}
	about = strings.TrimRight(about, " \n")
	fmt.Fprintf(c.OutOrStdout(), "%s\n\n%s", about, usageText(c, WidthOf(c.OutOrStdout()))) // nobody to tell when it cannot be written
}

// PrintUsage prints the usage of c on its error stream.
func PrintUsage(c *cobra.Command) error {
	_, err := io.WriteString(c.OutOrStderr(), usageText(c, WidthOf(c.OutOrStderr())))
	return err
}

// usageText is all of the help but what a command does. The width is in columns;
// 0 is no limit.
func usageText(c *cobra.Command, width int) string {
	var b strings.Builder
	b.WriteString("Usage:")
	if !c.HasAvailableSubCommands() || c.Annotations[RunsAnnotation] != "" {
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
	section("Flags", flagList(c.LocalFlags(), width))
	section("Common flags", flagList(c.InheritedFlags(), width))
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

// flagList lists flags in so many columns; 0 is no limit. A flag whose usage ends
// with its values, after a colon, shows them only once, as its placeholder.
func flagList(flags *pflag.FlagSet, width int) string {
	shown := pflag.NewFlagSet("", pflag.ContinueOnError)
	shown.SortFlags = false
	flags.VisitAll(func(f *pflag.Flag) {
		flag := *f
		flag.Value = plainValue(f)
		if values, usage := pflag.UnquoteUsage(f); strings.HasSuffix(usage, ": "+values) {
			flag.Usage = strings.TrimSuffix(usage, ": "+values)
			flag.Value = placeholder{flag.Value, values}
		}
		shown.AddFlag(&flag)
	})
	return shown.FlagUsagesWrapped(width)
}

// placeholder is a flag's value whose type is a text that represents it in help.
type placeholder struct {
	pflag.Value
	text string
}

// Type implements pflag.Value.
func (p placeholder) Type() string { return p.text }

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
