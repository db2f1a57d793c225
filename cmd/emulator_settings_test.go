package cmd

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"wps/emulator"
)

// shown writes settings on one line, for comparing.
func (s emulatorSettings) shown() string {
	var b strings.Builder
	for _, x := range s.handlers {
		fmt.Fprintf(&b, "%s>%s %s %s; ", x.hub, x.h.URLTemplate, strings.Join(x.h.SystemEvents, "+"), x.h.EventPattern)
	}
	fmt.Fprintf(&b, "anonymous=%s key=%d entra=%t urls=%s", s.anonymous, len(s.key), s.entra, s.urls)
	return b.String()
}

func TestSettingsFiles(t *testing.T) {
	t.Parallel()
	const key = "0123456789abcdef0123456789abcdef"
	for name, tt := range map[string]struct{ text, want string }{
		"ours": {`
accessKey: ` + key + `
hubs:
  chat:
    anonymousConnectPolicy: Allow
    eventHandlers:
      - urlTemplate: http://h/{event}
      - urlTemplate: http://i
        systemEvents: [connect]
      - urlTemplate: http://j
        userEventPattern: [a, b.c]
      - {urlTemplate: http://k, userEventPattern: "*", systemEvents: []}
  "*":
    eventHandlers: [{urlTemplate: http://l}]
  quiet:
`, "chat>http://h/{event} connect+connected+disconnected *; chat>http://i connect ; chat>http://j  a,b.c; chat>http://k  *; " +
			"*>http://l connect+connected+disconnected *; anonymous=[chat] key=32 entra=false urls="},
		"vendor's": {"\ufeff" + `// settings of the team
{
  "Urls": "http://localhost:8081", /* where
  it listens */
  "Logging": { "LogLevel": { "Default": "Information" } },
  "WebPubSub": {
    "AccessKey": "` + key + `",
    "AllowUnvalidatedEntraTokens": true,
    "Hubs": {
	"Chat": {
	  "EventHandlers": [
	    { "UrlTemplate": "http://localhost:7071/runtime/webhooks/webpubsub", "SystemEvents": [ "connect", "connected" ], "EventPattern": "*" },
	    { "UrlTemplate": "http://localhost:3000/\"//x", "EventPattern": null },
	  ],
	  "EventListeners": []
	},
    },
  },
  "AllowedHosts": "*",
}`, `Chat>http://localhost:7071/runtime/webhooks/webpubsub connect+connected *; Chat>http://localhost:3000/"//x  ; anonymous=[] key=32 entra=true urls=http://localhost:8081`},
		"compact JSON":   {`{"hubs":{"chat":{"eventHandlers":[{"urlTemplate":"http://h"}]}}}`, "chat>http://h connect+connected+disconnected *; anonymous=[] key=0 entra=false urls="},
		"nothing":        {`{}`, "anonymous=[] key=0 entra=false urls="},
		"others only":    {`{"WebPubSub":null}`, "anonymous=[] key=0 entra=false urls="},
		"alias":          {"hubs:\n  a: &a\n    eventHandlers: [{urlTemplate: http://h, systemEvents: [connect]}]\n  b: *a\n", "a>http://h connect ; b>http://h connect ; anonymous=[] key=0 entra=false urls="},
		"flow, bare URL": {"{hubs: {a: {eventHandlers: [{urlTemplate: http://h}]}}}", "a>http://h connect+connected+disconnected *; anonymous=[] key=0 entra=false urls="},
	} {
		s, err := parseEmulatorSettings("f", []byte(tt.text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if got := s.shown(); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, tt.want)
		}
	}
}

func TestSettingsErrors(t *testing.T) {
	t.Parallel()
	const hub = "hubs:\n  chat:\n"
	for _, tt := range []struct{ text, want, hint string }{
		{"", "f: is empty", "settings file"},
		{"- a\n", "f:1: the file must be a mapping", ""},
		{"hubs: [a]\n", "f:1: hubs must be a mapping", ""},
		{"hubs:\n  a: 1\n", "f:2: a hub must be a mapping", ""},
		{"Hub:\n  chat:\n", `f:1: unknown member "Hub"`, "hubs, accessKey"},
		{"hubs: {}\n---\nhubs: {}\n", "f:2: a second document", ""},
		{"{hubs: {}}\n{hubs: {}}\n", "f:", "settings file"},
		{"{hubs: {}} {hubs: {}}\n", "f:1: ", "settings file"},
		{"{\"hubs\": {}}\n{\"hubs\": {}}\n", "f:", "settings file"},
		{"{hubs: {}}\ngarbage\n", "f:", "settings file"},
		{"{hubs: {}}\n...\n{hubs: {}}\n", "f:", "settings file"},
		{"{hubs: {}}\n... garbage\n", "f:", "settings file"},
		{"{hubs: {}}\n%YAML 1.1\n---\nhubs: {}\n", "f:2: a second document", ""},
		{"hubs:\n\tchat:\n", "f:2: found character that cannot start any token", ""},
		{hub + "    handlers: []\n", `f:3: unknown member "handlers"`, "eventHandlers"},
		{hub + "    eventHandlers: {}\n", "f:3: eventHandlers must be a list", ""},
		{hub + "    eventHandlers:\n      - url: http://h\n", `f:4: unknown member "url"`, "urlTemplate"},
		{hub + "    eventHandlers:\n      - urlTemplate: h\n", "f:4: URL template", ""},
		{hub + "    eventHandlers:\n      - systemEvents: [connect]\n", "f:4: URL template", ""},
		{hub + "    eventHandlers:\n      -\n", "f:4: an event handler is missing", ""},
		{hub + "    eventHandlers:\n      - urlTemplate: http://h\n        systemEvents: [joined]\n", `f:4: system event "joined" is unknown`, ""},
		{hub + "    eventHandlers:\n      - urlTemplate: http://h\n        userEventPattern: *\n", "f:5: did not find", "quoted"},
		{hub + "    eventHandlers:\n      - urlTemplate: http://h\n        userEventPattern: a*\n", "a star stands alone", ""},
		{hub + "    eventHandlers:\n      - urlTemplate: [http://h]\n", "f:4: a text is needed", ""},
		{hub + "    eventHandlers:\n      - urlTemplate: http://h\n        auth: {type: ManagedIdentity}\n", "f:5: the emulator has no managed identity", "?code="},
		{hub + "    eventListeners: [{}]\n", "f:3: there is no Event Hub", ""},
		{hub + "    anonymousConnectPolicy: perhaps\n", `f:3: anonymousConnectPolicy "perhaps" is unknown`, "allow or deny"},
		{"hubs:\n  9:\n", "f:2: hub name", ""},
		{"hubs:\n  a:\n  A:\n", `f:3: "A" comes twice`, ""},
		{"accessKey: short\n", "f:1: access key has 5 bytes", ""},
		{"allowUnvalidatedEntraTokens: perhaps\n", "f:1: \"perhaps\" is neither", ""},
		{`{"WebPubSub":{"Hubs":{"*":{}}}}`, "f:1: hub name", ""},
		{"{\n\"WebPubSub\":{\n\"Hub\":{}}}", `f:3: unknown member "Hub"`, ""},
	} {
		_, err := parseEmulatorSettings("f", []byte(tt.text))
		usage, ok := err.(*usageError)
		if !ok || !strings.Contains(usage.text, tt.want) || !strings.Contains(usage.hint, tt.hint) || usage.hint == "" {
			t.Errorf("%q: %#v, want %q with a hint %q", tt.text, err, tt.want, tt.hint)
		}
	}
}

