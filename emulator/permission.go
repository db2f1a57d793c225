package emulator

import (
	"slices"
	"strings"
	"sync"

	"wps/protocol"
)

// Quotas of the rules of one permission. The default rule counts as a pattern.
const (
	maxPatterns = 9
	maxLiterals = 1000
)

// rights are what one connection may do with groups. Safe for concurrent use.
type rights struct {
	mu    sync.Mutex
	rules map[protocol.Permission]*rules
}

// newRights reads the roles of a token in sorted order, each once. Roles that it
// does not know, patterns that are not valid and what exceeds a quota are
// skipped, as the service does.
func newRights(roles []string) *rights {
	r := &rights{}
	roles = slices.Compact(slices.Sorted(slices.Values(roles)))
	for _, role := range roles {
		for _, p := range []protocol.Permission{protocol.PermissionSendToGroup, protocol.PermissionJoinLeaveGroup} {
			r.apply(p, strings.TrimPrefix(role, "webpubsub."+string(p)), role)
		}
	}
	return r
}

func (r *rights) apply(p protocol.Permission, rest, role string) {
	switch {
	case rest == role: // another permission
	case rest == "":
		r.of(p).allowAll()
	case strings.HasPrefix(rest, "."):
		if protocol.CheckGroup(rest[1:]) == nil {
			r.of(p).set(rest[1:], true)
		}
	case strings.HasPrefix(rest, "s."):
		r.of(p).allowPattern(rest[2:])
	}
}

func (r *rights) of(p protocol.Permission) *rules {
	if r.rules == nil {
		r.rules = map[protocol.Permission]*rules{}
	}
	if r.rules[p] == nil {
		r.rules[p] = &rules{}
	}
	return r.rules[p]
}

// may tells whether the connection has permission p for a group.
func (r *rights) may(p protocol.Permission, group string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	x := r.rules[p]
	return x != nil && x.allows(group)
}

// set grants permission p for one group, or revokes it. It is false when that
// would need more single-group rules than maxLiterals; nothing is changed then.
// The group is taken as it is: a star in it has no meaning.
func (r *rights) set(p protocol.Permission, group string, allowed bool) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.of(p).set(group, allowed)
}

// rules decide one permission: a literal rule beats the patterns, else the
// default holds. Patterns only ever allow: nothing revokes by pattern, so which
// of them is the newest does not matter.
//
// Source: the vendor's emulator.
type rules struct {
	all      bool
	patterns []pattern
	literals map[string]bool // true allows, false denies
}

func (x *rules) allows(group string) bool {
	if allowed, ok := x.literals[group]; ok {
		return allowed
	}
	return x.general(group)
}

func (x *rules) general(group string) bool {
	for _, p := range x.patterns {
		if p.match(group) {
			return true
		}
	}
	return x.all
}

func (x *rules) allowAll() { *x = rules{all: true} }

// set makes the answer for one group allowed, with as few literals as it takes:
// an opposite one goes, and none is added for what holds anyway. False means
// that there are too many.
func (x *rules) set(group string, allowed bool) bool {
	if now, ok := x.literals[group]; ok {
		if now != allowed {
			delete(x.literals, group)
		}
		return true
	}
	if x.general(group) == allowed {
		return true
	}
	if len(x.literals) >= maxLiterals {
		return false
	}
	if x.literals == nil {
		x.literals = map[string]bool{}
	}
	x.literals[group] = allowed
	return true
}

func (x *rules) allowPattern(text string) {
	p, ok := parsePattern(text)
	if !ok {
		return
	}
	if p.everything() {
		x.allowAll()
		return
	}
	if len(x.patterns) >= maxPatterns {
		return
	}
	for g := range x.literals {
		if p.match(g) {
			delete(x.literals, g)
		}
	}
	x.patterns = append(x.patterns, p)
}
