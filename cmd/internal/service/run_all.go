package service

import (
	"context"
	"fmt"
	"strings"

	"wps/cmd/internal/cli"
	"wps/output"
)

// RunAll runs event objects in order. All are checked before the first is run, and
// the first failure stops. done returns the status message of an event that was
// run, without the hub.
func RunAll[E output.Event](ctx context.Context, env *cli.Env, o EventFlags, evs []E, done func(E) string) error {
	r, err := NewEventRunner(env, o)
	if err != nil {
		return err
	}
	return RunEach(ctx, r, evs, done)
}

// RunEach is RunAll with an existing runner.
func RunEach[E output.Event](ctx context.Context, r *EventRunner, evs []E, done func(E) string) error {
	for _, ev := range evs {
		if err := Check(ev); err != nil {
			return err
		}
	}
	for i, ev := range evs {
		if _, err := r.RunAndPrint(ctx, ev, done(ev)); err != nil {
			return stoppedAt(err, evs, i)
		}
	}
	return nil
}

// stoppedAt adds to the error of event i the targets before it, which are done, and
// those after it, which were not tried.
func stoppedAt[E output.Event](err error, evs []E, i int) error {
	var parts []string
	if i > 0 {
		parts = append(parts, "done: "+targetsOf(evs[:i]))
	}
	if i+1 < len(evs) {
		parts = append(parts, "not tried: "+targetsOf(evs[i+1:]))
	}
	if parts == nil {
		return err
	}
	return fmt.Errorf("%w (%s)", err, strings.Join(parts, "; "))
}

// maxNamed is how many targets an error lists.
const maxNamed = 20

// targetsOf lists the targets of events.
func targetsOf[E output.Event](evs []E) string {
	var names []string
	for _, ev := range evs[:min(len(evs), maxNamed)] {
		names = append(names, targetOf(ev))
	}
	if more := len(evs) - maxNamed; more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(names, ", ")
}

// targetOf returns a text for the target of an event.
func targetOf(ev output.Event) string {
	switch e := ev.(type) {
	case *output.MessageEvent:
		return e.Target().String()
	case *output.GroupEvent:
		return e.Target().String()
	case *output.CloseConnectionEvent:
		return e.Target().String()
	case *output.PermissionEvent:
		return fmt.Sprintf("group %q for connection %q", e.TargetName, e.ConnectionID)
	}
	return describe(ev)
}
