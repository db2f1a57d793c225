package explain

import (
	"errors"

	"wps/client/ws"
	"wps/cmd/internal/cli"
)

// closeInternalError is the close code of a simple client whose event was not
// accepted: it gets no acks.
const closeInternalError = 1011

// Closed adds a hint to the error of a closed connection, if an event of a simple
// client may be the reason.
func Closed(err error) error {
	if closed, ok := errors.AsType[*ws.CloseError](err); !ok || closed.Code != closeInternalError {
		return err
	}
	return cli.WithHint(err, "the event failed: the hub has no event handler for it, or the handler rejected it or failed; the handler's log has the reason")
}
