package settings_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"wps/emulator/settings"
)

// writeFiles writes files of the given texts into a new folder, which it returns.
func writeFiles(t *testing.T, texts map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range texts {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const vendorFile = `{
  "Urls": "http://localhost:1",
  "WebPubSub": {
    "AccessKey": "` + key + `",
    "Hubs": { "chat": { "EventHandlers": [
      { "UrlTemplate": "http://a", "SystemEvents": [ "connect", "connected" ], "EventPattern": "*" },
      { "UrlTemplate": "http://b", "EventPattern": "b" }
    ] } }
  }
}`

// TestVariables: variables are over the file, value by value.
func TestVariables(t *testing.T) {
	t.Parallel()
	const otherKey = "another-key-of-at-least-thirty-two-bytes"
	const file = "chat>http://a connect+connected *; chat>http://b  b; anonymous=[] key=32 entra=false urls=http://localhost:1"
	for name, tt := range map[string]struct {
		file    string
		environ []string
		want    string
	}{
		"none":           {vendorFile, []string{"PATH=x", "WebPubSub=x", "WebPubSubConnectionString=x", "WebPubSub__=x", "webpubsubs__AccessKey=x"}, file},
		"key":            {vendorFile, []string{"WebPubSub__AccessKey=" + otherKey}, strings.Replace(file, "key=32", "key=40", 1)},
		"any case":       {vendorFile, []string{"WEBPUBSUB__ACCESSKEY=" + otherKey}, strings.Replace(file, "key=32", "key=40", 1)},
		"colons":         {vendorFile, []string{"WebPubSub:AccessKey=" + otherKey}, strings.Replace(file, "key=32", "key=40", 1)},
		"one value":      {vendorFile, []string{"WebPubSub__Hubs__CHAT__EventHandlers__0__UrlTemplate=http://c=d"}, strings.Replace(file, "http://a", "http://c=d", 1)},
		"one item":       {vendorFile, []string{"WebPubSub__Hubs__chat__EventHandlers__0__SystemEvents__1=disconnected"}, strings.Replace(file, "connect+connected", "connect+disconnected", 1)},
		"one more item":  {vendorFile, []string{"WebPubSub__Hubs__chat__EventHandlers__0__SystemEvents__7=disconnected"}, strings.Replace(file, "connect+connected", "connect+connected+disconnected", 1)},
		"empty pattern":  {vendorFile, []string{"WebPubSub__Hubs__chat__EventHandlers__0__EventPattern="}, strings.Replace(file, "connected *;", "connected ;", 1)},
		"true":           {vendorFile, []string{"WebPubSub__AllowUnvalidatedEntraTokens=True"}, strings.Replace(file, "entra=false", "entra=true", 1)},
		"Urls":           {vendorFile, []string{"URLS=http://*:2", "ASPNETCORE_URLS=http://*:3"}, strings.Replace(file, "http://localhost:1", "http://*:2", 1)},
		"urls of host":   {vendorFile, []string{"ASPNETCORE_URLS=http://*:3"}, file},
		"no file":        {"", []string{"WebPubSub__Hubs__a__EventHandlers__10__UrlTemplate=http://z", "WebPubSub__Hubs__a__EventHandlers__10__EventPattern=*", "WebPubSub__Hubs__a__EventHandlers__9__UrlTemplate=http://y", "WebPubSub__Hubs__a__EventHandlers__9__SystemEvents__0=connect", "ASPNETCORE_URLS=http://*:3", "DOTNET_URLS=http://*:4"}, "a>http://y connect ; a>http://z  *; anonymous=[] key=0 entra=false urls=http://*:4"},
		"one of many":    {"", []string{"WebPubSub__Hubs__a__EventHandlers__0__UrlTemplate=http://y", "WebPubSub__Hubs__a__EventHandlers__0__SystemEvents=connect"}, "a>http://y connect ; " + nothing},
		"own form":       {"hubs:\n  a: &x\n    eventHandlers: [{urlTemplate: http://h}]\n  b: *x\n", []string{"WebPubSub__Hubs__b__EventHandlers__0__UrlTemplate=http://i"}, "a>http://h connect+connected+disconnected *; b>http://i connect+connected+disconnected *; " + nothing},
		"Azure's form":   {`[{"name":"a","properties":{}}]`, []string{"WebPubSub__Hubs__b__EventHandlers__0__UrlTemplate=http://i", "WebPubSub__Hubs__b__EventHandlers__0__EventPattern=x"}, "b>http://i  x; " + nothing},
		"section null":   {`{"WebPubSub":null}`, []string{"WebPubSub__AccessKey=" + key}, "anonymous=[] key=32 entra=false urls="},
		"deeper is more": {"", []string{"WebPubSub__Hubs=x", "WebPubSub__Hubs__a__AnonymousConnectPolicy=allow"}, "anonymous=[a] key=0 entra=false urls="},
	} {
		var files []string
		if tt.file != "" {
			files = []string{filepath.Join(writeFiles(t, map[string]string{"f": tt.file}), "f")}
		}
		s, err := settings.Load(files, tt.environ)
		if got := shown(s); err != nil || got != tt.want {
			t.Errorf("%s: %v\n got %s\nwant %s", name, err, got, tt.want)
		}
	}
}

// TestVariableErrors: an error names the variable, and shows no secret.
func TestVariableErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ variable, want string }{
		{"WebPubSub__AccessKey=short", "$WebPubSub__AccessKey: access key has 5 bytes"},
		{"WebPubSub__AccessKey=", "$WebPubSub__AccessKey: it is empty"},
		{"WebPubSub__Key=x", `$WebPubSub__Key: unknown member "Key"`},
		{"WebPubSub__Hubs=x", "$WebPubSub__Hubs: hubs must be a mapping"},
		{"WebPubSub__Hubs__9=x", "$WebPubSub__Hubs__9: hub name"},
		{"WebPubSub__Hubs__a__EventHandlers__UrlTemplate=http://h", "$WebPubSub__Hubs__a__EventHandlers__UrlTemplate: eventHandlers must be a list"},
		{"WebPubSub__Hubs__a__EventHandlers__0__UrlTemplate=me:secret@h", "$WebPubSub__Hubs__a__EventHandlers__0__UrlTemplate: URL template"},
		{"WebPubSub__Hubs__a__EventHandlers__0__Url=x", `$WebPubSub__Hubs__a__EventHandlers__0__Url: unknown member "Url"`},
	} {
		_, err := settings.Load(nil, []string{tt.variable})
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("Load with %s = %v, want %q", tt.variable, err, tt.want)
		}
	}
}

