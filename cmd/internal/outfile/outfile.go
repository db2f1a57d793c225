// Package outfile writes the files that flags of commands name. A file appears
// complete or not at all, and what a command did not make is not lost.
//
// It hides what may be replaced, and how. What the files hold is left to the
// commands.
//
//	f, err := outfile.Open(path, 0o644) // before the work, which a wrong path would waste
//	defer f.Discard()
//	err = f.Replace(data)
package outfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"wps/internal/reason"
)

// File is a file that will be written once. It is used by one goroutine.
type File struct {
	path   string // with links followed
	mode   fs.FileMode
	temp   *os.File // beside path; nil for a stream, and after Replace or Discard
	stream *os.File // a pipe or a device
}

// Open prepares to write a file. One that exists is replaced, and keeps its
// permissions; a new one gets mode. A link is followed, a pipe or a device is written
// to, and a directory is an error. Errors do not repeat path.
func Open(path string, mode fs.FileMode) (*File, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if _, err := os.Lstat(path); err == nil {
			return nil, errors.New("it is a link to a file that does not exist")
		}
		return create(path, mode)
	case err != nil:
		return nil, cause(err)
	case info.IsDir():
		return nil, errors.New("it is a directory")
	case !info.Mode().IsRegular():
		return openStream(path)
	}
	if err := writable(path); err != nil {
		return nil, err
	}
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return nil, cause(err)
	}
	return create(target, info.Mode().Perm())
}

// openStream opens a pipe or a device, without waiting for its reader.
func openStream(path string) (*File, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|syscall.O_NONBLOCK, 0)
	switch {
	case errors.Is(err, syscall.ENXIO):
		return nil, errors.New("no process reads the pipe")
	case err != nil:
		return nil, cause(err)
	}
	return &File{stream: f}, nil
}

// writable returns an error if the user may not write a file, which replacing it
// would circumvent.
func writable(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return cause(err)
	}
	return f.Close()
}

func create(path string, mode fs.FileMode) (*File, error) {
	temp, err := os.CreateTemp(filepath.Dir(path), ".wps-*")
	if err != nil {
		return nil, fmt.Errorf("create a file beside it: %w", cause(err))
	}
	return &File{path: path, mode: mode, temp: temp}, nil
}

// cause returns an error without the path that it repeats.
func cause(err error) error { return reason.Worded(err) }

// Same reports whether two files are the same regular one.
func (f *File) Same(other *File) bool {
	if f.stream != nil || other.stream != nil {
		return false
	}
	a, err1 := filepath.Abs(f.path)
	b, err2 := filepath.Abs(other.path)
	if err1 == nil && err2 == nil && a == b {
		return true
	}
	x, err1 := os.Stat(f.path)
	y, err2 := os.Stat(other.path)
	return err1 == nil && err2 == nil && os.SameFile(x, y)
}

// Replace writes the file. After an error the earlier one is as it was.
func (f *File) Replace(data []byte) error {
	defer f.Discard()
	if f.stream != nil {
		_, err := f.stream.Write(data)
		return cause(err)
	}
	_, err := f.temp.Write(data)
	if err == nil {
		err = f.temp.Chmod(f.mode) // Windows has only its read-only bit
	}
	if err = errors.Join(err, f.temp.Close()); err != nil {
		return cause(err)
	}
	if err := Rename(f.temp.Name(), f.path); err != nil {
		return cause(err)
	}
	f.temp = nil
	return nil
}

// Discard leaves the earlier file as it was, if Replace was not called. It may be
// called again.
func (f *File) Discard() {
	if f.temp != nil {
		f.temp.Close()
		os.Remove(f.temp.Name())
		f.temp = nil
	}
	if f.stream != nil {
		f.stream.Close()
	}
}
