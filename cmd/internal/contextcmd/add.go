package contextcmd

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"wps/cmd/internal/cli"
	"wps/cmd/internal/settings"
	"wps/protocol"
	"wps/token"
)

// addOptions are the flags of "wps context add" that other commands do not have.
type addOptions struct {
	command  string
	clientID string
	tenantID string
	output   string
	roles    []string
	use      bool
}

func newAdd(env *cli.Env) *cobra.Command {
	var o addOptions
	c := &cobra.Command{
		Use:   "add NAME {--endpoint URL | --connection-string STRING | ...}",
		Short: "Add a context",
		Long: `Add a context with the values of the common flags --endpoint, --connection-string,
--hub, --credential, --ca-file, --env-file and --functions-settings, and of those
below. With --connection-string-command no secret is kept, because a shell runs the
command each time the context is used, for at most 30s.

The files of --env-file and --functions-settings are read when the context is used,
in the working directory of that time.`,
		Example: `  wps context add prod --endpoint https://NAME.webpubsub.azure.com --hub chat
  wps context add test --connection-string @test.txt --hub chat
  wps context add vault --connection-string-command 'op read op://dev/webpubsub/string'
  wps context add app --functions-settings local.settings.json --hub chat`,
		Annotations:       exits(),
		Args:              cli.ExactArgs("NAME"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(_ *cobra.Command, args []string) error { return add(env, &o, args[0]) },
	}
	f := c.Flags()
	f.SortFlags = false
	f.StringVar(&o.command, "connection-string-command", "", "shell `command` that prints the connection string")
	f.StringVar(&o.clientID, "client-id", "", "Entra ID: `id` of the application or the user-assigned managed identity")
	f.StringVar(&o.tenantID, "tenant-id", "", "Entra ID: `id` of the tenant")
	f.StringVar(&o.output, "default-output", "", "output format of commands without -o: `text|json`")
	f.StringArrayVar(&o.roles, "role", nil, "`role` of negotiate and connect without --role; may be repeated")
	f.BoolVar(&o.use, "use", false, "select the context for all commands")
	return c
}

func add(env *cli.Env, o *addOptions, name string) error {
	c, err := o.context(env, name)
	if err != nil {
		return err
	}
	store := env.Settings.Store()
	if err := store.Add(c); err != nil {
		return cli.SettingError(err)
	}
	text := fmt.Sprintf("added context %q; select it with \"wps context use %[1]s\"", c.Name)
	if o.use {
		if err := store.Use(c.Name); err != nil {
			return cli.SettingError(err)
		}
		text = fmt.Sprintf("added and selected context %q", c.Name)
	}
	return report(env, changed{Context: c.Name, File: c.File}, text)
}

// context returns the context of the flags, checked.
func (o *addOptions) context(env *cli.Env, name string) (*settings.Context, error) {
	f := env.Settings.Flags()
	c := &settings.Context{
		Name: name, Endpoint: f.Endpoint, ConnectionStringCommand: o.command, Hub: f.Hub, Credential: f.Credential,
		ClientID: o.clientID, TenantID: o.tenantID, EnvFile: f.EnvFile, FunctionsSettings: f.FunctionsSettings,
		Output: o.output, Roles: o.roles,
	}
	if f.Hub != "" {
		if err := protocol.CheckHub(f.Hub); err != nil {
			return nil, cli.Usagef("--hub: %v", err)
		}
	}
	if f.CAFile != "" {
		if _, err := env.Settings.RootCAs(); err != nil {
			return nil, err
		}
		path, err := filepath.Abs(f.CAFile)
		if err != nil {
			return nil, err
		}
		c.CAFile = path
	}
	return c, o.addService(env, c)
}

// addService checks the service of the flags, and adds the connection string.
func (o *addOptions) addService(env *cli.Env, c *settings.Context) error {
	f := env.Settings.Flags()
	switch {
	case f.Endpoint != "" && f.ConnectionString == "":
		if _, err := token.ParseEndpoint(f.Endpoint); err != nil {
			return cli.Usage(fmt.Sprintf("--endpoint: %v", err), "the form is https://NAME.webpubsub.azure.com")
		}
	case f.ConnectionString != "":
		cs, _, err := env.Settings.Service()
		if err != nil {
			return err
		}
		c.ConnectionString = cs.Reveal()
	case o.command == "" && f.EnvFile == "" && f.FunctionsSettings == "":
		return cli.Usage("the context has no service", "add --endpoint URL, --connection-string STRING, --connection-string-command COMMAND, --env-file FILE or --functions-settings FILE")
	}
	return nil
}
