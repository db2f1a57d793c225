package contextcmd

import (
	"fmt"

	"github.com/spf13/cobra"

	"wps/cmd/internal/cli"
	"wps/cmd/internal/settings"
)

func newUse(env *cli.Env) *cobra.Command {
	var none bool
	c := &cobra.Command{
		Use:   "use {NAME | --none}",
		Short: "Select the context of all commands",
		Long: `Select the context that commands use without --context and WPS_CONTEXT. Variables
such as WPS_CONNECTION_STRING outrank it.`,
		Example:     "  wps context use prod\n  wps context use --none\n  WPS_CONTEXT=prod wps send hello   # for one shell or command only",
		Annotations: exits(),
		Args: func(c *cobra.Command, args []string) error {
			if none {
				return cli.ExactArgs()(c, args)
			}
			return cli.ExactArgs("NAME")(c, args)
		},
		ValidArgsFunction: completeNames(env, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			if none {
				return selectContext(env, "")
			}
			return selectContext(env, args[0])
		},
	}
	c.Flags().BoolVar(&none, "none", false, "select no context")
	return c
}

func selectContext(env *cli.Env, name string) error {
	if err := env.Settings.Store().Use(name); err != nil {
		return cli.SettingError(err)
	}
	if name == "" {
		return report(env, changed{}, "no context is selected")
	}
	for _, variable := range append([]string{"WPS_CONTEXT"}, settings.ServiceNames()...) {
		if _, set := env.Settings.LookupEnv(variable); set {
			env.Out.Warn(fmt.Sprintf("$%s is set and outranks the context; --context %s outranks both", variable, name))
			break
		}
	}
	return report(env, changed{Context: name}, fmt.Sprintf("selected context %q", name))
}

func newRename(env *cli.Env) *cobra.Command {
	return &cobra.Command{
		Use:               "rename NAME NEWNAME",
		Short:             "Rename a context",
		Long:              "Rename a context. If it is selected, it remains selected.",
		Example:           "  wps context rename test staging\n  wps context rename test staging -o json\n  wps context rename prod Prod",
		Annotations:       exits(),
		Args:              cli.ExactArgs("NAME", "NEWNAME"),
		ValidArgsFunction: completeNames(env, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := env.Settings.Store().Rename(args[0], args[1]); err != nil {
				return cli.SettingError(err)
			}
			return report(env, changed{Context: args[1]}, fmt.Sprintf("renamed context %q to %q", args[0], args[1]))
		},
	}
}

func newRemove(env *cli.Env) *cobra.Command {
	return &cobra.Command{
		Use:               "remove NAME",
		Short:             "Remove a context",
		Long:              "Remove a context and the secret in it. If it is selected, none is afterwards.",
		Example:           "  wps context remove test\n  wps context remove test -o json\n  wps context remove test && wps context list",
		Annotations:       exits(),
		Args:              cli.ExactArgs("NAME"),
		ValidArgsFunction: completeNames(env, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := env.Settings.Store().Remove(args[0]); err != nil {
				return cli.SettingError(err)
			}
			return report(env, changed{Context: args[0]}, fmt.Sprintf("removed context %q", args[0]))
		},
	}
}
