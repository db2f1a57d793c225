package explain

import (
	"errors"

	"wps/client/ws"
	"wps/cmd/internal/cli"
)

// closeInternalError is the close code of a simple client whose event was not
// accepted: it gets no acks.
const closeInternalError = 1011

// Closed adds the next step to a close that may be the answer to an event of a
// simple client.
func Closed(err error) error {
	if closed, ok := errors.AsType[*ws.CloseError](err); !ok || closed.Code != closeInternalError {
		return err
	}
	return cli.WithHint(err, "no event handler accepted the event: the hub has none for it, or it rejected the event or failed; its log has the reason")
}
