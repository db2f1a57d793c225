// Package webguard protects a server that is meant for programs on its own machine
// or network against web pages in a browser.
//
// A browser lets any page send requests to localhost, but marks them with two
// headers that the page cannot forge. Host is the name that the page used, which can
// be its own if its DNS server answers with a loopback address (DNS rebinding).
// Origin is the site of the page. A Guard rejects names that are not the server's
// and sites that it does not trust. Programs other than browsers send no Origin and
// are not affected. Tokens are checked elsewhere.
//
//	g, err := webguard.New(nil, []string{"https://app.example"})
//	if g.Admit(w, r, log) {
//		serve(w, r)
//	}
package webguard

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
)

// Any stands for every host or every origin.
const Any = "*"

// Guard decides which requests a server answers. Its methods may be called
// concurrently.
type Guard struct {
	hosts   map[string]bool // without port and final dot, in lower case
	origins map[string]bool // in lower case
}

// New returns a Guard that also accepts hosts as names of the server, with or
// without a port, and pages of origins. The entry "*" accepts all. The error
// is that of CheckHost or CheckOrigin.
func New(hosts, origins []string) (*Guard, error) {
	g := &Guard{hosts: map[string]bool{}, origins: map[string]bool{}}
	for _, h := range hosts {
		if err := CheckHost(h); err != nil {
			return nil, err
		}
		name, _ := hostname(h)
		g.hosts[canonical(name)] = true
	}
	for _, o := range origins {
		if err := CheckOrigin(o); err != nil {
			return nil, err
		}
		g.origins[strings.ToLower(o)] = true
	}
	return g, nil
}

// CheckHost returns an error unless text is a host name or address, with or without
// a port, or "*".
func CheckHost(text string) error {
	if name, ok := hostname(text); text != Any && (!ok || name == "") {
		return fmt.Errorf("host %s must be a name or an address, such as proxy.example, or *", quote(text))
	}
	return nil
}

// CheckOrigin returns an error unless text is an origin as browsers send it, or "*".
func CheckOrigin(text string) error {
	scheme, host, ok := strings.Cut(text, "://")
	name, valid := hostname(host)
	ok = ok && scheme != "" && !strings.ContainsFunc(scheme, notInName) && (host == "" || valid && name != "")
	if text != Any && text != "null" && !ok {
		return fmt.Errorf("origin %s must be SCHEME://HOST[:PORT] without a path, such as https://app.example, or *", quote(text))
	}
	return nil
}

// Admit reports whether the server may answer r. Otherwise Admit has answered it:
// with 403 and the reason, which is also logged, or, for a preflight request of an
// accepted origin, with 204. For an accepted origin it sets the headers that let
// its pages read the answer; an origin that is named in New may send cookies and
// other credentials of the browser.
func (g *Guard) Admit(w http.ResponseWriter, r *http.Request, log *slog.Logger) bool {
	if err := g.check(r); err != nil {
		log.Warn("request refused with 403", "method", r.Method, "reason", err.Error())
		http.Error(w, err.Error(), http.StatusForbidden)
		return false
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	h := w.Header()
	h.Add("Vary", "Origin")
	h.Set("Access-Control-Allow-Origin", origin)
	if origin != Any && origin != "null" && g.origins[strings.ToLower(origin)] {
		h.Set("Access-Control-Allow-Credentials", "true")
	}
	method := r.Header.Get("Access-Control-Request-Method")
	if r.Method != http.MethodOptions || method == "" {
		h.Set("Access-Control-Expose-Headers", "*")
		return true
	}
	h.Set("Access-Control-Allow-Methods", method)
	if names := r.Header.Values("Access-Control-Request-Headers"); names != nil {
		h.Set("Access-Control-Allow-Headers", strings.Join(names, ", ")) // "*" would leave out Authorization
	}
	if r.Header.Get("Access-Control-Request-Private-Network") == "true" {
		h.Set("Access-Control-Allow-Private-Network", "true")
	}
	w.WriteHeader(http.StatusNoContent)
	return false
}

// Handler returns a handler that passes the requests that g admits to next.
func (g *Guard) Handler(next http.Handler, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if g.Admit(w, r, log) {
			next.ServeHTTP(w, r)
		}
	})
}

func (g *Guard) check(r *http.Request) error {
	if !g.isOwn(r.Host) {
		return fmt.Errorf("host %s is not a name of this server; to allow it, start the server with --allow-host NAME", quote(r.Host))
	}
	for _, origin := range r.Header["Origin"] {
		if !g.trusts(origin, r.Host) {
			return fmt.Errorf("pages of origin %s may not use this server; to allow them, start it with --cors-origin ORIGIN", quote(origin))
		}
	}
	if len(r.Header["Origin"]) > 1 {
		return errors.New("the request has more than one Origin header")
	}
	return nil
}

// isOwn reports whether host, as in a Host header, is a name of this server: one
// that no public DNS server answers for, or an allowed one. A request without a host
// is not from a browser.
func (g *Guard) isOwn(host string) bool {
	if host == "" || g.hosts[Any] {
		return true
	}
	name, ok := hostname(host)
	if !ok {
		return false
	}
	lower := canonical(name)
	return isLocal(lower) || !strings.Contains(name, ".") || lower == "host.docker.internal" || g.hosts[lower] || isAddress(name)
}

// trusts reports whether pages of origin may use the server, which they call host, a
// name that isOwn accepts.
func (g *Guard) trusts(origin, host string) bool {
	if g.origins[Any] || g.origins[strings.ToLower(origin)] {
		return true
	}
	_, rest, ok := strings.Cut(origin, "://")
	if !ok {
		return false
	}
	name, ok := hostname(rest)
	if !ok || name == "" {
		return false
	}
	own, ok := hostname(host)
	return isLocal(canonical(name)) || ok && canonical(name) == canonical(own)
}

// hostname returns host[:port] without port and brackets, and reports whether
// it has the form of a name or an address.
func hostname(host string) (string, bool) {
	name := host
	if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') && (host[0] == '[' || strings.IndexByte(host, ':') == i) {
		if strings.ContainsFunc(host[i+1:], func(c rune) bool { return c < '0' || c > '9' }) {
			return "", false
		}
		name = host[:i]
	}
	if inside, ok := strings.CutPrefix(name, "["); ok {
		inside, ok = strings.CutSuffix(inside, "]")
		return inside, ok && isAddress(inside)
	}
	return name, !strings.ContainsFunc(name, notInName) || isAddress(name) && !strings.Contains(name, "%")
}

// notInName reports whether c occurs in no host name as browsers send it.
func notInName(c rune) bool {
	return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.' && c != '+'
}

func canonical(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }

func isAddress(name string) bool {
	_, err := netip.ParseAddr(name)
	return err == nil
}

// isLocal reports whether a canonical name always means this machine. No DNS server
// answers for names below localhost.
//
// Source: RFC 6761, section 6.3.
func isLocal(name string) bool {
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(name)
	return err == nil && (addr.Unmap().IsLoopback() || addr.IsUnspecified())
}

// maxQuoted limits how much of a header a message repeats, in bytes.
const maxQuoted = 100

func quote(text string) string {
	if len(text) > maxQuoted {
		return fmt.Sprintf("%q...", text[:maxQuoted])
	}
	return fmt.Sprintf("%q", text)
}
