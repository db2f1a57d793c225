package apply_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"wps/output"
	"wps/output/apply"
)

// journal opens a journal for a test.
func journal(t *testing.T, path string) *apply.Journal {
	t.Helper()
	j, err := apply.OpenJournal(path, "a test")
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func closeJournal(t *testing.T, j *apply.Journal) {
	t.Helper()
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}

// numbered returns a stream of n messages for a few users.
func numbered(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `{"targetType":"Users","targetId":"u%d","message":"%d","dataType":"text"}`+"\n", i%17, i+1)
	}
	return b.String()
}

// TestJournalResumes checks that runs which are interrupted and fail at random do
// everything once, and that a last run has nothing left.
func TestJournalResumes(t *testing.T) {
	t.Parallel()
	const n = 5000
	path, in := filepath.Join(t.TempDir(), "j"), numbered(n)
	random := rand.New(rand.NewPCG(5, 5))
	var mu sync.Mutex
	sent := map[string]int{}
	for round := 0; len(sent) < n; round++ {
		if round == 100 {
			t.Fatalf("only %d of %d were done", len(sent), n)
		}
		j := journal(t, path)
		if j.Known() != len(sent) {
			t.Fatalf("the journal knows %d events, %d were done", j.Known(), len(sent))
		}
		if err := j.Verify(t.Context(), output.NewReader(strings.NewReader(in))); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		left := 200 + random.IntN(800)
		do := func(_ context.Context, ev output.Event) (output.Result, error) {
			mu.Lock()
			defer mu.Unlock()
			if left--; left == 0 {
				cancel()
			}
			if random.IntN(50) == 0 {
				return output.Result{}, errRefused
			}
			sent[string(ev.(*output.MessageEvent).Message)]++
			return output.Result{}, nil
		}
		sum, err := apply.Run(ctx, output.NewReader(strings.NewReader(in)), do, apply.Options{
			Concurrency: 1 + round%5, KeepGoing: true, CountRest: true, Journal: j,
		})
		cancel()
		if sum.Done+sum.Earlier != len(sent) || sum.Done+sum.Earlier+sum.Failed+sum.NotTried != n {
			t.Fatalf("Run = %+v, %v with %d done", sum, err, len(sent))
		}
		closeJournal(t, j)
	}
	for text, times := range sent {
		if times != 1 {
			t.Errorf("%s was done %d times", text, times)
		}
	}
	j := journal(t, path)
	defer closeJournal(t, j)
	sum, err := apply.Run(t.Context(), output.NewReader(strings.NewReader(in)), (&recorder{}).run, apply.Options{Journal: j})
	if err != nil || sum != (apply.Summary{Earlier: n}) {
		t.Errorf("a run with nothing left = %+v, %v", sum, err)
	}
}

// halfDone returns a journal of an input, of all events but the fifth.
func halfDone(t *testing.T, in string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "j")
	j := journal(t, path)
	r := &recorder{fail: map[int]error{5: errRefused}}
	_, err := apply.Run(t.Context(), output.NewReader(strings.NewReader(in)), r.run, apply.Options{Journal: j, KeepGoing: true})
	if failed, _ := errors.AsType[*apply.FailedError](err); failed == nil || failed.Count != 1 {
		t.Fatalf("Run = %v", err)
	}
	closeJournal(t, j)
	return path
}

