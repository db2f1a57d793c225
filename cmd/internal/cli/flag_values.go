package cli

import (
	"strings"

	"wps/token"
)

// AddrValue is the value of a flag for an address to listen on. A number alone is a
// port of this machine.
type AddrValue string

func (a *AddrValue) String() string { return string(*a) }

// Type returns string, as flags without a type of their own do.
func (*AddrValue) Type() string { return "string" }

// Set implements pflag.Value.
func (a *AddrValue) Set(s string) error {
	if s != "" && strings.Trim(s, "0123456789") == "" {
		s = ":" + s
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
	host, _, _ := strings.Cut(s, "/")
	if !strings.Contains(s, "://") && token.IsLoopbackHost(host) {
		s = "http://" + s
	}
	*u = URLValue(s)
	return nil
}
