package emulator

import (
	"sync"

	"wps/emulator/filter"
	"wps/protocol"
	"wps/protocol/traffic"
)

// hub holds the connections of one hub by id, user and group. One lock guards all
// of it, and the groups of its connections too: changes of membership are rare
// compared with sends, which only read.
type hub struct {
	name    string
	backlog *backlog // of the server

	mu     sync.RWMutex
	byID   map[string]*conn
	all    members
	users  map[string]*members
	groups map[string]*members
	closed bool // the last connection has left: another one needs a new hub
}

func newHub(name string, b *backlog) *hub {
	return &hub{
		name: name, backlog: b, byID: map[string]*conn{},
		users: map[string]*members{}, groups: map[string]*members{},
	}
}

// wholeHub is the target of every connection of a hub.
func wholeHub() protocol.Target { return protocol.Target{Kind: protocol.TargetAll} }

// add makes c visible with its first groups. Frames pushed by before reach the
// client before anything sent to it afterwards. It returns false, and does
// nothing, when h is closed.
func (h *hub) add(c *conn, groups []string, before func()) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return false
	}
	c.hub = h
	h.byID[c.id] = c
	h.all.add(c)
	c.publishOpened(groups)
	if c.hasUser {
		addMember(h.users, c.userID, c)
	}
	for _, g := range groups {
		h.join(c, g, c.chain)
	}
	before()
	return true
}

// remove removes c from h. removed is false when c was not in it; last reports
// that c was the last connection, which closes h.
func (h *hub) remove(c *conn) (removed, last bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.byID[c.id] != c {
		return false, false
	}
	delete(h.byID, c.id)
	h.all.remove(c)
	removeMember(h.users, c.userID, c)
	for g := range c.groups {
		removeMember(h.groups, g, c)
	}
	c.groups, c.groupBytes = nil, 0
	h.closed = len(h.byID) == 0
	return true, h.closed
}

func addMember(sets map[string]*members, name string, c *conn) {
	set := sets[name]
	if set == nil {
		set = &members{}
		sets[name] = set
	}
	set.add(c)
}

func removeMember(sets map[string]*members, name string, c *conn) {
	set := sets[name]
	if set == nil {
		return
	}
	if set.remove(c); len(set.list) == 0 {
		delete(sets, name)
	}
}

// join returns false, and does nothing, when c is in too many groups already. chain
// is that of its cause.
func (h *hub) join(c *conn, group string, chain uint64) bool {
	if _, already := c.groups[group]; already {
		return true
	}
	if len(c.groups) >= maxGroups || c.groupBytes+len(group) > maxGroupBytes {
		return false
	}
	if c.groups == nil {
		c.groups = map[string]struct{}{}
	}
	c.groups[group] = struct{}{}
	c.groupBytes += len(group)
	addMember(h.groups, group, c)
	c.publishMembership(traffic.Joined, group, chain)
	return true
}

// leave always returns true; it has the form of join.
func (h *hub) leave(c *conn, group string, chain uint64) bool {
	if _, in := c.groups[group]; in {
		delete(c.groups, group)
		c.groupBytes -= len(group)
		removeMember(h.groups, group, c)
		c.publishMembership(traffic.Left, group, chain)
	}
	return true
}

func (h *hub) leaveAll(c *conn, chain uint64) {
	for g := range c.groups {
		h.leave(c, g, chain)
	}
	c.groups = nil
}

// targets returns the connections of a target. The caller holds the lock and must
// not use the slice after releasing it.
func (h *hub) targets(t protocol.Target) []*conn {
	switch t.Kind {
	case protocol.TargetAll:
		return h.all.list
	case protocol.TargetGroup:
		if set := h.groups[t.ID]; set != nil {
			return set.list
		}
	case protocol.TargetUser:
		if set := h.users[t.ID]; set != nil {
			return set.list
		}
	case protocol.TargetConnection:
		if c := h.byID[t.ID]; c != nil {
			return []*conn{c}
		}
	}
	return nil
}

// connections returns a copy of the connections of a target.
func (h *hub) connections(t protocol.Target) []*conn {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return append([]*conn(nil), h.targets(t)...)
}

func (h *hub) exists(t protocol.Target) bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return len(h.targets(t)) > 0
}

// update applies f to every connection of a target, under the lock, and reports
// whether there was one.
func (h *hub) update(t protocol.Target, f func(*conn)) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	found := h.targets(t)
	for _, c := range found {
		f(c)
	}
	return len(found) > 0
}

// send queues m for every connection of a target except the excluded ones, and
// returns the number of receivers.
func (h *hub) send(t protocol.Target, m *message, excluded []string) (receivers int) {
	return h.sendTo(t, m, excluded, nil)
}

// sendTo is send with a filter; nil means none. A connection whose queue is full
// is closed after all others have been served.
func (h *hub) sendTo(t protocol.Target, m *message, excluded []string, f *filter.Filter) (receivers int) {
	skip, chosen := idSet(excluded), newChoice(f)
	type overflow struct {
		c      *conn
		reason string
	}
	var full []overflow
	h.mu.RLock()
	for _, c := range h.targets(t) {
		if skip != nil && skip[c.id] || !chosen.matches(c) {
			continue
		}
		receivers++
		if reason := c.sendMessage(m); reason != "" {
			full = append(full, overflow{c, reason})
		}
	}
	h.mu.RUnlock()
	for _, f := range full {
		f.c.overflow(f.reason)
	}
	if receivers > 0 { // an empty hub has no backlog
		h.backlog.added(m.size())
	}
	return receivers
}

// connection returns a connection by its id, or nil.
func (h *hub) connection(id string) *conn {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.byID[id]
}

// choice selects the connections of a request's filter; nil selects all. It is
// used under the hub's lock, for one connection after the other.
type choice struct {
	filter  *filter.Filter
	subject filter.Subject
}

func newChoice(f *filter.Filter) *choice {
	if f == nil {
		return nil
	}
	return &choice{filter: f}
}

func (x *choice) matches(c *conn) bool {
	if x == nil {
		return true
	}
	x.subject = filter.Subject{
		ConnectionID: c.id, UserID: c.userID, HasUser: c.hasUser, Groups: c.groups,
		Protocol: canonicalSubprotocol(c.subprotocol),
	}
	return x.filter.Match(&x.subject)
}

// idSet returns a set of connection ids; nil for none.
func idSet(ids []string) map[string]bool {
	if len(ids) == 0 {
		return nil
	}
	set := make(map[string]bool, len(ids))
	for _, id := range ids {
		set[id] = true
	}
	return set
}
