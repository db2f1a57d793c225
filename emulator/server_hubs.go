package emulator

import (
	"slices"
	"strings"
)

// noHub is used in place of every hub without connections.
var noHub hub

// addConn makes c visible in a hub, which it makes when c is its first
// connection. The name is in lower case; groups and before are those of hub.add.
func (s *Server) addConn(hubName string, c *conn, groups []string, before func()) {
	for h := s.openHub(hubName); !h.add(c, groups, before); h = s.openHub(hubName) {
		s.forgetHub(h) // its last connection has left it a moment ago
	}
	s.startPinging()
}

// removeConn removes c from its hub, and forgets a hub without connections. It
// returns false when c was not in it.
func (s *Server) removeConn(c *conn) bool {
	removed, last := c.hub.remove(c)
	if last {
		s.forgetHub(c.hub)
	}
	return removed
}

// openHub returns a hub by its name in lower case, and makes it when there is
// none.
func (s *Server) openHub(name string) *hub {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.hubs[name]
	if h == nil {
		h = newHub(name, &s.backlog)
		s.hubs[name] = h
	}
	return h
}

// forgetHub drops a hub that accepts no connections any more.
func (s *Server) forgetHub(h *hub) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hubs[h.name] == h {
		delete(s.hubs, h.name)
	}
}

// findHub returns a hub by its name in lower case; one without connections is
// empty.
func (s *Server) findHub(name string) *hub {
	s.mu.Lock()
	defer s.mu.Unlock()
	if h := s.hubs[name]; h != nil {
		return h
	}
	return &noHub
}

// allHubs returns the hubs that have connections, in no order.
func (s *Server) allHubs() []*hub {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*hub, 0, len(s.hubs))
	for _, h := range s.hubs {
		all = append(all, h)
	}
	return all
}

// hubsNamed returns the hub of a name, or all of them, sorted, for "".
func (s *Server) hubsNamed(name string) []*hub {
	hubs := slices.DeleteFunc(s.allHubs(), func(h *hub) bool { return name != "" && h.name != name })
	slices.SortFunc(hubs, func(a, b *hub) int { return strings.Compare(a.name, b.name) })
	return hubs
}
