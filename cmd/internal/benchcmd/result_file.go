package benchcmd

import (
	"bytes"
	"fmt"
	"io"

	"wps/bench"
	"wps/cmd/internal/outfile"
)

// resultFile is a file of --save or --report. It is opened before the run, which
// would be lost with a wrong path, and keeps its contents until there is a result.
type resultFile struct {
	path  string
	what  string // what is done with it, for errors
	write func(io.Writer, *bench.Result) error
	file  *outfile.File
}

// open prepares to write the file.
func (k *resultFile) open() (err error) {
	k.file, err = outfile.Open(k.path, 0o644)
	return err
}

// fill replaces the contents of the file by a result.
func (k *resultFile) fill(r *bench.Result) error {
	var text bytes.Buffer
	err := k.write(&text, r)
	if err == nil {
		err = k.file.Replace(text.Bytes())
	}
	if err != nil {
		return fmt.Errorf("%s: %s: %w", k.what, k.path, err)
	}
	return nil
}

// drop leaves a file that was not filled as it was.
func (k *resultFile) drop() { k.file.Discard() }
