package protocol_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"wps/protocol"
)

// TestEscapeSegment has the results of encodeURIComponent in the JavaScript SDK.
func TestEscapeSegment(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"": "", "simple": "simple",
		"tenant/alice%2F b+c?#é": "tenant%2Falice%252F%20b%2Bc%3F%23%C3%A9",
		"userId eq 'o''b'":       "userId%20eq%20'o''b'",
		"a[b`c,d.e":              "a%5Bb%60c%2Cd.e",
		"-_.!~*'()":              "-_.!~*'()",
		"&=:@$;\"<>\x00\x7f":     "%26%3D%3A%40%24%3B%22%3C%3E%00%7F",
		"😀":                      "%F0%9F%98%80",
	} {
		if got := protocol.EscapeSegment(in); got != want {
			t.Errorf("EscapeSegment(%q) = %q, want %q", in, got, want)
		}
	}
}

// TestUnescapeSegment has the names that the vendor's emulator reads from a path,
// observed over a real socket.
func TestUnescapeSegment(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                   "",
		"tenant%2Falice":     "tenant%2Falice",
		"tenant%2falice":     "tenant%2falice",
		"tenant%252Falice":   "tenant%2Falice",
		"literal%2520value":  "literal%20value",
		"alice%20smith":      "alice smith",
		"alice+bob":          "alice+bob",
		"%C3%A9%f0%9F%98%80": "é😀",
		"%":                  "%",
		"%4":                 "%4",
		"%zz%4g%41":          "%zz%4gA",
		"100%":               "100%",
		"%%41":               "%A",
	} {
		if got := protocol.UnescapeSegment(in); got != want {
			t.Errorf("UnescapeSegment(%q) = %q, want %q", in, got, want)
		}
	}
}

// FuzzUnescapeSegment: except for slashes, the escaped form of a name is decoded
// to the name and a segment is decoded as by net/url. An escaped form is one
// segment of a valid URL.
func FuzzUnescapeSegment(f *testing.F) {
	for _, s := range []string{
		"tenant/alice%2F b+c?#é", "tenant%2falice", "literal%2520value", "%zz%4", "..", "a;b=c", "\xff\x00",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		escaped := protocol.EscapeSegment(s)
		if got, want := protocol.UnescapeSegment(escaped), strings.ReplaceAll(s, "/", "%2F"); got != want {
			t.Errorf("%q escaped is %q, unescaped %q, want %q", s, escaped, got, want)
		}
		if strings.ContainsAny(escaped, "/?#+ &=") {
			t.Errorf("EscapeSegment(%q) = %q, which is not one segment", s, escaped)
		}
		if got, err := url.PathUnescape(escaped); err != nil || got != s {
			t.Errorf("%q escaped is %q, which is read as %q, %v", s, escaped, got, err)
		}
		got := protocol.UnescapeSegment(s)
		if plain, err := url.PathUnescape(s); err == nil && !strings.Contains(strings.ToLower(s), "%2f") && got != plain {
			t.Errorf("UnescapeSegment(%q) = %q, want %q", s, got, plain)
		}
		if strings.Count(got, "/") != strings.Count(s, "/") {
			t.Errorf("UnescapeSegment(%q) = %q, which has another number of slashes", s, got)
		}
	})
}

func TestKnownAPIVersion(t *testing.T) {
	t.Parallel()
	for v, want := range map[string]bool{
		"2021-10-01": true, "2022-11-01": true, "2023-07-01": true, "2024-01-01": true, "2024-12-01": true,
		"": false, "2020-10-01": false, "2021-08-01-preview": false, "2022-11-01-preview": false, "2022-11-01,2023-07-01": false, "2024-12-0": false,
	} {
		if got := protocol.KnownAPIVersion(v); got != want {
			t.Errorf("KnownAPIVersion(%q) = %v, want %v", v, got, want)
		}
	}
}

