package carrier

import (
	"errors"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"wps/internal/shownurl"
	"wps/protocol"
	"wps/protocol/tunnel"
)

var placeholder = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\{[^{}]*\}`) })

// UnknownParameters returns what of a URL template is a name in braces but neither
// {hub} nor {event}. A name that may be part of a secret is "{...}".
func UnknownParameters(template string) (unknown []string) {
	for _, p := range placeholder().FindAllString(template, -1) {
		switch {
		case strings.EqualFold(p, "{hub}"), strings.EqualFold(p, "{event}"):
		case strings.Contains(shownurl.Of(template), p):
			unknown = append(unknown, p)
		default:
			unknown = append(unknown, "{...}")
		}
	}
	return unknown
}

// CheckTemplate returns an error that says why a URL template is not one of an
// event handler, without its secrets.
//
// Source: the vendor's emulator keeps an unknown parameter as it is.
func CheckTemplate(template string) error {
	for _, p := range placeholder().FindAllString(template, -1) {
		if strings.HasPrefix(strings.ToLower(p), "{@microsoft.keyvault") {
			return errors.New("a Key Vault reference works in the cloud only")
		}
	}
	one, err := url.Parse(Resolve(template, "a", "b"))
	if err != nil {
		return errors.New("not a URL") // the error would repeat it, with its secrets
	}
	other, err := url.Parse(Resolve(template, "c", "d"))
	switch {
	case err != nil || one.Host != other.Host:
		return errors.New("{hub} and {event} are not allowed in the host")
	case one.Scheme == "tunnel" && !IsTunnel(template):
		return errors.New("a tunnel has no host: use tunnel:///PATH, with three slashes")
	case one.Scheme == "tunnel":
	case one.Scheme != "http" && one.Scheme != "https" || one.Hostname() == "":
		return errors.New("it must begin with http:// or https:// and a host, or with tunnel:///")
	}
	if strings.ContainsAny(one.Host, "{}") {
		return errors.New("a name in braces is not allowed in the host")
	}
	if strings.ContainsAny(placeholder().ReplaceAllString(template, ""), "{}") {
		return errors.New("a brace is unbalanced")
	}
	return protocol.CheckPort(one)
}

// IsTunnel reports whether the handler of a URL template is reached through the
// tunnels that it opens, without regard to case.
func IsTunnel(template string) bool {
	return len(template) >= len(tunnel.Scheme) && strings.EqualFold(template[:len(tunnel.Scheme)], tunnel.Scheme)
}

// Resolve puts hub and event into a URL template.
func Resolve(template, hub, event string) string {
	return placeholder().ReplaceAllStringFunc(template, func(p string) string {
		switch strings.ToLower(p) {
		case "{hub}":
			return protocol.EscapeSegment(hub)
		case "{event}":
			return protocol.EscapeSegment(event)
		}
		return p
	})
}
