package explain

import (
	"context"
	"errors"
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
func proxyHint(endpoint string) string {
	name := "HTTP_PROXY"
	if strings.HasPrefix(endpoint, "https:") || strings.HasPrefix(endpoint, "wss:") {
		name = "HTTPS_PROXY"
	}
	return "the proxy is from $" + name + ": check it, or put the host of the endpoint into NO_PROXY"
}

// NoAnswer names the endpoint and the limit when a request ended by its own time
// limit, which the context of the library calls a deadline.
func NoAnswer(err error, endpoint string, within time.Duration) error {
	if !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return cli.WithHint(&NoAnswerError{Endpoint: endpoint, Within: within}, "check the address and that this machine reaches it, or raise --timeout")
}
