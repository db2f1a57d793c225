package cli

import (
	"errors"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// ErrTwice is the error of a flag that is given twice and takes one value.
var ErrTwice = errors.New("given twice: give it once")

// onceValue is a flag's value that is set once. A switch may be repeated, as in
// -v -v, but not with another value.
type onceValue struct {
	pflag.Value
	given bool
	last  string
}

// Set sets the value, or returns errTwice.
func (v *onceValue) Set(s string) error {
	if v.given && (v.Type() != "bool" || s != v.last) {
		return ErrTwice
	}
	v.given, v.last = true, s
	return v.Value.Set(s)
}

// RefuseRepeats makes every flag of c and of its subcommands that is not a list
// an error when it is given twice, so that no flag overrides another one.
func RefuseRepeats(c *cobra.Command) {
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
		RefuseRepeats(sub)
	}
}

// plainValue returns the value of f without onceValue: pflag recognises zero
// defaults by the type of the value.
func plainValue(f *pflag.Flag) pflag.Value {
	if once, ok := f.Value.(*onceValue); ok {
		return once.Value
	}
	return f.Value
}
