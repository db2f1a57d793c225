package cli

import (
	"log/slog"
	"slices"
	"strings"
	"testing"

	"wps/cmd/internal/settings"
	"wps/protocol"
)

// testSettings returns settings with an environment.
func testSettings(environ map[string]string) *Settings {
	return &Settings{log: slog.New(slog.DiscardHandler), LookupEnv: func(name string) (string, bool) {
		v, ok := environ[name]
		return v, ok
	}}
}

// TestVariablesOfOthers checks that the names that other tools have for a connection
// string and a hub are read, ours first, and that those which are not are named.
func TestVariablesOfOthers(t *testing.T) {
	t.Parallel()
	const form = "Endpoint=https://NAME.example;AccessKey=0123456789012345678901234567890123456789;Version=1.0;"
	environ := map[string]string{}
	names := slices.DeleteFunc(settings.ServiceNames(), func(name string) bool {
		return name == "WPS_ENDPOINT" || strings.HasSuffix(name, "__serviceUri")
	})
	for i := len(names) - 1; i >= 0; i-- {
		environ[names[i]] = strings.Replace(form, "NAME", strings.ToLower(strings.ReplaceAll(names[i], "_", "-")), 1)
		cs, source, err := testSettings(environ).Connection()
		if want := strings.ToLower(strings.ReplaceAll(names[i], "_", "-")) + ".example"; err != nil || cs.Endpoint.Host != want || source.From != "$"+names[i] {
			t.Errorf("Connection() = %v from %s, %v, want host %s of %s", cs.Endpoint, source.From, err, want, names[i])
		}
	}
	environ = map[string]string{}
	names = settings.HubNames()
	for i := len(names) - 1; i >= 0; i-- {
		environ[names[i]] = "hub" + strings.ReplaceAll(names[i], "_", "")
		if hub, err := testSettings(environ).Hub(); err != nil || hub != environ[names[i]] {
			t.Errorf("Hub() = %s, %v, want that of %s", hub, err, names[i])
		}
	}
	for _, name := range slices.Concat(settings.ServiceNames(), settings.HubNames()) {
		s := testSettings(map[string]string{name: ""})
		_, _, err := s.Connection()
		_, hubErr := s.Hub()
		if (err == nil || !strings.Contains(err.Error(), "$"+name+" is empty")) && !strings.Contains(hubErr.Error(), "$"+name+" is empty") {
			t.Errorf("%s empty: %v, %v", name, err, hubErr)
		}
	}
}

// TestUnreadVariables checks that a variable which is not read is named when the local
// emulator is used in its place.
func TestUnreadVariables(t *testing.T) {
	t.Parallel()
	for _, name := range unreadVariables() {
		s := testSettings(map[string]string{name: "x"})
		if cs, source, err := s.Connection(); err != nil || source.From != FromDefault || cs.Endpoint.String() != protocol.DefaultEndpoint {
			t.Errorf("%s: Connection() = %v, %v, want the default", name, cs.Endpoint, err)
		}
		if hint := s.DefaultHint(); !strings.Contains(hint, "; $"+name+" is ") {
			t.Errorf("%s: the hint is %q", name, hint)
		}
	}
	if hint := testSettings(nil).DefaultHint(); strings.Contains(hint, ";") {
		t.Errorf("without a variable the hint is %q", hint)
	}
}

// TestEnvironment checks which variable names the environment of ASP.NET.
func TestEnvironment(t *testing.T) {
	t.Parallel()
	for want, environ := range map[string]map[string]string{
		"": nil, "A": {"ASPNETCORE_ENVIRONMENT": "A"}, "B": {"ASPNETCORE_ENVIRONMENT": "A", "DOTNET_ENVIRONMENT": "B"},
	} {
		if got := testSettings(environ).Environment(); got != want {
			t.Errorf("Environment() of %v = %q, want %q", environ, got, want)
		}
	}
}
