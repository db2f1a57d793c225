package hooks

import (
	"context"
	"errors"
	"time"

	"wps/cmd/internal/cli"
)

// Stop closes the handler of a command that stops. No event begins after finished
// is closed; nil means now. Running hooks may finish, until grace has passed, if it
// is more than 0, or a second signal is received: then they are killed with all
// processes they started. killed reports whether the signal did so.
func Stop(ctx context.Context, env *cli.Env, h *Handler, grace time.Duration, finished <-chan struct{}) (killed bool, err error) {
	stopping, cancel := env.Signals.Second(context.WithoutCancel(ctx), grace)
	defer cancel()
	if n := h.Running(); n > 0 {
		env.Out.Say("waiting for %s to finish; Ctrl-C again kills", cli.Plural(n, "hook"))
	}
	if finished != nil {
		select {
		case <-finished:
		case <-stopping.Done():
		}
	}
	err = h.Close(stopping)
	if errors.Is(err, context.DeadlineExceeded) {
		err = nil // hooks were killed, as documented
	}
	return env.Signals.Killed(), err
}
