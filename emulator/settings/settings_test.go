package settings_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wps/emulator"
	"wps/emulator/settings"
)

const key = "0123456789abcdef0123456789abcdef"

// shown writes settings on one line, for comparing.
func shown(s settings.Settings) string {
	var b strings.Builder
	for _, h := range s.Handlers {
		fmt.Fprintf(&b, "%s>%s %s %s; ", h.Hub, h.URLTemplate, strings.Join(h.SystemEvents, "+"), h.EventPattern)
	}
	fmt.Fprintf(&b, "anonymous=%s key=%d entra=%t urls=%s", s.AnonymousHubs, len(s.AccessKey), s.AllowUnvalidatedEntraTokens, s.URLs)
	return b.String()
}

const nothing = "anonymous=[] key=0 entra=false urls="

func TestParse(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ text, want string }{
		"own form": {`
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
	    { "UrlTemplate": "http://localhost:3000/\"//x", "EventPattern": null, },
	  ],
	  "EventListeners": []
	},
    },
  },
  "AllowedHosts": "*",
} // the end`, `Chat>http://localhost:7071/runtime/webhooks/webpubsub connect+connected *; Chat>http://localhost:3000/"//x  ; anonymous=[] key=32 entra=true urls=http://localhost:8081`},
		"compact JSON":        {`{"hubs":{"chat":{"eventHandlers":[{"urlTemplate":"http://h"}]}}}`, "chat>http://h connect+connected+disconnected *; " + nothing},
		"empty JSON":          {`{}`, nothing},
		"empty section":       {`{"WebPubSub":null}`, nothing},
		"colon on a new line": {"{\"hubs\"\n:\n{\"a\"\n:{\"anonymousConnectPolicy\":\"allow\"}}}", "anonymous=[a] key=0 entra=false urls="},
		"escaped surrogates":  {`{"hubs":{"a":{"eventHandlers":[{"urlTemplate":"http://h/\ud83d\ude00"}]}}}`, "a>http://h/\U0001f600 connect+connected+disconnected *; " + nothing},
		"line separator":      {"{\"hubs\":{\"a\":{\"eventHandlers\":[{\"urlTemplate\":\"http://h/\u2028x\"}]}}}", "a>http://h/\u2028x connect+connected+disconnected *; " + nothing},
		"alias":               {"hubs:\n  a: &a\n    eventHandlers: [{urlTemplate: http://h, systemEvents: [connect]}]\n  b: *a\n", "a>http://h connect ; b>http://h connect ; " + nothing},
		"flow, bare URL":      {"{hubs: {a: {eventHandlers: [{urlTemplate: http://h}]}}}", "a>http://h connect+connected+disconnected *; " + nothing},
		"CRLF":                {"\ufeffhubs:\r\n  a:\r\n    anonymousConnectPolicy: allow\r\n", "anonymous=[a] key=0 entra=false urls="},
		"end of document":     {"---\nhubs:\n...\n", nothing},
		"names in any case":   {"HUBS: {a: {ANONYMOUSconnectPolicy: ALLOW}}\nALLOWunvalidatedEntraTokens: True\n", "anonymous=[a] key=0 entra=true urls="},
	} {
		s, err := settings.Parse("f", []byte(tt.text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if got := shown(s); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, tt.want)
		}
	}
}

// wrong is a text that is refused, and how the error and its hint begin or what
// they contain.
type wrong struct{ text, want, hint string }

func checkWrong(t *testing.T, tests []wrong) {
	t.Helper()
	for _, tt := range tests {
		s, err := settings.Parse("f", []byte(tt.text))
		e, ok := err.(*settings.Error)
		if len(tt.text) > 200 {
			tt.text = tt.text[:200]
		}
		if !ok || !strings.HasPrefix(e.Error(), tt.want) || !strings.Contains(e.Hint, tt.hint) || e.File != "f" {
			t.Errorf("Parse(%q) = %v, want %q with a hint %q", tt.text, err, tt.want, tt.hint)
		}
		if shown(s) != nothing {
			t.Errorf("Parse(%q) returns %s with an error", tt.text, shown(s))
		}
	}
}

