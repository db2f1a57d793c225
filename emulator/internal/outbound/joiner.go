package outbound

import (
	"io"
	"sync"

	"wps/protocol"
)

// Joining small frames into one buffer costs less than a vector of many; a
// large frame is written from where it is.
const (
	joinBuffer = 64 << 10
	joinBelow  = 8 << 10
	// maxHead bounds a frame's header and what precedes or follows the shared
	// part of a reliable message, in bytes.
	maxHead = 64
)

var joinBuffers = sync.Pool{New: func() any {
	b := make([]byte, 0, joinBuffer)
	return &b
}}

// joiner collects frames into few writes. After the first error, which it keeps,
// nothing is written.
type joiner struct {
	w   io.Writer
	p   *[]byte
	buf []byte
	err error
}

func newJoiner(w io.Writer) joiner {
	p := joinBuffers.Get().(*[]byte)
	return joiner{w: w, p: p, buf: (*p)[:0]}
}

func (j *joiner) release() { joinBuffers.Put(j.p) }

func (j *joiner) writeThrough(b []byte) {
	if j.err == nil {
		_, j.err = j.w.Write(b)
	}
}

func (j *joiner) flush() {
	if len(j.buf) > 0 {
		j.writeThrough(j.buf)
		j.buf = j.buf[:0]
	}
}

// reserve makes the buffer accept n more bytes.
func (j *joiner) reserve(n int) {
	if len(j.buf)+n > joinBuffer {
		j.flush()
	}
}

func (j *joiner) append(b []byte) {
	if len(b) > joinBelow {
		j.flush()
		j.writeThrough(b)
		return
	}
	j.reserve(len(b))
	j.buf = append(j.buf, b...)
}

func (j *joiner) appendHead(f protocol.Format, size int, sequenceID uint64) {
	j.reserve(maxHead)
	j.buf = appendReliableHead(j.buf, f, size, sequenceID)
}

func (j *joiner) appendTail(f protocol.Format, sequenceID uint64) {
	j.reserve(maxHead)
	j.buf = f.AppendTail(j.buf, sequenceID)
}
