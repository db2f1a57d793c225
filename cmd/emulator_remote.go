package cmd

import (
	"context"

	"wps/emulator"
)

// remoteExits are the exit codes of the commands that look into an emulator.
func remoteExits() map[string]string {
	return exits("  1    the operation failed, or no emulator answers", exitLineUsage, "  4    the access key is not the emulator's", exitLineInt)
}

// withRemote calls work with the control API of the emulator that the connection
// string names. Unless it is endless, --timeout limits it.
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
	return explainRemote(env.settings, cs.Endpoint, work(ctx, r))
}
