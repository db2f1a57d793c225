package trigger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"wps/output"
)

// runOutput runs the event objects of a hook in order; the first failure stops.
// Nothing is run when one of them is faulty.
func (h *Handler) runOutput(ctx context.Context, ev *Event, objects []byte) error {
	if len(bytes.TrimSpace(objects)) == 0 {
		return nil
	}
	events, lines, err := readOutput(objects)
	if err != nil {
		return err
	}
	if h.o.Output == nil {
		return errors.New("output: no service is set that could run event objects")
	}
	service, err := h.o.Output(ev.Hub)
	if err != nil {
		return fmt.Errorf("output: %w", err)
	}
	for i, one := range events {
		if _, err := one.Run(ctx, service); err != nil {
			return fmt.Errorf("output: line %d: %w", lines[i], err)
		}
	}
	return nil
}

// readOutput reads and checks all event objects. The error reports every fault.
func readOutput(objects []byte) (events []output.Event, lines []int, err error) {
	in := output.NewReader(bytes.NewReader(objects))
	var faults []error
	for {
		one, line, err := in.Next()
		switch {
		case errors.Is(err, io.EOF):
			return events, lines, errors.Join(faults...)
		case err != nil:
			faults = append(faults, fmt.Errorf("output: %w", err))
		default:
			events, lines = append(events, one), append(lines, line)
		}
	}
}
