package explain

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"wps/client"
	"wps/client/entra"
	"wps/cmd/internal/cli"
	"wps/output"
)

// Refusal adds a hint to a refusal of the service that depends on the event.
func Refusal(ev output.Event, err error) error {
	if errors.Is(err, client.ErrLongAddress) {
		return cli.WithHint(err, "exclude fewer connections, or select them with --filter")
	}
	var refused *client.Error
	if !errors.As(err, &refused) || errors.Is(err, client.ErrNotService) {
		return err
	}
	if hint := slashHint(ev, refused.Status); hint != "" {
		return cli.WithHint(err, hint)
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
			return cli.WithHint(err, "permissions belong to a live connection; this one is closed or never existed")
		}
	}
	if filter != "" && refused.Status == http.StatusBadRequest {
		return cli.WithHint(err, "the filter must be an OData expression, such as \"userId eq 'u1' and 'g1' in groups\"")
	}
	return err
}

// membershipHint explains a 404 for a group: the target has no connection.
func membershipHint(e *output.GroupEvent) string {
	first := "connect first, as with wps connect --user " + cli.ShellWord(e.TargetID)
	if e.TargetType == output.TargetConnections {
		first = "this one is closed or never existed"
	}
	return fmt.Sprintf("only live connections can be in a group: %s, or add the group to the token with wps negotiate --group %s", first, cli.ShellWord(e.GroupID))
}

// NoAnswerError is the error of an event that exceeded --timeout.
type NoAnswerError struct {
	Endpoint string // "" if the command says which it is
	Within   time.Duration
	Status   int // status of the last answer, which was to be retried; 0: no answer
}

// Error implements error.
func (e *NoAnswerError) Error() string {
	from := ""
	if e.Endpoint != "" {
		from = e.Endpoint + ": "
	}
	if e.Status == 0 {
		return fmt.Sprintf("%sno answer within %v", from, e.Within)
	}
	return fmt.Sprintf("%sno success within %v; the last answer was %d %s", from, e.Within, e.Status, http.StatusText(e.Status))
}

// IsOutage reports whether an error is not caused by the event: the service
// cannot be reached, refuses every request, or refuses this key.
func IsOutage(err error) bool {
	var unreachable *client.UnreachableError
	var noAnswer *NoAnswerError
	if _, notSignedIn := errors.AsType[*entra.Error](err); notSignedIn {
		return true
	}
	var refused *client.Error
	if !errors.As(err, &refused) || errors.Is(err, client.ErrNotService) {
		return errors.Is(err, client.ErrNotService) || errors.As(err, &unreachable) || errors.As(err, &noAnswer)
	}
	switch refused.Status {
	case http.StatusUnauthorized, http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}
