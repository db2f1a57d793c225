package cmd

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

// exactArgs is cobra.ExactArgs with the names of the arguments in its error.
// Those that name something at the service must be text.
func exactArgs(names ...string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) < len(names) {
			return usagef("missing argument: %s", strings.Join(names[len(args):], " "))
		}
		if len(args) > len(names) {
			more := args[len(names):]
			text := fmt.Sprintf("unexpected argument %q", more[0])
			if flag := asFlag(c, more); flag != "" {
				return usage(text, "did you mean "+flag+"?")
			}
			return usagef("%s", text)
		}
		for i, arg := range args {
			if !utf8.ValidString(arg) && slices.Contains([]string{"GROUP", "CONNECTION"}, names[i]) {
				return notText(names[i])
			}
		}
		return nil
	}
}

// subcommandsOnly is the action of a command that only holds others.
func subcommandsOnly(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return unknownCommand(c, args[0])
	}
	return c.Help()
}
