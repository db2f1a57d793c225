package cli

import (
	"errors"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// ErrRepeated is the error of a flag that takes one value and is given twice.
var ErrRepeated = errors.New("given twice: give it once")

// onceValue is the value of a flag that may be set once. A switch may be
// repeated, as in -v -v, but not with another value.
type onceValue struct {
	pflag.Value
	given bool
	last  string
}

// Set sets the value, or returns ErrRepeated.
func (v *onceValue) Set(s string) error {
	if v.given && (v.Type() != "bool" || s != v.last) {
		return ErrRepeated
	}
	v.given, v.last = true, s
	return v.Value.Set(s)
}

// RejectRepeatedFlags makes it an error to give a flag of c or of its subcommands
// twice, unless it is a list, so that no flag silently overrides another.
func RejectRepeatedFlags(c *cobra.Command) {
	once := func(f *pflag.Flag) {
		_, isList := f.Value.(pflag.SliceValue)
		_, done := f.Value.(*onceValue)
		if !isList && !done {
			f.Value = &onceValue{Value: f.Value}
		}
	}
	c.Flags().VisitAll(once)
	c.PersistentFlags().VisitAll(once)
	for _, sub := range c.Commands() {
		RejectRepeatedFlags(sub)
	}
}

// plainValue returns the value of f without onceValue: pflag recognizes zero
// defaults by the type of the value.
func plainValue(f *pflag.Flag) pflag.Value {
	if once, ok := f.Value.(*onceValue); ok {
		return once.Value
	}
	return f.Value
}
