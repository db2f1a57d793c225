// Package record writes recordings for --record: the traffic objects of a run, a
// line each, which wps replay reads.
//
// It hides how objects get into the file without holding up who makes them, and
// what happens when the disk is full. The form of a recording is left to
// protocol/traffic.
//
//	r, err := record.Start(path, head, server.Follow, warn)
//	err = r.Close()
package record

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"

	"wps/cmd/internal/cli"
	"wps/internal/feed"
	"wps/protocol/traffic"
)

// Bounds of what waits to be written.
const (
	maxPending      = 64 << 10
	maxPendingBytes = 64 << 20
)

// maxSize is the size at which a recording ends, so that messages cannot fill the disk.
const maxSize = 1 << 30

// errFull ends a recording that has reached maxSize.
var errFull = errors.New("it has 1 GiB, which is the limit")

// File is a recording that is being written. Write may be called concurrently.
type File struct {
	mu     sync.Mutex
	file   *os.File
	buffer *bufio.Writer
	lines  *traffic.Writer
	left   int64 // of maxSize
	err    error // of the first write that failed
}

// checkPath returns an error for what a recording may not replace: anything but an
// empty file, another recording, a pipe or a device.
func checkPath(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.IsDir():
		return errors.New("it is a directory")
	case !info.Mode().IsRegular() || info.Size() == 0:
		return nil
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	var other *traffic.VersionError
	if _, err := traffic.NewReader(file); err != nil && !errors.As(err, &other) {
		return errors.New("it exists and is not a recording")
	}
	return nil
}

// Create creates a recording, in place of one that exists. Only its owner may read
// it: payloads may be private.
func Create(path string, head traffic.Recording) (*File, error) {
	head.Time, head.Program = time.Now().UTC().Round(time.Millisecond), cli.ReadBuildInfo().Version
	err := checkPath(path)
	var file *os.File
	if err == nil {
		file, err = os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	}
	if err != nil {
		if failed, ok := errors.AsType[*fs.PathError](err); ok {
			err = failed.Err
		}
		return nil, cli.Usage(fmt.Sprintf("write the recording %s: %v", path, err), "--record must name a new file in a writable directory, or another recording")
	}
	f := &File{file: file, left: maxSize}
	f.buffer = bufio.NewWriterSize(limited{f}, 64<<10)
	if f.lines, err = traffic.NewWriter(f.buffer, head); err == nil {
		err = f.buffer.Flush()
	}
	if err != nil {
		return nil, cli.JoinErrors(fmt.Errorf("write the recording %s: %v", path, err), file.Close())
	}
	return f, nil
}

// limited is the file, whose writes fail rather than exceed maxSize.
type limited struct{ f *File }

func (l limited) Write(b []byte) (int, error) {
	if int64(len(b)) > l.f.left {
		return 0, errFull
	}
	n, err := l.f.file.Write(b)
	l.f.left -= int64(n)
	return n, err
}

// Write writes objects. After an error, which it returns once, it does nothing.
func (f *File) Write(batch ...*traffic.Object) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return nil
	}
	for _, o := range batch {
		if f.err = f.lines.Write(o); f.err != nil {
			break
		}
	}
	if f.err == nil {
		f.err = f.buffer.Flush()
	}
	return f.err
}

// Close closes the file. The error is that of the first write that failed.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	err := f.file.Close()
	if f.err != nil {
		err = f.err
	}
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		err = failed.Err
	}
	if err != nil {
		return cli.WithHint(fmt.Errorf("write the recording %s: %v", f.file.Name(), err), "what was written before can be replayed")
	}
	return nil
}

// Recorder records what a feed publishes, in a goroutine of its own.
type Recorder struct {
	file     *File
	follower *feed.Follower
	stop     chan struct{}
	stopped  chan struct{}
}

// Start records into a new file until Close. warn is called once when a write fails.
func Start(path string, head traffic.Recording, follow func(feed.Options) (*feed.Follower, error), warn func(string)) (*Recorder, error) {
	file, err := Create(path, head)
	if err != nil {
		return nil, err
	}
	follower, err := follow(feed.Options{Detail: true, Pending: maxPending, PendingBytes: maxPendingBytes})
	if err != nil {
		return nil, cli.JoinErrors(err, file.Close())
	}
	r := &Recorder{file: file, follower: follower, stop: make(chan struct{}), stopped: make(chan struct{})}
	go r.run(warn)
	return r, nil
}

func (r *Recorder) run(warn func(string)) {
	defer close(r.stopped)
	for last := false; !last; {
		select {
		case <-r.follower.Ready():
		case <-r.stop:
			last = true
		}
		if err := r.file.Write(r.follower.Drain(time.Now())...); err != nil {
			warn(fmt.Sprintf("the recording ends here: %v", err))
		}
	}
}

// Close writes what is pending and closes the file. It does nothing for nil.
func (r *Recorder) Close() error {
	if r == nil {
		return nil
	}
	close(r.stop)
	<-r.stopped
	r.follower.Close()
	return r.file.Close()
}
