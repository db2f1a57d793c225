package cmd_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestNoErrorRepeatsASecretOfAURL: a password or a query of an event handler's URL
// is in no error, whatever is wrong with the URL and wherever it was written.
func TestNoErrorRepeatsASecretOfAURL(t *testing.T) {
	t.Parallel()
	urls := []string{
		"http://u:SECRET@h x/?code=SECRET", "http://u:SEC%zzRET@h/?code=SECRET", "ftp://u:SECRET@h/?code=SECRET",
		"http://h:SECRET", "http://u:SECRET@{hub}/?code=SECRET", "http://u:SEC/RET@h/", "tunnel://u:SECRET@h?code=SECRET",
		"http:/u:SECRET@h", "://u:SECRET@h", "http://u:SECRET@", "http://u:SECRET@h/{x}?code={SECRET}",
	}
	settings := func(t *testing.T, format, url string) string {
		file := filepath.Join(t.TempDir(), "settings.yaml")
		if err := os.WriteFile(file, fmt.Appendf(nil, format, url), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	for name, args := range map[string]func(t *testing.T, url string) []string{
		"--handler":        func(_ *testing.T, u string) []string { return []string{"emulator", "--handler", u} },
		"--handler of hub": func(_ *testing.T, u string) []string { return []string{"emulator", "--handler", "chat=" + u} },
		"--handler, a further word": func(_ *testing.T, u string) []string {
			return []string{"emulator", "--handler", "http://h " + u}
		},
		"settings": func(t *testing.T, u string) []string {
			return []string{"emulator", "--settings", settings(t, "hubs:\n  chat:\n    eventHandlers:\n    - urlTemplate: %q\n", u)}
		},
		"settings, as a name": func(t *testing.T, u string) []string {
			return []string{"emulator", "--settings", settings(t, "hubs:\n  chat:\n    eventHandlers:\n    - %q: x\n", u)}
		},
		"--forward": func(_ *testing.T, u string) []string { return []string{"listen", "--forward", u} },
		"--on": func(_ *testing.T, u string) []string {
			return []string{"emulator", "--on", "connect", u, "--on", "connect", u}
		},
		"--on without an event": func(_ *testing.T, u string) []string { return []string{"listen", "--on", u} },
		"--to":                  func(_ *testing.T, u string) []string { return []string{"trigger", "m", "--hub", "chat", "--to", u} },
		"an argument":           func(_ *testing.T, u string) []string { return []string{"listen", "--on", "m", ":echo", u} },
		"a flag without dashes": func(_ *testing.T, u string) []string { return []string{"listen", "--on", "m", ":echo", "forward", u} },
	} {
		for _, u := range urls {
			if (name == "--forward" || name == "settings") && strings.Contains(u, "{x}") || strings.HasPrefix(name, "--on") && !strings.Contains(u, "h://") && !strings.Contains(u, "p://") {
				continue // good, or not a URL but a command
			}
			code, stdout, stderr := run(t, map[string]string{"WPS_CONNECTION_STRING": "Endpoint=http://localhost;AccessKey=k;Version=1.0;"}, args(t, u)...)
			if text := stdout + stderr; code == 0 || strings.Contains(text, "SEC") || strings.Contains(text, "RET") || strings.Contains(text, "zz") {
				t.Errorf("%s, %q = %d, %s", name, u, code, text)
			}
		}
	}
}

// TestUnreachableHandlerWithASecret: nor is it when the URL is right and nothing
// answers there.
func TestUnreachableHandlerWithASecret(t *testing.T) {
	t.Parallel()
	env := map[string]string{"WPS_CONNECTION_STRING": "Endpoint=http://localhost;AccessKey=k;Version=1.0;"}
	for _, more := range [][]string{nil, {"--no-validate"}, {"-o", "json"}, {"-v"}, {"--debug"}} {
		args := append([]string{"trigger", "m", "--hub", "chat", "--to", "http://u:SECRET@127.0.0.1:1/?code=SECRET"}, more...)
		code, stdout, stderr := run(t, env, args...)
		if text := stdout + stderr; code != 1 || strings.Contains(text, "SECRET") || !strings.Contains(text, "http://***@127.0.0.1:1/") {
			t.Errorf("%q = %d, %s", more, code, text)
		}
	}
}
