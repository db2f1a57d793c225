package cmd

import (
	"github.com/spf13/cobra"

	"wps/cmd/internal/cli"
)

// newVersion returns the "wps version" command.
func newVersion(env *cli.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version of wps",
		Long: `Print the version, and the commit and date that wps was built from. A build from
modified files says so.`,
		Example: `  wps version
  wps version -o json
  wps version --jq .commit`,
		Annotations: cli.Exits(cli.ExitLineUsage),
		Args:        cli.ExactArgs(),
		RunE:        func(*cobra.Command, []string) error { return printVersion(env.Out) },
	}
}

func printVersion(out *cli.Printer) error {
	v := cli.ReadBuildInfo()
	if out.JSON() {
		return out.PrintJSON(v)
	}
	return out.PrintLine(v.String())
}
