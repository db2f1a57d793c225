package token

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"wps/protocol"
)

// Use is where a token is to be used.
type Use struct {
	// Endpoint is that of the service.
	Endpoint *url.URL
	// Hub is the hub that the token must be for; "" is any.
	Hub string
	// URL is the client URL that carries the token; nil is none.
	URL *url.URL
}

// AudienceError is the error of a token whose audience is for something else. It
// is an ErrAudience.
type AudienceError struct {
	Audiences []string
	Want      string // the audience that would do; {hub} stands for an unknown hub
}

func (e *AudienceError) Error() string {
	if len(e.Audiences) == 0 {
		return fmt.Sprintf("the audience is missing, it must be %q", e.Want)
	}
	texts := make([]string, len(e.Audiences))
	for i, a := range e.Audiences {
		texts[i] = fmt.Sprintf("%q", a)
	}
	return fmt.Sprintf("the audience is %s, it must be %q", strings.Join(texts, " and "), e.Want)
}

// Unwrap returns ErrAudience.
func (e *AudienceError) Unwrap() error { return ErrAudience }

// Problems returns why the service refuses tok at now; nothing when it takes it.
// A client token must name the client URL of its hub, a token for REST something
// below /api of the endpoint. Of a Microsoft Entra ID token the signature cannot
// be checked here, and is not.
func (u Use) Problems(tok string, now time.Time, keys ...Key) []error {
	seen, err := Inspect(tok)
	if err != nil {
		return []error{err}
	}
	audience := u.checkAudience(seen.Claims.Audiences)
	if seen.Kind == TokenEntra && u.URL == nil && audience != nil {
		return entraProblems(tok, seen, now)
	}
	var problems []error
	if _, err := Verify(tok, now, keys...); err != nil {
		problems = append(problems, inMilliseconds(err, seen.Claims))
	}
	if audience != nil {
		return append(problems, audience)
	}
	if !u.isForREST(seen.Claims.Audiences) {
		for _, g := range seen.Claims.Groups {
			if err := protocol.CheckGroup(g); err != nil {
				problems = append(problems, err)
			}
		}
	}
	return problems
}

// entraProblems is Problems of a Microsoft Entra ID token.
func entraProblems(tok string, seen Inspection, now time.Time) []error {
	var header struct {
		Algorithm string `json:"alg"`
	}
	_ = json.Unmarshal(seen.RawHeader, &header) // Inspect has read it
	if !strings.HasPrefix(header.Algorithm, "RS") && !strings.HasPrefix(header.Algorithm, "PS") && !strings.HasPrefix(header.Algorithm, "ES") {
		return []error{fmt.Errorf("%w: a token of Microsoft Entra ID is not signed with %q", ErrSignature, header.Algorithm)}
	}
	_, err := ReadEntra(tok, now)
	switch {
	case errors.Is(err, ErrAudience):
		return []error{&AudienceError{seen.Claims.Audiences, entraAudience}}
	case err != nil:
		return []error{inMilliseconds(err, seen.Claims)}
	}
	return nil
}

// lastSeconds is a time in seconds that is far in the future, and long past when
// it counts milliseconds.
const lastSeconds = 100_000_000_000

// InMilliseconds returns the names of the times that seem to count milliseconds.
// The service takes them for seconds.
func (c *Claims) InMilliseconds() []string {
	var names []string
	for _, t := range []struct {
		name string
		at   time.Time
	}{{"iat", c.IssuedAt}, {"nbf", c.NotBefore}, {"exp", c.Expires}} {
		if t.at.Unix() >= lastSeconds {
			names = append(names, t.name)
		}
	}
	return names
}

// inMilliseconds explains why a token is not valid yet.
func inMilliseconds(err error, c Claims) error {
	if errors.Is(err, ErrNotYet) && slices.Contains(c.InMilliseconds(), "nbf") {
		return fmt.Errorf("%w: nbf seems to count milliseconds, it must count seconds", err)
	}
	return err
}

// checkAudience returns why none of audiences is right for this use.
func (u Use) checkAudience(audiences []string) error {
	if u.URL != nil {
		return u.checkURL(audiences)
	}
	for _, a := range audiences {
		if u.takes(a) {
			return nil
		}
	}
	first := ""
	if len(audiences) > 0 {
		first = audiences[0]
	}
	return &AudienceError{audiences, u.want(first)}
}

