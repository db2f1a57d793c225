package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/spf13/pflag"

	"wps/cmd/internal/settings"
	"wps/cmd/internal/smallinput"
	"wps/protocol"
	"wps/token"
)

// Settings resolves which service and which hub a command uses, and how it signs
// in. Package settings finds the values and their sources; what they mean is
// checked here.
type Settings struct {
	LookupEnv func(string) (string, bool)
	// SetEnv sets a variable of the process; nil means that proxies of files are not
	// used.
	SetEnv func(name, value string) error
	log    *slog.Logger

	flags   settings.Flags
	HubFlag string        // value of --hub
	Timeout time.Duration // value of --timeout: limit of a request with its retries
	Retries int           // value of --retries

	logHub sync.Once

	mu       sync.Mutex // guards the members below
	stop     context.Context
	resolver *settings.Resolver
	service  *resolved
	signedIn signIns
	// proxyFrom has the sources of the variables that SetEnv has set.
	proxyFrom map[string]string
	authorities
}

// Setting is a value and its source.
type Setting struct {
	value string
	From  string // name of the source, for errors and hints
}

// resolved is the service, once it was looked for.
type resolved struct {
	cs     token.ConnectionString
	source Setting
	err    error
}

// FromDefault is the source of a connection string if none is set.
const FromDefault = "the local emulator's default"

// Until limits commands that print a connection string. It is called before a
// setting is looked for.
func (s *Settings) Until(ctx context.Context) { s.stop = ctx }

// register defines the flags.
func (s *Settings) register(f *pflag.FlagSet) {
	f.StringVar(&s.flags.ConnectionString, "connection-string", "", "connection `string` of the service, or @FILE to read it from a file\n(default $WPS_CONNECTION_STRING, $WPS_ENDPOINT, then $WebPubSubConnectionString,\nthen the context, then the local emulator)")
	f.StringVar(&s.flags.Endpoint, "endpoint", "", "`URL` of the service, to sign in with Entra ID instead of an access key")
	f.StringVar(&s.HubFlag, "hub", "", "`name` of the hub (default $WPS_HUB)")
	f.StringVar(&s.flags.Context, "context", "", "use the settings of the context `name` (default $WPS_CONTEXT, then \"wps context use\")")
	f.StringVar(&s.flags.EnvFile, "env-file", "", "also read variables from `file`, such as .env")
	f.StringVar(&s.flags.FunctionsSettings, "functions-settings", "", "also read variables from the Functions settings `file`, such as local.settings.json")
	f.StringVar(&s.flags.Credential, "credential", "", "how to sign in with Entra ID (default $WPS_CREDENTIAL, else each in turn): `cli|azd|env|managed|workload`")
	f.StringVar(&s.flags.CAFile, "ca-file", "", "also trust the certificate authorities in the PEM `file` (default $WPS_CA_FILE)")
}

// check checks the flags.
func (s *Settings) check() error {
	if s.Timeout <= 0 {
		return Usagef("--timeout must be greater than 0")
	}
	if s.Retries < 0 {
		return Usagef("--retries must be 0 or more")
	}
	if c := s.flags.Credential; c != "" {
		if _, err := token.ParseIdentityKind(c); err != nil {
			return Usagef("--credential %q is unknown: use cli, azd, env, managed or workload", c)
		}
	}
	return nil
}

// Flags returns the values of the flags, such as to keep them in a context.
func (s *Settings) Flags() settings.Flags {
	f := s.flags
	f.Hub = s.HubFlag
	return f
}

// resolve returns the resolver. The caller holds the lock. Completion parses the
// flags after a setting was looked for.
func (s *Settings) resolve() *settings.Resolver {
	if flags := s.Flags(); s.resolver == nil || s.resolver.Flags != flags {
		keep := s.resolver != nil && s.resolver.KeepCommands
		s.resolver, s.service = settings.New(flags, s.LookupEnv), nil
		s.resolver.KeepCommands = keep
		if s.stop != nil {
			s.resolver.Context = s.stop
		}
	}
	return s.resolver
}

// settingError returns an error of package settings as one of this package.
func settingError(err error) error {
	wrong, ok := errors.AsType[*settings.Error](err)
	switch {
	case !ok:
		return err
	case wrong.Failed:
		return WithHint(errors.New(wrong.Error()), wrong.Hint)
	}
	return Usage(wrong.Error(), wrong.Hint)
}

// Variable returns an environment variable, "" if it is not set. A variable that
// is set but empty is a usage error.
func (s *Settings) Variable(name string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, err := s.resolve().Variable(name)
	return v.Text, settingError(err)
}

// Hub returns the name of the hub, which is valid.
func (s *Settings) Hub() (string, error) {
	name, err := s.HubSetting()
	if err != nil {
		return "", err
	}
	if name.value == "" {
		return "", Usage("no hub is set", "add --hub NAME, or set WPS_HUB"+s.unusedFiles())
	}
	if err := protocol.CheckHub(name.value); err != nil {
		return "", Usagef("%s: %v", name.From, err)
	}
	s.logHub.Do(func() { s.log.Info("hub", "hub", name.value, "from", name.From) })
	return name.value, nil
}

// HubSetting returns the hub as text, "" if none is set.
func (s *Settings) HubSetting() (Setting, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name, err := s.resolve().Hub()
	if err != nil {
		return Setting{}, settingError(err)
	}
	if name.From != "--hub" {
		name.Text = smallinput.Bare(name.Text)
	}
	return Setting{name.Text, name.From}, nil
}

// NewSetting returns a setting with a source.
func NewSetting(value, from string) Setting { return Setting{value, from} }

// Value returns the value of a setting.
func (s Setting) Value() string { return s.value }

// Roles returns given, or else the roles of the context.
func (s *Settings) Roles(given []string) ([]string, error) {
	if len(given) > 0 {
		return given, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	roles, err := s.resolve().Roles()
	return roles, settingError(err)
}

// output returns the output format of the context. A context that cannot be read
// is reported by the commands that need it.
func (s *Settings) output() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	format, _ := s.resolve().Output()
	return format.Text
}

// UnusedFiles returns the files in the working directory with settings that were
// not asked for, as the end of a hint, "" if there are none.
func (s *Settings) unusedFiles() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var texts []string
	for _, file := range s.resolve().Unused() {
		flag := "--env-file"
		if file == settings.FunctionsFile {
			flag = "--functions-settings"
		}
		texts = append(texts, fmt.Sprintf("%s is not read without %s %[1]s", file, flag))
	}
	if len(texts) == 0 {
		return ""
	}
	return "; " + strings.Join(texts, ", ")
}

// AnnounceDefault prints that the local emulator is used if no connection string is
// set: a token for it is of no use elsewhere.
func AnnounceDefault(env *Env, source Setting) {
	if source.From == FromDefault {
		env.Out.Say("using the local emulator at %s (no connection string is set%s)", protocol.DefaultEndpoint, env.Settings.unusedFiles())
	}
}
