package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
)

// batchInput is what a batch reads: a file, or a stream that can be made one.
type batchInput struct {
	ctx    context.Context
	stop   context.CancelFunc
	stream io.Reader
	file   *os.File // nil: stream is no file
	start  int64    // where the input begins in the file
	size   int64    // of the file from there; 0: not known
	temp   bool     // the file is our copy of the stream
	read   atomic.Int64
}

// openFile opens a file to be read; a folder is none.
func openFile(path string) (*os.File, error) {
	const hint = "name a file that can be read; \"-\" reads standard input"
	f, err := os.Open(path)
	if err != nil {
		return nil, &usageError{err.Error(), hint}
	}
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, errors.Join(&usageError{path + " is a folder", hint}, f.Close())
	}
	return f, nil
}

// openBatch opens a file, or standard input for "" and "-".
func (e *Env) openBatch(ctx context.Context, path string) (*batchInput, error) {
	in := &batchInput{}
	in.ctx, in.stop = context.WithCancel(ctx)
	file, isFile := e.Stdin.(*os.File)
	if path != "" && path != "-" {
		var err error
		if file, err = openFile(path); err != nil {
			in.stop()
			return nil, err
		}
		isFile = true
	}
	if !isFile || !in.use(file) {
		in.stream = newInput(in.ctx, e.Stdin)
		if isFile {
			in.stream = newInput(in.ctx, file)
		}
	}
	return in, nil
}

// newBatchText is a short input that was written on the command line.
func newBatchText(ctx context.Context, text string) *batchInput {
	in := &batchInput{stream: strings.NewReader(text)}
	in.ctx, in.stop = context.WithCancel(ctx)
	return in
}

// use takes a file if it can be read again.
func (in *batchInput) use(f *os.File) bool {
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
func (in *batchInput) isFile() bool { return in.file != nil }

// Read implements io.Reader.
func (in *batchInput) Read(p []byte) (int, error) {
	n, err := in.stream.Read(p)
	in.read.Add(int64(n))
	return n, err
}

// interrupt ends a read that waits for more.
func (in *batchInput) interrupt() { in.stop() }

// keep makes a file of a stream, so that it can be read twice.
func (in *batchInput) keep(ctx context.Context) error {
	if in.isFile() {
		return nil
	}
	f, err := os.CreateTemp("", "wps-input-*")
	if err != nil {
		return fmt.Errorf("keep the input: %w", err)
	}
	in.file, in.temp = f, true
	in.size, err = io.Copy(f, in.stream)
	in.stream, in.start = f, 0
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return fmt.Errorf("keep the input: %w", err)
	}
	return in.rewind()
}

// rewind goes back to the start of a file.
func (in *batchInput) rewind() error {
	in.read.Store(0)
	if _, err := in.file.Seek(in.start, io.SeekStart); err != nil {
		return fmt.Errorf("read the input again: %w", err)
	}
	return nil
}

// Close ends reading, and removes the copy of a stream.
func (in *batchInput) Close() error {
	in.stop()
	if in.file == nil {
		return nil
	}
	err := in.file.Close()
	if in.temp {
		err = errors.Join(err, os.Remove(in.file.Name()))
	}
	return err
}
