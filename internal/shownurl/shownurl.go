// Package shownurl makes URLs fit for people and logs: without what may be secret.
package shownurl

import "strings"

// Of returns a URL, or a template or part of one, without its query, fragment and
// user information, any of which may be secret. It does the same to a text that was
// meant to be a URL, in which a part is in doubt taken for a secret.
func Of(text string) string {
	scheme, rest, ok := strings.Cut(text, "://")
	if ok && !strings.ContainsAny(scheme, "/?#@:") {
		scheme += "://"
	} else {
		scheme, rest = "", text
	}
	host := rest[:strings.IndexAny(rest+"/", `/\?#`)]
	at := strings.LastIndexByte(host, '@')
	if at < 0 && !plainHost(host) { // a password that holds a slash or the like
		at = strings.LastIndexByte(rest, '@')
	}
	switch {
	case at >= 0 && strings.HasSuffix(host, ":") && strings.ContainsAny(rest[:at], "?#"):
		rest = "***" // a query with an "@" or a password with a "?"
	case at >= 0:
		rest = "***" + rest[at:]
	case !plainHost(host): // a password without a host after it
		rest = host[:strings.LastIndexByte(host, ':')+1] + "***" + rest[len(host):]
	}
	return scheme + rest[:strings.IndexAny(rest+"?", "?#")]
}

// In returns a text that may be anything: what Of returns if it has the form of a
// URL, otherwise the text itself.
func In(text string) string {
	user, _, ok := strings.Cut(text, "@")
	if strings.Contains(text, "://") || ok && strings.Contains(user, ":") {
		return Of(text)
	}
	return text
}

// plainHost reports whether a host has no port or a port that is a number.
func plainHost(host string) bool {
	colon := strings.LastIndexByte(host, ':')
	if colon < 0 || strings.HasSuffix(host, "]") {
		return true
	}
	port := host[colon+1:]
	return port != "" && strings.Trim(port, "0123456789") == ""
}
