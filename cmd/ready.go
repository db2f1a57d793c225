package cmd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// readyFile is a --ready-file: it is not there until the command is ready, and
// then whole.
type readyFile struct {
	path string // "" is none
	text string // what was written
}

// clear removes what an earlier run left.
func (f *readyFile) clear() error {
	if f.path == "" {
		return nil
	}
	if err := os.Remove(f.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return f.unusable(err)
	}
	return nil
}

// write tells that the command is ready.
func (f *readyFile) write(text string) error {
	if f.path == "" {
		return nil
	}
	f.text = text + "\n"
	if err := writeWhole(f.path, f.text); err != nil {
		return f.unusable(err)
	}
	return nil
}

// unusable names the file, and not the one that is written first and renamed.
func (f *readyFile) unusable(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return usage(fmt.Sprintf("write the ready file %s: %v", f.path, err), "--ready-file needs a file in a folder that can be written")
}

// remove tells that the command has ended. What another one has written
// meanwhile stays.
func (f *readyFile) remove() {
	if now, err := os.ReadFile(f.path); err == nil && string(now) == f.text {
		os.Remove(f.path)
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
	err = joinErrors(err, tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		os.Remove(tmp.Name())
	}
	return err
}
