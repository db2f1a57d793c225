package cmd

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
)

// TestConfirmed: only y or yes is a yes.
func TestConfirmed(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]bool{"y\n": true, " YES \n": true, "y": true, "n\n": false, "yesterday\n": false, "\n": false, "": false} {
		if err := confirmed(t.Context(), strings.NewReader(answer)); (err == nil) != want {
			t.Errorf("confirmed(%q) = %v, want a yes: %v", answer, err, want)
		}
	}
}

// TestConfirmedInterrupted: Ctrl-C ends the question. It used to wait for the
// answer all the same.
func TestConfirmedInterrupted(t *testing.T) {
	t.Parallel()
	nobody, types := io.Pipe()
	defer types.Close()
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	if err := confirmed(ctx, nobody); !errors.Is(err, context.Canceled) {
		t.Errorf("confirmed = %v, want %v", err, context.Canceled)
	}
}
