package explain

import (
	"context"
	"errors"
	"net/url"

	"wps/client"
	"wps/cmd/internal/cli"
	"wps/emulator"
)

// Emulator adds the next step to an error of the control API.
func Emulator(s *cli.Settings, endpoint *url.URL, err error) error {
	var network *url.Error
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case errors.As(err, &network):
		return Service(s, &client.UnreachableError{Endpoint: endpoint.Scheme + "://" + endpoint.Host, Cause: network.Err})
	case errors.Is(err, emulator.ErrUnauthorized):
		return cli.WithHint(err, "set WPS_CONNECTION_STRING to what the emulator printed when it was ready")
	case errors.Is(err, emulator.ErrNotEmulator):
		return cli.WithHint(err, "this is for \"wps emulator\" alone: is WPS_CONNECTION_STRING that of another service?")
	case errors.Is(err, emulator.ErrOtherHost):
		return cli.WithHint(err, "run this on the machine of the emulator, with localhost in its connection string")
	case errors.Is(err, emulator.ErrBusy):
		return cli.WithHint(err, "end another \"wps emulator events -f\"")
	}
	return err
}