// checkURL is checkAudience for a token that came in a client URL.
func (u Use) checkURL(audiences []string) error {
	if !slices.ContainsFunc(SameHosts(u.Endpoint.Host), func(h string) bool { return strings.EqualFold(h, u.URL.Host) }) {
		return fmt.Errorf("%w: the URL is of host %q, the endpoint is %s", ErrAudience, u.URL.Host, u.Endpoint)
	}
	q := u.URL.Query()
	path := u.URL.EscapedPath()
	inside := strings.TrimPrefix(path, u.Endpoint.EscapedPath())
	hub, want := ClientPath(inside, lastValue(q, "hub"))
	switch {
	case hub == "":
		return fmt.Errorf("%w: the URL is not a client URL such as %s", ErrAudience, u.want(""))
	case u.Hub != "" && !strings.EqualFold(hub, u.Hub):
		return fmt.Errorf("%w: the URL is of hub %q, not of %q", ErrAudience, hub, u.Hub)
	case !u.matches(audiences, want):
		return &AudienceError{audiences, u.endpoint() + want}
	}
	return nil
}

// matches reports whether one of audiences is the client path at the endpoint,
// with the endpoint's own path or without.
func (u Use) matches(audiences []string, path string) bool {
	hosts := SameHosts(u.Endpoint.Host)
	return MatchClient(audiences, hosts, path) || MatchClient(audiences, hosts, u.Endpoint.EscapedPath()+path)
}

// takes reports whether the service accepts audience somewhere: at the client URL
// of a hub, or for the REST request that it names.
func (u Use) takes(audience string) bool {
	path, ok := u.pathOf(audience)
	if !ok {
		return false
	}
	kind, hub := clientHub(strings.TrimPrefix(path, u.Endpoint.EscapedPath()))
	if hub == "" {
		return u.isForREST([]string{audience})
	}
	return u.isHub(hub) && u.matches([]string{audience}, kind.path()+protocol.EscapeSegment(hub))
}

// isForREST reports whether one of audiences is right for the REST request that it
// names.
func (u Use) isForREST(audiences []string) bool {
	return u.URL == nil && slices.ContainsFunc(audiences, func(audience string) bool {
		path, ok := u.pathOf(audience)
		if !ok {
			return false
		}
		hub, isREST := operationHub(strings.TrimPrefix(path, u.Endpoint.EscapedPath()))
		return isREST && u.isHub(hub) && MatchREST([]string{audience}, SameHosts(u.Endpoint.Host), path)
	})
}

// pathOf returns the path of an audience; ok is false if it is not of this endpoint.
func (u Use) pathOf(audience string) (path string, ok bool) {
	rest, ok := cutHost(audience, SameHosts(u.Endpoint.Host))
	path, _, _ = strings.Cut(rest, "?")
	return path, ok
}

// operationHub returns the hub of the path of a REST operation. An audience must
// be as long as the path of the request, so that one of a hub alone is for none.
func operationHub(path string) (hub string, ok bool) {
	rest, ok := cutPrefixFold(path, "/api/hubs/")
	if !ok {
		return "", false
	}
	hub, operation, _ := strings.Cut(rest, "/")
	if hub = protocol.UnescapeSegment(hub); protocol.CheckHub(hub) != nil {
		return "", false
	}
	first, name, _ := strings.Cut(operation, "/")
	switch strings.ToLower(first) {
	case "groups", "users", "connections", "permissions":
		ok = strings.Trim(name, "/") != ""
	default:
		ok = strings.HasPrefix(first, ":")
	}
	return hub, ok
}

func (u Use) isHub(hub string) bool { return u.Hub == "" || strings.EqualFold(u.Hub, hub) }

// want returns what an audience should have been.
func (u Use) want(audience string) string {
	_, rest, _ := strings.Cut(audience, "://")
	if i := strings.Index(rest, "/"); i >= 0 {
		rest = rest[i:]
	}
	hub := "{hub}"
	if _, after, ok := strings.Cut(audience, "/hubs/"); ok {
		if name, _, _ := strings.Cut(after, "/"); protocol.CheckHub(name) == nil {
			hub = protocol.EscapeSegment(strings.ToLower(name))
		}
	}
	if u.Hub != "" {
		hub = protocol.EscapeSegment(strings.ToLower(u.Hub))
	}
	if _, isREST := cutPrefixFold(rest, "/api/"); isREST {
		if _, ok := operationHub(rest); ok && u.Hub == "" {
			return u.endpoint() + rest
		}
		return u.endpoint() + "/api/hubs/" + hub + "/..."
	}
	kind, _ := clientHub(rest)
	return u.endpoint() + kind.path() + hub
}

func (u Use) endpoint() string { return strings.TrimRight(u.Endpoint.String(), "/") }

// lastValue returns the last value of a parameter, whose name may be in any case.
func lastValue(q url.Values, name string) string {
	last := ""
	for k, v := range q {
		if strings.EqualFold(k, name) && len(v) > 0 && (last == "" || k == name) {
			last = v[len(v)-1]
		}
	}
	return last
}
