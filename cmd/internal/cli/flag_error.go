package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"wps/internal/suggest"
)

// FlagError says in our words what is wrong with a flag, and what was meant.
func FlagError(c *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown):
		return unknownFlag(c, unknown)
	case errors.As(err, &invalid) && errors.Is(invalid.Unwrap(), ErrTwice):
		return Usagef("--%s is %v", invalid.GetFlag().Name, ErrTwice)
	case errors.As(err, &invalid):
		return Usagef("--%s %q: %s", invalid.GetFlag().Name, invalid.GetValue(), wanted(invalid))
	}
	return Usagef("%v", err)
}

// wanted is what a flag takes instead of the value that it got.
func wanted(err *pflag.InvalidValueError) string {
	switch err.GetFlag().Value.Type() {
	case "duration":
		return "use a number and a unit, such as 500ms, 30s, 5m or 1h"
	case "int", "int64":
		return "use a whole number"
	}
	return err.Unwrap().Error()
}

// unknownFlag names the nearest flag, or the command that was mistyped before
// it, or how to write an argument that begins with a dash.
func unknownFlag(c *cobra.Command, err *pflag.NotExistError) error {
	if before := c.Flags().Args(); c.HasSubCommands() && len(before) > 0 && c.Annotations[RunsAnnotation] == "" {
		return UnknownCommand(c, before[0])
	}
	text := err.Error()
	if letters := err.GetSpecifiedShortnames(); letters != "" {
		text = "unknown flag: -" + letters[:1]
		if strings.Contains(c.Use, "[MESSAGE") {
			return Usage(text, fmt.Sprintf("a message that begins with - comes behind --, as in %s -- \"-5 degrees\"", c.CommandPath()))
		}
	}
	if near := nearestFlags(c, err.GetSpecifiedName()); len(near) > 0 {
		return Usage(text, "did you mean "+orList(near)+"?")
	}
	return Usagef("%s", text)
}

// nearestFlags gives the flags that a mistyped one may have been: those that it
// begins, else the nearest within two letters.
func nearestFlags(c *cobra.Command, name string) []string {
	if len(name) < 3 {
		return nil
	}
	var begun, all []string
	c.Flags().VisitAll(func(f *pflag.Flag) {
		switch {
		case f.Hidden:
		case strings.HasPrefix(f.Name, name):
			begun = append(begun, f.Name)
		default:
			all = append(all, f.Name)
		}
	})
	near := begun
	slices.Sort(near)
	if len(near) == 0 {
		near = suggest.Nearest(name, slices.Values(all))
	}
	for i := range near {
		near[i] = "--" + near[i]
	}
	return near
}
