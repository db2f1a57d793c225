package explain

import (
	"context"
	"errors"
	"net/url"

	"wps/client"
	"wps/cmd/internal/cli"
	"wps/emulator"
)

// Emulator adds a hint to an error of the emulator's control API.
func Emulator(s *cli.Settings, endpoint *url.URL, err error) error {
	var network *url.Error
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case errors.As(err, &network):
		return Service(s, &client.UnreachableError{Endpoint: endpoint.Scheme + "://" + endpoint.Host, Cause: network.Err})
	case errors.Is(err, emulator.ErrUnauthorized):
		return cli.WithHint(err, "set WPS_CONNECTION_STRING to the connection string that the emulator printed")
	case errors.Is(err, emulator.ErrNotEmulator):
		return cli.WithHint(err, "this command works with \"wps emulator\" only; check WPS_CONNECTION_STRING")
	case errors.Is(err, emulator.ErrOtherHost):
		return cli.WithHint(err, "run this command on the emulator's machine, with localhost in the connection string")
	case errors.Is(err, emulator.ErrBusy):
		return cli.WithHint(err, "stop another \"wps emulator events -f\"")
	}
	return err
}
