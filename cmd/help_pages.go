package cmd

import (
	"io"
	"strings"

	"github.com/spf13/cobra"

	"wps/cmd/internal/cli"
)

// HelpPage is the help of one command, or of a topic.
type HelpPage struct {
	Command string // with those above it, such as "wps group join"; or the topic's name
	Short   string // one line, without a full stop
	Text    string // what --help prints
	Flags   []HelpFlag
}

// HelpFlag is a flag in the help of a command.
type HelpFlag = cli.FlagHelp

// HelpPages returns the help of every command, those above others first, for
// manual pages and the reference. The flags of the root are those that every command
// has.
func HelpPages() []HelpPage {
	root, _ := helpRoot()
	return helpPages(root)
}

// HelpTopics returns the texts of "wps help TOPIC".
func HelpTopics() (pages []HelpPage) {
	root, env := helpRoot()
	for _, t := range topics() {
		pages = append(pages, HelpPage{Command: t.name, Short: t.short, Text: t.text(root, env)})
	}
	return pages
}

// helpRoot returns the root command with all commands, which read and write nothing.
func helpRoot() (*cobra.Command, *cli.Env) {
	env := cli.NewEnv(strings.NewReader(""), io.Discard, io.Discard, func(string) (string, bool) { return "", false })
	root := newRoot(env)
	addCommands(root, env, nil)
	return root, env
}

func helpPages(c *cobra.Command) []HelpPage {
	var text strings.Builder
	c.SetOut(&text)
	c.InitDefaultHelpFlag()
	_ = c.Help() // writes to a strings.Builder
	page := HelpPage{Command: c.CommandPath(), Short: c.Short, Text: text.String()}
	page.Flags = cli.FlagsOf(c)
	pages := []HelpPage{page}
	for _, sub := range c.Commands() {
		if !sub.Hidden {
			pages = append(pages, helpPages(sub)...)
		}
	}
	return pages
}
