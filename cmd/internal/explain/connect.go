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

// Dial adds the next step to a refused handshake.
func Dial(s *cli.Settings, err error, givenURL string) error {
	var refused *ws.HandshakeError
	var unreachable *client.UnreachableError
	switch {
	case errors.As(err, &unreachable) && givenURL != "":
		return cli.WithHint(err, "check the address in --url, and that this machine reaches it")
	case !errors.As(err, &refused):
		return Service(s, err)
	}
	switch refused.Status {
	case http.StatusUnauthorized:
		if refused.Body != "" { // the service itself says nothing
			return cli.WithHint(err, "the hub's event handler refused this client on connect: it knows why")
		}
		if givenURL == "" {
			return cli.WithHint(err, unauthorizedHint)
		}
		if !hasToken(givenURL) {
			return cli.WithHint(err, "put access_token into the URL, as \"wps negotiate -o url\" does, or let the hub take clients without one (anonymousConnectPolicy)")
		}
		return cli.WithHint(err, "\"wps token inspect\" tells whether the token is signed with the right key, made for this hub, and still good")
	case http.StatusNotFound:
		return cli.WithHint(err, "the path of a client URL is /client/hubs/HUB")
	case http.StatusInternalServerError:
		return cli.WithHint(err, "the hub's event handler could not be reached or answered connect wrongly: it and the emulator tell in their logs")
	}
	return err
}

// hasToken tells whether a client URL holds a token.
func hasToken(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Query().Has("access_token")
}

// Line adds the next step to a line that was refused: a message to a group,
// or else an event.
func Line(err error, toGroup, event string) error {
	var ack *ws.AckError
	if toGroup != "" {
		return Role(err, protocol.PermissionSendToGroup, toGroup)
	}
	if errors.As(err, &ack) && ack.Name == protocol.AckInternalServerError {
		return cli.WithHint(err, fmt.Sprintf("no event handler took the event %q: the hub has none for it, or it refused or failed, which its own log tells", event))
	}
	return err
}

// Role adds the next step to what the connection may not do.
func Role(err error, p protocol.Permission, group string) error {
	if !errors.Is(err, client.ErrUnauthorized) {
		return err
	}
	return cli.WithHint(err, fmt.Sprintf("the token needs the role webpubsub.%s.%s (negotiate --role), or: wps permission grant %[1]s --group %[3]s", p, group, cli.ShellWord(group)))
}
