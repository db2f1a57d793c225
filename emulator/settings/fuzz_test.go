package settings_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"wps/emulator"
	"wps/emulator/settings"
)

// FuzzParse: a file is read or refused with its name. What is read starts an
// emulator, is no larger than the file could make it, and means the same when it
// is written again.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"hubs:\n  chat:\n    eventHandlers:\n      - urlTemplate: http://h/{event}\n",
		`{"WebPubSub":{"Hubs":{"chat":{"EventHandlers":[{"UrlTemplate":"http://h","EventPattern":"*"}]}}}}`,
		"// c\n{ /* d */ \"a\": 1, }", "a: &a [*a]", "hubs: *x", "\"*\": {}", "hubs: {a: {}, A: {}}", "? [a]\n: b", "!!binary x",
		"hubs: {'*': {anonymousConnectPolicy: allow}, a: &a {eventHandlers: [{urlTemplate: 'http://h', systemEvents: [connect], userEventPattern: [a, b]}]}, b: *a}",
		"accessKey: " + key + "\nallowUnvalidatedEntraTokens: true\n", "\xff\xfeh\x00", "---\n...\n---", "{\"a\":[[[[", "\ufeff{}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := settings.Parse("f", text)
		if err != nil {
			e, ok := err.(*settings.Error)
			if lines := strings.Count(strings.ReplaceAll(string(text), "\r", "\n"), "\n") + 1; !ok || e.File != "f" || e.Line < 0 || !exotic(text) && e.Line > lines+1 {
				t.Errorf("%#v has no place in the file", err)
			}
			return
		}
		size := 0
		for _, h := range s.Handlers {
			size += len(h.EventPattern) + len(strings.Join(h.SystemEvents, ""))
		}
		if len(s.Handlers) > settings.MaxHandlers || size > 4*settings.MaxSize {
			t.Fatalf("%d handlers with %d bytes", len(s.Handlers), size)
		}
		server, err := emulatorOf(s)
		if err != nil {
			t.Fatalf("%q was read, but: %v", text, err)
		}
		server.Close()
		again, err := settings.Parse("again", written(t, s))
		if err != nil || meaning(again) != meaning(s) {
			t.Errorf("written again: %v\n%s\n%s", err, meaning(again), meaning(s))
		}
	})
}

// emulatorOf makes an emulator of settings.
func emulatorOf(s settings.Settings) (*emulator.Server, error) { return emulator.New(s.Options()) }

// exotic reports whether YAML counts more lines in text than others do.
func exotic(text []byte) bool { return strings.ContainsAny(string(text), "\u0085\u2028\u2029") }

// written returns settings in the emulator's own form.
func written(t *testing.T, s settings.Settings) []byte {
	t.Helper()
	type handler struct {
		URLTemplate      string   `json:"urlTemplate"`
		SystemEvents     []string `json:"systemEvents"`
		UserEventPattern string   `json:"userEventPattern"`
	}
	type hub struct {
		Policy   string    `json:"anonymousConnectPolicy,omitempty"`
		Handlers []handler `json:"eventHandlers"`
	}
	hubs := map[string]hub{}
	for _, h := range s.Handlers {
		x := hubs[h.Hub]
		x.Handlers = append(x.Handlers, handler{h.URLTemplate, slices.Concat([]string{}, h.SystemEvents), h.EventPattern})
		hubs[h.Hub] = x
	}
	for _, name := range s.AnonymousHubs {
		x := hubs[name]
		x.Policy = "allow"
		hubs[name] = x
	}
	text, err := json.Marshal(map[string]any{"hubs": hubs, "accessKey": s.AccessKey, "allowUnvalidatedEntraTokens": s.AllowUnvalidatedEntraTokens})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// meaning writes settings for comparing, without the order of hubs.
func meaning(s settings.Settings) string {
	anonymous := slices.Sorted(slices.Values(s.AnonymousHubs))
	return fmt.Sprintf("%q %q %t %q", settings.ByHub(s.Handlers), anonymous, s.AllowUnvalidatedEntraTokens, s.AccessKey)
}