func TestParseErrors(t *testing.T) {
	t.Parallel()
	const hub = "hubs:\n  chat:\n"
	const handler = hub + "    eventHandlers:\n      - urlTemplate: http://h\n"
	checkWrong(t, []wrong{
		{"a", "f:1: the file must be a mapping", ""},
		{"hubs: [a]\n", "f:1: hubs must be a mapping", ""},
		{"hubs:\n  a: 1\n", "f:2: a hub must be a mapping", ""},
		{"Hub:\n  chat:\n", `f:1: unknown member "Hub"`, "hubs, accessKey"},
		{hub + "    handlers: []\n", `f:3: unknown member "handlers"`, "eventHandlers"},
		{hub + "    eventHandlers: {}\n", "f:3: eventHandlers must be a list", ""},
		{hub + "    eventHandlers:\n      - url: http://h\n", `f:4: unknown member "url"`, "urlTemplate"},
		{hub + "    eventHandlers:\n      - urlTemplate: h\n", "f:4: URL template", ""},
		{hub + "    eventHandlers:\n      - systemEvents: [connect]\n", "f:4: URL template", ""},
		{hub + "    eventHandlers:\n      -\n", "f:4: an event handler is missing", ""},
		{handler + "        systemEvents: [joined]\n", `f:4: system event "joined" is unknown`, ""},
		{handler + "        userEventPattern: a*\n", `f:4: event pattern "a*"`, ""},
		{handler + "        userEventPattern: [a, {}]\n", "f:5: an item of userEventPattern must be a text", ""},
		{hub + "    eventHandlers:\n      - urlTemplate: [http://h]\n", "f:4: urlTemplate must be a text", ""},
		{hub + "    anonymousConnectPolicy: perhaps\n", `f:3: anonymousConnectPolicy "perhaps" is unknown`, "allow or deny"},
		{"hubs:\n  9:\n", "f:2: hub name", ""},
		{"accessKey: short\n", "f:1: access key has 5 bytes", ""},
		{"accessKey: |\n  " + key + "\n", "f:1: access key has blanks around it", ""},
		{"allowUnvalidatedEntraTokens: perhaps\n", `f:1: allowUnvalidatedEntraTokens: "perhaps" is neither`, "true or false"},
		{`{"WebPubSub":{"Hubs":{"*":{}}}}`, "f:1: hub name", ""},
		{"{\n\"WebPubSub\":{\n\"Hub\":{}}}", `f:3: unknown member "Hub"`, ""},
	})
}

// TestUnsupported: what the emulator cannot do is not passed over.
func TestUnsupported(t *testing.T) {
	t.Parallel()
	const hub = "hubs:\n  chat:\n"
	const handler = hub + "    eventHandlers:\n      - urlTemplate: http://h\n"
	checkWrong(t, []wrong{
		{handler + "        auth: {type: ManagedIdentity}\n", "f:5: the emulator has no managed identity", "?code="},
		{handler + "        auth: ManagedIdentity\n", "f:5: auth must be a mapping", ""},
		{hub + "    webSocketKeepAliveIntervalInSeconds: 0\n", `f:3: webSocketKeepAliveIntervalInSeconds is "0"`, "from 1 to 120"},
		{hub + "    webSocketKeepAliveIntervalInSeconds: 20s\n", `f:3: webSocketKeepAliveIntervalInSeconds is "20s"`, ""},
		{hub + "    eventListeners: e\n", "f:3: eventListeners must be a list", ""},
		{hub + "    eventHandlers:\n      - urlTemplate: 'http://h/{@Microsoft.KeyVault(x)}'\n", "f:4: URL template", ""},
	})
}

