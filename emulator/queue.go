package emulator

import (
	"net"
	"sync"
	"syscall"
	"time"

	"wps/protocol"
)

// writeTimeout is how long one write to a client may take; closeTimeout how
// long a closing client has to take its last frames and to answer.
const (
	writeTimeout = 30 * time.Second
	closeTimeout = 2 * time.Second
)

// item is what waits for a client: a whole frame or, with an id, the shared part
// of a reliable message, which the writer completes. Its bytes may not change.
type item struct {
	bytes   []byte
	id      uint64 // sequence id; 0 for a whole frame
	expires int64  // Unix nanoseconds of the emulator's clock; 0 is never
}

func (it *item) expired(now time.Time) bool {
	return it.expires != 0 && now.UnixNano() >= it.expires
}

// queue holds what waits for one client and owns the writing side of its
// transport. There is one writer at a time: a worker of the flusher, which never
// waits, or a goroutine, when the socket does not take everything at once. Either
// joins what waits into as few system calls as it can; none is there while
// nothing waits.
//
// It is bounded by protocol.MaxQueuedMessages and protocol.MaxQueuedBytes,
// counting what is being written; push reports an overflow and the connection is
// then closed. What begin puts into it comes on top.
type queue struct {
	wg        *sync.WaitGroup
	flusher   *flusher
	transport net.Conn
	raw       syscall.RawConn  // of the transport; nil when it cannot be written to without waiting
	now       func() time.Time // the emulator's clock
	format    protocol.Format  // of items with an id

	mu      sync.Mutex
	items   []item
	spare   []item // the former batch, to be used again
	count   int    // items waiting or being written
	bytes   int    // their size
	extra   int    // items that begin has put in
	weight  int    // their size
	writing bool   // there is a writer, or the flusher will be it
	slow    bool   // the transport has a deadline for writing
	ending  bool   // the last frame is queued; push takes no more
	over    bool   // the reading side has ended
}

type pushed uint8

const (
	pushOK pushed = iota
	pushFull
	pushEnded
)

// push queues one item.
func (q *queue) push(it item) pushed {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ending {
		return pushEnded
	}
	if q.count >= protocol.MaxQueuedMessages+q.extra || q.bytes+len(it.bytes) > protocol.MaxQueuedBytes+q.weight {
		return pushFull
	}
	q.put(it)
	return pushOK
}

func (q *queue) put(it item) {
	q.items = append(q.items, it)
	q.count++
	q.bytes += len(it.bytes)
	if !q.writing {
		q.writing = true
		q.flusher.add(q)
	}
}

// begin queues the first frame of a recovered connection and what is sent to it
// again.
func (q *queue) begin(answer []byte, again []item) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ending {
		return
	}
	q.put(item{bytes: answer})
	for _, it := range again {
		q.put(it)
	}
	q.extra, q.weight = q.count, q.bytes
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
		q.items = nil
	}
	for _, f := range last {
		q.put(item{bytes: f})
	}
	q.transport.SetDeadline(time.Now().Add(closeTimeout))
	return true
}

// abort drops what waits and cuts the transport off.
func (q *queue) abort() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.ending = true
	q.items = nil
	q.transport.Close()
}

// readEnded tells that the reading side is over: the transport is closed as
// soon as the last frame is out.
func (q *queue) readEnded() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.over = true
	if !q.ending {
		q.ending = true
		q.items = nil
		q.transport.Close()
		return
	}
	if !q.writing {
		q.transport.Close()
	}
}

// write is the goroutine that writes what a worker could not: the rest of a
// batch that is begun, or else the batch, then what waits until nothing does.
func (q *queue) write(rest []byte, batch []item) {
	for {
		q.limit()
		var err error
		if rest != nil {
			_, err = q.transport.Write(rest)
			rest = nil
		} else {
			err = q.writeBatch(batch)
		}
		if !q.done(batch, err) {
			return
		}
		var more bool
		if batch, more = q.next(); !more {
			return
		}
	}
}

// limit bounds the time of the next write.
func (q *queue) limit() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.ending {
		q.slow = true
		q.transport.SetWriteDeadline(time.Now().Add(writeTimeout))
	}
}

// next takes everything that waits; it is not ok when the writer is to end.
func (q *queue) next() (batch []item, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.items) == 0 {
		q.idle()
		return nil, false
	}
	batch = q.items
	q.items = q.spare[:0]
	q.spare = nil
	return batch, true
}

// done tells that a batch is written. It is false when the writer is to end.
func (q *queue) done(batch []item, err error) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.count -= len(batch)
	for i := range batch {
		q.bytes -= len(batch[i].bytes)
		batch[i] = item{}
	}
	if err != nil {
		q.ending, q.writing = true, false
		q.items, q.spare = nil, nil
		q.transport.Close() // ends the reader too
		return false
	}
	if q.spare = batch; len(q.items) == 0 {
		q.idle()
		return false
	}
	return true
}

// idle ends the writing until something waits again.
func (q *queue) idle() {
	q.writing = false
	q.items, q.spare = nil, nil // an idle connection holds no buffer
	if q.slow && !q.ending {
		q.slow = false
		q.transport.SetWriteDeadline(time.Time{})
	}
	if q.ending && q.over {
		q.transport.Close()
	}
}

func (q *queue) writeBatch(batch []item) error {
	j := newJoiner(q.transport)
	defer j.release()
	q.join(&j, batch)
	j.flush()
	return j.err
}

// join writes out a batch, but for what is over its time.
func (q *queue) join(j *joiner, batch []item) {
	for i := range batch {
		it := &batch[i]
		if it.expires != 0 && it.expired(q.now()) {
			continue
		}
		if it.id == 0 {
			j.add(it.bytes)
			continue
		}
		j.head(q.format, len(it.bytes), it.id)
		j.add(it.bytes)
		j.tail(q.format, it.id)
	}
}
