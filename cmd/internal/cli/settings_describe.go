package cli

import (
	"fmt"
	"strings"
	"time"

	"wps/cmd/internal/settings"
	"wps/token"
)

// Defaults of common flags.
const (
	defaultTimeout = 30 * time.Second
	defaultRetries = 3
)

// SettingRow is a setting as "wps context show" prints it.
type SettingRow struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Source string `json:"source"`
}

// Store returns the contexts of the user.
func (s *Settings) Store() *settings.Store { return settings.NewStore(s.LookupEnv) }

// SettingError returns an error of package settings as one of this package.
func SettingError(err error) error { return settingError(err) }

// SelectContext is --context for a command that has the name as its argument.
func (s *Settings) SelectContext(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flags.Context, s.resolver, s.service = name, nil, nil
}

// KeepCommands makes the commands of contexts that print connection strings not run.
// A service that such a command names is then an error.
func (s *Settings) KeepCommands() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.resolve().KeepCommands = true
}

// Describe returns all settings with their sources. Secrets are hidden, and no
// command that prints one is run, unless reveal is set.
func (s *Settings) Describe(reveal bool) ([]SettingRow, error) {
	d := &describer{settings: s, reveal: reveal}
	if !reveal {
		s.KeepCommands()
	}
	for _, add := range []func() error{d.context, d.service, d.hub, d.defaults, d.caFile} {
		if err := add(); err != nil {
			return nil, err
		}
	}
	d.limits()
	return d.rows, nil
}

type describer struct {
	settings *Settings
	reveal   bool
	rows     []SettingRow
}

func (d *describer) row(name, value, source string) {
	if value != "" {
		d.rows = append(d.rows, SettingRow{name, value, source})
	}
}

func (d *describer) context() error {
	d.settings.mu.Lock()
	defer d.settings.mu.Unlock()
	c, err := d.settings.resolve().SelectedContext()
	if err == nil && c.Context != nil {
		d.row("context", c.Context.Name, c.From)
		d.row("file", c.Context.File, c.From)
	}
	return settingError(err)
}

func (d *describer) service() error {
	d.settings.mu.Lock()
	found, err := d.settings.resolve().Service()
	d.settings.mu.Unlock()
	if err != nil {
		return settingError(err)
	}
	if found.Command != "" {
		d.row("connection string command", found.Command, found.From())
		return nil
	}
	cs, source, err := d.settings.Service()
	if err != nil {
		return err
	}
	d.row("endpoint", cs.Endpoint.String(), source.From)
	if cs.Identity == nil {
		d.row("authentication", "access key", source.From)
		d.row("access key", d.secret(cs.Key), source.From)
	} else {
		d.identity(cs.Identity, source)
	}
	proxy, from := d.settings.Proxy(cs.Endpoint)
	d.row("proxy", proxy, from)
	return nil
}

func (d *describer) identity(id *token.Identity, source Setting) {
	d.row("authentication", "Entra ID", source.From)
	d.settings.mu.Lock()
	credential, _ := d.settings.resolve().Credential() // its error was reported with the service
	d.settings.mu.Unlock()
	from := source.From
	if credential.IsSet() {
		from = credential.From
	}
	d.row("credential", string(id.Kind), from)
	d.row("client id", id.ClientID, source.From)
	d.row("tenant id", id.TenantID, source.From)
	d.row("client secret", d.secret(id.ClientSecret), source.From)
	d.row("certificate", id.CertificatePath, source.From)
}

func (d *describer) secret(k token.Key) string {
	if d.reveal {
		return k.Reveal()
	}
	return k.String()
}

func (d *describer) hub() error {
	hub, err := d.settings.HubSetting()
	d.row("hub", hub.value, hub.From)
	return err
}

func (d *describer) defaults() error {
	d.settings.mu.Lock()
	defer d.settings.mu.Unlock()
	roles, err := d.settings.resolve().Roles()
	if err != nil {
		return settingError(err)
	}
	output, err := d.settings.resolve().Output()
	if err != nil {
		return settingError(err)
	}
	if len(roles) > 0 {
		c, _ := d.settings.resolve().SelectedContext() // read already
		d.row("roles", strings.Join(roles, ", "), fmt.Sprintf("context %q", c.Context.Name))
	}
	d.row("output", output.Text, output.From)
	return nil
}

func (d *describer) caFile() error {
	file, err := d.settings.CAFileSetting()
	d.row("ca file", file.value, file.From)
	return err
}

func (d *describer) limits() {
	source := func(isDefault bool, flag string) string {
		if isDefault {
			return "default"
		}
		return flag
	}
	d.row("timeout", d.settings.Timeout.String(), source(d.settings.Timeout == defaultTimeout, "--timeout"))
	d.row("retries", fmt.Sprint(d.settings.Retries), source(d.settings.Retries == defaultRetries, "--retries"))
}
