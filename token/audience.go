package token

import (
	"net/url"
	"slices"
	"strings"

	"wps/protocol"
)

// MatchREST reports whether one of audiences allows a REST request to
// escapedPath (the path as it was received, without query) on one of hosts. The
// schemes http, https, ws and wss are equal, case and the query are ignored, and
// the audience may be longer than the request at a path boundary.
//
// The path of the audience is compared as it is with the path as it was
// received, and in three forms (as it is, with all but %2F decoded, and wholly
// decoded) with the path with all but %2F decoded.
//
// Source: the vendor's emulator, and the data-plane reference: the audience
// should be the same as the request URL. The vendor's emulator refuses that for
// a name with a slash and another escaped character.
func MatchREST(audiences, hosts []string, escapedPath string) bool {
	escapedPath = strings.TrimRight(escapedPath, "/")
	path := protocol.UnescapeSegment(escapedPath)
	return slices.ContainsFunc(audiences, func(audience string) bool {
		rest, ok := cutHost(audience, hosts)
		return ok && allowsPath(rest, escapedPath, path)
	})
}

// MatchTunnel reports whether one of audiences allows a tunnel of a hub at
// escapedPath on one of hosts. Schemes and case are those of [MatchREST]. An audience
// with a hub in its query is for that hub only, one without a query is for every
// hub.
//
// Source: the tunnel client signs the whole URL with its query; what the service
// accepts beside that is not published.
func MatchTunnel(audiences, hosts []string, escapedPath, hub string) bool {
	want := strings.TrimRight(escapedPath, "/")
	return slices.ContainsFunc(audiences, func(audience string) bool {
		rest, ok := cutHost(audience, hosts)
		path, query, _ := strings.Cut(rest, "?")
		if !ok || !strings.EqualFold(strings.TrimRight(path, "/"), want) {
			return false
		}
		values, err := url.ParseQuery(query)
		return err == nil && (!values.Has("hub") || strings.EqualFold(values.Get("hub"), hub))
	})
}

// allowsPath reports whether rest, an audience after its host, allows a request
// to escapedPath. path is escapedPath with all but %2F decoded.
func allowsPath(rest, escapedPath, path string) bool {
	if beginsWithPath(rest, escapedPath) || beginsWithPath(rest, path) {
		return true
	}
	// The query goes first: an escaped question mark belongs to a name.
	own, _, _ := strings.Cut(rest, "?")
	if own = protocol.UnescapeSegment(own); len(own) == len(path) && strings.EqualFold(own, path) {
		return true
	}
	decoded, err := url.QueryUnescape(rest)
	return err == nil && beginsWithPath(decoded, path)
}

// beginsWithPath reports whether s is path, followed by nothing, a slash or a
// query.
func beginsWithPath(s, path string) bool {
	if len(s) < len(path) || !strings.EqualFold(s[:len(path)], path) {
		return false
	}
	return len(s) == len(path) || s[len(path)] == '/' || s[len(path)] == '?'
}

// MatchClient reports whether one of audiences allows a client to connect to
// escapedPath on one of hosts: the whole path must be the same, escaped or
// decoded, without regard to case.
//
// Source: the service's answers to audiences with each scheme, another host and
// another hub.
func MatchClient(audiences, hosts []string, escapedPath string) bool {
	want := unescaped(escapedPath)
	for _, a := range audiences {
		rest, ok := cutHost(a, hosts)
		if !ok {
			continue
		}
		path, _, _ := strings.Cut(rest, "?")
		if strings.EqualFold(path, want) || strings.EqualFold(unescaped(path), want) {
			return true
		}
	}
	return false
}

func unescaped(path string) string {
	if u, err := url.PathUnescape(path); err == nil {
		return u
	}
	return path
}

// cutHost returns what follows the host in an audience. ok is false unless the
// scheme is one of the four and the host one of hosts.
func cutHost(audience string, hosts []string) (rest string, ok bool) {
	scheme, rest, ok := strings.Cut(audience, "://")
	if !ok || !knownScheme(scheme) {
		return "", false
	}
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	for _, h := range hosts {
		if strings.EqualFold(h, rest[:end]) {
			return rest[end:], true
		}
	}
	return "", false
}

func knownScheme(s string) bool {
	switch strings.ToLower(s) {
	case "http", "https", "ws", "wss":
		return true
	}
	return false
}