// TestHidden: nothing in a file is passed over in silence.
func TestHidden(t *testing.T) {
	t.Parallel()
	checkWrong(t, []wrong{
		{"hubs: {}\n---\nhubs: {}\n", "f:2: a second document begins", "one document"},
		{"hubs: {}\n---\n", "f:2: a second document begins", ""},
		{"hubs: {}\n...\nhubs: {}\n", "f:3: not YAML: did not find expected <document start>", ""},
		{"hubs: {}\n... more\n", "f", ""},
		{"{hubs: {}}\n{hubs: {}}\n", "f", ""},
		{"{hubs: {}} {hubs: {}}\n", "f:1: not YAML: did not find expected <document start>", ""},
		{"{hubs: {}}\nmore\n", "f", ""},
		{"{hubs: {}}\n%YAML 1.1\n---\nhubs: {}\n", "f:2: a second document begins", ""},
		{`{} {}`, "f:1: not JSON: invalid character '{' after top-level value", ""},
		{"{}\n\n]", "f:3: not JSON: invalid character ']' after top-level value", ""},
		{"hubs:\n  a:\n  A:\n", `f:3: "A" comes twice`, "case"},
		{"hubs:\nHUBS:\n", `f:2: "HUBS" comes twice`, ""},
		{"{\n\"hubs\":{},\n\"\\u0068ubs\":{}}", `f:3: "hubs" comes twice`, ""},
		{"hub\u017f:\n  a:\n", `f:1: unknown member "hub` + "\u017f", ""},
		{"accessKey: !!null " + key + "\n", "f:1: the tag !!null has no meaning", "quotes"},
		{"!!binary hubs: {}\n", "f:1: the tag !!binary has no meaning", ""},
		{"!!map {hubs: {}}\n", "f:1: the tag !!map has no meaning", ""},
		{"? [hubs]\n: {}\n", "f:1: a name in the file must be a text", ""},
		{"x: &x {hubs: {}}\n<<: *x\n", `f:1: unknown member "x"`, ""},
		{"hubs:\n  a: &a {}\n  <<: *a\n", "f:3: hub name", ""},
		{"hubs:\n  a:\n    eventHandlers:\n    - {urlTemplate: 'http://h', userEventPattern: a,\n       eventPattern: b}\n", "f:5: eventPattern and userEventPattern", ""},
		{`{"WebPubSub":{},` + "\n" + `"hubs":{}}`, `f:2: "hubs" is outside the section WebPubSub`, "move it"},
		{`{"WebPubSub":{},` + "\n" + `"webpubsub:AccessKey":"` + key + `"}`, `f:2: "webpubsub:AccessKey" is outside the section`, ""},
		{`{"WebPubSub:AccessKey":"` + key + `"}`, `f:1: unknown member "WebPubSub:AccessKey"`, ""},
	})
}

// TestNotText: a file that is no text, or not YAML or JSON, is named as what it is,
// with the line of the fault.
func TestNotText(t *testing.T) {
	t.Parallel()
	checkWrong(t, []wrong{
		{"", "f: is empty", ""},
		{"\ufeff# nothing\n", "f: is empty", ""},
		{"---\n", "f: is empty", ""},
		{"null\n", "f: is empty", ""},
		{"\xff\xfeh\x00", "f: is UTF-16 text", "UTF-8"},
		{"\xfe\xff\x00h", "f: is UTF-16 text", "UTF-8"},
		{"h\x00u\x00", "f: is UTF-16 text", "UTF-8"},
		{"hubs:\n  a: \xe9\n", "f:2: the text is not UTF-8", ""},
		{"{\n\"hubs\": \"\xe9\"}", "f:2: the text is not UTF-8", ""},
		{"hubs:\n  a\x00:\n", "f:2: the text has a control character (U+0000)", ""},
		{strings.Repeat(" ", settings.MaxSize+1), "f: is larger than 1048576 bytes", ""},
		{"hubs:\n\tchat:\n", "f:2: not YAML: found character that cannot start any token", "tabs"},
		{"\thubs:\n", "f:1: not YAML: found character that cannot start any token", ""},
		{"hubs: *\n", "f:1: not YAML: did not find expected alphabetic", "quote a star"},
		{"hubs:\n  a:\n  b: *x\n", "f: not YAML: unknown anchor 'x'", ""},
		{"hubs:\n  chat:\n bad\n", "f:3: not YAML: did not find expected key", ""},
		{"hubs:\n  chat: [a,\n  b\n", "f:2: not YAML: did not find expected ',' or ']'", ""},
		{"hubs:\r\n  a: b: c\r\n", "f:2: not YAML: mapping values are not allowed", ""},
		{"{\"a\": 1,\n/* two\nlines */ // and more\n x}", "f:4: not JSON: invalid literal", "double quotes"},
		{"{\"hubs\":\r\n{a: {}}}", "f:2: not JSON: invalid literal", "double quotes"},
		{"{\"accessKey\":\n\"" + key + `\q"}`, "f:2: not JSON: invalid literal", ""},
		{`{"a":,}`, "f:1: not JSON: invalid character ','", ""},
		{`{"a":1,,}`, "f:1: not JSON: invalid character ','", ""},
		{`{"a"`, "f:1: not JSON: parsing object", ""},
	})
}

