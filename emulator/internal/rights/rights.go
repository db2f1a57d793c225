// Package rights decides what one connection may do with groups: it reads the roles
// of a client's token, keeps what REST grants and revokes later, and answers whether
// a permission holds for a group.
//
// It hides how role names and their wildcards are read, which rule outranks which,
// and the quotas of the service. How a refusal is answered is left to package
// emulator.
//
//	r := rights.New(claims.Roles)
//	inQuota := r.Set(protocol.PermissionSendToGroup, "g1", true)
//	allowed := r.May(protocol.PermissionSendToGroup, "g1")
package rights

import (
	"fmt"
	"maps"
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

// Rights are what one connection may do with groups. All methods may be called
// concurrently.
type Rights struct {
	mu    sync.Mutex
	rules map[protocol.Permission]*rules
}

// New reads the roles of a token in their order. Unknown roles, invalid patterns
// and rules beyond a quota are ignored, as the service does; a pattern that is
// repeated counts again.
func New(roles []string) *Rights {
	r := &Rights{}
	for _, role := range roles {
		r.addRole(role)
	}
	return r
}

// addRole adds what a role allows, and returns why it has no effect, or not the one
// that it seems to have; "" if it is as it seems, or none of the service's roles.
func (r *Rights) addRole(role string) (fault string) {
	for _, p := range []protocol.Permission{protocol.PermissionSendToGroup, protocol.PermissionJoinLeaveGroup} {
		switch suffix := strings.TrimPrefix(role, prefixOf(p)); {
		case suffix == role: // another permission
		case suffix == "":
			r.rulesOf(p).allowAll()
		case strings.HasPrefix(suffix, "."):
			return r.addGroup(p, suffix[1:])
		case suffix == "s" || strings.HasPrefix(suffix, "s."):
			return r.addPattern(p, strings.TrimPrefix(suffix[1:], "."))
		}
	}
	return ""
}

// prefixOf is how the roles of a permission begin.
func prefixOf(p protocol.Permission) string { return "webpubsub." + string(p) }

// addGroup adds the permission for one group.
func (r *Rights) addGroup(p protocol.Permission, group string) (fault string) {
	if err := protocol.CheckGroup(group); err != nil {
		return fmt.Sprintf("has no effect: %v", err)
	}
	if !r.rulesOf(p).setGroup(group, true) {
		return fmt.Sprintf("has no effect: it is over the quota of %d groups", maxLiterals)
	}
	if strings.ContainsAny(group, "*?") {
		return fmt.Sprintf("is for the one group %q: for a pattern use %ss.%s", group, prefixOf(p), group)
	}
	return ""
}

// addPattern adds the permission for the groups of a pattern.
func (r *Rights) addPattern(p protocol.Permission, text string) (fault string) {
	pattern, err := parsePattern(text)
	if err != nil {
		return fmt.Sprintf("has no effect: %v", err)
	}
	if !r.rulesOf(p).allowPattern(pattern) {
		return fmt.Sprintf("has no effect: it is over the quota of %d patterns", maxPatterns)
	}
	return ""
}

// Fault is what is wrong with a role.
type Fault struct {
	Role string
	Text string // follows the role, such as "has no effect: ..."
}

// Faults returns the roles of a token that have no effect, or not the one that they
// seem to have, in the order of the token. Roles that are not the service's have none.
func Faults(roles []string) (faults []Fault) {
	r := &Rights{}
	for _, role := range roles {
		if text := r.addRole(role); text != "" {
			faults = append(faults, Fault{role, text})
		}
	}
	return faults
}

func (r *Rights) rulesOf(p protocol.Permission) *rules {
	if r.rules == nil {
		r.rules = map[protocol.Permission]*rules{}
	}
	if r.rules[p] == nil {
		r.rules[p] = &rules{}
	}
	return r.rules[p]
}

// May reports whether the connection has permission p for a group.
func (r *Rights) May(p protocol.Permission, group string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	x := r.rules[p]
	return x != nil && x.allows(group)
}

// Set grants permission p for one group, or revokes it. It returns false when
// that would need more than 1000 rules for single groups; nothing is changed
// then. A star in the group's name has no meaning.
func (r *Rights) Set(p protocol.Permission, group string, allowed bool) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.rulesOf(p).setGroup(group, allowed)
}

// rules decide one permission: a literal rule outranks the patterns, and those
// outrank the default. Patterns only ever allow, because nothing revokes by
// pattern, so their order does not matter.
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
	return x.allowsGenerally(group)
}

// allowsGenerally is the answer for a group without a rule of its own.
func (x *rules) allowsGenerally(group string) bool {
	for _, p := range x.patterns {
		if p.match(group) {
			return true
		}
	}
	return x.all
}

func (x *rules) allowAll() { *x = rules{all: true} }

// setGroup makes the answer for one group allowed, with as few literals as
// possible: an opposite one is removed, and none is added for what holds anyway.
// It returns false when there are too many.
func (x *rules) setGroup(group string, allowed bool) bool {
	if now, ok := x.literals[group]; ok {
		if now != allowed {
			delete(x.literals, group)
		}
		return true
	}
	if x.allowsGenerally(group) == allowed {
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

// allowPattern returns false when there are too many patterns.
func (x *rules) allowPattern(p pattern) bool {
	if p.matchesAll() {
		x.allowAll()
		return true
	}
	if len(x.patterns) >= maxPatterns {
		return false
	}
	for g := range x.literals {
		if p.match(g) {
			delete(x.literals, g)
		}
	}
	x.patterns = append(x.patterns, p)
	return true
}

// Rule is the answer for one group that differs from what the roles say, or is
// named by one.
type Rule struct {
	Permission protocol.Permission `json:"permission"`
	Group      string              `json:"group"`
	Granted    bool                `json:"granted"`
}

// Rules returns at most that many rules for single groups, by permission and group.
func (r *Rights) Rules(most int) []Rule {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := []Rule{}
	for _, p := range slices.Sorted(maps.Keys(r.rules)) {
		for _, g := range slices.Sorted(maps.Keys(r.rules[p].literals)) {
			if len(all) == most {
				return all
			}
			all = append(all, Rule{p, g, r.rules[p].literals[g]})
		}
	}
	return all
}