func TestJournalOfAnotherInput(t *testing.T) {
	t.Parallel()
	in := numbered(3000)
	path := halfDone(t, in)
	for name, other := range map[string]string{
		"the same":                 "",
		"line 3 changed":           strings.Replace(in, `"message":"3"`, `"message":"x"`, 1),
		"last line changed":        strings.Replace(in, `"message":"3000"`, `"message":"x"`, 1),
		"a line more in front":     msg("x") + "\n" + in,
		"two lines changed places": strings.NewReplacer(`"message":"7"`, `"message":"8"`, `"message":"8"`, `"message":"7"`).Replace(in),
		"shorter":                  numbered(2999),
		"empty":                    "\n",
	} {
		if other == "" {
			other = in
		}
		j := journal(t, path)
		err := j.Verify(t.Context(), output.NewReader(strings.NewReader(other)))
		if got, want := errors.Is(err, apply.ErrForeignJournal), name != "the same"; got != want || !want && err != nil {
			t.Errorf("%s: Verify = %v", name, err)
		}
		closeJournal(t, j)
	}
	// What was not done may change: it is fixed before a second run. So may what
	// follows.
	fixed := strings.Replace(in, `"message":"5"`, `"message":"five"`, 1) + msg("more")
	j := journal(t, path)
	defer closeJournal(t, j)
	if err := j.Verify(t.Context(), output.NewReader(strings.NewReader(fixed))); err != nil {
		t.Errorf("with the failed line fixed: Verify = %v", err)
	}
	r := &recorder{}
	sum, err := apply.Run(t.Context(), output.NewReader(strings.NewReader(fixed)), r.run, apply.Options{Journal: j})
	if err != nil || sum != (apply.Summary{Done: 2, Earlier: 2999}) || len(r.calls) != 2 || !strings.Contains(r.calls[0], "five") {
		t.Errorf("Run = %+v, %v with calls %q", sum, err, r.calls)
	}
}

func TestJournalRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good, err := os.ReadFile(halfDone(t, numbered(10)))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		write("notes", "dear diary\n"):                                                     "is not a journal",
		write("image", strings.Repeat("\x00", 10000)):                                      "is not a journal",
		write("word", "wps"):                                                               "",
		write("empty", ""):                                                                 "",
		write("other", "wps journal 1: another test\n"):                                    "it is of another test, this is a test",
		write("zeros", string(good)+strings.Repeat("\x00", 20000)):                         "",
		write("zeros and more", string(good)+strings.Repeat("\x00", 20000)+"x"):            "is damaged",
		write("zeros in a record", string(good)+"1 1 "+strings.Repeat("\x00", 5000)+"1\n"): "is damaged: line 11 is not a record",
		write("zeros after text", string(good)+"x"+strings.Repeat("\x00", 5000)):           "is damaged: line 11 is not a record",
		write("zeros and a line", string(good)+strings.Repeat("\x00", 5000)+"\n"):          "is damaged: line 11 is not a record",
		write("damaged", string(good)+"nonsense\n"):                                        "is damaged: line 11 is not a record",
		write("negative", string(good)+"-1 1 ab\n"):                                        "is damaged",
		write("endless", string(good)+strings.Repeat("9", 10000)):                          "is damaged",
		write("far", string(good)+"9000000000000000 1 ab\n"):                               "is damaged",
		filepath.Join(dir, "no", "such", "folder"):                                         "no such file or directory",
		dir: "is a directory",
	} {
		before, _ := os.ReadFile(path)
		j, err := apply.OpenJournal(path, "a test")
		if j != nil {
			closeJournal(t, j)
		}
		bad, _ := errors.AsType[*apply.JournalError](err)
		if (want == "") != (err == nil) || want != "" && (bad == nil || bad.Path != path || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: OpenJournal = %v, want %q", path, err, want)
		}
		if after, _ := os.ReadFile(path); want != "" && string(before) != string(after) {
			t.Errorf("%s was changed", path)
		}
	}
}

