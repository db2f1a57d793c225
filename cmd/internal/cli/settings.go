package cli

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"wps/protocol"
	"wps/token"
)

// Settings resolves which service and which hub a command uses, and says where
// each value came from: flag, environment, default.
type Settings struct {
	LookupEnv func(string) (string, bool)
	log       *slog.Logger

	connectionString string        // of --connection-string
	HubFlag          string        // of --hub
	Timeout          time.Duration // of --timeout: a request with all its tries
	Retries          int           // of --retries
}

// Setting is a value and where it came from, for errors and hints.
type Setting struct {
	value string
	From  string
}

// FromDefault is the source of a connection string that is not set.
const FromDefault = "the local emulator's default"

// check checks the flags.
func (s *Settings) check() error {
	if s.Timeout <= 0 {
		return Usagef("--timeout must be more than 0")
	}
	if s.Retries < 0 {
		return Usagef("--retries must be 0 or more")
	}
	return nil
}

// ConnectionSetting returns the text of the connection string.
func (s *Settings) ConnectionSetting() (Setting, error) {
	if v := s.connectionString; v != "" {
		if path, isFile := strings.CutPrefix(v, "@"); isFile {
			text, err := os.ReadFile(path)
			if err != nil {
				return Setting{}, Usage(fmt.Sprintf("read the connection string: %v", err), "@ needs a file that holds the connection string")
			}
			return Setting{strings.TrimSpace(string(text)), path}, nil
		}
		return Setting{v, "--connection-string"}, nil
	}
	for _, name := range []string{"WPS_CONNECTION_STRING", "WebPubSubConnectionString"} {
		v, err := s.Variable(name)
		if err != nil {
			return Setting{}, err
		}
		if v != "" {
			return Setting{v, "$" + name}, nil
		}
	}
	def := "Endpoint=" + protocol.DefaultEndpoint + ";AccessKey=" + protocol.DefaultAccessKey + ";Version=1.0;"
	return Setting{def, FromDefault}, nil
}

// Variable returns an environment variable, "" if it is not set. One that is set
// but empty is a usage error: a secret or variable that was to fill it is missing,
// and the default for it could be another service or another hub.
func (s *Settings) Variable(name string) (string, error) {
	v, isSet := s.LookupEnv(name)
	if isSet && v == "" {
		return "", Usage("$"+name+" is empty", "give it a value or unset it; a secret or variable that was to fill it may be missing")
	}
	return v, nil
}

// SayDefault names the local emulator when no connection string is set: what is
// made for it is of no use anywhere else.
func SayDefault(out *Printer, source Setting) {
	if source.From == FromDefault {
		out.Say("using the local emulator at %s (no connection string is set)", protocol.DefaultEndpoint)
	}
}

// Connection returns the parsed connection string.
func (s *Settings) Connection() (token.ConnectionString, Setting, error) {
	text, err := s.ConnectionSetting()
	if err != nil {
		return token.ConnectionString{}, text, err
	}
	cs, err := token.ParseConnectionString(text.value)
	if errors.Is(err, token.ErrNoAccessKey) {
		return cs, text, Usage(fmt.Sprintf("%s: %v", text.From, err), "copy the whole connection string, with AccessKey=..., from the service's page \"Keys\"")
	}
	if err != nil {
		return cs, text, Usage(fmt.Sprintf("%s: %v", text.From, err), "the form is Endpoint=https://NAME.webpubsub.azure.com;AccessKey=KEY;Version=1.0;")
	}
	s.log.Info("service", "endpoint", cs.Endpoint.String(), "from", text.From)
	return cs, text, nil
}

// Hub returns the checked name of the hub.
func (s *Settings) Hub() (string, error) {
	name := Setting{s.HubFlag, "--hub"}
	if name.value == "" {
		v, err := s.Variable("WPS_HUB")
		if err != nil {
			return "", err
		}
		name = Setting{v, "$WPS_HUB"}
	}
	if name.value == "" {
		return "", Usage("no hub is given", "add --hub NAME, or set WPS_HUB")
	}
	if err := protocol.CheckHub(name.value); err != nil {
		return "", Usagef("%s: %v", name.From, err)
	}
	s.log.Info("hub", "hub", name.value, "from", name.From)
	return name.value, nil
}
