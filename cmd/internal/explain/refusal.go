package explain

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"wps/client"
	"wps/cmd/internal/cli"
	"wps/output"
)

// Refusal adds the next step to a refusal of the service, where the event
// tells more than the status does.
func Refusal(ev output.Event, err error) error {
	var refused *client.Error
	if !errors.As(err, &refused) {
		return err
	}
	filter := ""
	switch e := ev.(type) {
	case *output.MessageEvent:
		filter = e.Filter
	case *output.GroupEvent:
		if refused.Status == http.StatusNotFound {
			return cli.WithHint(err, membershipHint(e))
		}
		filter = e.Filter
	case *output.PermissionEvent:
		if refused.Status == http.StatusNotFound {
			return cli.WithHint(err, "permissions are those of a live connection: this one is closed or was never there")
		}
	}
	if filter != "" && refused.Status == http.StatusBadRequest {
		return cli.WithHint(err, "the filter is an OData expression, such as \"userId eq 'u1' and 'g1' in groups\"")
	}
	return err
}

// membershipHint explains a 404 on adding to a group: it is no mistake in a name.
func membershipHint(e *output.GroupEvent) string {
	first := "connect first, as with wps connect --user " + cli.ShellWord(e.TargetID)
	if e.TargetType == output.TargetConnections {
		first = "this one is closed or was never there"
	}
	return fmt.Sprintf("membership applies to live connections: %s, or put the group into the token with wps negotiate --group %s", first, cli.ShellWord(e.GroupID))
}

// NoAnswerError is an event that --timeout ended.
type NoAnswerError struct {
	Within time.Duration
	Status int // of the answer after which it was to be tried again; 0: there was none
}

// Error tells which answer there was, if there was one.
func (e *NoAnswerError) Error() string {
	if e.Status == 0 {
		return fmt.Sprintf("no answer within %v", e.Within)
	}
	return fmt.Sprintf("no good answer within %v, the last one %d %s", e.Within, e.Status, http.StatusText(e.Status))
}

// IsOutage reports whether an error is not the fault of the event: the service
// cannot be reached, refuses every request, or refuses this key.
func IsOutage(err error) bool {
	var unreachable *client.UnreachableError
	var noAnswer *NoAnswerError
	var refused *client.Error
	if !errors.As(err, &refused) {
		return errors.As(err, &unreachable) || errors.As(err, &noAnswer)
	}
	switch refused.Status {
	case http.StatusUnauthorized, http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}
