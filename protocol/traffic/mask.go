package traffic

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"wps/protocol"
)

// Masked replaces a secret.
const Masked = "***"

// secretParts are parts of the names of header lines and query parameters whose
// values are secrets.
var secretParts = [...]string{"authorization", "cookie", "signature", "token", "secret", "password", "api-key", "apikey", "functions-key", "subscription-key"}

// isSecret reports whether the value of a header line or a query parameter of this
// name is masked.
func isSecret(name string) bool {
	name = strings.ToLower(name)
	if name == "code" || name == "key" || name == "sig" {
		return true
	}
	return slices.ContainsFunc(secretParts[:], func(part string) bool { return strings.Contains(name, part) })
}

// Headers returns a copy of the lines of a header without its secrets, at most 64
// lines of at most 1 KiB.
func Headers(h http.Header) map[string][]string {
	if len(h) == 0 {
		return nil
	}
	shown := make(map[string][]string, min(len(h), maxHeaders))
	for name, values := range h {
		if len(shown) == maxHeaders {
			break
		}
		if len(values) == 0 {
			continue
		}
		shown[Cut(name)] = mask(name, values)
	}
	return shown
}

func mask(name string, values []string) []string {
	if isSecret(name) {
		return []string{Masked}
	}
	kept := make([]string, 0, min(len(values), maxList))
	for _, v := range values[:cap(kept)] {
		kept = append(kept, Cut(v))
	}
	return kept
}

// Path returns the path and the query of a request without secrets.
func Path(u *url.URL) string {
	path := u.EscapedPath()
	if u.RawQuery == "" {
		return strings.Clone(path)
	}
	var shown []string
	for pair := range strings.SplitSeq(u.RawQuery, "&") {
		name, _, hasValue := strings.Cut(pair, "=")
		plain, err := url.QueryUnescape(name)
		switch {
		case pair == "":
			continue
		case hasValue && (err != nil || isSecret(plain)):
			pair = name + "=" + Masked
		}
		shown = append(shown, pair)
	}
	return path + "?" + strings.Join(shown, "&")
}

// ConnectBody returns the body of a connect event without the secrets in the query
// and the header of the client. Any other text is returned as it is.
func ConnectBody(body []byte) []byte {
	var r protocol.ConnectRequest
	if json.Unmarshal(body, &r) != nil {
		return body
	}
	changed := maskMap(r.Query)
	if !maskMap(r.Headers) && !changed {
		return body
	}
	masked, err := json.Marshal(r)
	if err != nil {
		return nil // unreachable: it was read from JSON
	}
	return masked
}

func maskMap(m map[string][]string) (changed bool) {
	for name := range m {
		if isSecret(name) {
			m[name], changed = []string{Masked}, true
		}
	}
	return changed
}
