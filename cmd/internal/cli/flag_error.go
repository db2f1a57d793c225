package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"wps/cmd/internal/foreign"
	"wps/internal/suggest"
)

// FlagError turns an error of the flag parser into a usage error that says what is
// wrong with the flag and which one was probably meant.
func FlagError(c *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown):
		return unknownFlag(c, unknown)
	case errors.As(err, &invalid) && errors.Is(invalid.Unwrap(), ErrRepeated):
		return Usagef("--%s is %v", invalid.GetFlag().Name, ErrRepeated)
	case errors.As(err, &invalid):
		return Usagef("--%s %q: %s", invalid.GetFlag().Name, invalid.GetValue(), expected(invalid))
	}
	return Usagef("%v", err)
}

// expected says what the value of a flag must be.
func expected(err *pflag.InvalidValueError) string {
	switch err.GetFlag().Value.Type() {
	case "duration":
		return "use a number and a unit, such as 500ms, 30s, 5m or 1h"
	case "int", "int64":
		return "use a whole number"
	}
	return err.Unwrap().Error()
}

// unknownFlag returns a usage error that suggests the nearest flag, the command
// that was mistyped before it, or how to pass an argument that begins with a dash.
func unknownFlag(c *cobra.Command, err *pflag.NotExistError) error {
	if before := c.Flags().Args(); c.HasSubCommands() && len(before) > 0 && c.Annotations[RunsAnnotation] == "" {
		return UnknownCommand(c, before...)
	}
	text := err.Error()
	if name := foreignFlag(err); name != "" {
		if equivalent := foreign.EquivalentFlag(c.CommandPath(), func(name string) bool { return c.Flag(name) != nil }, name); equivalent != "" {
			return Usage("unknown flag: "+name, "in wps that is: "+equivalent)
		}
	}
	if letters := err.GetSpecifiedShortnames(); letters != "" {
		text = "unknown flag: -" + letters[:1]
		if strings.Contains(c.Use, "[MESSAGE") {
			return Usage(text, fmt.Sprintf("put -- before a message that begins with -, as in %s -- \"-5 degrees\"", c.CommandPath()))
		}
	}
	if near := nearestFlags(c, err.GetSpecifiedName()); len(near) > 0 {
		return Usage(text, "did you mean "+orList(near)+"?")
	}
	return Usagef("%s", text)
}

// foreignFlag returns the unknown flag of an error, with its dashes.
func foreignFlag(err *pflag.NotExistError) string {
	if letters := err.GetSpecifiedShortnames(); letters != "" {
		return "-" + letters[:1]
	}
	return "--" + err.GetSpecifiedName()
}

// nearestFlags returns the flags that a mistyped one may have been: those that
// begin with it, else the nearest within two edits.
func nearestFlags(c *cobra.Command, name string) []string {
	if len(name) < 3 {
		return nil
	}
	var near, others []string
	c.Flags().VisitAll(func(f *pflag.Flag) {
		switch {
		case f.Hidden:
		case strings.HasPrefix(f.Name, name):
			near = append(near, f.Name)
		default:
			others = append(others, f.Name)
		}
	})
	slices.Sort(near)
	if len(near) == 0 {
		near = suggest.Nearest(name, slices.Values(others))
	}
	for i := range near {
		near[i] = "--" + near[i]
	}
	return near
}
