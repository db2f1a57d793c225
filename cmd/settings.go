package cmd

import (
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"wps/client"
	"wps/protocol"
	"wps/token"
)

// setting is a value and where it came from, for errors and hints.
type setting struct {
	value string
	from  string
}

const fromDefault = "the local emulator's default"

// connectionSetting finds the connection string: flag, environment, default.
func (e *Env) connectionSetting() (setting, error) {
	if v := e.flags.connectionString; v != "" {
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
		if v := e.Getenv(name); v != "" {
			return setting{v, "$" + name}, nil
		}
	}
	def := "Endpoint=" + protocol.DefaultEndpoint + ";AccessKey=" + protocol.DefaultAccessKey + ";Version=1.0;"
	return setting{def, fromDefault}, nil
}

// connection gives the parsed connection string.
func (e *Env) connection() (token.ConnectionString, setting, error) {
	s, err := e.connectionSetting()
	if err != nil {
		return token.ConnectionString{}, s, &usageError{err.Error(), "behind @ stands a file that holds the connection string"}
	}
	cs, err := token.ParseConnectionString(s.value)
	if errors.Is(err, token.ErrNoAccessKey) {
		return cs, s, &usageError{fmt.Sprintf("%s: %v", s.from, err), "copy the whole connection string, with AccessKey=..., from the service's page \"Keys\""}
	}
	if err != nil {
		return cs, s, &usageError{fmt.Sprintf("%s: %v", s.from, err), "the form is Endpoint=https://NAME.webpubsub.azure.com;AccessKey=KEY;Version=1.0;"}
	}
	e.log.Info("service", "endpoint", cs.Endpoint.String(), "from", s.from)
	return cs, s, nil
}

// hub gives the checked name of the hub: flag, then environment.
func (e *Env) hub() (string, error) {
	s := setting{e.flags.hub, "--hub"}
	if s.value == "" {
		s = setting{e.Getenv("WPS_HUB"), "$WPS_HUB"}
	}
	if s.value == "" {
		return "", &usageError{"no hub is given", "add --hub NAME, or set WPS_HUB"}
	}
	if err := protocol.CheckHub(s.value); err != nil {
		return "", usagef("%s: %v", s.from, err)
	}
	e.log.Info("hub", "hub", s.value, "from", s.from)
	return s.value, nil
}

// service gives a client of the hub's REST operations. A nil transport is the
// network.
func (e *Env) service(hub string, o client.Options) (*client.Service, error) {
	cs, _, err := e.connection()
	if err != nil {
		return nil, err
	}
	return e.serviceOf(cs, hub, o)
}

// serviceOf is service for a connection string that is known.
func (e *Env) serviceOf(cs token.ConnectionString, hub string, o client.Options) (*client.Service, error) {
	o.Retries = e.flags.retries
	if o.Retries == 0 {
		o.Retries = -1
	}
	o.Logger = e.log
	o.Warn = e.warn
	return client.FromConnectionString(cs, hub, o)
}

// explain adds the next step to an error of a service that cannot be reached or
// understood.
func (e *Env) explain(err error) error {
	var broken *client.BrokenAnswerError
	if errors.As(err, &broken) {
		return withHint(err, "look whether it was done before doing it again; something between here and the service may cut its answers")
	}
	var unreachable *client.UnreachableError
	if !errors.As(err, &unreachable) {
		return err
	}
	var untrusted *tls.CertificateVerificationError
	if errors.As(err, &untrusted) {
		return withHint(err, "if its certificate is to be trusted, name it in SSL_CERT_FILE; wps emulator --tls writes its own to --tls-cert-out")
	}
	if errors.Is(err, syscall.EMFILE) {
		return withHint(err, "each connection takes a file descriptor: raise their limit, such as with ulimit -n 65536")
	}
	s, settingErr := e.connectionSetting()
	if settingErr == nil && s.from == fromDefault {
		return withHint(err, "start the emulator with \"wps emulator\", or set WPS_CONNECTION_STRING")
	}
	return withHint(err, "check the Endpoint in "+s.from+", and that this machine reaches it")
}
