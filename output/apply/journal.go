package apply

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"wps/internal/reason"
	"wps/output"
)

// JournalError is a journal that cannot be read, used or written.
type JournalError struct {
	Path string
	Err  error
}

// Error returns the file and what is wrong with it.
func (e *JournalError) Error() string { return fmt.Sprintf("journal %s: %v", e.Path, e.Err) }

// Unwrap returns what is wrong.
func (e *JournalError) Unwrap() error { return e.Err }

// Errors of a file that this run cannot use as its journal.
var (
	// ErrForeignJournal is a journal of another input or another purpose.
	ErrForeignJournal = errors.New("belongs to something else")
	// ErrJournalInUse is a journal that another run is using.
	ErrJournalInUse = errors.New("is in use by another run")
	// ErrNoJournal is a file that no run has made. It is not changed.
	ErrNoJournal = errors.New("is not a journal")
	// ErrDamagedJournal is a journal with something else among its records.
	ErrDamagedJournal = errors.New("is damaged")
	// ErrFullJournal is a journal that cannot record an event, because it is after
	// the first MaxJournalEvents of the stream. The event is not run.
	ErrFullJournal = errors.New("is full")
	// ErrLargeJournal is a file that is larger than a full journal.
	ErrLargeJournal = errors.New("is too large for a journal")
)

// Journal is a file that records which events of a stream are done, so that a
// second run of the same stream continues after them. Failed events are not in it
// and are tried again.
//
// An event is written to the file before it counts as done, so that no end of the
// process loses one. Events that were sent and not yet written at that moment are
// sent again by the next run: at most those in flight. The file is forced to the
// disk within a second and at the end: after a failure of the machine, events done
// in the last second may be sent again.
//
// A record takes at most 48 bytes. A journal records the first MaxJournalEvents of a
// stream; the run ends before an event after them.
type Journal struct {
	path  string
	file  *os.File
	most  int // MaxJournalEvents, or fewer in tests
	done  doneSet
	known int // events that earlier runs have done

	mu     sync.Mutex
	buf    []byte
	err    error // the first failed write or sync; nothing is written after it
	failed func(error)
	syncer
}

// OpenJournal opens the journal at path, or creates it. purpose, one line, must be
// the same for all its runs, such as the service and the hub. Only one run at a
// time can have a journal open. Errors are *JournalError.
func OpenJournal(path, purpose string) (*Journal, error) {
	j := &Journal{path: path, most: MaxJournalEvents}
	if err := j.open(purpose); err != nil {
		if j.file != nil {
			j.file.Close()
		}
		return nil, &JournalError{path, err}
	}
	return j, nil
}

func (j *Journal) open(purpose string) (err error) {
	if j.file, err = os.OpenFile(j.path, os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return withoutPath(err)
	}
	info, err := j.file.Stat()
	if err != nil {
		return withoutPath(err)
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%w: a pipe or a device keeps nothing", ErrNoJournal)
	}
	if info.Size() > maxJournalSize {
		return fmt.Errorf("%w: %d bytes, a journal has at most %d", ErrLargeJournal, info.Size(), int64(maxJournalSize))
	}
	if err := lockFile(j.file); err != nil {
		return err
	}
	end, err := j.load(purpose)
	if err != nil {
		return err
	}
	return j.begin(end, purpose)
}

// begin truncates the file after its last whole record, writes the head of a new
// one, and forces all of it to the disk.
func (j *Journal) begin(end int64, purpose string) error {
	if err := j.file.Truncate(end); err != nil {
		return withoutPath(err)
	}
	if _, err := j.file.Seek(end, io.SeekStart); err != nil {
		return withoutPath(err)
	}
	if end == 0 {
		if _, err := j.file.WriteString(journalHead(purpose)); err != nil {
			return withoutPath(err)
		}
	}
	j.force, j.synced = j.file.Sync, time.Now()
	return withoutPath(j.force())
}

// Known returns how many events earlier runs have done.
func (j *Journal) Known() int { return j.known }

// Verify reads a stream as far as the journal knows it. The error is a
// *JournalError with ErrForeignJournal if the journal is of another stream.
func (j *Journal) Verify(ctx context.Context, events output.Source) error {
	var sum uint64
	for index := 0; index < j.done.end(); index++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		raw, line, err := events.Read()
		if errors.Is(err, io.EOF) {
			return j.foreign(fmt.Sprintf("this input has no event %d, which the journal has as done", j.done.end()))
		}
		if j.done.has(index) {
			switch {
			case ctx.Err() != nil:
				return ctx.Err()
			case err != nil:
				return j.foreign(fmt.Sprintf("the object on line %d cannot be read, the journal has it as done", line))
			}
			sum += eventSum(index, raw)
		}
		if last := index+1 == j.done.end(); last || (index+1)%pageSize == 0 {
			if sum != j.done.sum(index) {
				return j.foreign(fmt.Sprintf("the input differs before line %d from what the journal has as done", line+1))
			}
			sum = 0
		}
	}
	return nil
}

func (j *Journal) foreign(reason string) error {
	return &JournalError{j.path, fmt.Errorf("%w: %s", ErrForeignJournal, reason)}
}

// has reports whether an earlier run has done an event.
func (j *Journal) has(index int) bool { return j != nil && j.done.has(index) }

// checkLimit returns a *JournalError if the journal cannot record an event.
func (j *Journal) checkLimit(index int) error {
	if j == nil || index < j.most {
		return nil
	}
	return &JournalError{j.path, fmt.Errorf("%w: it records the first %d events of an input", ErrFullJournal, j.most)}
}

// onFailure has f called with a *JournalError when the file cannot be forced to
// the disk, until remove is called.
func (j *Journal) onFailure(f func(error)) (remove func()) {
	if j == nil {
		return func() {}
	}
	set := func(f func(error)) {
		j.mu.Lock()
		defer j.mu.Unlock()
		j.failed = f
	}
	set(f)
	return func() { set(nil) }
}

// write records that a task is done. After one failure all writes fail.
func (j *Journal) write(t *task) error {
	if j == nil {
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.err == nil {
		j.buf = appendRecord(j.buf[:0], t.index, t.line, t.sum)
		_, err := j.file.Write(j.buf)
		j.err = withoutPath(err)
	}
	if j.err != nil {
		j.reported = true
		return &JournalError{j.path, fmt.Errorf("%w; this event was sent, the next run sends it again", j.err)}
	}
	j.scheduleSync()
	return nil
}

// Close forces the journal to the disk and closes it. It returns an error that no
// write has returned.
func (j *Journal) Close() error {
	err := j.endSync()
	if closeErr := withoutPath(j.file.Close()); err == nil {
		err = closeErr
	}
	if err != nil {
		return &JournalError{j.path, err}
	}
	return nil
}

// withoutPath returns an error of a file without its path, which a JournalError
// holds.
func withoutPath(err error) error { return reason.Worded(err) }
