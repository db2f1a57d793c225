package emulator

import (
	"slices"
	"strings"

	"wps/protocol"
)

func (h *hub) appendConnections(all []ConnectionStatus) []ConnectionStatus {
	h.mu.RLock()
	defer h.mu.RUnlock()
	first := len(all)
	for _, c := range h.all.list {
		all = append(all, c.status())
	}
	slices.SortFunc(all[first:], func(a, b ConnectionStatus) int { return strings.Compare(a.ConnectionID, b.ConnectionID) })
	return all
}

func (h *hub) appendGroups(all []GroupStatus) []GroupStatus {
	h.mu.RLock()
	defer h.mu.RUnlock()
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
