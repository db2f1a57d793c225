package emulator

import (
	"context"
	"fmt"

	"wps/protocol"
)

// Limits on the groups of one connection, and on their names together, in bytes.
// They are our choice: the limits of the service are not published.
const (
	maxGroups     = 10_000
	maxGroupBytes = 4 << 20
)

// tooManyGroups is the message for a connection that is in too many groups.
const tooManyGroups = "The connection is in too many groups; at most 10000 are allowed, and 4 MiB of names."

// checkGroups returns an error for groups that a new connection cannot be in.
func checkGroups(groups []string) error {
	size := 0
	for _, g := range groups {
		if err := protocol.CheckGroup(g); err != nil {
			return err
		}
		size += len(g)
	}
	if len(groups) > maxGroups || size > maxGroupBytes {
		return fmt.Errorf("%s", tooManyGroups) // a text of the wire, not the start of a sentence
	}
	return nil
}

// changesPerLock is how many memberships one bulk operation changes before it
// lets others have the hub: one or two milliseconds. Evaluating a filter counts
// as filterCost changes.
const (
	changesPerLock = 1024
	filterCost     = 16
)

// groupChange is hub.join or hub.leave.
type groupChange func(h *hub, c *conn, group string, chain uint64) bool

// bulkChange is a bulk group operation in progress.
type bulkChange struct {
	*bulk
	hub    *hub
	change groupChange // join or leave
	rest   []*conn     // not changed yet
	next   int         // the group that the first of rest changes next
	full   bool        // a connection could not join a group
}

// changeGroups applies change to every connection that b selects. full reports
// that a connection has reached its limit. The error is that of ctx, when it ends
// before the operation does.
func (h *hub) changeGroups(ctx context.Context, b *bulk, change groupChange) (full bool, err error) {
	x := &bulkChange{bulk: b, hub: h, change: change, rest: h.connections(wholeHub())}
	for x.advance() {
		if err := ctx.Err(); err != nil {
			return x.full, err
		}
	}
	return x.full, nil
}

// advance changes as much as may be changed without unlocking the hub, and
// reports whether more is left.
func (x *bulkChange) advance() bool {
	x.hub.mu.Lock()
	defer x.hub.mu.Unlock()
	for left := changesPerLock; left > 0 && len(x.rest) > 0; left-- {
		c := x.rest[0]
		if x.next == 0 && x.chosen != nil {
			left -= filterCost
		}
		if x.hub.byID[c.id] != c || x.next == 0 && !x.chosen.matches(c) {
			x.rest, x.next = x.rest[1:], 0
			continue
		}
		left -= x.changeOne(c, max(left, 1))
	}
	return len(x.rest) > 0
}

// changeOne changes at most that many groups of the first connection and returns
// how many it has changed.
func (x *bulkChange) changeOne(c *conn, most int) (changed int) {
	groups := x.groups[x.next:]
	groups = groups[:min(len(groups), most)]
	for _, g := range groups {
		if !x.change(x.hub, c, g, x.chain) {
			x.full = true
			x.next = len(x.groups) // the others do not fit either
			break
		}
		x.next++
	}
	if x.next == len(x.groups) {
		x.rest, x.next = x.rest[1:], 0
	}
	return len(groups)
}
