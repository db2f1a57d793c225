package protocol_test

import (
	"reflect"
	"strings"
	"testing"

	"wps/protocol"
)

func TestSendCheck(t *testing.T) {
	t.Parallel()
	hub := protocol.Target{Kind: protocol.TargetAll}
	group := protocol.Target{Kind: protocol.TargetGroup, ID: "g"}
	user := protocol.Target{Kind: protocol.TargetUser, ID: "u"}
	connection := protocol.Target{Kind: protocol.TargetConnection, ID: "c"}
	excluding, filtering := protocol.Send{Excluded: []string{"d"}}, protocol.Send{Filter: "userId eq 'u'"}
	for _, tt := range []struct {
		name string
		send protocol.Send
		to   protocol.Target
		want string // "" for no fault
	}{
		{"zero", protocol.Send{}, connection, ""},
		{"excluded in hub", excluding, hub, ""},
		{"excluded in group", excluding, group, ""},
		{"excluded of user", excluding, user, `connections cannot be excluded when sending to user "u"`},
		{"excluded of connection", excluding, connection, `connections cannot be excluded when sending to connection "c"`},
		{"filter in hub", filtering, hub, ""},
		{"filter in group", filtering, group, ""},
		{"filter of user", filtering, user, ""},
		{"filter of connection", filtering, connection, "a filter cannot be used when sending to one connection"},
		{"longest ttl", protocol.Send{TTLSeconds: 300}, hub, ""},
		{"ttl too long", protocol.Send{TTLSeconds: 301}, hub, "time to live is 301 seconds, it must be 0 to 300"},
		{"ttl negative", protocol.Send{TTLSeconds: -1}, hub, "time to live is -1 seconds, it must be 0 to 300"},
		{"metadata", protocol.Send{Metadata: map[string]string{"": "v"}}, hub, "metadata key is empty"},
		{"several", protocol.Send{Filter: "f", TTLSeconds: 301}, connection,
			"a filter cannot be used when sending to one connection; time to live is 301 seconds, it must be 0 to 300"},
	} {
		got := ""
		if err := tt.send.Check(tt.to); err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%s: Check(%s) = %q, want %q", tt.name, tt.to, got, tt.want)
		}
	}
}

func TestSendFaultFields(t *testing.T) {
	t.Parallel()
	m := protocol.Send{
		Excluded: []string{"d"}, Filter: "f", TTLSeconds: -1, Metadata: map[string]string{"k": "é"},
	}
	var got []protocol.SendField
	for _, fault := range m.Faults(protocol.Target{Kind: protocol.TargetConnection, ID: "c"}) {
		got = append(got, fault.Field)
	}
	want := []protocol.SendField{protocol.SendExcluded, protocol.SendFilter, protocol.SendTTL, protocol.SendMetadata}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("Faults = %v, want %v", got, want)
	}
}

func TestCloseCheck(t *testing.T) {
	t.Parallel()
	c := protocol.Close{Excluded: []string{"d"}}
	for kind, refused := range map[protocol.TargetKind]bool{
		protocol.TargetAll: false, protocol.TargetGroup: false, protocol.TargetUser: false, protocol.TargetConnection: true,
	} {
		if err := c.Check(protocol.Target{Kind: kind, ID: "x"}); (err != nil) != refused {
			t.Errorf("Check(%s) = %v, want an error: %t", kind, err, refused)
		}
	}
}

func TestTargetCheck(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		target protocol.Target
		want   string
	}{
		{protocol.Target{Kind: protocol.TargetAll}, ""},
		{protocol.Target{Kind: protocol.TargetGroup, ID: "g"}, ""},
		{protocol.Target{Kind: protocol.TargetGroup, ID: " "}, "group name is empty"},
		{protocol.Target{Kind: protocol.TargetGroup, ID: strings.Repeat("g", 1025)}, "group name has 1025 characters, at most 1024 are allowed"},
		{protocol.Target{Kind: protocol.TargetUser}, "user id is empty"},
		{protocol.Target{Kind: protocol.TargetConnection}, "connection id is empty"},
		{protocol.Target{Kind: "topic", ID: "x"}, `unknown kind of target "topic"`},
	} {
		got := ""
		if err := tt.target.Check(); err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%.40s: Check() = %q, want %q", tt.target, got, tt.want)
		}
	}
}
