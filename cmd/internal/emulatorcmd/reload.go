package emulatorcmd

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"wps/cmd/internal/cli"
	emusettings "wps/emulator/settings"
)

// hangups gives the signals that ask for the settings file to be read again.
// Without such a file, or around a command, a hang-up ends the program as ever.
func (o *emulatorOptions) hangups(command bool) chan os.Signal {
	hangups := make(chan os.Signal, 1)
	if o.settingsFile != "" && !command {
		signal.Notify(hangups, syscall.SIGHUP)
	}
	return hangups
}

// reloadUntil reads the settings file again on each hang-up, until ctx ends or
// the terminal that the program began on is gone: that sends a hang-up too.
func (o *emulatorOptions) reloadUntil(ctx context.Context, env *cli.Env, h *emulatorHooks, hangups <-chan os.Signal) error {
	atTerminal := cli.IsTerminal(env.Stdin)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-hangups:
		}
		if atTerminal && !cli.IsTerminal(env.Stdin) {
			return nil
		}
		if err := o.reload(env, h); err != nil {
			env.Out.PrintError(err)
		}
	}
}

// reload takes over what the settings file says now. After an error everything
// is as it was.
func (o *emulatorOptions) reload(env *cli.Env, h *emulatorHooks) error {
	before := o.settings
	var err error
	if o.settings, err = readSettings(o.settingsFile); err == nil {
		err = o.apply(h)
	}
	if err != nil {
		o.settings = before
		return fmt.Errorf("%w; what was read before stays", err)
	}
	if o.settings.AccessKey != before.AccessKey || o.settings.AllowUnvalidatedEntraTokens != before.AllowUnvalidatedEntraTokens {
		env.Out.Warn("accessKey and allowUnvalidatedEntraTokens in " + o.settingsFile + " change with the next start")
	}
	env.Out.Say("read %s again", o.settingsFile)
	sayHandlers(env, o.events(h))
	return nil
}

// apply gives the emulator the settings of hubs.
func (o *emulatorOptions) apply(h *emulatorHooks) error {
	return h.server.Configure(emusettings.ByHub(o.events(h)), slices.Concat(o.anonymous, o.settings.AnonymousHubs))
}

// sayHandlers says where events go.
func sayHandlers(env *cli.Env, handlers []emusettings.HubHandler) {
	for _, h := range handlers {
		env.Out.Say("%s %s", env.Out.StderrColors.Name("events   "), h)
	}
}
