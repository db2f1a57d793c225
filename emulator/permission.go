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

// newRights reads the roles of a token. Roles that it does not know, patterns
// that are not valid and what exceeds a quota are skipped, as the service does.
func newRights(roles []string) *rights {
	r := &rights{}
	roles = slices.Sorted(slices.Values(roles))
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
		r.of(p).allow(rest[1:])
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

// rules decide one permission: a literal rule beats the patterns, the newest
// pattern beats the older, else the default holds.
type rules struct {
	all      bool
	patterns []pattern // newest last
	literals map[string]bool
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

func (x *rules) allow(group string) {
	if x.allows(group) || len(x.literals) >= maxLiterals || protocol.CheckGroup(group) != nil {
		return
	}
	if x.literals == nil {
		x.literals = map[string]bool{}
	}
	x.literals[group] = true
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
