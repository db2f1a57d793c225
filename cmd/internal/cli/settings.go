package cli

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"wps/protocol"
	"wps/token"
)

// Settings resolves which service and which hub a command uses, from flags,
// environment variables and defaults.
type Settings struct {
	LookupEnv func(string) (string, bool)
	log       *slog.Logger
	logged    bool // Connection has logged the service

	connectionString string        // value of --connection-string
	HubFlag          string        // value of --hub
	Timeout          time.Duration // value of --timeout: limit of a request with its retries
	Retries          int           // value of --retries
}

// Setting is a value and its source.
type Setting struct {
	value string
	From  string // name of the source, for errors and hints
}

// FromDefault is the source of a connection string if none is set.
const FromDefault = "the local emulator's default"

// check checks the flags.
func (s *Settings) check() error {
	if s.Timeout <= 0 {
		return Usagef("--timeout must be greater than 0")
	}
	if s.Retries < 0 {
		return Usagef("--retries must be 0 or more")
	}
	return nil
}

// ConnectionSetting returns the connection string as text.
func (s *Settings) ConnectionSetting() (Setting, error) {
	if v := s.connectionString; v != "" {
		if path, isFile := strings.CutPrefix(v, "@"); isFile {
			text, err := ConnectionStringInput().ReadFile(path)
			if err != nil {
				return Setting{}, Usage(err.Error(), "@FILE must name a readable file that contains the connection string")
			}
			return Setting{text, path}, nil
		}
		return connectionText(v, "--connection-string")
	}
	for _, name := range connectionVariables() {
		v, err := s.Variable(name)
		if err != nil {
			return Setting{}, err
		}
		if v != "" {
			return connectionText(v, "$"+name)
		}
	}
	def := "Endpoint=" + protocol.DefaultEndpoint + ";AccessKey=" + protocol.DefaultAccessKey + ";Version=1.0;"
	return Setting{def, FromDefault}, nil
}

// connectionHint is the next step after a connection string that cannot be used.
const connectionHint = "copy the whole connection string, with AccessKey=..., from the service's page \"Keys\""

// connectionText reads a connection string of the flag or of a variable.
func connectionText(text, from string) (Setting, error) {
	value, err := ConnectionStringInput().Read(text)
	if err != nil {
		return Setting{}, Usage(fmt.Sprintf("%s: %v", from, err), connectionHint)
	}
	return Setting{value, from}, nil
}

// Variable returns an environment variable, "" if it is not set. A variable that
// is set but empty is a usage error: the secret or variable that it was set from is
// probably missing, and the default could be another service or hub.
func (s *Settings) Variable(name string) (string, error) {
	v, isSet := s.LookupEnv(name)
	if isSet && v == "" {
		return "", Usage("$"+name+" is empty", "set a value or unset it; the secret or variable that it is set from may be missing")
	}
	return v, nil
}

// AnnounceDefault prints that the local emulator is used if no connection string is
// set: a token for it is of no use elsewhere.
func AnnounceDefault(out *Printer, source Setting) {
	if source.From == FromDefault {
		out.Say("using the local emulator at %s (no connection string is set)", protocol.DefaultEndpoint)
	}
}

// Connection returns the parsed connection string. The first call logs the service.
func (s *Settings) Connection() (token.ConnectionString, Setting, error) {
	text, err := s.ConnectionSetting()
	if err != nil {
		return token.ConnectionString{}, text, err
	}
	if err := checkPlaceholders(text.value); err != nil {
		return token.ConnectionString{}, text, Usage(fmt.Sprintf("%s: %v", text.From, err), connectionHint)
	}
	cs, err := token.ParseConnectionString(text.value)
	if errors.Is(err, token.ErrNoAccessKey) {
		return cs, text, Usage(fmt.Sprintf("%s: %v", text.From, err), connectionHint)
	}
	if err != nil {
		return cs, text, Usage(fmt.Sprintf("%s: %v", text.From, err), "the form is Endpoint=https://NAME.webpubsub.azure.com;AccessKey=KEY;Version=1.0;")
	}
	if !s.logged {
		s.log.Info("service", "endpoint", cs.Endpoint.String(), "from", text.From)
		s.logged = true
	}
	return cs, text, nil
}

// Hub returns the name of the hub, which is valid.
func (s *Settings) Hub() (string, error) {
	name := Setting{s.HubFlag, "--hub"}
	if name.value == "" {
		var err error
		if name, err = s.hubOfVariables(); err != nil {
			return "", err
		}
	}
	if name.value == "" {
		return "", Usage("no hub is set", "add --hub NAME, or set WPS_HUB")
	}
	if err := protocol.CheckHub(name.value); err != nil {
		return "", Usagef("%s: %v", name.From, err)
	}
	s.log.Info("hub", "hub", name.value, "from", name.From)
	return name.value, nil
}

// hubOfVariables returns the hub that the environment sets, empty if none does.
func (s *Settings) hubOfVariables() (Setting, error) {
	for _, name := range hubVariables() {
		if v, err := s.Variable(name); err != nil || v != "" {
			return Setting{bare(v), "$" + name}, err
		}
	}
	return Setting{}, nil
}
