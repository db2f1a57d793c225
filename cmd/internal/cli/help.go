package cli

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"wps/cmd/internal/stdio"
)

// RunsAnnotation marks a command that has subcommands and can also run without
// one.
const RunsAnnotation = "runs"

// SetHelp makes root and the commands below it print help and usage by this package.
// It uses no template: text/template keeps every exported method of every type, which
// makes the binary a sixth larger. cobra has no place for the errors of printing: that
// of --help is left to Report, unless the reader has ended, as in --help | head.
func SetHelp(root *cobra.Command, env *Env) {
	root.SetHelpFunc(func(c *cobra.Command, _ []string) {
		about := c.Long
		if about == "" {
			about = c.Short
		}
		_, err := fmt.Fprintf(c.OutOrStdout(), "%s\n\n%s", strings.TrimRight(about, " \n"), usageText(c, helpWidth(c.OutOrStdout(), env)))
		if err != nil && !stdio.ReaderEnded(err) {
			env.Out.helpErr = writeError("the help", err)
		}
	})
	root.SetUsageFunc(func(c *cobra.Command) error {
		_, err := io.WriteString(c.OutOrStderr(), usageText(c, helpWidth(c.OutOrStderr(), env)))
		return err
	})
}

// CommonFlagList lists the flags that every command has.
func CommonFlagList(root *cobra.Command, env *Env) string {
	return flagList(root.PersistentFlags(), helpWidth(root.OutOrStdout(), env))
}

// usageText returns the help of c without its description, wrapped at width
// columns; 0 is no limit.
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
		section(strings.TrimSuffix(g.Title, ":"), commandList(c, g.ID, width))
	}
	section("Commands", commandList(c, "", width))
	section("Flags", flagList(c.LocalFlags(), width))
	section("Common flags", commonFlagNames(c, width))
	section("Exit codes", c.Annotations["exit"])
	b.WriteString("\n")
	if c.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "\nUse %q for more about a command.\n", c.CommandPath()+" <command> --help")
		if !c.HasParent() {
			b.WriteString("Use \"wps help TOPIC\" for environment, events, exit-codes, filter, flags, hooks or json.\n")
		}
	}
	return b.String()
}

// commonFlagNames names the flags that c has from its parents; their texts are in
// "wps help flags".
func commonFlagNames(c *cobra.Command, width int) string {
	var names []string
	c.InheritedFlags().VisitAll(func(f *pflag.Flag) {
		if f.Shorthand != "" {
			names = append(names, "-"+f.Shorthand+"/--"+f.Name)
		} else {
			names = append(names, "--"+f.Name)
		}
	})
	if len(names) == 0 {
		return ""
	}
	if width == 0 {
		width = plainWidth
	}
	return "  " + wrapWords(strings.Join(names, ", ")+`; see "wps help flags"`, width, 2, 2)
}

// plainWidth is the width of a list that has no width of a terminal.
const plainWidth = 85

// maxPlaceholder is the length above which a placeholder is shortened to its first
// word, because the longest one decides where the texts of all flags start.
const maxPlaceholder = 24

// flagList lists flags, wrapped at width columns; 0 is no limit, and only then the
// line breaks of their usage count.
func flagList(flags *pflag.FlagSet, width int) string {
	shown := pflag.NewFlagSet("", pflag.ContinueOnError)
	shown.SortFlags = false
	flags.VisitAll(func(f *pflag.Flag) { shown.AddFlag(shownFlag(f, width > 0)) })
	return shown.FlagUsagesWrapped(width)
}

// shownFlag returns a flag as help shows it, with its usage in one line if joined is
// set. A flag whose usage ends with its values, after a colon, shows them only as its
// placeholder.
func shownFlag(f *pflag.Flag, joined bool) *pflag.Flag {
	flag := *f
	flag.Value = plainValue(f)
	flag.NoOptDefVal = "" // the usage has it: pflag would add [="VALUE"] to the placeholder
	values, usage := pflag.UnquoteUsage(f)
	if joined {
		flag.Usage, usage = strings.ReplaceAll(flag.Usage, "\n", " "), strings.ReplaceAll(usage, "\n", " ")
	}
	first, _, several := strings.Cut(values, " ")
	switch {
	case strings.HasSuffix(usage, ": "+values):
		flag.Usage = strings.TrimSuffix(usage, ": "+values)
		flag.Value = placeholder{flag.Value, values}
	case several && len(values) > maxPlaceholder:
		flag.Usage, flag.DefValue = usage, strings.Trim(flag.DefValue, "[]")
		flag.Value = placeholder{flag.Value, first + "..."}
	}
	return &flag
}

// FlagHelp is a flag in the help of a command.
type FlagHelp struct {
	Name  string // with its dashes, and a short one first, such as "-o, --output"
	Value string // placeholder of its value; "" if it takes none
	Usage string // in one line, with the default value
}

// FlagsOf returns the flags of a command without those that every command has.
func FlagsOf(c *cobra.Command) (all []FlagHelp) {
	c.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		one := pflag.NewFlagSet("", pflag.ContinueOnError)
		one.AddFlag(shownFlag(f, true))
		line := strings.TrimSpace(one.FlagUsages())
		names, usage, _ := strings.Cut(line, "   ")
		name, value := names, ""
		if at := strings.Index(names, "--"); at >= 0 {
			long, placeholder, _ := strings.Cut(names[at:], " ")
			name, value = names[:at]+long, placeholder
		}
		all = append(all, FlagHelp{Name: name, Value: value, Usage: strings.TrimSpace(usage)})
	})
	return all
}

// placeholder is the value of a flag with the text that help shows for it.
type placeholder struct {
	pflag.Value
	text string
}

// Type implements pflag.Value.
func (p placeholder) Type() string { return p.text }

// commandList lists the subcommands of a group, wrapped at width columns; "" means
// those without a group.
func commandList(c *cobra.Command, group string, width int) string {
	var b strings.Builder
	for _, sub := range c.Commands() {
		if sub.GroupID == group && sub.IsAvailableCommand() {
			indent := 3 + sub.NamePadding()
			fmt.Fprintf(&b, "  %-*s %s\n", sub.NamePadding(), sub.Name(), wrapWords(sub.Short, width, indent, indent))
		}
	}
	return b.String()
}

// wrapWords wraps text between words at width columns; 0 is no limit. The text
// starts in column start, further lines are indented.
func wrapWords(text string, width, start, indent int) string {
	var b strings.Builder
	column := start
	for i, word := range strings.Fields(text) {
		size := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case width > 0 && column+1+size > width:
			b.WriteString("\n" + strings.Repeat(" ", indent))
			column = indent
		default:
			b.WriteString(" ")
			column++
		}
		b.WriteString(word)
		column += size
	}
	return b.String()
}