// TestSecretNotShown: the text of an access key is in no error.
func TestSecretNotShown(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`{"accessKey":"` + key + `\q"}`, "accessKey: ' " + key + "'", `{"accessKey":"` + key} {
		if _, err := settings.Parse("f", []byte(text)); err == nil || strings.Contains(err.Error(), key) {
			t.Errorf("Parse(%q) = %v, want an error without the key", text, err)
		}
	}
}

// TestSmallFileStaysSmall: neither depth nor aliases make a small file large.
func TestSmallFileStaysSmall(t *testing.T) {
	t.Parallel()
	many := func(n int, text string) string { return strings.Repeat(text+",", n) }
	checkWrong(t, []wrong{
		{"a: &a [*a]", `f:1: unknown member "a"`, ""},
		{"hubs: &a {a: *a}", `f:1: unknown member "a"`, ""},
		{"hubs: {a: {eventHandlers: &a [*a]}}", "f:1: an event handler must be a mapping", ""},
		{"hubs:\n  a: {eventHandlers: [&h {urlTemplate: 'http://h', userEventPattern: [" + many(5000, "a") + "]}," + many(500, "*h") + "]}\n", "f:2: aliases make more than", ""},
		{"hubs:\n  a: &a {eventHandlers: [" + many(501, "{urlTemplate: 'http://h'}") + "]}\n  b: *a\n", "f:2: the file has more than 1000 event handlers", ""},
		{`{"a":` + strings.Repeat("[", 1_000_000), "f: has more than 10000 objects and lists", ""},
		{"a: " + strings.Repeat("[", 1_000_000), "f:1: not YAML: exceeded max depth", ""},
	})
}

func TestRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "s.yaml")
	if err := os.WriteFile(path, []byte("accessKey: "+key+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := settings.Read(path); err != nil || s.AccessKey != key {
		t.Errorf("Read = %s, %v, want the key", shown(s), err)
	}
	missing := filepath.Join(dir, "missing")
	_, err := settings.Read(missing)
	e, ok := err.(*settings.Error)
	if !ok || !errors.Is(err, fs.ErrNotExist) || e.File != missing || strings.Count(err.Error(), missing) != 1 || e.Hint == "" {
		t.Errorf("Read of a file that does not exist: %#v, want ErrNotExist and the path once", err)
	}
	if _, err := settings.Read(dir); err == nil || !strings.Contains(err.Error(), "cannot be read") {
		t.Errorf("Read of a directory: %v", err)
	}
	if err := os.WriteFile(path, make([]byte, settings.MaxSize+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := settings.Read(path); err == nil || !strings.Contains(err.Error(), "is larger than") {
		t.Errorf("Read of a large file: %v", err)
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	s, err := settings.Parse("f", []byte("accessKey: "+key+"\nallowUnvalidatedEntraTokens: true\nhubs: {Chat: {anonymousConnectPolicy: allow, eventHandlers: [{urlTemplate: 'http://h'}]}}"))
	if err != nil {
		t.Fatal(err)
	}
	o := s.Options()
	if o.Key != key || !o.AllowUnvalidatedEntraTokens || len(o.Hubs["chat"].Handlers) != 1 || fmt.Sprint(o.AnonymousHubs) != "[Chat]" {
		t.Errorf("Options() = %+v", o)
	}
	server, err := emulator.New(o)
	if err != nil {
		t.Fatal(err)
	}
	server.Close()
}

// TestDocumentedSettings reads the settings file that the page on the emulator
// shows.
func TestDocumentedSettings(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/emulator.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(page), "```yaml\n")
	text, _, found := strings.Cut(text, "```")
	s, err := settings.Parse("f", []byte(text))
	want := "chat>http://localhost:9000/eh/{hub}/{event} connect+connected+disconnected *; anonymous=[chat] key=32 entra=false urls="
	if got := shown(s); !found || err != nil || got != want {
		t.Errorf("%s, %v, want %s", got, err, want)
	}
}
