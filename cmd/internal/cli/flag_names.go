package cli

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// FlagNames is a set of names of flags.
type FlagNames map[string]bool

// ChangedFlags returns the names of the flags that the command line sets.
func ChangedFlags(c *cobra.Command) FlagNames {
	given := FlagNames{}
	c.Flags().Visit(func(f *pflag.Flag) { given[f.Name] = true })
	return given
}

// First returns the first of names that is in the set, "" if none is.
func (g FlagNames) First(names ...string) string {
	for _, name := range names {
		if g[name] {
			return name
		}
	}
	return ""
}

// Values returns value as the only element if name is in the set, else nil.
func (g FlagNames) Values(name, value string) []string {
	if !g[name] {
		return nil
	}
	return []string{value}
}
