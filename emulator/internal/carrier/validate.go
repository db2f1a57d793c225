package carrier

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"

	"wps/protocol"
)

// Validate asks a handler at an address whether it accepts events of the origin: by
// OPTIONS, and by GET when that is exactly 404. once is without retries, log that
// of [Request].
func Validate(ctx context.Context, c Carrier, address, origin string, once bool, log *slog.Logger) error {
	r := &Request{Carrier: c, URL: address, Once: once, Log: log, Header: http.Header{
		protocol.HeaderRequestOrigin: {origin},
		protocol.HeaderAWPSVersion:   {protocol.EventVersion},
		"User-Agent":                 nil, // the service sends none
	}}
	var a *Answer
	var err error
	for _, r.Method = range []string{http.MethodOptions, http.MethodGet} {
		if a, err = r.Send(ctx); err != nil {
			return fmt.Errorf("%s: %w", r.Method, err)
		}
		if a.Status != http.StatusNotFound {
			break
		}
	}
	if !a.OK() {
		return fmt.Errorf("%s: status %d", r.Method, a.Status)
	}
	allowed := a.Header.Values(protocol.HeaderAllowedOrigin)
	for _, line := range allowed { // a line with several hosts in it is not split
		if line == "*" || strings.EqualFold(withoutPort(line), withoutPort(origin)) {
			return nil
		}
	}
	if len(allowed) == 0 {
		return fmt.Errorf("%s: the answer has no %s header", r.Method, protocol.HeaderAllowedOrigin)
	}
	return fmt.Errorf("%s: %s is %.200q, which is neither * nor %q", r.Method, protocol.HeaderAllowedOrigin, allowed, origin)
}

// withoutPort returns the host of a name with or without a port. The service has
// none, and sends none, but middleware that was given the emulator's URL as its
// allowed endpoint answers with its port.
func withoutPort(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return strings.Trim(host, "[]")
}
