package token

import (
	"net"
	"strings"

	"wps/protocol"
)

// ClientPath returns the hub, in lower case, that a client connects to with
// escapedPath, and the path that the audience of its token must name. /client/
// has the hub in its query, queryHub, and means the same as /client/hubs/{hub}.
// Both are "" if the path is no client path or the hub's name is not valid.
func ClientPath(escapedPath, queryHub string) (hub, path string) {
	if strings.EqualFold(strings.TrimSuffix(escapedPath, "/"), "/client") {
		if protocol.CheckHub(queryHub) != nil {
			return "", ""
		}
		return strings.ToLower(queryHub), KindDefault.path() + protocol.EscapeSegment(queryHub)
	}
	if _, hub = clientHub(escapedPath); hub == "" {
		return "", ""
	}
	return hub, escapedPath
}

// clientHub returns the hub of a path below one of the client paths, in lower
// case, "" if there is none.
func clientHub(escapedPath string) (ClientKind, string) {
	for _, kind := range []ClientKind{KindDefault, KindMQTT, KindSocketIO} {
		rest, ok := cutPrefixFold(escapedPath, kind.path())
		if !ok {
			continue
		}
		name := protocol.UnescapeSegment(strings.TrimSuffix(rest, "/"))
		if protocol.CheckHub(name) != nil {
			return kind, ""
		}
		return kind, strings.ToLower(name)
	}
	return KindDefault, ""
}

// cutPrefixFold is strings.CutPrefix without regard to case.
func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}

// SameHosts returns the hosts that a token for host[:port] may name: that one, and
// every name of this machine for itself when it is one.
func SameHosts(host string) []string {
	hosts := []string{host}
	if !IsLoopbackHost(host) {
		return hosts
	}
	_, port, _ := net.SplitHostPort(host) // "" when there is none
	for _, same := range []string{"localhost", "127.0.0.1", "[::1]"} {
		if port != "" {
			same += ":" + port
		}
		hosts = append(hosts, same)
	}
	return hosts
}

// IsLoopbackHost reports whether host[:port] is a name of this machine for itself.
func IsLoopbackHost(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = strings.Trim(host, "[]")
	}
	ip := net.ParseIP(name)
	return strings.EqualFold(name, "localhost") || ip != nil && ip.IsLoopback()
}
