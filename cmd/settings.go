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
	getenv func(string) string
	log    *slog.Logger

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
				return setting{}, fmt.Errorf("read the connection string: %v", err)
			}
			return setting{strings.TrimSpace(string(text)), path}, nil
		}
		return setting{v, "--connection-string"}, nil
	}
	for _, name := range []string{"WPS_CONNECTION_STRING", "WebPubSubConnectionString"} {
		if v := s.getenv(name); v != "" {
			return setting{v, "$" + name}, nil
		}
	}
	def := "Endpoint=" + protocol.DefaultEndpoint + ";AccessKey=" + protocol.DefaultAccessKey + ";Version=1.0;"
	return setting{def, fromDefault}, nil
}

// connection returns the parsed connection string.
func (s *settings) connection() (token.ConnectionString, setting, error) {
	text, err := s.connectionSetting()
	if err != nil {
		return token.ConnectionString{}, text, &usageError{err.Error(), "@FILE must name a readable file that contains the connection string"}
	}
	cs, err := token.ParseConnectionString(text.value)
	if errors.Is(err, token.ErrNoAccessKey) {
		return cs, text, &usageError{fmt.Sprintf("%s: %v", text.from, err), "copy the whole connection string, with AccessKey=..., from the service's page \"Keys\""}
	}
	if err != nil {
		return cs, text, &usageError{fmt.Sprintf("%s: %v", text.from, err), "the form is Endpoint=https://NAME.webpubsub.azure.com;AccessKey=KEY;Version=1.0;"}
	}
	s.log.Info("service", "endpoint", cs.Endpoint.String(), "from", text.from)
	return cs, text, nil
}

// hub returns the checked name of the hub.
func (s *settings) hub() (string, error) {
	name := setting{s.hubFlag, "--hub"}
	if name.value == "" {
		name = setting{s.getenv("WPS_HUB"), "$WPS_HUB"}
	}
	if name.value == "" {
		return "", &usageError{"no hub is given", "add --hub NAME, or set WPS_HUB"}
	}
	if err := protocol.CheckHub(name.value); err != nil {
		return "", usagef("%s: %v", name.from, err)
	}
	s.log.Info("hub", "hub", name.value, "from", name.from)
	return name.value, nil
}
