package batch

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"wps/cmd/internal/cli"
)

// Input is what a batch reads: a file, or a stream, of which a copy can be
// kept so that it can be read twice.
type Input struct {
	ctx    context.Context
	stop   context.CancelFunc
	stream io.Reader
	origin io.Reader // with a copy: the stream itself
	file   *os.File  // nil: stream is no file
	start  int64     // where the input begins in the file
	size   int64     // of the file from there; 0: not known
	typed  bool      // a person types it
	copied *os.File  // holds the copy of a stream; nil: there is none
	named  bool      // that has a name, which must be removed
}

// OpenFile opens a file to be read; a folder is none.
func OpenFile(path string) (*os.File, error) {
	const hint = "name a file that can be read; \"-\" reads standard input"
	f, err := os.Open(path)
	if err != nil {
		return nil, cli.Usage(err.Error(), hint)
	}
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, cli.JoinErrors(cli.Usage(path+" is a folder", hint), f.Close())
	}
	return f, nil
}

// Open opens a file, or standard input for "" and "-".
func Open(ctx context.Context, env *cli.Env, path string) (*Input, error) {
	in := &Input{}
	in.ctx, in.stop = context.WithCancel(ctx)
	file, isFile := env.Stdin.(*os.File)
	if path != "" && path != "-" {
		var err error
		if file, err = OpenFile(path); err != nil {
			in.stop()
			return nil, err
		}
		isFile = true
	}
	if !isFile || !in.use(file) {
		in.stream = cli.NewInput(in.ctx, env.Stdin)
		if isFile {
			in.stream, in.typed = cli.NewInput(in.ctx, file), cli.IsTerminal(file)
		}
	}
	return in, nil
}

// NewText is a short input that was written on the command line.
func NewText(ctx context.Context, text string) *Input {
	in := &Input{stream: strings.NewReader(text)}
	in.ctx, in.stop = context.WithCancel(ctx)
	return in
}

// use takes a file if it can be read again.
func (in *Input) use(f *os.File) bool {
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

// isFile tells that the input ends by itself and can be read again.
func (in *Input) isFile() bool { return in.file != nil }

// Read implements io.Reader.
func (in *Input) Read(p []byte) (int, error) { return in.stream.Read(p) }

// interrupt ends a read that waits for more.
func (in *Input) interrupt() { in.stop() }

// copyRead keeps a copy of what is read of a stream from now.
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

// copyAll makes a file of a stream: the rest of it is read at once.
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

func (in *Input) makeCopy() (err error) {
	if in.copied != nil {
		return nil
	}
	if in.copied, err = os.CreateTemp("", "wps-input-*"); err != nil {
		return fmt.Errorf("keep the input: %w", err)
	}
	in.origin = in.stream
	in.named = os.Remove(in.copied.Name()) != nil // as on Windows; else nothing is left behind by a kill
	return nil
}

// rewind goes back to where the input began, or where copyRead did.
func (in *Input) rewind() error {
	back := in.file
	if back == nil {
		back = in.copied
		in.stream = io.MultiReader(back, in.origin)
	}
	if _, err := back.Seek(in.start, io.SeekStart); err != nil {
		return fmt.Errorf("read the input again: %w", err)
	}
	return nil
}

// Close ends reading, and removes the copy of a stream.
func (in *Input) Close() error {
	in.stop()
	var err error
	if in.file != nil && in.file != in.copied {
		err = in.file.Close()
	}
	if in.copied != nil {
		err = cli.JoinErrors(err, in.copied.Close())
	}
	if in.named {
		err = cli.JoinErrors(err, os.Remove(in.copied.Name()))
	}
	return err
}
