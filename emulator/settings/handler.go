package settings

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"wps/emulator"
	"wps/internal/shownurl"
	"wps/protocol"
)

// HubHandler is an event handler of one hub, or of every hub.
type HubHandler struct {
	Hub  string // or emulator.AnyHub
	Name string // String writes it in place of the URL; may be empty
	emulator.EventHandler
}

// ParseHandler reads "[HUB=]URL [system=LIST] [user=LIST]". LIST is names with
// commas between, or none; without either, the handler gets every event.
func ParseHandler(text string) (HubHandler, error) {
	words := strings.Fields(text)
	if len(words) == 0 {
		return HubHandler{}, errors.New("a URL is missing")
	}
	h := HubHandler{Hub: emulator.AnyHub, EventHandler: emulator.EventHandler{
		URLTemplate: words[0], SystemEvents: emulator.AllSystemEvents(), EventPattern: emulator.EveryEvent,
	}}
	if hub, rest, ok := strings.Cut(words[0], "="); ok && !strings.ContainsAny(hub, "/:@?") {
		h.Hub, h.URLTemplate = hub, rest
		if err := protocol.CheckHub(hub); err != nil && hub != emulator.AnyHub {
			return HubHandler{}, err
		}
	}
	if err := h.restrict(words[1:]); err != nil {
		return HubHandler{}, err
	}
	if err := h.Check(); err != nil {
		return h, err
	}
	if unknown := h.UnknownParameters(); len(unknown) > 0 {
		return h, fmt.Errorf("URL template %q: %s is unknown: use {hub} and {event}", emulator.ShownURL(h.URLTemplate), strings.Join(unknown, ", "))
	}
	return h, nil
}

// restrict reads which events a handler gets. Either word may come once.
func (h *HubHandler) restrict(words []string) error {
	seen := map[string]bool{}
	for _, word := range words {
		name, list, _ := strings.Cut(word, "=")
		if strings.EqualFold(list, "none") {
			list = ""
		}
		name = strings.ToLower(name)
		switch {
		case seen[name]:
			return fmt.Errorf("%s=LIST comes twice", name)
		case name == "system":
			h.SystemEvents = slices.DeleteFunc(strings.Split(list, ","), func(s string) bool { return s == "" })
		case name == "user":
			h.EventPattern = list
		default:
			return fmt.Errorf("%q is neither system=LIST nor user=LIST", shownurl.Of(word))
		}
		seen[name] = true
	}
	return nil
}

// String returns where events go and which, without what may be secret in the
// URL.
func (h HubHandler) String() string {
	hub := "hub " + h.Hub
	if h.Hub == emulator.AnyHub {
		hub = "every hub"
	}
	name := h.Name
	if name == "" {
		name = emulator.ShownURL(h.URLTemplate)
	}
	events := slices.Clone(h.SystemEvents)
	switch h.EventPattern {
	case "":
	case emulator.EveryEvent:
		events = append(events, "user events")
	default:
		events = append(events, "user events "+h.EventPattern)
	}
	return fmt.Sprintf("%s -> %s (%s)", hub, name, strings.Join(events, ", "))
}

// ByHub sorts event handlers by hub, in lower case. A hub that is named gets its
// own handlers first, then those of every hub, each in the order given.
func ByHub(all []HubHandler) map[string]emulator.HubSettings {
	hubs := map[string]emulator.HubSettings{}
	add := func(hub string, h emulator.EventHandler) {
		s := hubs[hub]
		s.Handlers = append(s.Handlers, h)
		hubs[hub] = s
	}
	for _, h := range all {
		if h.Hub != emulator.AnyHub {
			add(strings.ToLower(h.Hub), h.EventHandler)
		}
	}
	for _, h := range all {
		if h.Hub != emulator.AnyHub {
			continue
		}
		for hub := range hubs {
			if hub != emulator.AnyHub {
				add(hub, h.EventHandler)
			}
		}
		add(emulator.AnyHub, h.EventHandler)
	}
	return hubs
}
