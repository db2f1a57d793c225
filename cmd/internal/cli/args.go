package cli

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"wps/cmd/internal/foreign"
	"wps/internal/shownurl"
)

// ExactArgs is cobra.ExactArgs with the names of the arguments in its error.
// GROUP and CONNECTION must be UTF-8.
func ExactArgs(names ...string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) < len(names) {
			return Usagef("missing argument: %s", strings.Join(names[len(args):], " "))
		}
		if len(args) > len(names) {
			return unexpectedArgument(c, args[len(names):])
		}
		for i, arg := range args {
			if !utf8.ValidString(arg) && slices.Contains([]string{"GROUP", "CONNECTION"}, names[i]) {
				return NotUTF8(names[i])
			}
		}
		return nil
	}
}

func unexpectedArgument(c *cobra.Command, args []string) error {
	text := fmt.Sprintf("unexpected argument %q", shownurl.In(args[0]))
	if foreign.IsClientURL(args[0]) && c.Flags().Lookup("url") != nil {
		return Usage(text, "did you mean --url URL?")
	}
	if flag := MeantFlag(c, args); flag != "" {
		return Usage(text, "did you mean "+flag+"?")
	}
	return Usagef("%s", text)
}

// MeantFlag returns the flag that was meant by an argument such as "user u1", ""
// if the command has no flag of that name.
func MeantFlag(c *cobra.Command, args []string) string {
	f := c.Flags().Lookup(args[0])
	switch {
	case f == nil:
		return ""
	case len(args) == 1 || f.NoOptDefVal != "":
		return "--" + f.Name
	}
	return "--" + f.Name + " " + ShellWord(shownurl.In(args[1]))
}

// SubcommandsOnly is the action of a command that only has subcommands.
func SubcommandsOnly(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return UnknownCommand(c, args...)
	}
	return c.Help()
}

// UnknownCommand returns a usage error for arguments of c that begin with no command.
// Its hint is what they are called in wps, the nearest name, or the help of c.
func UnknownCommand(c *cobra.Command, args ...string) error {
	name := args[0]
	if strings.TrimSpace(name) == "" { // every command begins with it
		return Usage("the command is empty", fmt.Sprintf("a variable in its place may be unset; see %q", c.CommandPath()+" --help"))
	}
	c.SuggestionsMinimumDistance = 2
	text := fmt.Sprintf("unknown command %q", shownurl.In(name))
	if equivalent := foreign.EquivalentCommand(c.CommandPath(), args...); equivalent != "" {
		return Usage(text, equivalentHint(equivalent))
	}
	if near := c.SuggestionsFor(name); len(near) > 0 {
		return Usage(text, "did you mean "+strings.Join(near, " or ")+"?")
	}
	return Usage(text, fmt.Sprintf("see %q", c.CommandPath()+" --help"))
}

// equivalentHint returns the hint for a foreign command.
func equivalentHint(equivalent string) string {
	if strings.HasPrefix(equivalent, "az ") {
		return "wps does not create or configure services: use " + equivalent
	}
	return "in wps that is: " + equivalent
}
