package cli

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

// ExactArgs is cobra.ExactArgs with the names of the arguments in its error.
// Those that name something at the service must be text.
func ExactArgs(names ...string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) < len(names) {
			return Usagef("missing argument: %s", strings.Join(names[len(args):], " "))
		}
		if len(args) > len(names) {
			more := args[len(names):]
			text := fmt.Sprintf("unexpected argument %q", more[0])
			if flag := AsFlag(c, more); flag != "" {
				return Usage(text, "did you mean "+flag+"?")
			}
			return Usagef("%s", text)
		}
		for i, arg := range args {
			if !utf8.ValidString(arg) && slices.Contains([]string{"GROUP", "CONNECTION"}, names[i]) {
				return NotText(names[i])
			}
		}
		return nil
	}
}

// SubcommandsOnly is the action of a command that only holds others.
func SubcommandsOnly(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return UnknownCommand(c, args[0])
	}
	return c.Help()
}
