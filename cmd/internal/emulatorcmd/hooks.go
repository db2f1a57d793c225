package emulatorcmd

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"wps/cmd/internal/cli"
	"wps/cmd/internal/hooks"
	"wps/emulator"
	emusettings "wps/emulator/settings"
	"wps/protocol"
	"wps/token"
	"wps/trigger"
)

// hooksGrace is how long a stopping emulator waits for running hooks before it
// kills them. Nothing waits for their answers by then.
const hooksGrace = 5 * time.Second

// eventHooks are the hooks of --on.
type eventHooks struct {
	handler *hooks.Handler // nil without hooks
	keys    []trigger.Key  // the events that --on names
}

// newEventHooks makes the hooks of the flags. Event objects reach the emulator
// without a network, commands by its connection string. Events need no signature and
// no validation, because they come from this process.
func newEventHooks(ctx context.Context, env *cli.Env, flags hooks.Flags, cs token.ConnectionString, server *emulator.Server, quiet bool) (*eventHooks, error) {
	h := &eventHooks{}
	if !flags.Any() {
		return h, nil
	}
	host := hooks.Options{
		Env: env, ConnectionString: cs, Hub: env.Settings.HubFlag, Quiet: quiet, Transport: server.Transport(),
	}
	var err error
	if h.handler, err = flags.Handler(ctx, host); err != nil {
		return nil, err
	}
	h.keys = hookKeys(env, flags.On)
	return h, nil
}

// hookKeys returns the events of --on, and warns of those that the emulator does
// not send.
func hookKeys(env *cli.Env, on []string) (keys []trigger.Key) {
	for _, pair := range on {
		event, _, _ := strings.Cut(pair, "=")
		key, err := trigger.ParseKey(event)
		if err != nil {
			continue // unreachable: the hooks were made from the same text
		}
		if key.Kind == protocol.EventGroup {
			env.Out.Warn("the emulator sends no " + key.Event + " events, like the vendor's emulator: that hook will not run")
		}
		if key.Hub == "" {
			key.Hub = env.Settings.HubFlag
		}
		keys = append(keys, key)
	}
	return keys
}

// with returns other event handlers and the hooks, which come first. With others,
// hooks get the events that --on names; without, all events.
func (h *eventHooks) with(others []emusettings.HubHandler) []emusettings.HubHandler {
	switch {
	case h.handler == nil:
		return others
	case len(others) == 0:
		return []emusettings.HubHandler{h.forHub(emulator.AnyHub, emulator.AllSystemEvents(), emulator.EveryEvent)}
	}
	return append(h.perHub(), others...)
}

// forHub returns the hooks as an event handler of a hub for some events.
func (h *eventHooks) forHub(hub string, system []string, pattern string) emusettings.HubHandler {
	return emusettings.HubHandler{Hub: hub, Name: "hooks", EventHandler: emulator.EventHandler{
		Handler: h.handler, SystemEvents: system, EventPattern: pattern,
	}}
}

// perHub returns the hooks as event handlers, one for each hub, of the events that
// --on names.
func (h *eventHooks) perHub() (all []emusettings.HubHandler) {
	for _, key := range h.keys {
		hub := cmp.Or(key.Hub, emulator.AnyHub)
		i := slices.IndexFunc(all, func(x emusettings.HubHandler) bool { return strings.EqualFold(x.Hub, hub) })
		if i < 0 {
			i = len(all)
			all = append(all, h.forHub(hub, nil, ""))
		}
		addEvent(&all[i].EventHandler, key)
	}
	return all
}

// addEvent adds an event to those that a handler gets.
func addEvent(h *emulator.EventHandler, key trigger.Key) {
	switch {
	case key.Kind == protocol.EventSystem:
		h.SystemEvents = append(h.SystemEvents, key.Event)
	case key.Kind != protocol.EventUser || h.EventPattern == emulator.EveryEvent:
	case key.Event == trigger.AnyEvent || h.EventPattern == "":
		h.EventPattern = key.Event
	default:
		h.EventPattern += "," + key.Event
	}
}

// close closes the hooks. Those that run may finish for hooksGrace from now on,
// which is also the time for the events of a server that is closing: served is
// closed when the server has ended, nil means that it does not serve.
func (h *eventHooks) close(ctx context.Context, env *cli.Env, served <-chan struct{}) error {
	if h.handler == nil {
		return nil
	}
	killed, err := hooks.Stop(ctx, env, h.handler, hooksGrace, served)
	if err == nil && killed {
		return cli.ExitCode(cli.ExitInterrupted)
	}
	return err
}
