package emulator

import (
	"net"
	"sync"
	"time"

	"wps/protocol"
)

// writeTimeout is how long one write to a client may take; closeTimeout how
// long a closing client has to take its last frames and to answer.
const (
	writeTimeout = 30 * time.Second
	closeTimeout = 2 * time.Second
)

// queue holds the frames that wait for one client and owns the writing side of
// its transport. A writer goroutine lives only while there is something to
// write, and joins what waits into as few system calls as it can.
//
// It is bounded by protocol.MaxQueuedMessages and protocol.MaxQueuedBytes,
// counting frames that are being written; push reports an overflow and the
// connection is then closed.
type queue struct {
	wg        *sync.WaitGroup
	transport net.Conn

	mu      sync.Mutex
	frames  [][]byte
	spare   [][]byte // the former batch, to be used again
	count   int      // frames waiting or being written
	bytes   int      // their size
	writing bool     // a writer goroutine is running
	ending  bool     // the last frame is queued; push takes no more
	over    bool     // the reading side has ended
}

type pushed uint8

const (
	pushOK pushed = iota
	pushFull
	pushEnded
)

// push queues one frame, which must not change afterwards.
func (q *queue) push(frame []byte) pushed {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ending {
		return pushEnded
	}
	if q.count >= protocol.MaxQueuedMessages || q.bytes+len(frame) > protocol.MaxQueuedBytes {
		return pushFull
	}
	q.put(frame)
	return pushOK
}

func (q *queue) put(frame []byte) {
	q.frames = append(q.frames, frame)
	q.count++
	q.bytes += len(frame)
	if !q.writing {
		q.writing = true
		q.wg.Go(q.write)
	}
}

// end queues the last frames and takes no more; only the first call counts and
// reports true. With discard, what waited before is dropped.
func (q *queue) end(discard bool, last ...[]byte) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ending {
		return false
	}
	q.ending = true
	if discard {
		q.frames = nil
	}
	for _, f := range last {
		q.put(f)
	}
	q.transport.SetDeadline(time.Now().Add(closeTimeout))
	return true
}

// readEnded tells that the reading side is over: the transport is closed as
// soon as the last frame is out.
func (q *queue) readEnded() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.over = true
	if !q.ending {
		q.ending = true
		q.frames = nil
		q.transport.Close()
		return
	}
	if !q.writing {
		q.transport.Close()
	}
}

// write sends what waits until nothing does.
func (q *queue) write() {
	for {
		batch, ok := q.next()
		if !ok {
			return
		}
		err := q.writeBatch(batch)
		if !q.done(batch, err) {
			return
		}
	}
}

func (q *queue) next() ([][]byte, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.frames) == 0 {
		q.writing = false
		q.frames, q.spare = nil, nil // an idle connection holds no buffer
		if q.ending && q.over {
			q.transport.Close()
		}
		return nil, false
	}
	batch := q.frames
	q.frames = q.spare[:0]
	q.spare = nil
	if !q.ending {
		q.transport.SetWriteDeadline(time.Now().Add(writeTimeout))
	}
	return batch, true
}

func (q *queue) done(batch [][]byte, err error) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.count -= len(batch)
	for i, f := range batch {
		q.bytes -= len(f)
		batch[i] = nil
	}
	q.spare = batch
	if err == nil {
		return true
	}
	q.ending, q.writing = true, false
	q.frames, q.spare = nil, nil
	q.transport.Close() // ends the reader too
	return false
}

// Joining small frames into one buffer costs less than a vector of many; a
// large frame is written from where it is.
const (
	joinBuffer = 64 << 10
	joinBelow  = 8 << 10
)

var joinBuffers = sync.Pool{New: func() any {
	b := make([]byte, 0, joinBuffer)
	return &b
}}

func (q *queue) writeBatch(batch [][]byte) error {
	if len(batch) == 1 {
		_, err := q.transport.Write(batch[0])
		return err
	}
	p := joinBuffers.Get().(*[]byte)
	defer joinBuffers.Put(p)
	buf := (*p)[:0]
	flush := func() (err error) {
		if len(buf) > 0 {
			_, err = q.transport.Write(buf)
			buf = buf[:0]
		}
		return err
	}
	for _, f := range batch {
		if len(buf)+len(f) > joinBuffer || len(f) > joinBelow {
			if err := flush(); err != nil {
				return err
			}
		}
		if len(f) <= joinBelow {
			buf = append(buf, f...)
			continue
		}
		if _, err := q.transport.Write(f); err != nil {
			return err
		}
	}
	return flush()
}
