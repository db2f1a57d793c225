package token

import (
	"net/url"
	"strings"

	"wps/protocol"
)

// MatchREST tells whether one of audiences allows a REST request to
// escapedPath (the path as it came, without query) on one of hosts. The schemes
// http, https, ws and wss are equal, case and the query do not count, and the
// audience may be longer than the request at a path boundary. It is compared as
// given and decoded once, against the path with all but %2F decoded.
//
// Source: the vendor's emulator.
func MatchREST(audiences, hosts []string, escapedPath string) bool {
	path := strings.TrimRight(protocol.UnescapeSegment(escapedPath), "/")
	for _, a := range audiences {
		rest, ok := cutHost(a, hosts)
		if !ok {
			continue
		}
		if beginsWithPath(rest, path) {
			return true
		}
		if decoded, err := url.QueryUnescape(rest); err == nil && beginsWithPath(decoded, path) {
			return true
		}
	}
	return false
}

// beginsWithPath tells whether s is path, followed by nothing, a slash or a
// query.
func beginsWithPath(s, path string) bool {
	if len(s) < len(path) || !strings.EqualFold(s[:len(path)], path) {
		return false
	}
	return len(s) == len(path) || s[len(path)] == '/' || s[len(path)] == '?'
}

// MatchClient tells whether one of audiences allows a client to connect to
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

// cutHost splits what follows the host off an audience, when its scheme is one
// of the four and its host one of hosts.
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
