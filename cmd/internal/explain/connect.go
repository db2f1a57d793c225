package explain

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"wps/client"
	"wps/client/ws"
	"wps/cmd/internal/cli"
	"wps/protocol"
)

// Dial adds a hint to the error of a WebSocket handshake; givenURL is the value of
// --url.
func Dial(s *cli.Settings, err error, givenURL string) error {
	var refused *ws.HandshakeError
	var unreachable *client.UnreachableError
	switch {
	case errors.Is(err, client.ErrNotService) && givenURL != "":
		return cli.WithHint(err, "another server answers there: check the address in --url")
	case errors.Is(err, client.ErrNotService):
		return Service(s, err)
	case errors.As(err, &unreachable) && givenURL != "":
		return cli.WithHint(err, "check the address in --url, and that this machine can reach it")
	case !errors.As(err, &refused):
		return Service(s, err)
	}
	const byHandler = "the hub's event handler rejected the connect event; its log has the reason"
	switch refused.Status {
	case http.StatusUnauthorized:
		if refused.Body != "" { // an event handler's; the service itself sends none
			return cli.WithHint(err, byHandler)
		}
		if givenURL == "" {
			return cli.WithHint(err, unauthorizedHint)
		}
		if !hasToken(givenURL) {
			return cli.WithHint(err, "add an access_token to the URL, as \"wps negotiate -o url\" does, or allow anonymous clients in the hub (anonymousConnectPolicy)")
		}
		return cli.WithHint(err, "check the signature, hub and expiry of the token with \"wps token inspect\"")
	case http.StatusNotFound:
		if refused.Body != "" && givenURL == "" { // the path is that of wps
			return cli.WithHint(err, byHandler)
		}
		return cli.WithHint(err, "the path of a client URL must be /client/hubs/HUB")
	case http.StatusInternalServerError:
		return cli.WithHint(err, "the hub's event handler could not be reached or its answer to the connect event was invalid; its log, or the emulator's, has the reason")
	}
	return err
}

// hasToken reports whether a client URL contains a token.
func hasToken(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Query().Has("access_token")
}

// Line adds a hint to the error of a line that was sent to a group, or as an event.
func Line(err error, toGroup, event string) error {
	var ack *ws.AckError
	if toGroup != "" {
		return Role(err, protocol.PermissionSendToGroup, toGroup)
	}
	if errors.As(err, &ack) && ack.Name == protocol.AckInternalServerError {
		return cli.WithHint(err, fmt.Sprintf("the event %q failed: the hub has no event handler for it, or the handler rejected it or failed; the handler's log has the reason", event))
	}
	return err
}

// Role adds a hint to the error of an operation that needs a role.
func Role(err error, p protocol.Permission, group string) error {
	if !errors.Is(err, client.ErrUnauthorized) {
		return err
	}
	return cli.WithHint(err, fmt.Sprintf("the token needs the role webpubsub.%s.%s (negotiate --role); or grant it: wps permission grant %[1]s --group %[3]s", p, group, cli.ShellWord(group)))
}
