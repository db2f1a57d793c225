package apply_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"wps/output"
	"wps/output/apply"
)

// TestJournalFull: a run ends before an event that its journal cannot record, after
// all those before it, and a later run has nothing to do and ends there too.
func TestJournalFull(t *testing.T) {
	t.Parallel()
	for _, o := range []apply.Options{{}, {KeepGoing: true}, {Concurrency: 8}, {Concurrency: 8, KeepGoing: true, Unordered: true}} {
		path := filepath.Join(t.TempDir(), "j")
		for round, want := range []int64{20, 0} {
			j := journal(t, path)
			j.SetMost(20)
			o.Journal = j
			var sent atomic.Int64
			_, err := apply.Run(t.Context(), output.NewReader(strings.NewReader(numbered(30))), func(context.Context, output.Event) (output.Result, error) {
				sent.Add(1)
				return output.Result{}, nil
			}, o)
			if !errors.Is(err, apply.ErrFullJournal) || sent.Load() != want {
				t.Errorf("round %d with %+v: %d events were sent, %v, want %d and a full journal", round, o, sent.Load(), err, want)
			}
			closeJournal(t, j)
		}
	}
}

// TestJournalFits: an input that the journal records as a whole runs to its end.
func TestJournalFits(t *testing.T) {
	t.Parallel()
	j := journal(t, filepath.Join(t.TempDir(), "j"))
	j.SetMost(20)
	defer closeJournal(t, j)
	if _, err := apply.Run(t.Context(), output.NewReader(strings.NewReader(numbered(20))), func(context.Context, output.Event) (output.Result, error) {
		return output.Result{}, nil
	}, apply.Options{Journal: j}); err != nil {
		t.Error(err)
	}
}

// TestCheckJournalFull: a check of the input finds that the journal is too small.
func TestCheckJournalFull(t *testing.T) {
	t.Parallel()
	j := journal(t, filepath.Join(t.TempDir(), "j"))
	j.SetMost(20)
	defer closeJournal(t, j)
	s, err := apply.Check(t.Context(), output.NewReader(strings.NewReader(numbered(30))), j, nil)
	if !errors.Is(err, apply.ErrFullJournal) || !s.Unread || s.Failed != 1 {
		t.Errorf("Check = %+v, %v, want one fault, a full journal", s, err)
	}
	if _, err := apply.Check(t.Context(), output.NewReader(strings.NewReader(numbered(20))), j, nil); err != nil {
		t.Errorf("Check of an input that fits: %v", err)
	}
}

// TestJournalTooLarge: a file that is larger than any journal is refused unread, and
// is not changed; so is a record of an event that no journal has.
func TestJournalTooLarge(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "j")
	closeJournal(t, journal(t, path))
	const size = 5_000_000_000 // without taking space: most of it was never written
	if err := os.Truncate(path, size); err != nil {
		t.Skipf("no sparse file: %v", err)
	}
	if _, err := apply.OpenJournal(path, "a test"); !errors.Is(err, apply.ErrLargeJournal) {
		t.Errorf("OpenJournal of %d bytes: %v, want %v", size, err, apply.ErrLargeJournal)
	}
	if info, err := os.Stat(path); err != nil || info.Size() != size {
		t.Errorf("the file has %d bytes now, %v", info.Size(), err)
	}
	path = filepath.Join(t.TempDir(), "j")
	if err := os.WriteFile(path, []byte("wps journal 1: a test\n100000000 5 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := apply.OpenJournal(path, "a test"); !errors.Is(err, apply.ErrDamagedJournal) {
		t.Errorf("OpenJournal with a record beyond the limit: %v, want %v", err, apply.ErrDamagedJournal)
	}
}
