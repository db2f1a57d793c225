package cmd

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// flagError says in our words what is wrong with a flag, and what was meant.
func flagError(c *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown):
		return unknownFlag(c, unknown)
	case errors.As(err, &invalid):
		return usagef(c, "--%s %q: %s", invalid.GetFlag().Name, invalid.GetValue(), wanted(invalid))
	}
	return usagef(c, "%v", err)
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
	if before := c.Flags().Args(); c.HasSubCommands() && len(before) > 0 && c.Annotations[runsAnnotation] == "" {
		return unknownCommand(c, before[0])
	}
	text := err.Error()
	if letters := err.GetSpecifiedShortnames(); letters != "" {
		text = "unknown flag: -" + letters[:1]
		if strings.Contains(c.Use, "[MESSAGE") {
			return &usageError{text, fmt.Sprintf("a message that begins with - comes behind --, as in %s -- \"-5 degrees\"", c.CommandPath())}
		}
	}
	if near := nearestFlags(c, err.GetSpecifiedName()); len(near) > 0 {
		return &usageError{text, "did you mean " + orList(near) + "?"}
	}
	return usagef(c, "%s", text)
}

// nearestFlags gives the flags that a mistyped one may have been: those that it
// begins, else the nearest within two letters.
func nearestFlags(c *cobra.Command, name string) (near []string) {
	best := 3
	c.Flags().VisitAll(func(f *pflag.Flag) {
		d := distance(name, f.Name)
		if strings.HasPrefix(f.Name, name) {
			d = 0
		}
		switch {
		case f.Hidden || len(name) < 3 || d > best:
		case d < best && d < 3:
			best, near = d, []string{"--" + f.Name}
		case d < 3:
			near = append(near, "--"+f.Name)
		}
	})
	slices.Sort(near)
	return near
}

// distance is the number of letters to add, drop or change to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
