package settings_test

import (
	"strings"
	"testing"

	"wps/emulator"
	"wps/emulator/settings"
)

func TestParseHandler(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, want string }{
		{"http://h/{event}", "every hub -> http://h/{event} (connect, connected, disconnected, user events)"},
		{"http://h/?code=a=b", "every hub -> http://h/ (connect, connected, disconnected, user events)"},
		{"http://me:secret@h/{hub}?code=s", "every hub -> http://***@h/{hub} (connect, connected, disconnected, user events)"},
		{"chat=http://h user=a,b system=none", "hub chat -> http://h (user events a,b)"},
		{"*=http://h system=connect user=none", "every hub -> http://h (connect)"},
		{"chat=tunnel:///eh/{event}?code=s user=a system=none", "hub chat -> tunnel:///eh/{event} (user events a)"},
		{"tunnel://h/eh", "!a tunnel has no host"},
		{"9=http://h", "!hub name"},
		{"=http://h", "!hub name is empty"},
		{"h:80", "!must begin with http"},
		{"", "!a URL is missing"},
		{"http://h events=a", "!neither system=LIST nor user=LIST"},
		{"http://h user=a User=b", "!user=LIST comes twice"},
		{"http://h system=a", `!system event "a" is unknown`},
		{"http://h user=a*", "!only a star alone"},
	} {
		h, err := settings.ParseHandler(tt.text)
		if wrong, bad := strings.CutPrefix(tt.want, "!"); bad {
			if err == nil || !strings.Contains(err.Error(), wrong) {
				t.Errorf("ParseHandler(%q) = %v, want %q", tt.text, err, wrong)
			}
		} else if err != nil || h.String() != tt.want {
			t.Errorf("ParseHandler(%q) = %s, %v, want %s", tt.text, h, err, tt.want)
		}
	}
}

func TestHandlerName(t *testing.T) {
	t.Parallel()
	h := settings.HubHandler{Hub: "chat", Name: "hooks", EventHandler: emulator.EventHandler{URLTemplate: "http://h", SystemEvents: []string{"connect"}}}
	if got, want := h.String(), "hub chat -> hooks (connect)"; got != want {
		t.Errorf("String() = %q, want %q", got, want)
	}
}

// TestByHub: a hub's own handlers come before those of every hub.
func TestByHub(t *testing.T) {
	t.Parallel()
	var all []settings.HubHandler
	for _, text := range []string{"http://every", "Chat=http://one", "other=http://o", "chat=http://two"} {
		h, err := settings.ParseHandler(text)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, h)
	}
	hubs := settings.ByHub(all)
	for hub, want := range map[string]string{
		"chat": "http://one http://two http://every", "other": "http://o http://every", emulator.AnyHub: "http://every",
	} {
		var got []string
		for _, h := range hubs[hub].Handlers {
			got = append(got, h.URLTemplate)
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("ByHub, hub %s = %s, want %s", hub, s, want)
		}
	}
}
