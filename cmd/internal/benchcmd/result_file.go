package benchcmd

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"wps/bench"
	"wps/cmd/internal/cli"
)

// resultFile is a file of --save or --report. It is opened before the run, which
// would be lost with a wrong path, and keeps its contents until there is a result.
type resultFile struct {
	path  string
	what  string // what is done with it, for errors
	write func(io.Writer, *bench.Result) error
	file  *os.File // nil after fill
	isNew bool
}

// open opens the file, and creates it if it does not exist.
func (k *resultFile) open() (err error) {
	_, missing := os.Stat(k.path)
	k.isNew = errors.Is(missing, fs.ErrNotExist)
	k.file, err = os.OpenFile(k.path, os.O_WRONLY|os.O_CREATE, 0o666)
	return err
}

// sameFile reports whether two files are the same regular one: /dev/null may be used
// for both.
func sameFile(a, b *os.File) bool {
	x, err1 := a.Stat()
	y, err2 := b.Stat()
	return err1 == nil && err2 == nil && x.Mode().IsRegular() && os.SameFile(x, y)
}

// fill replaces the contents of the file by a result.
func (k *resultFile) fill(r *bench.Result) error {
	f := k.file
	k.file = nil
	var err error
	if info, statErr := f.Stat(); statErr == nil && info.Mode().IsRegular() { // not a pipe or a device
		err = f.Truncate(0)
	}
	if err == nil {
		err = k.write(f, r)
	}
	if err = cli.JoinErrors(err, f.Close()); err != nil {
		return fmt.Errorf("%s: %w", k.what, err)
	}
	return nil
}

// drop closes a file that was not filled, and removes it if open created it.
func (k *resultFile) drop() {
	if k.file == nil {
		return
	}
	k.file.Close() // nothing was written
	if k.isNew {
		os.Remove(k.path) // an empty file is harmless
	}
}
