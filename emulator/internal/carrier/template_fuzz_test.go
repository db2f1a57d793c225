package carrier_test

import (
	"net/url"
	"strings"
	"testing"

	"wps/emulator/internal/carrier"
	"wps/internal/shownurl"
	"wps/protocol"
)

// FuzzURLTemplate: a template that passes the check becomes a URL with its host,
// whatever the hub and the event.
func FuzzURLTemplate(f *testing.F) {
	for _, seed := range []string{
		"http://h/{hub}/{event}", "https://h:1/x?code={HUB}#f", "http://{hub}/", "http://h/{@Microsoft.KeyVault(SecretUri=x)}", "http://h/{", "http://u:p@h/%7Bhub%7D",
		"tunnel:///eh/{event}?code=x", "TUNNEL:///", "tunnel://u:p@h/x",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, template string) {
		if carrier.CheckTemplate(template) != nil {
			return
		}
		var host string
		for _, value := range [][2]string{{"chat", "message"}, {"a`,.[]", "x.y-z"}, {"A_", protocol.ValidateEvent}} {
			text := carrier.Resolve(template, value[0], value[1])
			u, err := url.Parse(text)
			if err != nil || u.Scheme != "tunnel" && u.Scheme != "http" && u.Scheme != "https" || (u.Host == "") != (u.Scheme == "tunnel") {
				t.Fatalf("%q becomes %q: %v", template, text, err)
			}
			if host == "" {
				host = u.Host
			}
			if u.Host != host {
				t.Errorf("%q has the hosts %q and %q", template, host, u.Host)
			}
			shown := shownurl.Of(text)
			password, secret := u.User.Password()
			if strings.Contains(shown, "?") || secret && password != "" && strings.Contains(shown, ":"+password+"@") {
				t.Errorf("%q is shown as %q, with a secret", text, shown)
			}
		}
	})
}
