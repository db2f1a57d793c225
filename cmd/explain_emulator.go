package cmd

import (
	"context"
	"errors"
	"net/url"

	"wps/client"
	"wps/emulator"
)

// explainRemote adds the next step to an error of the control API.
func explainRemote(s *settings, endpoint *url.URL, err error) error {
	var network *url.Error
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case errors.As(err, &network):
		return explain(s, &client.UnreachableError{Endpoint: endpoint.Scheme + "://" + endpoint.Host, Cause: network.Err})
	case errors.Is(err, emulator.ErrUnauthorized):
		return withHint(err, "set WPS_CONNECTION_STRING to what the emulator printed when it was ready")
	case errors.Is(err, emulator.ErrNotEmulator):
		return withHint(err, "this is for \"wps emulator\" alone: is WPS_CONNECTION_STRING that of another service?")
	case errors.Is(err, emulator.ErrOtherHost):
		return withHint(err, "run this on the machine of the emulator, with localhost in its connection string")
	case errors.Is(err, emulator.ErrBusy):
		return withHint(err, "end another \"wps emulator events -f\"")
	}
	return err
}
