package emulatorcmd

import (
	"context"
	"errors"
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

// hooksGrace is how long a stopping emulator lets running hooks finish before
// they are killed; their answers have nowhere to go by then.
const hooksGrace = 5 * time.Second

// emulatorHooks are an emulator and the hooks inside it.
type emulatorHooks struct {
	server  *emulator.Server
	handler *hooks.Handler // nil without hooks
	keys    []trigger.Key  // the events that --on names
}

// startHooks makes the hooks of --on. They use the emulator in this process:
// event objects without a network, commands through its connection string. Its
// events need no signature and no validation.
func (o *emulatorOptions) startHooks(ctx context.Context, env *cli.Env, cs token.ConnectionString, server *emulator.Server, quiet bool) (*emulatorHooks, error) {
	h := &emulatorHooks{server: server}
	if !o.hooks.Any() {
		return h, nil
	}
	host := hooks.Options{
		Env: env, ConnectionString: cs, Hub: env.Settings.HubFlag, Quiet: quiet, Transport: server.Transport(),
	}
	var err error
	if h.handler, err = o.hooks.Handler(ctx, host); err != nil {
		return nil, err
	}
	h.keys = o.hookKeys(env)
	return h, nil
}

// events gives the handlers of everything: beside others, hooks get the events
// that they name; alone, all.
func (o *emulatorOptions) events(h *emulatorHooks) []emusettings.HubHandler {
	others := slices.Concat(o.handlers, o.settings.Handlers)
	switch {
	case h.handler == nil:
		return others
	case len(others) == 0:
		return []emusettings.HubHandler{h.named(emulator.AnyHub, emulator.AllSystemEvents(), emulator.EveryEvent)}
	}
	return append(h.chosen(h.keys), others...)
}

// hookKeys gives the events that --on names, and warns of those that never come.
func (o *emulatorOptions) hookKeys(env *cli.Env) (keys []trigger.Key) {
	for _, pair := range o.hooks.On {
		event, _, _ := strings.Cut(pair, "=")
		key, err := trigger.ParseKey(event)
		if err != nil {
			continue // cannot be: the hooks were made of the same words
		}
		if key.Kind == protocol.EventGroup {
			env.Out.Warn("the emulator sends no " + key.Event + " events, as the vendor's does not: that hook will not run")
		}
		if key.Hub == "" {
			key.Hub = env.Settings.HubFlag
		}
		keys = append(keys, key)
	}
	return keys
}

func (h *emulatorHooks) named(hub string, system []string, pattern string) emusettings.HubHandler {
	return emusettings.HubHandler{Hub: hub, Name: "hooks", EventHandler: emulator.EventHandler{
		Handler: h.handler, SystemEvents: system, EventPattern: pattern,
	}}
}

// chosen gives the hooks the events that they name, so that other handlers have
// the rest.
func (h *emulatorHooks) chosen(keys []trigger.Key) (all []emusettings.HubHandler) {
	for _, key := range keys {
		hub := key.Hub
		if hub == "" {
			hub = emulator.AnyHub
		}
		i := slices.IndexFunc(all, func(x emusettings.HubHandler) bool { return strings.EqualFold(x.Hub, hub) })
		if i < 0 {
			i = len(all)
			all = append(all, h.named(hub, nil, ""))
		}
		want(&all[i].EventHandler, key)
	}
	return all
}

// want adds an event to those that a handler gets.
func want(h *emulator.EventHandler, key trigger.Key) {
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

// close lets running hooks finish, then kills what does not.
func (h *emulatorHooks) close(ctx context.Context) error {
	if h.handler == nil {
		return nil
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), hooksGrace)
	defer cancel()
	if err := h.handler.Close(stopping); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}
