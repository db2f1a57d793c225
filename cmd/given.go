package cmd

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// givenFlags are the names of the flags that were set on the command line.
type givenFlags map[string]bool

// flagsGiven returns the flags that the arguments of c set.
func flagsGiven(c *cobra.Command) givenFlags {
	given := givenFlags{}
	c.Flags().Visit(func(f *pflag.Flag) { given[f.Name] = true })
	return given
}

// first returns the first of names that is given, "" if none is.
func (g givenFlags) first(names ...string) string {
	for _, name := range names {
		if g[name] {
			return name
		}
	}
	return ""
}

// values returns the value of a flag that is given, and none if it is not.
func (g givenFlags) values(name, value string) []string {
	if !g[name] {
		return nil
	}
	return []string{value}
}