// TestJournalCutOff checks that a record which was cut off by a failure of the
// machine does not count and is overwritten.
func TestJournalCutOff(t *testing.T) {
	t.Parallel()
	in := numbered(10)
	path := halfDone(t, in)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, whole[:len(whole)-3], 0o600); err != nil {
		t.Fatal(err)
	}
	j := journal(t, path)
	r := &recorder{}
	sum, err := apply.Run(t.Context(), output.NewReader(strings.NewReader(in)), r.run, apply.Options{Journal: j})
	if err != nil || sum != (apply.Summary{Done: 2, Earlier: 8}) {
		t.Errorf("Run = %+v, %v with calls %q", sum, err, r.calls)
	}
	closeJournal(t, j)
	// Zeros are what some file systems leave of it.
	if whole, err = os.ReadFile(path); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(whole, make([]byte, 50000)...), 0o600); err != nil {
		t.Fatal(err)
	}
	closeJournal(t, journal(t, path))
	if fixed, _ := os.ReadFile(path); string(fixed) != string(whole) {
		t.Errorf("a journal that ends in zeros became %d bytes, want %d", len(fixed), len(whole))
	}
	j = journal(t, path)
	defer closeJournal(t, j)
	if j.Known() != 10 {
		t.Errorf("the journal knows %d events, want 10", j.Known())
	}
}

// TestJournalZeros checks every place at which a failure of the machine may turn
// the rest of a journal into zeros: each block of the disk, and each byte around
// the end of a record. All records before it count.
func TestJournalZeros(t *testing.T) {
	t.Parallel()
	whole, err := os.ReadFile(halfDone(t, numbered(2000)))
	if err != nil {
		t.Fatal(err)
	}
	const block = 4096
	var from []int
	for at := block; at < len(whole); at += block {
		from = append(from, at)
	}
	head := bytes.IndexByte(whole, '\n') + 1
	for at := head; at < head+50; at++ {
		from = append(from, at)
	}
	if from[0] != block || len(whole) < 5*block {
		t.Fatalf("the journal has %d bytes, less than five blocks", len(whole))
	}
	for _, at := range from {
		for _, size := range []int{at + 1, len(whole), len(whole) + 3*block} {
			content := make([]byte, size)
			copy(content, whole[:at])
			good := whole[:bytes.LastIndexByte(whole[:at], '\n')+1]
			path := filepath.Join(t.TempDir(), "j")
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
			j := journal(t, path)
			if got, want := j.Known(), bytes.Count(good, []byte("\n"))-1; got != want {
				t.Errorf("%d bytes with zeros from %d: Known() = %d, want %d", size, at, got, want)
			}
			closeJournal(t, j)
			if after, _ := os.ReadFile(path); !bytes.Equal(after, good) {
				t.Errorf("%d bytes with zeros from %d became %d bytes, want %d", size, at, len(after), len(good))
			}
		}
	}
}

// TestJournalOfDevice checks that a device is refused as a journal and is not
// written to.
func TestJournalOfDevice(t *testing.T) {
	t.Parallel()
	if _, err := apply.OpenJournal(os.DevNull, "a test"); !errors.Is(err, apply.ErrNoJournal) {
		t.Errorf("OpenJournal(%q) = %v, want ErrNoJournal", os.DevNull, err)
	}
}

