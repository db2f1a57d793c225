package cmd

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestReadConfirmation(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]bool{"y\n": true, " YES \n": true, "y": true, "n\n": false, "yesterday\n": false, "\n": false, "": false} {
		if err := readConfirmation(t.Context(), strings.NewReader(answer)); (err == nil) != want {
			t.Errorf("readConfirmation(%q) = %v, want confirmed %v", answer, err, want)
		}
	}
}

// TestReadConfirmationInterrupted checks that Ctrl-C ends the wait for an answer.
func TestReadConfirmationInterrupted(t *testing.T) {
	t.Parallel()
	silent, w := io.Pipe()
	defer w.Close()
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	if err := readConfirmation(ctx, silent); !errors.Is(err, context.Canceled) {
		t.Errorf("readConfirmation of silence = %v, want %v", err, context.Canceled)
	}
}
