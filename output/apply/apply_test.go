package apply_test

import (
	"context"
	"errors"

	"wps/output"
)

// recorder runs events: it notes their JSON, fails those of some numbers, counted
// from 1, and answers those that ask.
type recorder struct {
	calls []string
	fail  map[int]error
	yes   bool
}

var errRefused = errors.New("refused")

func (r *recorder) run(_ context.Context, ev output.Event) (output.Result, error) {
	r.calls = append(r.calls, text(ev))
	_, asks := ev.(*output.ExistenceEvent)
	return output.Result{Asked: asks, Yes: r.yes}, r.fail[len(r.calls)]
}