func TestParsePermission(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]protocol.Permission{
		"sendToGroup": "sendToGroup", "SENDTOGROUP": "sendToGroup", "joinleavegroup": "joinLeaveGroup",
		"": "", "webpubsub.sendToGroup": "", "sendToGroup,joinLeaveGroup": "",
	} {
		got, err := protocol.ParsePermission(in)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("ParsePermission(%q) = %q, %v, want %q", in, got, err, want)
		}
	}
}

// TestErrorBody has the body of an answer of the real service, recorded in 2024,
// with the last member inner.
func TestErrorBody(t *testing.T) {
	t.Parallel()
	got, err := json.Marshal(protocol.ErrorBody{Code: protocol.CodeInfoConnectionNotExisted, Message: "Connection `conn1` is not found.", Target: "Connection"})
	want := `{"code":"Info.Connection.NotExisted","message":"Connection ` + "`conn1`" + ` is not found.","target":"Connection","details":null,"inner":null}`
	if err != nil || string(got) != want {
		t.Errorf("ErrorBody = %s, %v, want %s", got, err, want)
	}
}

func TestTarget(t *testing.T) {
	t.Parallel()
	tests := []struct {
		t             protocol.Target
		text, warning string
	}{
		{protocol.Target{Kind: protocol.TargetAll}, "the hub", ""},
		{protocol.Target{Kind: protocol.TargetAll, ID: "a/b"}, "the hub", ""},
		{protocol.Target{Kind: protocol.TargetGroup, ID: "g1"}, `group "g1"`, ""},
		{protocol.Target{Kind: protocol.TargetUser, ID: "a%2Fb"}, `user "a%2Fb"`, ""},
		{protocol.Target{Kind: protocol.TargetGroup, ID: "a/b"}, `group "a/b"`, `use the filter "'a/b' in groups" instead`},
		{protocol.Target{Kind: protocol.TargetUser, ID: "o'b/c"}, `user "o'b/c"`, `use the filter "userId eq 'o''b/c'" instead`},
		{protocol.Target{Kind: protocol.TargetConnection, ID: "/"}, `connection "/"`, `use the filter "connectionId eq '/'" instead`},
	}
	for _, tt := range tests {
		if got := tt.t.String(); got != tt.text {
			t.Errorf("%#v.String() = %q, want %q", tt.t, got, tt.text)
		}
		got := protocol.SlashWarning(tt.t)
		if (got == "") != (tt.warning == "") || !strings.HasPrefix(got, tt.text+" contains a slash") && got != "" || !strings.HasSuffix(got, tt.warning) {
			t.Errorf("SlashWarning(%v) = %q, want %q", tt.t, got, tt.warning)
		}
	}
}

// TestCheckPath: a name that would address something else in a path is refused.
func TestCheckPath(t *testing.T) {
	t.Parallel()
	tests := []struct {
		t    protocol.Target
		want string
	}{
		{protocol.Target{Kind: protocol.TargetUser, ID: ".."}, `user ".." cannot be addressed in a path, where dots have another meaning: use the filter "userId eq '..'" instead`},
		{protocol.Target{Kind: protocol.TargetGroup, ID: "."}, `group "." cannot be addressed in a path, where dots have another meaning: use the filter "'.' in groups" instead`},
		{protocol.Target{Kind: protocol.TargetConnection, ID: ".."}, `use the filter "connectionId eq '..'" instead`},
		{protocol.Target{Kind: protocol.TargetAll}, ""},
		{protocol.Target{Kind: protocol.TargetUser, ID: "..."}, ""},
		{protocol.Target{Kind: protocol.TargetUser, ID: ".a"}, ""},
		{protocol.Target{Kind: protocol.TargetUser, ID: "%2E%2E"}, ""}, // %252E%252E on the wire
	}
	for _, tt := range tests {
		err := protocol.CheckPath(tt.t)
		if (err == nil) != (tt.want == "") || err != nil && !strings.HasSuffix(err.Error(), tt.want) {
			t.Errorf("CheckPath(%v) = %v, want %q", tt.t, err, tt.want)
		}
	}
}
