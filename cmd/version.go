package cmd

import (
	"github.com/spf13/cobra"

	"wps/cmd/internal/cli"
)

// newVersion returns the "wps version" command.
func newVersion(env *cli.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version, commit and date of this program",
		Long: `Print what this program was built from: version, commit and its date. A build
from changed files says so.`,
		Example: `  wps version
  wps version -o json
  wps version --jq .commit`,
		Annotations: cli.Exits(cli.ExitLineUsage),
		Args:        cli.ExactArgs(),
		RunE:        func(*cobra.Command, []string) error { return printVersion(env) },
	}
}

func printVersion(env *cli.Env) error {
	v := cli.ReadBuildInfo()
	if env.Out.JSON() {
		return env.Out.PrintJSON(v)
	}
	return env.Out.PrintLine(v.String())
}
