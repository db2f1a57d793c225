package cmd

import (
	"crypto/tls"
	"errors"
	"syscall"

	"wps/client"
	"wps/token"
)

// newService returns a client of the hub's REST operations.
func newService(env *Env, hub string, o client.Options) (*client.Service, error) {
	cs, _, err := env.settings.connection()
	if err != nil {
		return nil, err
	}
	return newServiceOf(env, cs, hub, o)
}

// newServiceOf is newService for a connection string that is known.
func newServiceOf(env *Env, cs token.ConnectionString, hub string, o client.Options) (*client.Service, error) {
	o.Retries = env.settings.retries
	if o.Retries == 0 {
		o.Retries = -1
	}
	o.Logger = env.log
	o.Warn = env.out.warn
	return client.FromConnectionString(cs, hub, o)
}

// explain adds the next step to an error of a service that cannot be reached or
// understood.
func explain(env *Env, err error) error {
	var broken *client.BrokenAnswerError
	if errors.As(err, &broken) {
		return withHint(err, "check whether it was done before doing it again; something between here and the service may cut its answers")
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
	s, settingErr := env.settings.connectionSetting()
	if settingErr == nil && s.from == fromDefault {
		return withHint(err, "start the emulator with \"wps emulator\", or set WPS_CONNECTION_STRING")
	}
	return withHint(err, "check the Endpoint in "+s.from+", and that this machine reaches it")
}
