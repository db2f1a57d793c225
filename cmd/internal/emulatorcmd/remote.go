package emulatorcmd

import (
	"context"

	"wps/cmd/internal/cli"
	"wps/cmd/internal/explain"
	"wps/emulator"
	"wps/protocol"
)

// remoteExits are the exit codes of the commands that examine a running emulator.
func remoteExits() map[string]string {
	return cli.Exits("  1    the operation failed, or no emulator is running", cli.ExitLineUsage, "  4    the access key is not the emulator's", cli.ExitLineInterrupted)
}

// withRemote calls work with the control API of the emulator that the connection
// string names, within --timeout unless the call is endless.
func withRemote(ctx context.Context, env *cli.Env, endless bool, work func(context.Context, *emulator.Remote) error) error {
	if hub := env.Settings.HubFlag; hub != "" {
		if err := protocol.CheckHub(hub); err != nil {
			return cli.Usagef("--hub: %v", err)
		}
	}
	cs, _, err := env.Settings.Connection()
	if err != nil {
		return err
	}
	if !endless {
		limited, cancel := context.WithTimeout(ctx, env.Settings.Timeout)
		defer cancel()
		ctx = limited
	}
	pool, err := env.Settings.RootCAs()
	if err != nil {
		return err
	}
	r := emulator.NewRemote(cs)
	r.Trust(pool)
	defer r.Close()
	return explain.Emulator(env.Settings, cs.Endpoint, work(ctx, r))
}
