package explain

import (
	"cmp"
	"errors"
	"net/http"

	"wps/client"
	"wps/client/ws"
	"wps/cmd/internal/cli"
	"wps/emulator"
)

// failure returns the HTTP status and the code of an error; without a code it is
// none of the service or the network.
func failure(err error) cli.Failure {
	var refused *client.Error
	var handshake *ws.HandshakeError
	var late *NoAnswerError
	var unreachable *client.UnreachableError
	switch {
	case errors.As(err, &late):
		return cli.Failure{HTTPStatus: late.Status, Code: cli.CodeTimeout}
	case errors.As(err, &refused):
		return cli.Failure{HTTPStatus: refused.Status, Code: cmp.Or(refused.Code, statusCode(err, refused.Status))}
	case errors.Is(err, client.ErrNotService):
		return cli.Failure{Code: cli.CodeNotService}
	case errors.As(err, &handshake):
		return cli.Failure{HTTPStatus: handshake.Status, Code: statusCode(err, handshake.Status)}
	case errors.As(err, &unreachable):
		return cli.Failure{Code: cli.CodeUnreachable}
	}
	return connectionFailure(err)
}

// connectionFailure is failure for errors of a WebSocket connection, and of the
// emulator's control API.
func connectionFailure(err error) cli.Failure {
	var ack *ws.AckError
	var closed *ws.CloseError
	switch {
	case errors.As(err, &ack):
		return cli.Failure{Code: cmp.Or(ack.Name, cli.CodeRefused)}
	case errors.As(err, &closed):
		return cli.Failure{Code: cli.CodeClosed}
	case errors.Is(err, emulator.ErrUnauthorized):
		return cli.Failure{HTTPStatus: http.StatusUnauthorized, Code: cli.CodeUnauthorized}
	case errors.Is(err, emulator.ErrNotEmulator):
		return cli.Failure{Code: cli.CodeNotService}
	}
	return cli.Failure{}
}

// statusCode returns our code of a refusal that has none of the service.
func statusCode(err error, status int) string {
	switch {
	case errors.Is(err, client.ErrNotService):
		return cli.CodeNotService
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return cli.CodeUnauthorized
	}
	return cli.CodeRefused
}
