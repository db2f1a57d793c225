package emulatorcmd

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"wps/cmd/internal/cli"
	"wps/cmd/internal/hooks"
	"wps/emulator"
	emusettings "wps/emulator/settings"
	"wps/protocol"
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
	} {
		got, err := tt.o.accessKey(newTestEnv(tt.variables))
		checkUsage(t, "accessKey", err, tt.err)
		if got != tt.want {
			t.Errorf("%+v.accessKey(%v) = %q, want %q", tt.o, tt.variables, got, tt.want)
		}
	}
}

func TestAddress(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		addr    string
		command bool
		want    string
	}{
		{"", false, "localhost:8080"},
		{"", true, "localhost:0"},
		{"h:1", true, "h:1"},
	} {
		o := options{addr: tt.addr}
		if got := o.address(tt.command); got != tt.want {
			t.Errorf("address(%v) with --addr %q = %q, want %q", tt.command, tt.addr, got, tt.want)
		}
	}
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

func TestOfHub(t *testing.T) {
	t.Parallel()
	request := emulator.Notice{NoticeRequest: &emulator.NoticeRequest{Path: "/api/hubs/Chat/:send"}}
	for _, tt := range []struct {
		n    emulator.Notice
		hub  string
		want bool
	}{
		{emulator.Notice{Hub: "chat"}, "", true},
		{emulator.Notice{Hub: "chat"}, "Chat", true},
		{emulator.Notice{Hub: "chat"}, "cha", false},
		{emulator.Notice{Type: emulator.NoticeDropped}, "chat", true},
		{request, "chat", true},
		{request, "ch", false},
	} {
		if got := ofHub(tt.n, tt.hub); got != tt.want {
			t.Errorf("ofHub(%+v, %q) = %v, want %v", tt.n, tt.hub, got, tt.want)
		}
	}
}
