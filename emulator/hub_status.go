package emulator

import (
	"maps"
	"slices"
	"strings"

	"wps/protocol"
)

// Limits of the lists of the control API. No list is made while the hub is locked,
// so that sends and joins do not wait for it.
const (
	maxListed       = 100_000   // connections or groups of all hubs
	maxListedGroups = 1000      // names of one connection
	maxListedNames  = 1_000_000 // names of all connections
)

// connectionList is a list of connections as it grows.
type connectionList struct {
	all   []ConnectionStatus
	names int // of groups
}

// add adds the connections of h in the order of their ids, as many as the limits
// allow.
func (l *connectionList) add(h *hub) {
	found := h.connections(wholeHub())
	slices.SortFunc(found, func(a, b *conn) int { return strings.Compare(a.id, b.id) })
	for _, c := range found {
		if len(l.all) == maxListed {
			return
		}
		st := c.status(min(maxListedGroups, maxListedNames-l.names))
		l.names += len(st.Groups)
		l.all = append(l.all, st)
	}
}

// groupNames returns the names of the groups of c, in order and at most limit of
// them, and how many more there are.
func (h *hub) groupNames(c *conn, limit int) (names []string, more int) {
	h.mu.RLock()
	names = slices.AppendSeq(make([]string, 0, len(c.groups)), maps.Keys(c.groups))
	h.mu.RUnlock()
	slices.Sort(names)
	more = max(len(names)-limit, 0)
	return slices.Clip(names[:len(names)-more]), more
}

// groupList returns the groups of h, in no order.
func (h *hub) groupList() []GroupStatus {
	h.mu.RLock()
	defer h.mu.RUnlock()
	all := make([]GroupStatus, 0, len(h.groups))
	for name, set := range h.groups {
		all = append(all, GroupStatus{h.name, name, len(set.list)})
	}
	return all
}

// page returns the connections of a target whose id is greater than after, at
// most limit of them and in order, and reports whether there are more.
func (h *hub) page(t protocol.Target, after string, limit int) (page []protocol.Member, more bool) {
	found := h.connections(t)
	found = slices.DeleteFunc(found, func(c *conn) bool { return c.id <= after })
	slices.SortFunc(found, func(a, b *conn) int { return strings.Compare(a.id, b.id) })
	more = len(found) > limit
	found = found[:min(len(found), limit)]
	page = make([]protocol.Member, len(found))
	for i, c := range found {
		page[i].ConnectionID = c.id
		if c.hasUser {
			page[i].UserID = &c.userID
		}
	}
	return page, more
}

func (h *hub) status() HubStatus {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return HubStatus{h.name, len(h.byID), len(h.users), len(h.groups)}
}
