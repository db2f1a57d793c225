package emulator

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
)

// cookies are those that event handlers have set for one connection, for handlers
// behind a load balancer with session affinity. The zero value has none.
type cookies struct {
	jar   *cookiejar.Jar
	names map[string]struct{}
}

// maxCookies is how many cookies a connection keeps; further ones are ignored.
const maxCookies = 50

func (c *cookies) header(address string) string {
	if c.jar == nil {
		return ""
	}
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	var b strings.Builder
	for i, x := range c.jar.Cookies(u) {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(x.Name + "=" + x.Value)
	}
	return b.String()
}

func (c *cookies) store(address string, h http.Header) {
	set := (&http.Response{Header: h}).Cookies()
	if len(set) == 0 {
		return
	}
	u, err := url.Parse(address)
	if err != nil {
		return
	}
	if c.jar == nil {
		if c.jar, err = cookiejar.New(nil); err != nil {
			return
		}
		c.names = map[string]struct{}{}
	}
	for _, x := range set {
		name := x.Name + ";" + x.Domain + ";" + x.Path
		if _, known := c.names[name]; !known && len(c.names) >= maxCookies {
			continue
		}
		c.names[name] = struct{}{}
		c.jar.SetCookies(u, []*http.Cookie{x})
	}
}
