package cmd

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"wps/cmd/internal/cli"
)

// newTree returns all commands, as a run of wps makes them.
func newTree() *cobra.Command {
	env := cli.NewEnv(strings.NewReader(""), io.Discard, io.Discard, func(string) (string, bool) { return "", false })
	root := newRoot(env)
	addCommands(root, env, nil)
	cli.RejectRepeatedFlags(root)
	return root
}

// sampleValues are valid values by the type of a flag.
var sampleValues = map[string]string{"string": "x", "duration": "1s", "int": "1", "int64": "1", "uint64": "1", "float64": "1"}

// TestFlagGivenTwice checks that every flag of every command is rejected the second
// time, unless it is a list or a switch with the same value.
func TestFlagGivenTwice(t *testing.T) {
	t.Parallel()
	seen := 0
	var walk func(path []string, c *cobra.Command)
	walk = func(path []string, c *cobra.Command) {
		c.InheritedFlags() // merges those of the parents into c.Flags()
		c.Flags().VisitAll(func(f *pflag.Flag) {
			seen++
			checkTwice(t, path, f.Name)
		})
		for _, sub := range c.Commands() {
			walk(append(slices.Clone(path), sub.Name()), sub)
		}
	}
	walk(nil, newTree())
	if seen < 300 {
		t.Errorf("saw %d flags, want at least 300", seen)
	}
}

func checkTwice(t *testing.T, path []string, name string) {
	t.Helper()
	c, _, err := newTree().Find(path)
	if err != nil {
		t.Fatal(err)
	}
	c.InheritedFlags()
	f := c.Flags().Lookup(name)
	list, isList := f.Value.(pflag.SliceValue)
	value := sampleValues[f.Value.Type()]
	if f.Value.Type() == "bool" || name == "help" {
		value = "true"
	}
	if value == "" && !isList {
		t.Fatalf("%v --%s: no value for the type %s", path, name, f.Value.Type())
	}
	arg := "--" + name + "=" + value
	err = c.ParseFlags([]string{arg, arg})
	var usage *cli.UsageError
	switch {
	case isList && (err != nil || len(list.GetSlice()) != 2):
		t.Errorf("%v %s %s: %v, %q, want two values", path, arg, arg, err, list.GetSlice())
	case isList:
	case value == "true":
		if err != nil {
			t.Errorf("%v %s %s: %v, want nil", path, arg, arg, err)
		}
		if name != "help" {
			if err := c.ParseFlags([]string{"--" + name + "=false"}); !errors.Is(flagCause(err), cli.ErrRepeated) {
				t.Errorf("%v %s --%s=false: %v, want %v", path, arg, name, err, cli.ErrRepeated)
			}
		}
	case !errors.As(cli.FlagError(c, err), &usage) || usage.Text != "--"+name+" is given twice: give it once":
		t.Errorf("%v %s %s: %v, want that it was given twice", path, arg, arg, err)
	}
}

// flagCause returns the error of the value of a flag.
func flagCause(err error) error {
	var invalid *pflag.InvalidValueError
	if errors.As(err, &invalid) {
		return invalid.Unwrap()
	}
	return err
}
