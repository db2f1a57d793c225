package cmd

import "github.com/spf13/cobra"

// newVersion returns the "wps version" command.
func newVersion(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version, commit and date of this program",
		Long: `Print what this program was built from: version, commit and its date. A build
from changed files says so.`,
		Example: `  wps version
  wps version -o json
  wps version --jq .commit`,
		Annotations: exits(exitLineUsage),
		Args:        exactArgs(),
		RunE:        func(*cobra.Command, []string) error { return printVersion(env) },
	}
}

func printVersion(env *Env) error {
	v := readVersion()
	if env.out.json() {
		return env.out.printJSON(v)
	}
	return env.out.printLine(v.String())
}
