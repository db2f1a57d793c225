package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"wps/cmd/internal/outfile"
)

// ReadyFile is a --ready-file: it does not exist until the command is ready, and
// is complete when it appears. Only a file of an earlier run is replaced: a file of
// the user is a usage error.
type ReadyFile struct {
	Path string // "" for none
	// Form reports whether a line is one that the command writes.
	Form func(line string) bool

	text string      // what was written
	made fs.FileInfo // of the file that was written
}

// maxReadyFile limits what is read of a file to recognize it, in bytes.
const maxReadyFile = 4096

// Check returns an error if the file may not be written.
func (f *ReadyFile) Check() error {
	if f.Path == "" {
		return nil
	}
	info, err := os.Lstat(f.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return f.checkDirectory()
	case err != nil:
		return f.usageError(err)
	case isStream(f.Path):
		return nil
	case info.Mode()&fs.ModeSymlink != 0:
		return f.usageError(errors.New("it is a link"))
	case !info.Mode().IsRegular():
		return f.usageError(errors.New("it is a directory or a socket"))
	case !f.ofEarlierRun(info):
		return f.usageError(errors.New("it exists, and no earlier run has written it"))
	}
	return nil
}

// isStream reports whether a path is a pipe or a device, such as /dev/stderr.
func isStream(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode()&(fs.ModeNamedPipe|fs.ModeDevice) != 0
}

// checkDirectory returns an error if the directory of the file does not exist.
func (f *ReadyFile) checkDirectory() error {
	_, err := os.Stat(filepath.Dir(f.Path))
	if err != nil {
		return f.usageError(err)
	}
	return nil
}

// ofEarlierRun reports whether a file is empty, as from mktemp, or looks like one
// that an earlier run has left because it was killed.
func (f *ReadyFile) ofEarlierRun(info fs.FileInfo) bool {
	if info.Size() == 0 {
		return true
	}
	if info.Size() > maxReadyFile || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		return false
	}
	text, err := os.ReadFile(f.Path)
	line, ended := strings.CutSuffix(string(text), "\n")
	return err == nil && ended && !strings.ContainsAny(line, "\n\r \t") && (line == "" || f.Form == nil || f.Form(line))
}

// Clear removes the file of an earlier run.
func (f *ReadyFile) Clear() error {
	if err := f.Check(); err != nil || f.Path == "" || isStream(f.Path) {
		return err
	}
	if err := os.Remove(f.Path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return f.usageError(err)
	}
	return nil
}

// Write creates the file when the command is ready. It may hold a key, so only its
// owner may read it. A pipe or a device gets the line.
func (f *ReadyFile) Write(text string) error {
	if f.Path == "" {
		return nil
	}
	if err := f.Check(); err != nil { // it may have appeared meanwhile
		return err
	}
	f.text = text + "\n"
	out, err := outfile.Open(f.Path, 0o600)
	if err == nil {
		err = out.Replace([]byte(f.text))
	}
	if err != nil {
		return f.usageError(err)
	}
	f.made, _ = os.Lstat(f.Path) // nil: then it is not removed
	return nil
}

// usageError names the ready file instead of a temporary one.
func (f *ReadyFile) usageError(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return Usage(fmt.Sprintf("write the ready file %s: %v", f.Path, err), "--ready-file must name a new file in a writable directory, or one that an earlier run has left")
}

// Remove removes the file when the command ends, unless it is another one by now.
func (f *ReadyFile) Remove() {
	if f.made == nil || !f.made.Mode().IsRegular() {
		return
	}
	now, err := os.Lstat(f.Path)
	if err != nil || !os.SameFile(now, f.made) {
		return
	}
	if text, err := os.ReadFile(f.Path); err == nil && string(text) == f.text {
		os.Remove(f.Path)
	}
}

// IsLineOfURL reports whether a line of a ready file is the URL of a server.
func IsLineOfURL(line string) bool {
	return strings.HasPrefix(line, "http://") || strings.HasPrefix(line, "https://")
}
