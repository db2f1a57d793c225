package cmd

import (
	"io"
	"strings"

	"github.com/spf13/cobra"

	"wps/cmd/internal/cli"
)

// HelpPage is the help of one command.
type HelpPage struct {
	Command string // with those above it, such as "wps group join"
	Short   string // one line, without a full stop
	Text    string // what --help prints
}

// HelpPages returns the help of every command, those above others first, for
// manual pages.
func HelpPages() []HelpPage {
	env := cli.NewEnv(strings.NewReader(""), io.Discard, io.Discard, func(string) (string, bool) { return "", false })
	root := newRoot(env)
	addCommands(root, env, nil)
	return helpPages(root)
}

func helpPages(c *cobra.Command) []HelpPage {
	var text strings.Builder
	c.SetOut(&text)
	c.InitDefaultHelpFlag()
	_ = c.Help() // writes to a strings.Builder
	pages := []HelpPage{{c.CommandPath(), c.Short, text.String()}}
	for _, sub := range c.Commands() {
		if !sub.Hidden {
			pages = append(pages, helpPages(sub)...)
		}
	}
	return pages
}
