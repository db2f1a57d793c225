package emulatorcmd

import (
	"context"
	"fmt"
	"os"
	"slices"

	"wps/cmd/internal/cli"
	emusettings "wps/emulator/settings"
)

// hangups returns the signals that reload the settings file. Without such a file,
// and with a command, SIGHUP stops the emulator.
func (o *options) hangups(env *cli.Env, command bool) chan os.Signal {
	if o.settingsFile == "" || command {
		return make(chan os.Signal)
	}
	return env.Signals.Hangups()
}

// reloadUntil reloads the settings file on each hang-up, until ctx ends or the
// terminal that the program was started on is closed, which sends one as well.
func (i *instance) reloadUntil(ctx context.Context, hangups <-chan os.Signal) error {
	atTerminal := cli.IsTerminal(i.env.Stdin)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-hangups:
		}
		if atTerminal && !cli.IsTerminal(i.env.Stdin) {
			return nil
		}
		if err := i.reload(); err != nil {
			i.env.Out.PrintError(err)
		}
	}
}

// reload reads and applies the settings file. After an error the previous settings
// stay in effect.
func (i *instance) reload() error {
	o := i.o
	before := o.settings
	var err error
	if o.settings, err = readSettings(o.settingsFile); err == nil {
		err = i.configure()
	}
	if err != nil {
		o.settings = before
		return fmt.Errorf("%w; the previous settings stay in effect", err)
	}
	if o.settings.AccessKey != before.AccessKey || o.settings.AllowUnvalidatedEntraTokens != before.AllowUnvalidatedEntraTokens {
		i.env.Out.Warn("accessKey and allowUnvalidatedEntraTokens in " + o.settingsFile + " take effect at the next start")
	}
	i.env.Out.Say("reloaded %s", o.settingsFile)
	i.sayHandlers()
	return nil
}

// configure applies the settings of hubs to the emulator.
func (i *instance) configure() error {
	return i.server.Configure(emusettings.ByHub(i.handlers()), slices.Concat(i.o.anonymous, i.o.settings.AnonymousHubs))
}

// handlers returns the event handlers of the flags and the settings file, and the
// hooks.
func (i *instance) handlers() []emusettings.HubHandler {
	return i.hooks.with(slices.Concat(i.o.handlers, i.o.settings.Handlers))
}

// sayHandlers prints the event handlers.
func (i *instance) sayHandlers() {
	for _, h := range i.handlers() {
		i.env.Out.Say("%s %s", i.env.Out.StderrColors.Name("events   "), cli.Clean(fmt.Sprint(h)))
	}
}