// TestVerifyInterrupted checks that a stream which the context ends is not refused
// as a foreign one.
func TestVerifyInterrupted(t *testing.T) {
	t.Parallel()
	j := journal(t, halfDone(t, numbered(10)))
	defer closeJournal(t, j)
	ctx, cancel := context.WithCancel(t.Context())
	in := io.MultiReader(strings.NewReader(numbered(2)), readerFunc(func([]byte) (int, error) {
		cancel()
		return 0, ctx.Err()
	}))
	if err := j.Verify(ctx, output.NewReader(in)); !errors.Is(err, context.Canceled) {
		t.Errorf("Verify = %v, want context.Canceled", err)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

// TestCheckWithJournal checks that what an earlier run has done does not count as
// not tried.
func TestCheckWithJournal(t *testing.T) {
	t.Parallel()
	j := journal(t, halfDone(t, numbered(7)))
	defer closeJournal(t, j)
	var results []string
	sum, err := apply.Check(t.Context(), output.NewReader(strings.NewReader(numbered(8)+"nonsense")), j,
		func(l apply.LineResult) { results = append(results, resultText(l)) })
	if bad, _ := errors.AsType[*apply.CheckError](err); bad == nil || sum != (apply.Summary{Earlier: 6, NotTried: 2, Failed: 1}) {
		t.Errorf("Check = %+v, %v", sum, err)
	}
	if len(results) != 9 || results[3] != "4 done earlier" || results[4] != "5 not tried" || results[7] != "8 not tried" {
		t.Errorf("results = %q", results)
	}
}

// TestJournalSynced checks that what is written is on the disk a second later, also
// if nothing follows it.
func TestJournalSynced(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := journal(t, filepath.Join(t.TempDir(), "j"))
		start := time.Now()
		var synced []time.Duration
		waits := []time.Duration{100 * time.Millisecond, 0, 0, time.Hour, 200 * time.Millisecond, 5 * time.Minute}
		do := func(context.Context, output.Event) (output.Result, error) {
			time.Sleep(waits[0])
			waits = waits[1:]
			synced = append(synced, j.Synced().Sub(start))
			return output.Result{}, nil
		}
		_, err := apply.Run(t.Context(), output.NewReader(strings.NewReader(numbered(len(waits)))), do, apply.Options{
			Journal: j,
		})
		if err != nil {
			t.Fatal(err)
		}
		closeJournal(t, j)
		// The fourth was done at 1h0m0.1s and forced at once, the fifth a second after
		// that.
		hour := time.Hour + 100*time.Millisecond
		if want := []time.Duration{0, 0, 0, time.Second, hour, hour + time.Second}; !slices.Equal(synced, want) {
			t.Errorf("forced to the disk at %v, want %v", synced, want)
		}
		if at := j.Synced(); !at.Equal(time.Now()) {
			t.Errorf("closed at %v, forced to the disk at %v", time.Now(), at)
		}
	})
}

// TestJournalSlowSync checks that events go on while the journal is forced to a
// slow disk, that only one sync runs at a time, and that nothing is left for
// later than a second after it.
func TestJournalSlowSync(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := journal(t, filepath.Join(t.TempDir(), "j"))
		start := time.Now()
		running, syncs := 0, []time.Duration{}
		j.SetForce(func() error {
			if running++; running > 1 {
				t.Error("two syncs run at a time")
			}
			syncs = append(syncs, time.Since(start))
			time.Sleep(10 * time.Second)
			running--
			return nil
		})
		do := func(context.Context, output.Event) (output.Result, error) {
			time.Sleep(100 * time.Millisecond)
			return output.Result{}, nil
		}
		_, err := apply.Run(t.Context(), output.NewReader(strings.NewReader(numbered(150))), do, apply.Options{Journal: j})
		if took := time.Since(start); err != nil || took != 15*time.Second {
			t.Errorf("Run = %v after %v, want 150 events in 15s", err, took)
		}
		time.Sleep(time.Hour - 15*time.Second)
		closeJournal(t, j)
		// The last event was done at 15s, while the second sync was running.
		if want := []time.Duration{time.Second, 11 * time.Second, 21 * time.Second, time.Hour}; !slices.Equal(syncs, want) {
			t.Errorf("forced to the disk at %v, want %v", syncs, want)
		}
	})
}

// TestJournalSyncFails checks that a journal which cannot be forced to the disk
// ends the run, with one event at a time and also while it waits for input, and
// that the error is returned once.
func TestJournalSyncFails(t *testing.T) {
	t.Parallel()
	for _, events := range []int{1, 50} {
		synctest.Test(t, func(t *testing.T) {
			j := journal(t, filepath.Join(t.TempDir(), "j"))
			j.SetForce(func() error { return errRefused })
			in, waiting := io.Pipe()
			go func() { _, _ = io.WriteString(waiting, numbered(events)) }() // ends when in is closed
			do := func(context.Context, output.Event) (output.Result, error) {
				time.Sleep(100 * time.Millisecond)
				return output.Result{}, nil
			}
			start := time.Now()
			sum, err := apply.Run(t.Context(), output.NewReader(in), do, apply.Options{
				Journal: j, KeepGoing: true, OnStop: func() { in.Close() },
			})
			failed, _ := errors.AsType[*apply.JournalError](err)
			if failed == nil || !errors.Is(err, errRefused) || time.Since(start) > 1200*time.Millisecond {
				t.Errorf("%d events: Run = %+v, %v after %v, want a JournalError after a second", events, sum, err, time.Since(start))
			}
			closeJournal(t, j)
		})
	}
}

