// Package stdio is the standard streams of the process, whatever they are: a terminal,
// for which it removes what could move the cursor from foreign text, a pipe that
// is not read or whose reader has ended, and input that must end with a context.
package stdio

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// Limits of a stream that is not read.
const (
	// lossyWait is how long a write to a lossy stream may hold up its caller.
	lossyWait = 100 * time.Millisecond
	// maxPending is how much of a lossy stream waits in memory, in bytes.
	maxPending = 256 << 10
	// maxHeld is how much Hold keeps back, in bytes.
	maxHeld = 64 << 10
	// lastWait is how long a write is waited for at the end of a command.
	lastWait = time.Second
)

// errNotRead is the error of a write that was given up because the command was
// asked to stop.
var errNotRead = fmt.Errorf("the output is not read: %w", context.Canceled)

// Writer writes to a standard stream that may be a pipe or a terminal that
// is not read, which can hold up a write for ever. What is written keeps its
// order. A stream that cannot hold up a write, such as a file, is written directly.
//
// A lossy stream holds up its callers for lossyWait, and then no more until all
// is written; what is over maxPending is dropped. Any other stream holds up its
// callers until lastWait after stop is closed. Safe for concurrent use.
type Writer struct {
	to      io.Writer
	holdsUp bool // a write may wait for a reader
	lossy   bool
	stop    <-chan struct{} // nil: never
	// failed, when set, is called with the error of each write that failed.
	failed func(error)
	// dropped is called when lines can be written again after n were dropped, and
	// returns what to write about that.
	dropped func(n int) []byte

	mu      sync.Mutex
	holding bool
	held    []byte // while holding
	next    *batch // nil: nothing waits
	writing bool   // a goroutine writes; it ends when nothing waits
	stalled bool   // a caller has waited in vain, and not all is written since
	lost    int    // lines that were dropped
}

// batch is what is written together.
type batch struct {
	data []byte
	done chan struct{} // closed when it is written
	err  error         // valid then
}

// NewWriter returns a Writer to w that is not lossy.
func NewWriter(w io.Writer) *Writer { return &Writer{to: w, holdsUp: holdsUp(w)} }

// Until makes a write to a stream that is not read end soon after ctx has ended. It
// is called before anything is written.
func (s *Writer) Until(ctx context.Context) { s.stop = ctx.Done() }

// DropUnread makes the stream lossy. What dropped returns for the number of lines
// that were dropped is written in their place. It is called before anything is
// written.
func (s *Writer) DropUnread(dropped func(lines int) []byte) { s.lossy, s.dropped = true, dropped }

// Redirect makes w what is written to, after what was written before.
func (s *Writer) Redirect(w io.Writer) {
	s.Flush()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.to = w
}

// OnFailure calls failed with the error of each write that fails.
func (s *Writer) OnFailure(failed func(error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed = failed
}

// Hold makes what is written wait, up to 64 KiB, so that many small writes become
// one. Hold(false) writes what waits, and returns the error of that. Only one
// goroutine at a time writes to a stream that is held.
func (s *Writer) Hold(hold bool) error {
	s.mu.Lock()
	s.holding = hold
	waiting := len(s.held)
	s.mu.Unlock()
	if hold || waiting == 0 {
		return nil
	}
	return s.writeHeld()
}

// writeHeld writes what Hold has kept back.
func (s *Writer) writeHeld() error {
	s.mu.Lock()
	b := s.held
	s.held = nil
	s.mu.Unlock()
	_, err := s.write(b, false)
	s.mu.Lock()
	s.held = b[:0]
	s.mu.Unlock()
	return err
}

// Write implements io.Writer.
func (s *Writer) Write(b []byte) (int, error) {
	s.mu.Lock()
	if !s.holding {
		s.mu.Unlock()
		return s.write(b, false)
	}
	s.held = append(s.held, b...)
	full := len(s.held) >= maxHeld
	s.mu.Unlock()
	if full {
		return len(b), s.writeHeld()
	}
	return len(b), nil
}

// write writes b. What must be written is not dropped.
func (s *Writer) write(b []byte, must bool) (int, error) {
	s.mu.Lock()
	if !s.holdsUp {
		defer s.mu.Unlock()
		return s.to.Write(b)
	}
	if s.next == nil {
		s.next = &batch{done: make(chan struct{})}
	}
	mine := s.next
	if s.lossy && !must && len(mine.data) > 0 && len(mine.data)+len(b) > maxPending {
		s.lost += max(bytes.Count(b, []byte{'\n'}), 1)
		s.mu.Unlock()
		return len(b), nil
	}
	mine.data = append(mine.data, b...)
	if !s.writing {
		s.writing = true
		go s.drain() // ends with the writes; see Flush
	}
	stalled := s.stalled
	s.mu.Unlock()
	if !stalled && s.await(mine) {
		return written(mine, len(b))
	}
	s.mu.Lock()
	s.stalled = s.writing
	s.mu.Unlock()
	if !s.lossy {
		return 0, errNotRead
	}
	return len(b), nil
}

// await waits for a batch, as long as the kind of the stream allows, and reports
// whether it is written.
func (s *Writer) await(b *batch) bool {
	if s.lossy {
		return b.within(lossyWait)
	}
	select {
	case <-b.done:
		return true
	case <-s.stop:
		return b.within(lastWait)
	}
}

// within reports whether a batch is written before limit has passed.
func (b *batch) within(limit time.Duration) bool {
	t := time.NewTimer(limit)
	defer t.Stop()
	select {
	case <-b.done:
		return true
	case <-t.C:
		return false
	}
}

// written returns the result of writing n bytes of a batch that is done.
func written(b *batch, n int) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	return n, nil
}

// drain writes what waits until nothing does.
func (s *Writer) drain() {
	for {
		s.mu.Lock()
		now, lost, failed, dropped, to := s.next, s.lost, s.failed, s.dropped, s.to
		s.next, s.lost = nil, 0
		if now == nil {
			s.writing, s.stalled = false, false
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()
		if lost > 0 && dropped != nil {
			now.data = append(now.data, dropped(lost)...)
		}
		if len(now.data) > 0 {
			_, now.err = to.Write(now.data)
		}
		if now.err != nil && failed != nil {
			failed(now.err)
		}
		close(now.done)
	}
}

// Flush waits until all is written, for at most lastWait.
func (s *Writer) Flush() {
	s.mu.Lock()
	if s.next == nil && s.writing { // what is being written has no batch to wait for
		s.next = &batch{done: make(chan struct{})}
	}
	last := s.next
	s.mu.Unlock()
	if last != nil {
		last.within(lastWait)
	}
}

// holdsUp reports whether a write may wait for a reader: no regular file does.
func holdsUp(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && !info.Mode().IsRegular()
}

// ReaderEnded reports whether an error means that the reader of a stream has
// ended: that of a pipe, or a terminal that was closed.
func ReaderEnded(err error) bool {
	if runtime.GOOS == "windows" && (errors.Is(err, brokenPipe) || errors.Is(err, pipeClosing)) {
		return true
	}
	return errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.EIO)
}

// The error numbers of Windows for a pipe without a reader, which syscall.EPIPE is
// not there.
const (
	brokenPipe  syscall.Errno = 109
	pipeClosing syscall.Errno = 232
)
