package cmd_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wps/client/entra/entratest"
)

// TestRefusedIdentity: the hint of a refusal names the role for an identity, and the
// network for an access key.
func TestRefusedIdentity(t *testing.T) {
	t.Parallel()
	a := entratest.Start(t)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, a.CA, 0o600); err != nil {
		t.Fatal(err)
	}
	for status, hints := range map[int][2]string{
		http.StatusForbidden:    {"hint: the identity needs the role \"Web PubSub Service Owner\" on the service", "hint: with an access key this is network access: "},
		http.StatusUnauthorized: {"hint: the service does not accept the identity's token: ", "hint: the AccessKey must belong to this Endpoint"},
	} {
		key := answering(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("x-ms-error-code", "Error.Refused")
			w.WriteHeader(status)
		})
		endpoint, _, _ := strings.Cut(strings.TrimPrefix(key["WPS_CONNECTION_STRING"], "Endpoint="), ";")
		identity := a.Environment()
		identity["WPS_ENDPOINT"], identity["WPS_HUB"], identity["WPS_CA_FILE"] = endpoint, "chat", ca
		for i, env := range []map[string]string{identity, key} {
			for _, args := range [][]string{{"send", "hi"}, {"exists", "--user", "u"}, {"group", "list", "g"}, {"close", "--user", "u"}, {"negotiate"}} {
				if args[0] == "negotiate" && i == 1 {
					continue // makes no request
				}
				code, stdout, stderr := run(t, env, args...)
				if code != 4 || stdout != "" || !strings.Contains(stderr, "\n"+hints[i]) {
					t.Errorf("wps %s with %d: exit code %d, stdout %q, stderr %q, want %q", strings.Join(args, " "), status, code, stdout, stderr, hints[i])
				}
			}
		}
	}
	if n := a.Tokens(); n != 2*5 {
		t.Errorf("%d tokens for 10 commands", n)
	}
}

// TestRedirectedService: an answer that redirects is not followed with the token of
// an identity.
func TestRedirectedService(t *testing.T) {
	t.Parallel()
	a := entratest.Start(t)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, a.CA, 0o600); err != nil {
		t.Fatal(err)
	}
	stolen := 0
	thief := answering(t, func(http.ResponseWriter, *http.Request) { stolen++ })
	to, _, _ := strings.Cut(strings.TrimPrefix(thief["WPS_CONNECTION_STRING"], "Endpoint="), ";")
	env := answering(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusTemporaryRedirect) })
	identity := a.Environment()
	identity["WPS_ENDPOINT"], _, _ = strings.Cut(strings.TrimPrefix(env["WPS_CONNECTION_STRING"], "Endpoint="), ";")
	identity["WPS_HUB"], identity["WPS_CA_FILE"] = "chat", ca
	for _, args := range [][]string{{"send", "hi"}, {"negotiate"}, {"connect"}} {
		code, stdout, stderr := run(t, identity, args...)
		if code != 1 || stdout != "" || !strings.Contains(stderr, "the answer is not from Web PubSub") {
			t.Errorf("wps %s: exit code %d, stdout %q, stderr %q", args, code, stdout, stderr)
		}
	}
	if stolen > 0 {
		t.Errorf("%d requests followed the redirect", stolen)
	}
}
