// Package explain decides what an error means for the user: the exit code, and the
// hint that says what to do next. Other packages only report the cause; printing
// is left to cmd/internal/cli.
//
//	err = explain.Service(env.Settings, err)             // in the command, with its context
//	code := cli.Report(ctx, env, ran, args, explain.Exit(err)) // once, at the end
package explain

import (
	"crypto/tls"
	"errors"
	"net/http"
	"syscall"

	"wps/client"
	"wps/client/entra"
	"wps/cmd/internal/cli"
	"wps/emulator"
)

// Exit adds an exit code to the error of a command, and a hint if it has none.
func Exit(err error) error {
	if hint := anyHint(err); hint != "" {
		err = cli.WithHint(err, hint)
	}
	_, notSignedIn := errors.AsType[*entra.Error](err)
	if notSignedIn || errors.Is(err, client.ErrUnauthorized) || errors.Is(err, emulator.ErrUnauthorized) {
		err = cli.WithExitCode(err, cli.ExitUnauthorized)
	}
	if f := failure(err); err != nil && f.Code != "" {
		err = cli.WithFailure(err, f)
	}
	return err
}

// anyHint returns the hint of an error, "" if there is none.
func anyHint(err error) string {
	if hint := cli.Hint(err); hint != "" {
		return hint
	}
	if hint := signInHint(err); hint != "" {
		return hint
	}
	if refused, ok := errors.AsType[*client.Error](err); ok {
		return hintForStatus(refused)
	}
	return ""
}

const unauthorizedHint = "the AccessKey must belong to this Endpoint, and this machine's clock must be right"

func hintForStatus(err *client.Error) string {
	switch err.Status {
	case http.StatusUnauthorized:
		return unauthorizedHint
	case http.StatusForbidden:
		return "with an access key this is network access: see the service's page Networking, Public access and access control rules; access keys may be disabled, too"
	case http.StatusTooManyRequests:
		return "the service limits the request rate: wait, or add units"
	case http.StatusNotImplemented:
		return "only the real service supports this: set WPS_CONNECTION_STRING to it"
	}
	return ""
}

// Service adds a hint to the error of a service that cannot be reached or whose
// answer is broken.
func Service(s *cli.Settings, err error) error {
	var broken *client.BrokenAnswerError
	if errors.As(err, &broken) {
		return cli.WithHint(err, "check whether the request was carried out before you repeat it; a proxy may cut off answers")
	}
	if errors.Is(err, client.ErrNotService) {
		return cli.WithHint(err, "another server answers there: check the Endpoint in "+endpointSource(s))
	}
	var unreachable *client.UnreachableError
	if !errors.As(err, &unreachable) {
		return identityRefusal(s, err)
	}
	if unreachable.Proxy != "" {
		return cli.WithHint(err, proxyHint(s, unreachable.Endpoint))
	}
	var untrusted *tls.CertificateVerificationError
	if errors.As(err, &untrusted) {
		return cli.WithHint(err, "to trust its certificate, name a file that contains it or its authority in --ca-file or WPS_CA_FILE; wps emulator --tls writes its own to --tls-cert-out")
	}
	if errors.Is(err, syscall.EMFILE) {
		return cli.WithHint(err, "each connection needs a file descriptor: raise the limit, as with ulimit -n 65536")
	}
	source, settingErr := s.ConnectionSetting()
	if settingErr == nil && source.From == cli.FromDefault {
		return cli.WithHint(err, s.DefaultHint())
	}
	return cli.WithHint(err, "check the Endpoint in "+source.From+", and that this machine can reach it")
}

// TooLargeHint is the hint for a message over the size limit.
const TooLargeHint = "split the message, or send a link to its content"
