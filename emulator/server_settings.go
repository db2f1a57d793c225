package emulator

import (
	"fmt"
	"strings"

	"wps/protocol"
)

// settings are the settings of all hubs, prepared for use. They are replaced as a
// whole.
type settings struct {
	hubs      map[string]*hubRules // by name in lower case, and AnyHub
	anonymous map[string]bool      // the same
}

// Configure replaces Options.Hubs and Options.AnonymousHubs; after an error, which
// names the hub, nothing has changed. Every later event uses the new settings,
// those of open connections too. A connection that was opened while its hub had no
// event handler sends its later events only with Options.Reconfigured.
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
		rules := &hubRules{keepAlive: h.KeepAlive}
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
	s.noticeIntervals()
	return nil
}

// noRules are those of a hub without settings.
var noRules hubRules

// rules returns the settings of a hub by its name in lower case.
func (s *settings) rules(hub string) *hubRules {
	if r := s.hubs[hub]; r != nil {
		return r
	}
	if r := s.hubs[AnyHub]; r != nil {
		return r
	}
	return &noRules
}

// allowsAnonymous reports whether clients of a hub need no token.
func (s *settings) allowsAnonymous(hub string) bool { return s.anonymous[AnyHub] || s.anonymous[hub] }
