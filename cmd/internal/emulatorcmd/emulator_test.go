package emulatorcmd

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"wps/cmd/internal/cli"
	"wps/cmd/internal/hooks"
	emusettings "wps/emulator/settings"
	"wps/protocol"
	"wps/token"
)

const (
	keyOfFlag     = "key-of-the-flag-with-at-least-32-bytes"
	keyOfFile     = "key-of-the-file-with-at-least-32-bytes"
	keyOfVariable = "key-of-the-variable-with-32-bytes-too"
	keyOfSettings = "key-of-the-settings-with-32-bytes-too"
)

// newTestEnv returns an Env with the environment of variables.
func newTestEnv(variables map[string]string) *cli.Env {
	return cli.NewEnv(strings.NewReader(""), &strings.Builder{}, &strings.Builder{}, func(name string) (string, bool) {
		value, ok := variables[name]
		return value, ok
	})
}

// checkUsage fails the test unless err is a usage error with the text want; "" is
// no error.
func checkUsage(t *testing.T, call string, err error, want string) {
	t.Helper()
	usage, isUsage := errors.AsType[*cli.UsageError](err)
	switch {
	case want == "" && err != nil:
		t.Errorf("%s = %v, want no error", call, err)
	case want != "" && (!isUsage || usage.Text != want):
		t.Errorf("%s = %v, want the usage error %q", call, err, want)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		o     options
		given cli.FlagNames
		want  string
	}{
		{"none", options{}, nil, ""},
		{"hubs", options{anonymous: []string{"chat", "*"}, handlerFlags: []string{"chat=http://localhost:1/"}}, nil, ""},
		{"certificate", options{certFile: "c"}, nil, "--tls-cert-out goes with --tls"},
		{"flags of hooks", options{}, cli.FlagNames{"strict": true}, "--strict goes with --on"},
		{"hub", options{anonymous: []string{"9"}}, nil, `--allow-anonymous: hub name "9" must begin with a letter`},
	} {
		checkUsage(t, tt.name+": check", tt.o.check(newTestEnv(nil), tt.given), tt.want)
	}
}

