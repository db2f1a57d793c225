package benchcmd

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"wps/bench"
	"wps/cmd/internal/cli"
)

// keptFile is a file of --save or --report. It is opened before anything is
// loaded, so that a run is not lost for a wrong path, and holds what it held
// until there is something to put in its place.
type keptFile struct {
	path  string
	what  string // what is done with it, for errors
	write func(io.Writer, *bench.Result) error
	file  *os.File // nil: it is filled
	isNew bool
}

// openKept opens the files of the flags.
func (b *bencher) openKept() error {
	kept := []keptFile{
		{path: b.o.save, what: "save the result", write: func(w io.Writer, r *bench.Result) error { return json.NewEncoder(w).Encode(r) }},
		{path: b.o.report, what: "write the report", write: func(w io.Writer, r *bench.Result) error { return bench.Report(w, []*bench.Result{r}) }},
	}
	for i := range kept {
		k := &kept[i]
		if k.path == "" {
			continue
		}
		if err := k.open(); err != nil {
			return cli.Usage(err.Error(), "--save and --report need a file that can be written")
		}
		b.files = append(b.files, k)
	}
	if len(b.files) == 2 && sameFile(b.files[0].file, b.files[1].file) {
		return cli.Usagef("--save and --report name the same file")
	}
	return nil
}

func (k *keptFile) open() (err error) {
	_, missing := os.Stat(k.path)
	k.isNew = errors.Is(missing, fs.ErrNotExist)
	k.file, err = os.OpenFile(k.path, os.O_WRONLY|os.O_CREATE, 0o666)
	return err
}

// sameFile tells whether two files are the same regular one: /dev/null may be
// named twice.
func sameFile(a, b *os.File) bool {
	x, err1 := a.Stat()
	y, err2 := b.Stat()
	return err1 == nil && err2 == nil && x.Mode().IsRegular() && os.SameFile(x, y)
}

// fill puts a result in place of what the file held.
func (k *keptFile) fill(r *bench.Result) error {
	f := k.file
	k.file = nil
	var err error
	if info, statErr := f.Stat(); statErr == nil && info.Mode().IsRegular() { // no pipe and no device
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

// drop leaves the file as it was, when it was not filled.
func (k *keptFile) drop() {
	if k.file == nil {
		return
	}
	k.file.Close() // nothing was written
	if k.isNew {
		os.Remove(k.path) // an empty file that stays is no harm
	}
}
