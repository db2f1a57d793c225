package cmd

import (
	"reflect"

	"github.com/spf13/cobra"

	"wps/cmd/internal/cli"
)

// CommandOf returns the path of the command that arguments name, such as "wps group
// join"; "wps" if there is none.
func CommandOf(args []string) string {
	c, _, err := newFullRoot().Find(args)
	if err != nil {
		return "wps"
	}
	return c.CommandPath()
}

// PrintingCommands returns the paths of the commands that do something by themselves,
// without help and completion, whose output is text.
func PrintingCommands() (paths []string) {
	onlyParent := reflect.ValueOf(cli.SubcommandsOnly).Pointer()
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		if c.Name() == "help" || c.Name() == "completion" {
			return
		}
		if c.RunE == nil || reflect.ValueOf(c.RunE).Pointer() != onlyParent {
			paths = append(paths, c.CommandPath())
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(newFullRoot())
	return paths
}
