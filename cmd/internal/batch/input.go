package batch

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"wps/cmd/internal/cli"
	"wps/cmd/internal/stdio"
)

// Input is the input of a stream: a file or a reader. A copy of a reader can be
// kept, so that it can be read twice.
type Input struct {
	stop        context.CancelFunc // ends a blocked read
	stream      io.Reader          // what Read reads
	origin      io.Reader          // the reader that is copied; nil without a copy
	file        *os.File           // the file, or a complete copy; nil: stream is a reader
	start       int64              // offset of the input in the file
	size        int64              // bytes of the input; 0: unknown
	interactive bool               // the input is typed at a terminal
	copied      *os.File           // the copy of a reader; nil: none
	keepsName   bool               // the copy has a name, which Close removes
}

// OpenFile opens a file for reading. A directory is a usage error.
func OpenFile(path string) (*os.File, error) {
	const hint = "name a file that can be read; \"-\" reads standard input"
	f, err := os.Open(path)
	if err != nil {
		return nil, cli.Usage(err.Error(), hint)
	}
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, cli.JoinErrors(cli.Usage(path+" is a directory", hint), f.Close())
	}
	return f, nil
}

// Open opens a file, or standard input for "" and "-". Reads of standard input end
// with ctx. The caller closes the result.
func Open(ctx context.Context, env *cli.Env, path string) (*Input, error) {
	reads, stop := context.WithCancel(ctx)
	in := &Input{stop: stop}
	file, isFile := env.Stdin.(*os.File)
	if path != "" && path != "-" {
		var err error
		if file, err = OpenFile(path); err != nil {
			stop()
			return nil, err
		}
		isFile = true
	}
	switch {
	case isFile && in.useFile(file):
	case isFile:
		in.stream, in.interactive = stdio.NewInput(reads, file), stdio.IsTerminal(file)
	default:
		in.stream = stdio.NewInput(reads, env.Stdin)
	}
	return in, nil
}

// NewText returns an Input of text from the command line.
func NewText(text string) *Input {
	return &Input{stream: strings.NewReader(text), stop: func() {}}
}

// useFile reads from f if it is a regular file, which can be read again, and
// reports whether it is.
func (in *Input) useFile(f *os.File) bool {
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	start, err := f.Seek(0, io.SeekCurrent)
	if err != nil {
		return false
	}
	in.stream, in.file, in.start, in.size = f, f, start, info.Size()-start
	return true
}

// isFile reports whether the input has a known end and can be read again.
func (in *Input) isFile() bool { return in.file != nil }

// Read implements io.Reader.
func (in *Input) Read(p []byte) (int, error) { return in.stream.Read(p) }

// interrupt ends a blocked read.
func (in *Input) interrupt() { in.stop() }

// copyRead starts to keep a copy of everything that is read from a reader.
func (in *Input) copyRead() error {
	if in.isFile() {
		return nil
	}
	if err := in.makeCopy(); err != nil {
		return err
	}
	in.stream = io.TeeReader(in.origin, in.copied)
	return nil
}

// copyAll reads a reader to its end and makes a file of it.
func (in *Input) copyAll(ctx context.Context) error {
	if in.isFile() {
		return nil
	}
	if err := in.makeCopy(); err != nil {
		return err
	}
	size, err := in.copied.Seek(0, io.SeekEnd)
	if err == nil {
		var rest int64
		rest, err = io.Copy(in.copied, in.origin)
		size += rest
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return fmt.Errorf("keep the input: %w", err)
	}
	in.stream, in.file, in.size = in.copied, in.copied, size
	return nil
}

// makeCopy creates the file of the copy, once.
func (in *Input) makeCopy() (err error) {
	if in.copied != nil {
		return nil
	}
	if in.copied, err = os.CreateTemp("", "wps-input-*"); err != nil {
		return fmt.Errorf("keep the input: %w", err)
	}
	in.origin = in.stream
	in.keepsName = os.Remove(in.copied.Name()) != nil // Windows cannot remove it yet; elsewhere a kill leaves no file
	return nil
}

// rewind goes back to the start of the input, or to where copyRead was called.
func (in *Input) rewind() error {
	f := in.file
	if f == nil {
		f = in.copied
		in.stream = io.MultiReader(f, in.origin)
	}
	if _, err := f.Seek(in.start, io.SeekStart); err != nil {
		return fmt.Errorf("read the input again: %w", err)
	}
	return nil
}

// Close ends reads, closes the file and removes the copy.
func (in *Input) Close() error {
	in.stop()
	var err error
	if in.file != nil && in.file != in.copied {
		err = in.file.Close()
	}
	if in.copied != nil {
		err = cli.JoinErrors(err, in.copied.Close())
	}
	if in.keepsName {
		err = cli.JoinErrors(err, os.Remove(in.copied.Name()))
	}
	return err
}
