package stdio

import (
	"context"
	"io"
)

// Input is standard input whose reads end with a context. A read that the
// operating system does not interrupt stays blocked until the process ends.
type Input struct {
	ctx    context.Context // held because io.Reader has no parameter for it
	from   io.Reader
	chunks chan chunk // nil until the first Read
	rest   []byte
	err    error
}

// chunk is the result of one read.
type chunk struct {
	data []byte
	err  error
}

// NewInput returns a reader of from. Its reads end with ctx.
func NewInput(ctx context.Context, from io.Reader) *Input { return &Input{ctx: ctx, from: from} }

// Read implements io.Reader. It returns the error of the context when that ends.
func (i *Input) Read(p []byte) (int, error) {
	if i.chunks == nil {
		i.chunks = make(chan chunk)
		go i.pump()
	}
	for len(i.rest) == 0 {
		if i.err != nil {
			return 0, i.err
		}
		select {
		case c := <-i.chunks:
			i.rest, i.err = c.data, c.err
		case <-i.ctx.Done():
			return 0, i.ctx.Err()
		}
	}
	n := copy(p, i.rest)
	i.rest = i.rest[n:]
	return n, nil
}

// pump passes on what it reads, until the end of the input or the context.
func (i *Input) pump() {
	for {
		buf := make([]byte, 32<<10)
		n, err := i.from.Read(buf)
		select {
		case i.chunks <- chunk{buf[:n], err}:
		case <-i.ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}
