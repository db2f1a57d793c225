package rights_test

import (
	"fmt"
	"strings"
	"testing"

	"wps/emulator/internal/rights"
	"wps/protocol"
)

// TestRoles reads the roles of a token.
func TestRoles(t *testing.T) {
	t.Parallel()
	patterns := func(names ...string) (roles []string) {
		for _, n := range names {
			roles = append(roles, "webpubsub.sendToGroups."+n)
		}
		return roles
	}
	literals := func(n int) (roles []string) {
		for i := range n {
			roles = append(roles, fmt.Sprint("webpubsub.sendToGroup.room", i))
		}
		return roles
	}
	tests := []struct {
		name    string
		roles   []string
		yes, no []string
	}{
		{"none", nil, nil, []string{"g"}},
		{"all", []string{"webpubsub.sendToGroup"}, []string{"g", "a.b"}, nil},
		{"one", []string{"webpubsub.sendToGroup.g"}, []string{"g"}, []string{"G", "gg"}},
		{"dots belong to the name", []string{"webpubsub.sendToGroup.a.b"}, []string{"a.b"}, []string{"a", "b"}},
		{"a star in the singular", []string{"webpubsub.sendToGroup.*"}, []string{"*"}, []string{"g"}},
		{"case of a role", []string{"webpubsub.sendtogroup", "Webpubsub.sendToGroup", "webpubsub.sendToGroup."}, nil, []string{"g"}},
		{"other permission", []string{"webpubsub.joinLeaveGroup", "webpubsub.joinLeaveGroups.**"}, nil, []string{"g"}},
		{"run", patterns("ab*"), []string{"ab", "abcd"}, []string{"ab.cd", "a", "AB"}},
		{"one character", patterns("a?c"), []string{"abc", "aéc"}, []string{"a.c", "ac"}},
		{"any", patterns("ab**"), []string{"ab", "ab.cd.ef"}, []string{"b"}},
		{"any between dots", patterns("a.**.b"), []string{"a..b", "a.x.y.b"}, []string{"a.b"}},
		{"everything", patterns("**"), []string{"g", "a.b"}, nil},
		{"escaped star", patterns(`a\*.***b`), []string{"a*.ab"}, []string{"aa.ab"}},
		{"bad escape", patterns(`a\b`, `b\`), nil, []string{"a", "b", `a\b`}},
		{"five stars", patterns("*a*b*c*d*"), []string{"abcd"}, nil},
		{"six stars", patterns("*a*b*c*d*e*"), nil, []string{"abcde"}},
		{"a run of stars counts as one", patterns("**a***b**c**d**"), []string{"abcd", "x.a.b.c.d"}, nil},
		{"six stars in one run", patterns("******"), []string{"room.nested"}, nil},
		{"escaped stars are free", patterns(`\*\*\*\*\*\**`), []string{"******x"}, nil},
		{"nine patterns", patterns("p1*", "p2*", "p3*", "p4*", "p5*", "p6*", "p7*", "p8*", "p9*", "q*"), []string{"p1", "p9x"}, []string{"q"}},
		{"repeated pattern counts again", patterns("p*", "p*", "p*", "p*", "p*", "p*", "p*", "p*", "p*", "tail*"), []string{"p"}, []string{"tail1"}},
		{"literals in the token's order", append(literals(1000), "webpubsub.sendToGroup.overflow"), []string{"room0", "room999"}, []string{"overflow"}},
		{"all in front of patterns", append(patterns("a*"), "webpubsub.sendToGroup"), []string{"a", "b"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := rights.New(tt.roles)
			for _, g := range tt.yes {
				if !r.May(protocol.PermissionSendToGroup, g) {
					t.Errorf("New(%.200q).May(sendToGroup, %q) = false, want true", tt.roles, g)
				}
			}
			for _, g := range tt.no {
				if r.May(protocol.PermissionSendToGroup, g) {
					t.Errorf("New(%.200q).May(sendToGroup, %q) = true, want false", tt.roles, g)
				}
			}
		})
	}
}

// TestSet proves that a rule for one group outranks the roles in both directions,
// and that removing it restores what they say.
func TestSet(t *testing.T) {
	t.Parallel()
	r := rights.New([]string{"webpubsub.sendToGroups.g*"})
	steps := []struct {
		group   string
		allowed bool
	}{{"g1", false}, {"g1", true}, {"h", true}, {"h", false}, {"*", true}}
	for _, s := range steps {
		if !r.Set(protocol.PermissionSendToGroup, s.group, s.allowed) {
			t.Errorf("Set(%q, %v) = false, want true", s.group, s.allowed)
		}
		if got := r.May(protocol.PermissionSendToGroup, s.group); got != s.allowed {
			t.Errorf("after Set(%q, %v): May = %v", s.group, s.allowed, got)
		}
		if r.May(protocol.PermissionJoinLeaveGroup, s.group) || !r.May(protocol.PermissionSendToGroup, "g2") {
			t.Errorf("Set(%q, %v) changed another rule", s.group, s.allowed)
		}
	}
}

// TestQuota proves that the 1001st rule for a single group is refused and changes
// nothing, and that what a role allows anyway needs no rule.
func TestQuota(t *testing.T) {
	t.Parallel()
	r := rights.New([]string{"webpubsub.sendToGroup"})
	for i := range 1000 {
		if !r.Set(protocol.PermissionSendToGroup, fmt.Sprint("g", i), false) {
			t.Fatalf("Set of rule %d = false, want true", i+1)
		}
	}
	if r.Set(protocol.PermissionSendToGroup, "h", false) || !r.May(protocol.PermissionSendToGroup, "h") {
		t.Error("rule 1001 was accepted")
	}
	if !r.Set(protocol.PermissionSendToGroup, "h", true) || !r.Set(protocol.PermissionSendToGroup, "g1", true) {
		t.Error("a rule that needs no place was refused")
	}
}

// TestFaults: a role has a fault if and only if it allows less than it seems to.
func TestFaults(t *testing.T) {
	t.Parallel()
	many := func(n int, format string) (roles []string) {
		for i := range n {
			roles = append(roles, fmt.Sprintf(format, i))
		}
		return roles
	}
	const send, join = "webpubsub.sendToGroup", "webpubsub.joinLeaveGroup"
	for _, tt := range []struct {
		roles []string
		want  string // the text of the last role's fault; "" is none
	}{
		{[]string{send, join, send + ".g", join + "s.a*b?", "admin", "webpubsub.getGroupState"}, ""},
		{[]string{send + "s"}, "has no effect: its pattern of groups is empty"},
		{[]string{join + "s."}, "has no effect: its pattern of groups is empty"},
		{[]string{send + "."}, "has no effect: group name is empty"},
		{[]string{send + "." + strings.Repeat("g", 1025)}, "has no effect: group name"},
		{[]string{join + ".room-*"}, `is for the one group "room-*": for a pattern use webpubsub.joinLeaveGroups.room-*`},
		{[]string{join + ".*"}, `is for the one group "*": for a pattern use webpubsub.joinLeaveGroups.*`},
		{[]string{send + "s.*.*.*.*.*.*"}, "has no effect: its pattern has more than 5 stars"},
		{[]string{send + `s.a\b`}, "has no effect: a backslash"},
		{[]string{send + `s.a\`}, "has no effect: a backslash"},
		{many(9, send+"s.p%d*"), ""},
		{many(10, send+"s.p%d*"), "has no effect: it is over the quota of 9 patterns"},
		{append(many(9, send+"s.p%d*"), join+"s.q*"), ""},
		{many(1000, send+".g%d"), ""},
		{many(1001, send+".g%d"), "has no effect: it is over the quota of 1000 groups"},
		{append(many(1000, send+".g%d"), send+".g1"), ""},
	} {
		last, got := tt.roles[len(tt.roles)-1], ""
		faults := rights.Faults(tt.roles)
		if len(faults) > 0 {
			if got = faults[len(faults)-1].Text; faults[len(faults)-1].Role != last {
				t.Errorf("the fault is of %.80q, want %.80q", faults[len(faults)-1].Role, last)
			}
		}
		if len(faults) > 1 || (got == "") != (tt.want == "") || !strings.HasPrefix(got, tt.want) {
			t.Errorf("Faults ending in %.80q = %v, want %q", last, faults, tt.want)
		}
	}
}