// TestJournalCloseFails checks that Close returns the error of a sync that no run
// has returned.
func TestJournalCloseFails(t *testing.T) {
	t.Parallel()
	j := journal(t, filepath.Join(t.TempDir(), "j"))
	j.SetForce(func() error { return errRefused })
	if sum, err := apply.Run(t.Context(), output.NewReader(strings.NewReader(numbered(3))), (&recorder{}).run, apply.Options{Journal: j}); err != nil {
		t.Fatalf("Run = %+v, %v", sum, err)
	}
	if err := j.Close(); !errors.Is(err, errRefused) {
		t.Errorf("Close = %v, want the error of the sync", err)
	}
}

// TestJournalPurpose checks that the same purpose is accepted and another one
// refused, however long it is.
func TestJournalPurpose(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 4079, 4080, 4081, 5000, 100_000} {
		path, purpose := filepath.Join(t.TempDir(), "j"), strings.Repeat("é", n/2)+strings.Repeat("x", n%2)
		for range 2 {
			j, err := apply.OpenJournal(path, purpose)
			if err != nil {
				t.Fatalf("a purpose of %d bytes: %v", n, err)
			}
			closeJournal(t, j)
		}
		if _, err := apply.OpenJournal(path, purpose+"y"); !errors.Is(err, apply.ErrForeignJournal) || len(err.Error()) > 10_000 {
			t.Errorf("another purpose than %d bytes: OpenJournal = %.300v, want ErrForeignJournal", n, err)
		}
	}
}

func TestJournalInUse(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "j")
	j := journal(t, path)
	if _, err := apply.OpenJournal(path, "a test"); !errors.Is(err, apply.ErrJournalInUse) {
		t.Errorf("OpenJournal = %v, want ErrJournalInUse", err)
	}
	closeJournal(t, j)
	closeJournal(t, journal(t, path))
}

// TestJournalFails checks that an event which was sent and cannot be recorded does
// not count as done, and stops a run with KeepGoing too.
func TestJournalFails(t *testing.T) {
	t.Parallel()
	j := journal(t, filepath.Join(t.TempDir(), "j"))
	closeJournal(t, j) // so that writing fails
	r := &recorder{}
	results, sum, err := run(t, r, numbered(3), apply.Options{Journal: j, KeepGoing: true, CountRest: true})
	if bad, _ := errors.AsType[*apply.JournalError](err); bad == nil || !errors.Is(err, os.ErrClosed) {
		t.Errorf("Run = %v, want a JournalError", err)
	}
	if sum != (apply.Summary{Failed: 1, NotTried: 2}) || len(r.calls) != 1 || !strings.Contains(results[0], "this event was sent, the next run sends it again") {
		t.Errorf("Run = %+v, %q after %d calls", sum, results, len(r.calls))
	}
}

// FuzzJournal checks that a file which is accepted keeps the events that it
// records, whatever it holds.
func FuzzJournal(f *testing.F) {
	f.Add("wps journal 1: a test\n0 1 ab\n1023 9 cd\n1024 9 cd\n")
	f.Add("wps journal 1: a test\n3 4 f")
	f.Add("wps jour")
	f.Fuzz(func(t *testing.T, content string) {
		path := filepath.Join(t.TempDir(), "j")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		j, err := apply.OpenJournal(path, "a test")
		if err != nil {
			return
		}
		known := j.Known()
		closeJournal(t, j)
		again := journal(t, path)
		defer closeJournal(t, again)
		if again.Known() != known {
			t.Errorf("%q: %d events, then %d", content, known, again.Known())
		}
	})
}