// TestLoadFiles: the second file is over the first, and errors name the right one.
func TestLoadFiles(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ second, want string }{
		{`{"WebPubSub":{"Hubs":{"Chat":{"EventHandlers":[{"UrlTemplate":"http://c"}]}, "x":{"anonymousConnectPolicy":"allow"}}}}`,
			"chat>http://c connect+connected *; chat>http://b  b; anonymous=[x] key=32 entra=false urls=http://localhost:1"},
		{`{"urls":"http://localhost:2","Logging":{}}`, "chat>http://a connect+connected *; chat>http://b  b; anonymous=[] key=32 entra=false urls=http://localhost:2"},
		{"{\n\"WebPubSub\":{\"Hub\":1}}", `!two:2: unknown member "Hub"`},
		{"{\n\"WebPubSub\":{\"AccessKey\":\"\\q\"}}", "!two:2: not JSON"},
		{`{"WebPubSub":{"AccessKey":null}}`, "chat>http://a connect+connected *; chat>http://b  b; anonymous=[] key=0 entra=false urls=http://localhost:1"},
		{"a: b", "!two:1: not JSON"},
		{"[]", "chat>http://a connect+connected *; chat>http://b  b; anonymous=[] key=32 entra=false urls=http://localhost:1"},
	} {
		dir := writeFiles(t, map[string]string{"one": vendorFile, "two": tt.second})
		s, err := settings.Load([]string{filepath.Join(dir, "one"), filepath.Join(dir, "two")}, nil)
		got := shown(s)
		if err != nil {
			got = "!" + strings.TrimPrefix(err.Error(), dir+string(filepath.Separator))
		}
		if !strings.HasPrefix(got, tt.want) {
			t.Errorf("Load with %s:\n got %s\nwant %s", tt.second, got, tt.want)
		}
	}
	dir := writeFiles(t, map[string]string{"one": strings.Replace(vendorFile, `"b"`, "\n\"b*\"", 1), "two": "{}"})
	if _, err := settings.Load([]string{filepath.Join(dir, "one"), filepath.Join(dir, "two")}, nil); err == nil || !strings.Contains(err.Error(), "one:7: event pattern") {
		t.Errorf("an error of the first file is %v", err)
	}
}

// TestWarnings: what is read and has no effect is said, with its place.
func TestWarnings(t *testing.T) {
	t.Parallel()
	const handler = `"EventHandlers":[` + "\n" + `{"UrlTemplate":"http://h/{user}?code={secret}","EventPattern":"*"},{"UrlTemplate":"http://i"}]`
	s, err := settings.Parse("f", []byte(`{"WebPubSub":{"Hubs":{"_DEFAULT":{`+handler+`},"chat":{`+handler+`,`+"\n"+`"EventListeners":[{"eventHubName":"h"}],"webSocketKeepAliveIntervalInSeconds":"7"}}}}`))
	want := []string{
		`f:1: hub "_DEFAULT" has no clients; "*" is every hub`,
		`f:4: the eventListeners of hub "chat" get no events: the emulator has no Event Hub`,
		`f:3: {user}, {...} in the URL template is unknown and stays as it is: the names are {hub} and {event}`,
		`f:3: an event handler of hub "chat" gets no events: it names none in systemEvents and eventPattern`,
	}
	slices.Sort(s.Warnings)
	slices.Sort(want)
	if err != nil || !slices.Equal(s.Warnings, want) {
		t.Errorf("Warnings = %q, %v, want %q", s.Warnings, err, want)
	}
	if got := s.Options().Hubs["chat"]; len(s.Handlers) != 2 || got.KeepAlive != 7*time.Second || len(got.Handlers) != 2 {
		t.Errorf("Options of the hub = %+v", got)
	}
}

