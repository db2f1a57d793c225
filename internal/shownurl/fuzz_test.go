package shownurl_test

import (
	"strings"
	"testing"

	"wps/internal/shownurl"
)

// FuzzOf: wherever a URL may hold a secret, it is not shown, and what is shown is
// shown again as it is.
func FuzzOf(f *testing.F) {
	const secret = "S3CRET"
	f.Add("http", "user", "", "", "host:80", "/path")
	f.Add("", "user", "@", "@", "h", "")
	f.Add("tunnel", "", ":", "%40", "[::1]:8080", "/{hub}/{event}")
	f.Add("h", "a", "?", "#", "h\\", "//")
	f.Fuzz(func(t *testing.T, scheme, user, before, after, host, path string) {
		// A slash, "?" or "#" ends a host, so that what follows is no password.
		if all := scheme + user + before + after + host + path; strings.Contains(all, secret) || strings.ContainsAny(scheme, "/?#@:") || strings.ContainsAny(user+before+after+host, `/\?#`) {
			return
		}
		server := strings.ReplaceAll(host, ":", "") + ":80" // what is no port is taken for a password
		for _, text := range []string{
			scheme + "://" + user + ":" + before + secret + after + "@" + host + path,
			"http://" + server + "/" + path + "?" + before + secret + after,
			"http://" + server + "/" + path + "#" + before + secret + after,
			user + ":" + before + secret + after + "@" + host,
		} {
			got := shownurl.Of(text)
			if strings.Contains(got, secret) {
				t.Errorf("Of(%q) = %q", text, got)
			}
			if again := shownurl.Of(got); again != got {
				t.Errorf("Of(%q) = %q, then %q", text, got, again)
			}
		}
	})
}
