package cli

import (
	"net/url"
	"strings"
)

// AddrValue is the value of a flag for an address to listen on. A number alone is a
// port of localhost.
type AddrValue string

func (a *AddrValue) String() string { return string(*a) }

// Type returns string, as flags without a type of their own do.
func (*AddrValue) Type() string { return "string" }

// Set implements pflag.Value.
func (a *AddrValue) Set(s string) error {
	if s != "" && strings.Trim(s, "0123456789") == "" {
		s = "localhost:" + s
	}
	*a = AddrValue(s)
	return nil
}

// URLValue is the value of a flag for a URL. On this machine, http:// may be omitted.
type URLValue string

func (u *URLValue) String() string { return string(*u) }

// Type returns string, as flags without a type of their own do.
func (*URLValue) Type() string { return "string" }

// Set implements pflag.Value.
func (u *URLValue) Set(s string) error {
	*u = URLValue(localURL(s))
	return nil
}

// localURL returns an address of this machine without a scheme, such as
// localhost:3000/api or :3000, as a URL; any other address is returned as it is.
func localURL(address string) string {
	authority, _, _ := strings.Cut(address, "/")
	host, port, hasPort := strings.Cut(strings.TrimPrefix(authority, "[::1]"), ":")
	isNumber := port != "" && strings.Trim(port, "0123456789") == "" // of a port or not: that is checked later
	switch {
	case strings.Contains(address, "://"), hasPort && !isNumber:
		return address
	case IsLoopback(&url.URL{Host: authority}):
		return "http://" + address
	case host == "" && hasPort:
		return "http://localhost" + address
	}
	return address
}