// TestHubs: a hub that has an interval alone gets the handlers of every hub, and one
// without gets the interval of every hub.
func TestHubs(t *testing.T) {
	t.Parallel()
	s, err := settings.Parse("f", []byte("hubs:\n  a: {webSocketKeepAliveIntervalInSeconds: 5}\n  b: {eventHandlers: [{urlTemplate: 'http://b'}]}\n  '*': {webSocketKeepAliveIntervalInSeconds: 9, eventHandlers: [{urlTemplate: 'http://h'}]}\n"))
	if err != nil {
		t.Fatal(err)
	}
	hubs := s.Hubs(s.Handlers)
	for hub, want := range map[string]string{"a": "5s 1", "b": "9s 2", "*": "9s 1"} {
		if got := fmt.Sprint(hubs[hub].KeepAlive, " ", len(hubs[hub].Handlers)); got != want {
			t.Errorf("hub %s = %s, want %s", hub, got, want)
		}
	}
}

// TestDiscover: a file is used if its section WebPubSub is that of the emulator.
func TestDiscover(t *testing.T) {
	t.Parallel()
	const app = `{"WebPubSub":{"ConnectionString":"x"}}`
	for name, tt := range map[string]struct {
		files       map[string]string
		environment string
		want        string
	}{
		"nothing":             {nil, "Development", "[] []"},
		"settings":            {map[string]string{"appsettings.json": vendorFile}, "", "[appsettings.json] []"},
		"environment":         {map[string]string{"appsettings.json": vendorFile, "appsettings.Development.json": vendorFile}, "Development", "[appsettings.json appsettings.Development.json] []"},
		"not its environment": {map[string]string{"appsettings.Development.json": vendorFile}, "", "[] []"},
		"environment alone":   {map[string]string{"appsettings.json": `{"Logging":{}}`, "appsettings.Test.json": vendorFile}, "Test", "[appsettings.Test.json] []"},
		"an application's":    {map[string]string{"appsettings.json": app}, "", "[] [appsettings.json]"},
		"both":                {map[string]string{"appsettings.json": app, "appsettings.Test.json": vendorFile}, "Test", "[appsettings.json appsettings.Test.json] []"},
		"no section":          {map[string]string{"appsettings.json": "{ broken"}, "", "[] []"},
		"broken":              {map[string]string{"appsettings.json": `{"WebPubSub":` + "\n{"}, "", "appsettings.json:2: not JSON"},
		"path":                {map[string]string{"appsettings.json": `{"Logging":{}}`}, "../x", "[] []"},
		"section is a list":   {map[string]string{"appsettings.json": `{"WebPubSub":[1]}`}, "", "[] [appsettings.json]"},
		"empty section":       {map[string]string{"appsettings.json": `{"webpubsub":{"HUBS":{}}}`}, "", "[appsettings.json] []"},
	} {
		dir := writeFiles(t, tt.files)
		d, err := settings.Discover(dir, tt.environment)
		got := fmt.Sprint(d.Files, " ", d.Others)
		if err != nil {
			got = err.Error()
		}
		got = strings.ReplaceAll(got, dir+string(filepath.Separator), "")
		if !strings.HasPrefix(got, tt.want) {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}

// FuzzVariables: variables make settings that start an emulator, or an error that
// names one of them.
func FuzzVariables(f *testing.F) {
	f.Add("WebPubSub__Hubs__a__EventHandlers__0__UrlTemplate", "http://h", "WebPubSub__Hubs__a__EventHandlers__0__EventPattern", "*", vendorFile)
	f.Add("WebPubSub:AccessKey", key, "webpubsub__hubs__chat__eventhandlers__1", "", "hubs: {chat: &a {}, b: *a}")
	f.Add("WebPubSub__Hubs__*", "", "WebPubSub__Hubs", "", `[{"name":"a","properties":{}}]`)
	f.Fuzz(func(t *testing.T, name1, value1, name2, value2, text string) {
		path := filepath.Join(writeFiles(t, map[string]string{"f": text}), "f")
		s, err := settings.Load([]string{path}, []string{name1 + "=" + value1, name2 + "=" + value2})
		if err != nil {
			if e, ok := err.(*settings.Error); !ok || e.File != path && !strings.HasPrefix(e.File, "$") {
				t.Errorf("%#v has no place", err)
			}
			return
		}
		server, err := emulatorOf(s)
		if err != nil {
			t.Fatalf("%q was read, but: %v", text, err)
		}
		server.Close()
	})
}
