package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ReadyFile is a --ready-file: it does not exist until the command is ready, and
// is complete when it appears.
type ReadyFile struct {
	Path string // "" for none
	text string // what was written
}

// Clear removes the file of an earlier run.
func (f *ReadyFile) Clear() error {
	if f.Path == "" {
		return nil
	}
	if err := os.Remove(f.Path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return f.usageError(err)
	}
	return nil
}

// Write creates the file when the command is ready.
func (f *ReadyFile) Write(text string) error {
	if f.Path == "" {
		return nil
	}
	f.text = text + "\n"
	if err := writeAtomically(f.Path, f.text); err != nil {
		return f.usageError(err)
	}
	return nil
}

// usageError names the ready file instead of the temporary one.
func (f *ReadyFile) usageError(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return Usage(fmt.Sprintf("write the ready file %s: %v", f.Path, err), "--ready-file must name a file in a writable directory")
}

// Remove removes the file when the command ends, unless another process has
// written it since.
func (f *ReadyFile) Remove() {
	if now, err := os.ReadFile(f.Path); err == nil && string(now) == f.text {
		os.Remove(f.Path)
	}
}

// writeAtomically writes a file that appears complete or not at all. It may hold
// a key, so only its owner may read it.
func writeAtomically(path, text string) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".wps-*")
	if err != nil {
		return err
	}
	_, err = tmp.WriteString(text)
	err = JoinErrors(err, tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		os.Remove(tmp.Name())
	}
	return err
}
