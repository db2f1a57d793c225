package cmd

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

// settings resolves which service and which hub a command uses, and says where
// each value came from: flag, environment, default.
type settings struct {
	lookupEnv func(string) (string, bool)
	log       *slog.Logger

	connectionString string        // of --connection-string
	hubFlag          string        // of --hub
	timeout          time.Duration // of --timeout: a request with all its tries
	retries          int           // of --retries
}

// setting is a value and where it came from, for errors and hints.
type setting struct {
	value string
	from  string
}

const fromDefault = "the local emulator's default"

// check checks the flags.
func (s *settings) check() error {
	if s.timeout <= 0 {
		return usagef("--timeout must be more than 0")
	}
	if s.retries < 0 {
		return usagef("--retries must be 0 or more")
	}
	return nil
}

// connectionSetting returns the text of the connection string.
func (s *settings) connectionSetting() (setting, error) {
	if v := s.connectionString; v != "" {
		if path, isFile := strings.CutPrefix(v, "@"); isFile {
			text, err := os.ReadFile(path)
			if err != nil {
				return setting{}, usage(fmt.Sprintf("read the connection string: %v", err), "@ needs a file that holds the connection string")
			}
			return setting{strings.TrimSpace(string(text)), path}, nil
		}
		return setting{v, "--connection-string"}, nil
	}
	for _, name := range []string{"WPS_CONNECTION_STRING", "WebPubSubConnectionString"} {
		v, err := s.variable(name)
		if err != nil {
			return setting{}, err
		}
		if v != "" {
			return setting{v, "$" + name}, nil
		}
	}
	def := "Endpoint=" + protocol.DefaultEndpoint + ";AccessKey=" + protocol.DefaultAccessKey + ";Version=1.0;"
	return setting{def, fromDefault}, nil
}

// variable returns an environment variable, "" if it is not set. One that is set
// but empty is a usage error: a secret or variable that was to fill it is missing,
// and the default for it could be another service or another hub.
func (s *settings) variable(name string) (string, error) {
	v, isSet := s.lookupEnv(name)
	if isSet && v == "" {
		return "", usage("$"+name+" is empty", "give it a value or unset it; a secret or variable that was to fill it may be missing")
	}
	return v, nil
}

// sayDefault names the local emulator when no connection string is set: what is
// made for it is of no use anywhere else.
func sayDefault(out *printer, source setting) {
	if source.from == fromDefault {
		out.say("using the local emulator at %s (no connection string is set)", protocol.DefaultEndpoint)
	}
}

// connection returns the parsed connection string.
func (s *settings) connection() (token.ConnectionString, setting, error) {
	text, err := s.connectionSetting()
	if err != nil {
		return token.ConnectionString{}, text, err
	}
	cs, err := token.ParseConnectionString(text.value)
	if errors.Is(err, token.ErrNoAccessKey) {
		return cs, text, usage(fmt.Sprintf("%s: %v", text.from, err), "copy the whole connection string, with AccessKey=..., from the service's page \"Keys\"")
	}
	if err != nil {
		return cs, text, usage(fmt.Sprintf("%s: %v", text.from, err), "the form is Endpoint=https://NAME.webpubsub.azure.com;AccessKey=KEY;Version=1.0;")
	}
	s.log.Info("service", "endpoint", cs.Endpoint.String(), "from", text.from)
	return cs, text, nil
}

// hub returns the checked name of the hub.
func (s *settings) hub() (string, error) {
	name := setting{s.hubFlag, "--hub"}
	if name.value == "" {
		v, err := s.variable("WPS_HUB")
		if err != nil {
			return "", err
		}
		name = setting{v, "$WPS_HUB"}
	}
	if name.value == "" {
		return "", usage("no hub is given", "add --hub NAME, or set WPS_HUB")
	}
	if err := protocol.CheckHub(name.value); err != nil {
		return "", usagef("%s: %v", name.from, err)
	}
	s.log.Info("hub", "hub", name.value, "from", name.from)
	return name.value, nil
}
