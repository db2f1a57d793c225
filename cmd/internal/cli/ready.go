package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ReadyFile is a --ready-file: it is not there until the command is ready, and
// then whole.
type ReadyFile struct {
	Path string // "" is none
	text string // what was written
}

// Clear removes what an earlier run left.
func (f *ReadyFile) Clear() error {
	if f.Path == "" {
		return nil
	}
	if err := os.Remove(f.Path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return f.unusable(err)
	}
	return nil
}

// Write tells that the command is ready.
func (f *ReadyFile) Write(text string) error {
	if f.Path == "" {
		return nil
	}
	f.text = text + "\n"
	if err := writeWhole(f.Path, f.text); err != nil {
		return f.unusable(err)
	}
	return nil
}

// unusable names the file, and not the one that is written first and renamed.
func (f *ReadyFile) unusable(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return Usage(fmt.Sprintf("write the ready file %s: %v", f.Path, err), "--ready-file needs a file in a folder that can be written")
}

// Remove tells that the command has ended. What another one has written
// meanwhile stays.
func (f *ReadyFile) Remove() {
	if now, err := os.ReadFile(f.Path); err == nil && string(now) == f.text {
		os.Remove(f.Path)
	}
}

// writeWhole writes a file that appears complete or not at all; it may hold a
// key, so only its owner may read it.
func writeWhole(path, text string) error {
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
