package trigger

import (
	"net"
	"net/http"
	"slices"
	"strings"

	"wps/protocol"
)

// anyOrigin stands for every host.
const anyOrigin = "*"

// origins are the hosts that validation succeeds for, in lower case. A host with
// a port is held with and without it: the vendor's emulators name themselves
// either way.
type origins []string

func newOrigins(hosts []string) origins {
	var all origins
	add := func(h string) {
		if !slices.Contains(all, h) {
			all = append(all, h)
		}
	}
	for _, h := range hosts {
		h = strings.ToLower(strings.TrimSpace(h))
		name, port, err := net.SplitHostPort(h)
		if err != nil {
			name, port = h, ""
		}
		for _, spelling := range spellings(name) {
			add(spelling)
			if port != "" {
				add(net.JoinHostPort(strings.Trim(spelling, "[]"), port))
			}
		}
	}
	if slices.Contains(all, anyOrigin) {
		return origins{anyOrigin}
	}
	return all
}

// spellings returns the names of a host: all loopback addresses are one host.
func spellings(name string) []string {
	loopback := []string{"localhost", "127.0.0.1", "[::1]"}
	if slices.Contains(loopback, name) || name == "::1" {
		return loopback
	}
	return []string{name}
}

// allow reports whether one of the hosts that a request names may send events. A
// request that names a star asks which hosts may, as the documented check with curl
// does.
func (o origins) allow(named []string) bool {
	if len(named) == 0 || len(o) == 0 {
		return false
	}
	if o[0] == anyOrigin || slices.Contains(named, anyOrigin) {
		return true
	}
	return slices.ContainsFunc(named, func(h string) bool { return slices.Contains(o, strings.ToLower(h)) })
}

// namedOrigins returns the hosts that a validation request names, in one or more
// header lines with one or more hosts each.
func namedOrigins(h http.Header) []string {
	var all []string
	for _, line := range h.Values(protocol.HeaderRequestOrigin) {
		for host := range strings.SplitSeq(line, ",") {
			if host = strings.TrimSpace(host); host != "" {
				all = append(all, host)
			}
		}
	}
	return all
}

// validate answers a validation request with one header line for each host that
// is served, because the service compares whole lines. A request for "*" is
// answered in the same way.
//
// Source: the vendor's emulator and its tests; the lines as the official Node
// middleware writes them.
func (h *Handler) validate(w http.ResponseWriter, r *http.Request) {
	named := namedOrigins(r.Header)
	if len(named) == 0 {
		h.refuse(w, r, http.StatusBadRequest, "header "+protocol.HeaderRequestOrigin+" is missing")
		return
	}
	shown := shorten(strings.Join(named, ", ")) // the request is not signed
	if !h.origins.allow(named) {
		h.log.Warn("validation refused", "origin", shown, "allowed", strings.Join(h.origins, ", "))
		h.writeRefusal(w, http.StatusBadRequest, "this event handler does not serve "+shown)
		return
	}
	h.log.Info("validated", "origin", shown)
	w.Header()[protocol.HeaderAllowedOrigin] = slices.Clone(h.origins)
	w.WriteHeader(http.StatusOK)
}
