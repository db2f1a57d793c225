package emulatorcmd

import (
	"context"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"time"

	"wps/cmd/internal/cli"
	"wps/cmd/internal/stdio"
	emusettings "wps/emulator/settings"
)

// hangups returns the signals that reload the settings. Without a file, and with a
// command, SIGHUP stops the emulator.
func (o *options) hangups(env *cli.Env, command bool) chan os.Signal {
	if len(o.source.files) == 0 || command {
		return make(chan os.Signal)
	}
	return env.Signals.Hangups()
}

// reloadBeside reloads the settings when their files are saved, until stop returns.
func (i *instance) reloadBeside(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = i.reloadUntil(ctx, nil) // it ends with ctx
	}()
	return func() {
		cancel()
		<-done
	}
}

// reloadUntil reloads the settings when their files are saved and on each hang-up,
// until ctx ends or the terminal that the program was started on is closed, which
// sends one as well.
func (i *instance) reloadUntil(ctx context.Context, hangups <-chan os.Signal) error {
	var looks <-chan time.Time
	if len(i.o.source.files) > 0 {
		ticker := time.NewTicker(watchInterval)
		defer ticker.Stop()
		looks = ticker.C
	}
	atTerminal := stdio.IsTerminal(i.env.Stdin)
	for {
		asked := false
		select {
		case <-ctx.Done():
			return nil
		case <-looks:
			if !i.o.source.watch.changed() {
				continue
			}
		case <-hangups:
			asked = true
		}
		if asked && atTerminal && !stdio.IsTerminal(i.env.Stdin) {
			return nil
		}
		if err := i.reload(asked); err != nil {
			i.env.Out.PrintError(err)
		}
	}
}

// reload reads and applies the settings. After an error the previous settings stay in
// effect. Unless it was asked for, nothing is said of settings that are the same as
// before.
func (i *instance) reload(asked bool) error {
	o := i.o
	before := o.settings
	next, err := o.source.read()
	if err == nil {
		o.settings = next
		err = i.configure()
	}
	if err != nil {
		o.settings = before
		i.stale = true
		return fmt.Errorf("%w; the previous settings stay in effect", err)
	}
	if !asked && !i.stale && reflect.DeepEqual(before, next) {
		return nil
	}
	i.stale = false
	files := strings.Join(o.source.files, " and ")
	i.warn(next)
	if names := needRestart(before, next); len(names) > 0 {
		i.env.Out.Warn("a change of " + strings.Join(names, " and ") + " in " + files + " takes effect at the next start")
	}
	i.env.Out.Say("reloaded %s", files)
	i.sayHandlers()
	return nil
}

// needRestart returns the names of the settings that differ and are used at the start
// only.
func needRestart(before, next emusettings.Settings) (names []string) {
	for name, differs := range map[string]bool{
		"accessKey":                   before.AccessKey != next.AccessKey,
		"allowUnvalidatedEntraTokens": before.AllowUnvalidatedEntraTokens != next.AllowUnvalidatedEntraTokens,
		"Urls":                        before.URLs != next.URLs,
	} {
		if differs {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// configure applies the settings of hubs to the emulator.
func (i *instance) configure() error {
	hubs := i.o.settings.Hubs(i.handlers())
	err := i.server.Configure(hubs, slices.Concat(i.o.anonymous, i.o.settings.AnonymousHubs))
	if err == nil {
		i.page.setSettings(i.shownSettings())
	}
	return err
}

// handlers returns the event handlers of the flags and the settings, and the hooks.
func (i *instance) handlers() []emusettings.HubHandler {
	return i.hooks.with(slices.Concat(i.o.handlers, i.o.settings.Handlers))
}

// sayHandlers prints the event handlers.
func (i *instance) sayHandlers() {
	for _, h := range i.handlers() {
		i.env.Out.Say("%s %s", i.env.Out.StderrColors.Name("events   "), stdio.Clean(fmt.Sprint(h)))
	}
}