// TestAccessKey checks where the key comes from, the first source first.
func TestAccessKey(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "key.txt")
	if err := os.WriteFile(file, []byte(keyOfFile+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	settings := emusettings.Settings{AccessKey: keyOfSettings}
	variable := map[string]string{"WPS_EMULATOR_KEY": keyOfVariable}
	for _, tt := range []struct {
		o         options
		variables map[string]string
		want      string
		err       string
	}{
		{options{key: keyOfFlag, settings: settings}, variable, keyOfFlag, ""},
		{options{keyFile: file, settings: settings}, variable, keyOfFile, ""},
		{options{settings: settings}, variable, keyOfVariable, ""},
		{options{settings: settings}, nil, keyOfSettings, ""},
		{options{}, nil, protocol.DefaultAccessKey, ""},
		{options{key: keyOfFlag, keyFile: file}, nil, "", "--key and --key-file exclude each other"},
		{options{key: "short"}, nil, "", "--key: access key has 5 bytes, at least 32 are needed"},
		{options{key: "\ufeff\"" + keyOfFlag + "\"\r\n"}, nil, keyOfFlag, ""},
		{options{key: `{"primaryKey":"` + keyOfFlag + `"}`}, nil, keyOfFlag, ""},
		{options{key: "<key>"}, nil, "", "--key: <key> is a placeholder for the access key"},
		{options{}, map[string]string{"WPS_EMULATOR_KEY": "'" + keyOfVariable + "'\n"}, keyOfVariable, ""},
		{options{}, map[string]string{"WPS_EMULATOR_KEY": "${KEY}"}, "", "$WPS_EMULATOR_KEY: ${KEY} is a placeholder for the access key"},
	} {
		got, err := tt.o.accessKey(newTestEnv(tt.variables))
		checkUsage(t, "accessKey", err, tt.err)
		if got != tt.want {
			t.Errorf("%+v.accessKey(%v) = %q, want %q", tt.o, tt.variables, got, tt.want)
		}
	}
}

// TestNewKey: --new-key makes another key each time, unless one is set.
func TestNewKey(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{protocol.DefaultAccessKey: true}
	for range 3 {
		key, err := (&options{newKey: true}).accessKey(newTestEnv(nil))
		if err != nil || seen[key] || token.CheckKey(key) != nil {
			t.Errorf("key = %q, %v, want a valid one that is new", key, err)
		}
		seen[key] = true
	}
	for _, o := range []options{{newKey: true, key: keyOfFlag}, {newKey: true, settings: emusettings.Settings{AccessKey: keyOfFlag}}} {
		if key, err := o.accessKey(newTestEnv(nil)); key != keyOfFlag || err != nil {
			t.Errorf("%+v.accessKey = %q, %v, want the one that is set", o, key, err)
		}
	}
}

// TestPlace checks where an emulator listens, in the forms that ASP.NET has for it.
func TestPlace(t *testing.T) {
	t.Parallel()
	urls := func(text string) emusettings.Settings {
		return emusettings.Settings{URLs: text, URLsFrom: "appsettings.json"}
	}
	for _, tt := range []struct {
		o       options
		command bool
		want    string // "!" begins the text of a usage error
		said    string
	}{
		{options{}, false, "[localhost:8080] false", ""},
		{options{}, true, "[localhost:0] false", ""},
		{options{addr: "h:1", settings: urls("http://localhost:2")}, true, "[h:1] false", ""},
		{options{addr: "h:1", tls: true}, false, "[h:1] true", ""},
		{options{addr: "h:1", urls: "http://h:2"}, false, "!--addr and --urls exclude each other", ""},
		{options{urls: "http://localhost:5000"}, true, "[localhost:5000] false", ""},
		{options{urls: "HTTPS://localhost:5001/;https://127.0.0.1:5002;"}, false, "[localhost:5001 127.0.0.1:5002] true", ""},
		{options{urls: "http://*:8081;http://+:8082;http://0.0.0.0:8083;http://[::1]:8084"}, false, "[0.0.0.0:8081 0.0.0.0:8082 0.0.0.0:8083 [::1]:8084] false", ""},
		{options{urls: "http://localhost"}, false, "[localhost:80] false", ""},
		{options{urls: "https://[::1]"}, false, "[[::1]:443] true", ""},
		{options{urls: "http://localhost:1;https://localhost:2"}, false, "!--urls: an emulator serves either http or https", ""},
		{options{urls: "http://localhost:1", tls: true}, false, "!--urls has http, and --tls is set", ""},
		{options{urls: "localhost:5000"}, false, `!--urls: "localhost:5000" must begin with http:// or https://`, ""},
		{options{urls: "http://unix:/tmp/s"}, false, `!--urls: "http://unix:/tmp/s": sockets and pipes are not supported`, ""},
		{options{urls: "http://localhost:5000/base"}, false, `!--urls: "http://localhost:5000/base": only a host and a port may follow http://`, ""},
		{options{urls: "http://:80"}, false, `!--urls: "http://:80" has no valid host and port`, ""},
		{options{urls: "http://a:b:c"}, false, `!--urls: "http://a:b:c" has no valid host and port`, ""},
		{options{urls: " ; "}, false, `!--urls: " ; " has no URL`, ""},
		{options{settings: urls("http://localhost:2")}, false, "[localhost:2] false", "listening as Urls in appsettings.json (http://localhost:2) says\n"},
		{options{settings: urls("http://localhost:2;https://localhost:3")}, false, "[localhost:2] false", "wps: warning: Urls in appsettings.json (http://localhost:2;https://localhost:3): only http is served; https with --tls\nlistening as Urls in appsettings.json (http://localhost:2;https://localhost:3) says\n"},
		{options{settings: urls("http://localhost:2;https://localhost:3"), tls: true}, false, "[localhost:3] true", "listening as Urls in appsettings.json (http://localhost:2;https://localhost:3) says\n"},
		{options{settings: urls("https://localhost:3")}, false, "[localhost:3] true", "listening as Urls in appsettings.json (https://localhost:3) says\n"},
		{options{settings: urls("x")}, false, `!Urls in appsettings.json (x): "x" must begin with http:// or https://`, ""},
		{options{settings: urls("http://localhost:2")}, true, "[localhost:0] false", "wps: warning: Urls in appsettings.json (http://localhost:2) is not used with -- COMMAND, which gets a free port: add --addr or --urls\n"},
		{options{settings: emusettings.Settings{URLs: "http://*:1", URLsFrom: "$ASPNETCORE_URLS"}}, true, "[localhost:0] false", ""},
		{options{settings: emusettings.Settings{URLs: "http://*:1", URLsFrom: "$ASPNETCORE_URLS"}}, false, "[0.0.0.0:1] false", "listening as $ASPNETCORE_URLS (http://*:1) says\n"},
	} {
		var said strings.Builder
		env := cli.NewEnv(strings.NewReader(""), &strings.Builder{}, &said, func(string) (string, bool) { return "", false })
		at, err := tt.o.place(env.Out, tt.command)
		got := fmt.Sprint(at.addrs, " ", at.tls)
		if usage, ok := errors.AsType[*cli.UsageError](err); ok {
			got = "!" + usage.Text
		}
		if got != tt.want || said.String() != tt.said {
			t.Errorf("place(%v) with --addr %q, --urls %q, Urls %q = %s, %q, want %s, %q", tt.command, tt.o.addr, tt.o.urls, tt.o.settings.URLs, got, said.String(), tt.want, tt.said)
		}
	}
}

// TestFileWatch checks that a change is noticed once it is complete, and only then.
func TestFileWatch(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, other := filepath.Join(dir, "s.json"), filepath.Join(dir, "next")
	save := func(path, text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	save(file, "1")
	w := newFileWatch([]string{file})
	w.note()
	expect := func(what string, want ...bool) {
		t.Helper()
		for i, changed := range want {
			if got := w.changed(); got != changed {
				t.Errorf("%s, look %d: changed() = %v, want %v", what, i+1, got, changed)
			}
		}
	}
	expect("untouched", false, false)
	save(file, "12")
	expect("being written", false)
	save(file, "123")
	expect("written", false, true, true)
	w.note()
	expect("read", false)
	save(other, "123")
	if err := os.Rename(other, file); err != nil {
		t.Fatal(err)
	}
	expect("replaced", false, true)
	w.note()
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	expect("removed", false, true)
	w.note()
	expect("still missing", false)
	save(file, "1")
	expect("back", false, true)
}

// TestEventHooksWith checks which events hooks get: all of them alone, and with
// other handlers those that --on names.
func TestEventHooksWith(t *testing.T) {
	t.Parallel()
	env := newTestEnv(nil)
	on := []string{"connect=:accept", "chat/a=:echo", "CHAT/b=:echo", "other/*=:echo", "other/c=:echo"}
	h := &eventHooks{handler: new(hooks.Handler), keys: hookKeys(env, on)}
	other := emusettings.HubHandler{Hub: "chat", Name: "other"}
	for _, tt := range []struct {
		hooks  *eventHooks
		others []emusettings.HubHandler
		want   []string
	}{
		{&eventHooks{}, nil, nil},
		{&eventHooks{}, []emusettings.HubHandler{other}, []string{"chat other [] "}},
		{h, nil, []string{"* hooks [connect connected disconnected] *"}},
		{h, []emusettings.HubHandler{other}, []string{"* hooks [connect] ", "chat hooks [] a,b", "other hooks [] *", "chat other [] "}},
	} {
		var got []string
		for _, x := range tt.hooks.with(tt.others) {
			got = append(got, x.Hub+" "+x.Name+" ["+strings.Join(x.SystemEvents, " ")+"] "+x.EventPattern)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("with(%v) = %q, want %q", tt.others, got, tt.want)
		}
	}
}

// TestHookKeysHub checks that --hub is the hub of an event without one.
func TestHookKeysHub(t *testing.T) {
	t.Parallel()
	env := newTestEnv(nil)
	env.Settings.HubFlag = "chat"
	keys := hookKeys(env, []string{"a=:echo", "other/a=:echo"})
	if len(keys) != 2 || keys[0].Hub != "chat" || keys[1].Hub != "other" {
		t.Errorf("hookKeys = %+v, want the hubs chat and other", keys)
	}
}
