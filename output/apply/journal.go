package apply

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"
	"time"

	"wps/output"
)

// syncInterval is how often a journal is forced to the disk.
const syncInterval = time.Second

// JournalError is a journal that cannot be read, used or written.
type JournalError struct {
	Path string
	Err  error
}

// Error names the file and what is wrong.
func (e *JournalError) Error() string { return fmt.Sprintf("journal %s: %v", e.Path, e.Err) }

// Unwrap gives what is wrong.
func (e *JournalError) Unwrap() error { return e.Err }

// Errors of a journal that is not for this run.
var (
	// ErrForeignJournal is a journal of another input or another purpose.
	ErrForeignJournal = errors.New("belongs to something else")
	// ErrJournalInUse is a journal that another run writes at the moment.
	ErrJournalInUse = errors.New("is in use by another run")
	// ErrNoJournal is something that no run has made: it is left as it is.
	ErrNoJournal = errors.New("is no journal")
	// ErrDamagedJournal is a journal with something else among its records.
	ErrDamagedJournal = errors.New("is damaged")
)

// Journal is a file that keeps which events of a stream are done, so that a
// second run of the same stream goes on where the first one stopped. Failed
// events are not in it and are tried again.
//
// An event is written to the file before it counts as done, so that the end of
// the process, of whatever kind, loses none. What was sent, and not yet written,
// at that moment is sent again by the next run: at most the events that were
// under way. The file is forced to the disk every second and at the end: when
// the machine itself fails, what was done in its last second may be sent again.
type Journal struct {
	path  string
	file  *os.File
	done  doneSet
	known int // events that earlier runs have done

	mu     sync.Mutex
	buf    []byte
	synced time.Time
	later  *time.Timer // forces to the disk what came after that; nil: nothing did
	broken error
}

// OpenJournal opens the journal at path, or makes it. What purpose says, one
// line, must be the same for all runs: which service and hub, say. Only one run
// at a time may have a journal open. The errors are *JournalError.
func OpenJournal(path, purpose string) (*Journal, error) {
	j := &Journal{path: path, synced: time.Now()}
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
		return bare(err)
	}
	info, err := j.file.Stat()
	if err != nil {
		return bare(err)
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%w: a pipe or a device keeps nothing", ErrNoJournal)
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

// begin makes the file end behind its last whole record, writes the head of a
// new one, and sees that what is there is on the disk.
func (j *Journal) begin(end int64, purpose string) error {
	if err := j.file.Truncate(end); err != nil {
		return bare(err)
	}
	if _, err := j.file.Seek(end, io.SeekStart); err != nil {
		return bare(err)
	}
	if end == 0 {
		return j.head(purpose)
	}
	return j.sync()
}

func (j *Journal) head(purpose string) error {
	if _, err := j.file.WriteString(journalHead(purpose)); err != nil {
		return bare(err)
	}
	return j.sync()
}

// sync forces the file to the disk.
func (j *Journal) sync() error {
	j.synced = time.Now()
	if j.later != nil {
		j.later.Stop()
		j.later = nil
	}
	return bare(j.file.Sync())
}

// Known is how many events earlier runs have done.
func (j *Journal) Known() int { return j.known }

// Verify reads a stream, as far as the journal knows it, and gives a
// *JournalError with ErrForeignJournal when it is not the one of the journal.
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
				return j.foreign(fmt.Sprintf("what begins on line %d cannot be read, the journal has it as done", line))
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

func (j *Journal) foreign(why string) error {
	return &JournalError{j.path, fmt.Errorf("%w: %s", ErrForeignJournal, why)}
}

// has tells whether an event was done by an earlier run.
func (j *Journal) has(index int) bool { return j != nil && j.done.has(index) }

// write notes that a task is done. After one failure all fail.
func (j *Journal) write(t *task) error {
	if j == nil {
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.broken == nil {
		j.broken = j.append(t)
	}
	if j.broken != nil {
		return &JournalError{j.path, fmt.Errorf("%w; this event was sent, the next run sends it again", j.broken)}
	}
	return nil
}

func (j *Journal) append(t *task) error {
	j.buf = appendRecord(j.buf[:0], t.index, t.line, t.sum)
	if _, err := j.file.Write(j.buf); err != nil {
		return bare(err)
	}
	since := time.Since(j.synced)
	if since >= syncInterval {
		return j.sync()
	}
	if j.later == nil {
		j.later = time.AfterFunc(syncInterval-since, j.syncLate)
	}
	return nil
}

// syncLate forces records to the disk behind which no further one has come. It
// ends at once, and does nothing when the journal is closed.
func (j *Journal) syncLate() {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.later != nil && j.broken == nil {
		j.broken = j.sync()
	}
}

// Close forces the journal to the disk and closes it.
func (j *Journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	err := j.sync()
	if closeErr := j.file.Close(); err == nil {
		err = bare(closeErr)
	}
	if err != nil {
		return &JournalError{j.path, err}
	}
	return nil
}

// bare is an error of a file without its path, which is told once.
func bare(err error) error {
	if path, ok := errors.AsType[*os.PathError](err); ok {
		return path.Err
	}
	return err
}

// eventSum stands for an event object at its place in a stream.
func eventSum(index int, raw []byte) uint64 {
	h := sha256.New()
	var place [8]byte
	binary.BigEndian.PutUint64(place[:], uint64(index))
	h.Write(place[:])
	h.Write(raw)
	return binary.BigEndian.Uint64(h.Sum(nil))
}

// appendRecord writes one record: index, line and sum.
func appendRecord(b []byte, index, line int, sum uint64) []byte {
	b = strconv.AppendInt(b, int64(index), 10)
	b = append(b, ' ')
	b = strconv.AppendInt(b, int64(line), 10)
	b = append(b, ' ')
	b = strconv.AppendUint(b, sum, 16)
	return append(b, '\n')
}
