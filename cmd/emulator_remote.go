package cmd

import (
	"context"
	"errors"
	"net/url"

	"wps/client"
	"wps/emulator"
)

// remoteExits are the exit codes of the commands that look into an emulator.
func remoteExits() map[string]string {
	return exits("  1    the operation failed, or no emulator answers", exitLineUsage, "  4    the access key is not the emulator's", exitLineInt)
}

// remote gives the control API of the emulator that the connection string names
// to work, which may take as long as --timeout says unless it is endless.
func withRemote(ctx context.Context, env *Env, endless bool, work func(context.Context, *emulator.Remote) error) error {
	cs, _, err := env.settings.connection()
	if err != nil {
		return err
	}
	if !endless {
		limited, cancel := context.WithTimeout(ctx, env.settings.timeout)
		defer cancel()
		ctx = limited
	}
	r := emulator.NewRemote(cs)
	defer r.Close()
	return explainRemote(env, cs.Endpoint, work(ctx, r))
}

// explainRemote adds the next step to an error of the control API.
func explainRemote(env *Env, endpoint *url.URL, err error) error {
	var network *url.Error
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case errors.As(err, &network):
		return explain(env, &client.UnreachableError{Endpoint: endpoint.Scheme + "://" + endpoint.Host, Cause: network.Err})
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

// orWord gives s, or a word that says why it is empty.
func orWord(s, word string) string {
	if s == "" {
		return word
	}
	return s
}