func TestHandlerFlag(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, want string }{
		{"http://h/{event}", "every hub -> http://h/{event} (connect, connected, disconnected, user events)"},
		{"http://h/?code=a=b", "every hub -> http://h/ (connect, connected, disconnected, user events)"},
		{"http://me:secret@h/{hub}?code=s", "every hub -> http://***@h/{hub} (connect, connected, disconnected, user events)"},
		{"chat=http://h user=a,b system=none", "hub chat -> http://h (user events a,b)"},
		{"*=http://h system=connect user=none", "every hub -> http://h (connect)"},
		{"9=http://h", "!hub name"},
		{"=http://h", "!hub name is empty"},
		{"h:80", "!must begin with http"},
		{"", "!a URL is missing"},
		{"http://h events=a", "!neither system=LIST nor user=LIST"},
		{"http://h system=a", `!system event "a" is unknown`},
		{"http://h user=a*", "!a star stands alone"},
	} {
		h, err := parseHandler(tt.text)
		if wrong, bad := strings.CutPrefix(tt.want, "!"); bad {
			if err == nil || !strings.Contains(err.Error(), wrong) {
				t.Errorf("%q: %v, want %q", tt.text, err, wrong)
			}
		} else if err != nil || h.describe() != tt.want {
			t.Errorf("%q: %s, %v, want %s", tt.text, h.describe(), err, tt.want)
		}
	}
}

// TestSettingsByHub: a hub's own handlers come before those of every hub.
func TestSettingsByHub(t *testing.T) {
	t.Parallel()
	var all []hubHandler
	for _, text := range []string{"http://every", "Chat=http://one", "other=http://o", "chat=http://two"} {
		h, err := parseHandler(text)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, h)
	}
	for hub, want := range map[string]string{
		"chat": "http://one http://two http://every", "other": "http://o http://every", emulator.AnyHub: "http://every",
	} {
		var got []string
		for _, h := range settingsByHub(all)[hub].Handlers {
			got = append(got, h.URLTemplate)
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("hub %s: %s, want %s", hub, s, want)
		}
	}
}

// FuzzSettings: a file is read or refused with a line, and what is read starts
// an emulator.
func FuzzSettings(f *testing.F) {
	for _, seed := range []string{
		"hubs:\n  chat:\n    eventHandlers:\n      - urlTemplate: http://h/{event}\n", `{"WebPubSub":{"Hubs":{"chat":{"EventHandlers":[{"UrlTemplate":"http://h","EventPattern":"*"}]}}}}`,
		"// c\n{ /* d */ \"a\": 1, }", "a: &a [*a]", "hubs: *x", "\"*\": {}", "hubs: {a: {}, A: {}}", "? [a]\n: b", "!!binary x",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := parseEmulatorSettings("f", text)
		if err != nil {
			usage, ok := err.(*usageError)
			if !ok || usage.hint == "" || !strings.HasPrefix(usage.text, "f:") {
				t.Errorf("%#v has no place or no hint", err)
			}
			return
		}
		server, err := emulator.New(emulator.Options{Key: s.key, Hubs: settingsByHub(s.handlers), AnonymousHubs: s.anonymous})
		if err != nil {
			t.Fatalf("%q was read, but: %v", text, err)
		}
		server.Close()
	})
}

// TestDocumentedSettings reads the settings file that the page on the emulator
// shows.
func TestDocumentedSettings(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/emulator.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(page), "```yaml\n")
	text, _, found := strings.Cut(text, "```")
	s, err := parseEmulatorSettings("f", []byte(text))
	want := "chat>http://localhost:9000/eh/{hub}/{event} connect+connected+disconnected *; anonymous=[chat] key=32 entra=false urls="
	if got := s.shown(); !found || err != nil || got != want {
		t.Errorf("%s, %v, want %s", got, err, want)
	}
}
