package explain

import (
	"errors"
	"fmt"
	"net/http"

	"wps/client/tunnel"
	"wps/client/ws"
	"wps/cmd/internal/cli"
)

// Tunnel names the hub in the error of a tunnel, and adds a hint.
func Tunnel(s *cli.Settings, err error, hub string) error {
	err = fmt.Errorf("tunnel of hub %q: %w", hub, err)
	if errors.Is(err, tunnel.ErrClosed) {
		return cli.WithHint(err, "start this command again when the service is back")
	}
	var refused *ws.HandshakeError
	if !errors.As(err, &refused) {
		return Service(s, err)
	}
	cs, _, settingErr := s.Service()
	byIdentity := settingErr == nil && cs.Identity != nil
	switch refused.Status {
	case http.StatusBadRequest:
		return cli.WithHint(err, "check the name of the hub in --hub, WPS_HUB or the context")
	case http.StatusUnauthorized:
		if byIdentity {
			return cli.WithHint(err, "the identity needs the role \"Web PubSub Service Owner\" of the service; a new assignment takes some minutes")
		}
		return cli.WithHint(err, unauthorizedHint)
	case http.StatusForbidden:
		if byIdentity {
			return cli.WithHint(err, "the identity needs the role \"Web PubSub Service Owner\" of the service; else see the service's page Networking")
		}
		return cli.WithHint(err, "access keys may be disabled (sign in with --endpoint), or the service's page Networking does not allow server connections from this network")
	case http.StatusNotFound, http.StatusNotImplemented:
		return cli.WithHint(err, "the server at "+endpointSource(s)+" has no tunnels; the service and \"wps emulator\" do, the vendor's emulator does not")
	}
	return cli.WithHint(err, "the service may be busy or restarting; try again")
}
