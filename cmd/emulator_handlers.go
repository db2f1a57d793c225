package cmd

import (
	"fmt"
	"slices"
	"strings"

	"wps/emulator"
	"wps/protocol"
)

// hubHandler is an event handler of one hub, or of emulator.AnyHub.
type hubHandler struct {
	hub string
	h   emulator.EventHandler
}

// parseHandler reads "[HUB=]URL [system=LIST] [user=LIST]".
func parseHandler(text string) (hubHandler, error) {
	words := strings.Fields(text)
	if len(words) == 0 {
		return hubHandler{}, fmt.Errorf("a URL is missing")
	}
	at := hubHandler{emulator.AnyHub, emulator.EventHandler{
		URLTemplate: words[0], SystemEvents: emulator.AllSystemEvents(), EventPattern: emulator.EveryEvent,
	}}
	if hub, rest, ok := strings.Cut(words[0], "="); ok && !strings.Contains(hub, "/") {
		at.hub, at.h.URLTemplate = hub, rest
		if err := protocol.CheckHub(hub); err != nil && hub != emulator.AnyHub {
			return at, err
		}
	}
	for _, word := range words[1:] {
		name, list, _ := strings.Cut(word, "=")
		if strings.EqualFold(list, "none") {
			list = ""
		}
		switch strings.ToLower(name) {
		case "system":
			at.h.SystemEvents = slices.DeleteFunc(strings.Split(list, ","), func(s string) bool { return s == "" })
		case "user":
			at.h.EventPattern = list
		default:
			return at, fmt.Errorf("%q is neither system=LIST nor user=LIST", word)
		}
	}
	return at, at.h.Check()
}

// settingsByHub sorts handlers: a hub has its own first, then those of every
// hub, each in the order given.
func settingsByHub(all []hubHandler) map[string]emulator.HubSettings {
	hubs := map[string]emulator.HubSettings{}
	add := func(hub string, h emulator.EventHandler) {
		s := hubs[hub]
		s.Handlers = append(s.Handlers, h)
		hubs[hub] = s
	}
	for _, x := range all {
		if x.hub != emulator.AnyHub {
			add(strings.ToLower(x.hub), x.h)
		}
	}
	for _, x := range all {
		if x.hub == emulator.AnyHub {
			for hub := range hubs {
				if hub != emulator.AnyHub {
					add(hub, x.h)
				}
			}
			add(emulator.AnyHub, x.h)
		}
	}
	return hubs
}

// describe tells where events go, without what may be secret in the URL.
func (x hubHandler) describe() string {
	hub := "hub " + x.hub
	if x.hub == emulator.AnyHub {
		hub = "every hub"
	}
	address := emulator.ShownURL(x.h.URLTemplate)
	if address == hooksURL {
		address = "hooks"
	}
	events := append([]string{}, x.h.SystemEvents...)
	switch x.h.EventPattern {
	case "":
	case emulator.EveryEvent:
		events = append(events, "user events")
	default:
		events = append(events, "user events "+x.h.EventPattern)
	}
	return fmt.Sprintf("%s -> %s (%s)", hub, address, strings.Join(events, ", "))
}
