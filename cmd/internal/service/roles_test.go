package service

import (
	"slices"
	"testing"

	"wps/emulator"
)

// TestRoleFaults checks that each role which does not do what it seems to has one
// text, and that what is proposed in its place is a role without a fault.
func TestRoleFaults(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ role, want string }{
		{"webpubsub.sendToGroup", ""},
		{"webpubsub.joinLeaveGroup.g1", ""},
		{"webpubsub.sendToGroups.room-*", ""},
		{"webpubsub.sendToGroup.a,b", ""},
		{"webpubsub.getGroupState.g1", ""},
		{"admin", ""},
		{"sendToGroup", `the service ignores the role "sendToGroup": did you mean webpubsub.sendToGroup?`},
		{"webpubsub.sendtogroup.G1", `the service ignores the role "webpubsub.sendtogroup.G1": did you mean webpubsub.sendToGroup.G1?`},
		{"WebPubSub.JoinLeaveGroups.a*", `the service ignores the role "WebPubSub.JoinLeaveGroups.a*": did you mean webpubsub.joinLeaveGroups.a*?`},
		{"webpubsub.sendToGroups", `the service ignores the role "webpubsub.sendToGroups": did you mean webpubsub.sendToGroup?`},
		{"webpubsub.sendToGroups.", `the service ignores the role "webpubsub.sendToGroups.": did you mean webpubsub.sendToGroup?`},
		{"webpubsub.sendToGroup ", `the service ignores the role "webpubsub.sendToGroup ": did you mean webpubsub.sendToGroup?`},
		{"webpubsub.sendToGroup:g1", `the service ignores the role "webpubsub.sendToGroup:g1": did you mean webpubsub.sendToGroup.g1?`},
		{"webpubsub.joinLeaveGroup.room-*", `the role "webpubsub.joinLeaveGroup.room-*" is for the one group "room-*": for a pattern use webpubsub.joinLeaveGroups.room-*`},
		{"webpubsub.sendToGroups.*.*.*.*.*.*", `the role "webpubsub.sendToGroups.*.*.*.*.*.*" has no effect: its pattern has more than 5 stars`},
		{"webpubsub.sendToGroup.g1,webpubsub.joinLeaveGroup.g1", `"webpubsub.sendToGroup.g1,webpubsub.joinLeaveGroup.g1" is one role: repeat --role for each`},
		{"admin,user", `"admin,user" is one role: repeat --role for each`},
	} {
		var want []string
		if tt.want != "" {
			want = []string{tt.want}
		}
		if got := RoleFaults([]string{tt.role}); !slices.Equal(got, want) {
			t.Errorf("RoleFaults(%q) = %q, want %q", tt.role, got, want)
		}
		if meant := meantRole(tt.role); meant != "" && len(emulator.RoleFaults([]string{meant})) > 0 {
			t.Errorf("the role %q is proposed, and has a fault", meant)
		}
	}
	both := []string{"webpubsub.sendToGroup.*", "webpubsub.sendToGroup.*", "x.sendToGroup"}
	if got := RoleFaults(both); len(got) != 3 {
		t.Errorf("RoleFaults(%q) = %q, want one for each", both, got)
	}
}
