package settings

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"wps/cmd/internal/outfile"
)

// checkPrivate returns an error for a file that other users can read or change.
func checkPrivate(path string) error {
	info, err := os.Stat(path)
	if err != nil || runtime.GOOS == "windows" || info.Mode().Perm()&0o077 == 0 {
		return nil // a missing file is reported by the reader
	}
	return &Error{File: path, Text: fmt.Sprintf("other users can read or change it (mode %04o), and it may hold a secret", info.Mode().Perm()), Hint: "chmod 600 '" + path + "'"}
}

// exists reports whether this user can see a file.
func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func (s *Store) fileError(err error, path string) error {
	if err == nil {
		return nil
	}
	return &Error{File: path, Text: reasonOf(err), Hint: "check the permissions of the folder " + s.dir}
}

// write replaces a file in one step, readable by its owner only.
func (s *Store) write(path string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return s.fileError(err, filepath.Dir(path))
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*") // its mode is 0600
	if err != nil {
		return s.fileError(err, path)
	}
	_, err = f.Write(text)
	err = cmpErr(err, f.Sync(), f.Close())
	if err == nil {
		err = outfile.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // the error of writing counts
	}
	return s.fileError(err, path)
}
