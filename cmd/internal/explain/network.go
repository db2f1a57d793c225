package explain

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	"wps/cmd/internal/cli"
)

// endpointSource returns where the endpoint was set.
func endpointSource(s *cli.Settings) string {
	source, err := s.ConnectionSetting()
	if err != nil {
		return "the connection string"
	}
	return source.From
}

// proxyHint is the next step when there is a proxy on the way to an endpoint.
func proxyHint(s *cli.Settings, endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil {
		return ""
	}
	if rest, ok := strings.CutPrefix(u.Scheme, "ws"); ok {
		u.Scheme = "http" + rest
	}
	_, from := s.Proxy(u)
	return "the proxy is from " + from + ": check it, or put the host of the endpoint into NO_PROXY"
}

// NoAnswer names the endpoint and the limit when a request ended by its own time
// limit, which the context of the library calls a deadline.
func NoAnswer(err error, endpoint string, within time.Duration) error {
	if !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return cli.WithHint(&NoAnswerError{Endpoint: endpoint, Within: within}, "check the address and that this machine reaches it, or raise --timeout")
}
