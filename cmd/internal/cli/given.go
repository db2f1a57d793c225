package cli

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// GivenFlags are the names of the flags that were set on the command line.
type GivenFlags map[string]bool

// FlagsGiven returns the flags that the arguments of c set.
func FlagsGiven(c *cobra.Command) GivenFlags {
	given := GivenFlags{}
	c.Flags().Visit(func(f *pflag.Flag) { given[f.Name] = true })
	return given
}

// First returns the first of names that is given, "" if none is.
func (g GivenFlags) First(names ...string) string {
	for _, name := range names {
		if g[name] {
			return name
		}
	}
	return ""
}

// Values returns the value of a flag that is given, and none if it is not.
func (g GivenFlags) Values(name, value string) []string {
	if !g[name] {
		return nil
	}
	return []string{value}
}
