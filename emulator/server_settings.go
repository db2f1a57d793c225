package emulator

import (
	"fmt"
	"strings"

	"wps/protocol"
)

// settings are those of hubs, made ready. They are replaced as a whole.
type settings struct {
	hubs      map[string]*hubRules // by name in lower case, and AnyHub
	anonymous map[string]bool      // the same
}

// Configure replaces what Options.Hubs and Options.AnonymousHubs said; after an
// error, which names the hub, nothing has changed. Every event that happens
// later goes by the new settings, those of open connections too. Only a
// connection whose hub had no event handler when it came never sends any.
func (s *Server) Configure(hubs map[string]HubSettings, anonymousHubs []string) error {
	next := &settings{hubs: map[string]*hubRules{}, anonymous: map[string]bool{}}
	for name, h := range hubs {
		if name != AnyHub {
			if err := protocol.CheckHub(name); err != nil {
				return err
			}
		}
		key := strings.ToLower(name)
		if next.hubs[key] != nil {
			return fmt.Errorf("hub %q has settings twice", name)
		}
		rules := &hubRules{}
		for i := range h.Handlers {
			ready, err := s.up.newHandler(&h.Handlers[i])
			if err != nil {
				return fmt.Errorf("hub %q, event handler %d: %w", name, i+1, err)
			}
			rules.handlers = append(rules.handlers, ready)
		}
		next.hubs[key] = rules
	}
	for _, name := range anonymousHubs {
		next.anonymous[strings.ToLower(name)] = true
	}
	s.settings.Store(next)
	return nil
}

// noRules are those of a hub without settings.
var noRules hubRules

// rules gives the settings of a hub by its name in lower case.
func (s *settings) rules(hub string) *hubRules {
	if r := s.hubs[hub]; r != nil {
		return r
	}
	if r := s.hubs[AnyHub]; r != nil {
		return r
	}
	return &noRules
}

// allowsAnonymous tells whether clients of a hub need no token.
func (s *settings) allowsAnonymous(hub string) bool { return s.anonymous[AnyHub] || s.anonymous[hub] }
