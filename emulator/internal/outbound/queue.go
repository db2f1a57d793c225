// Package outbound writes to the sockets of clients: a Queue for each socket, and
// one Flusher that writes for all of them.
//
// It hides how frames wait and are joined into few system calls, which goroutine
// writes when, the limits on what may wait, and the deadlines of writing and
// closing. A caller pushes frames and is never made to wait by a slow receiver. No
// lock of this package is held while code of another one runs, except the methods
// of the transport. What a frame holds, and what a full queue means for its
// connection, is left to package emulator.
//
//	q := outbound.NewQueue(&flusher, conn, protocol.FormatJSON, time.Now)
//	full := q.Push(outbound.Item{Bytes: outbound.Frame(outbound.OpText, payload)}) == outbound.Full
//	q.End(outbound.CloseFrame(1000, ""))
package outbound

import (
	"net"
	"sync"
	"syscall"
	"time"

	"wps/protocol"
)

// writeTimeout limits one write to a client; closeTimeout is how long a closing
// client has to read its last frames and to answer.
const (
	writeTimeout = 30 * time.Second
	closeTimeout = 2 * time.Second
	// soonTimeout is the closeTimeout of a client whose messages take memory that is
	// needed: what is being written to it is kept for so long.
	soonTimeout = 250 * time.Millisecond
)

// Item is something that waits for a client: a whole frame or, with a sequence
// id, the shared part of a reliable message, which the writer completes. Its
// bytes may not change.
type Item struct {
	Bytes      []byte
	SequenceID uint64        // 0 for a whole frame
	Expires    time.Duration // when, as the time elapsed since the emulator began; 0 is never
}

// Expired reports whether the item's time to live is over.
func (it *Item) Expired(elapsed time.Duration) bool {
	return it.Expires != 0 && elapsed >= it.Expires
}

// Queue holds what waits for one client and owns the writing side of its
// transport. All methods may be called concurrently.
//
// There is one writer at a time: a worker of the flusher, which never waits, or
// a goroutine while the socket does not accept everything at once. Either joins
// what waits into as few system calls as it can; neither exists while nothing
// waits.
//
// A queue is bounded by protocol.MaxQueuedMessages and protocol.MaxQueuedBytes,
// including what is being written; Push reports an overflow, and the caller then
// closes the connection. What Begin queues is not counted.
type Queue struct {
	flusher   *Flusher
	transport net.Conn
	raw       syscall.RawConn      // of the transport; nil when it cannot be written to without waiting
	elapsed   func() time.Duration // by the clock of the emulator
	format    protocol.Format      // of items with a sequence id

	mu         sync.Mutex
	items      []Item
	batch      []Item // being written
	spare      []Item // the former batch, to be used again
	count      int    // items waiting or being written
	bytes      int    // their size
	written    uint64 // items written
	wrote      uint64 // their size
	extra      int    // items that Begin has queued
	extraBytes int    // their size
	writing    bool   // a writer exists, or the flusher will be it
	slow       bool   // the transport has a deadline for writing
	ending     bool   // the last frame is queued; Push accepts no more
	readEnded  bool   // the reading side has ended
}

// NewQueue returns the queue of a transport. Items with a sequence id are
// completed as messages of the format; elapsed is the time by which items expire.
// The queue closes the transport: after End and ReadEnded, on Abort, and when a
// write fails.
func NewQueue(f *Flusher, transport net.Conn, format protocol.Format, elapsed func() time.Duration) *Queue {
	return &Queue{flusher: f, transport: transport, raw: rawConn(transport), format: format, elapsed: elapsed}
}

// PushResult is what became of a pushed item.
type PushResult uint8

// Results of Push.
const (
	Queued PushResult = iota
	Full              // not queued: the limits are reached
	Ended             // not queued: the last frame is queued already
)

// Push queues one item.
func (q *Queue) Push(it Item) PushResult {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ending {
		return Ended
	}
	if q.count >= protocol.MaxQueuedMessages+q.extra || q.bytes+len(it.Bytes) > protocol.MaxQueuedBytes+q.extraBytes {
		return Full
	}
	q.appendItem(it)
	return Queued
}

// appendItem queues an item without a check; mu is held.
func (q *Queue) appendItem(it Item) {
	q.items = append(q.items, it)
	q.count++
	q.bytes += len(it.Bytes)
	if !q.writing {
		q.writing = true
		q.flusher.schedule(q)
	}
}

// Begin queues the first frame of a recovered connection and what is sent again,
// in addition to what the limits allow.
func (q *Queue) Begin(first []byte, again []Item) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ending {
		return
	}
	q.appendItem(Item{Bytes: first})
	for _, it := range again {
		q.appendItem(it)
	}
	q.extra, q.extraBytes = q.count, q.bytes
}

// End queues the last frames after what waits, and accepts no more. Only the
// first call of End or EndNow counts; it returns true.
func (q *Queue) End(last ...[]byte) bool { return q.end(false, closeTimeout, last) }

// EndNow is End, but drops what waits.
func (q *Queue) EndNow(last ...[]byte) bool { return q.end(true, closeTimeout, last) }

// EndSoon is EndNow with less time to read the last frames.
func (q *Queue) EndSoon(last ...[]byte) bool { return q.end(true, soonTimeout, last) }

func (q *Queue) end(discard bool, timeout time.Duration, last [][]byte) bool {
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
		q.appendItem(Item{Bytes: f})
	}
	q.transport.SetDeadline(time.Now().Add(timeout))
	return true
}

// Abort drops what waits and closes the transport.
func (q *Queue) Abort() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.ending = true
	q.items = nil
	q.transport.Close()
}

// ReadEnded is called when nothing is read any more: the transport is closed as
// soon as the last frame is written.
func (q *Queue) ReadEnded() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.readEnded = true
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

// Waiting returns how many items are not written yet, and their size in bytes.
func (q *Queue) Waiting() (count, bytes int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.count, q.bytes
}

// Written returns how many items were written, and their size in bytes.
func (q *Queue) Written() (count, bytes uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.written, q.wrote
}

// AppendWaiting appends the items that are not written yet to a list.
func (q *Queue) AppendWaiting(list []Item) []Item {
	q.mu.Lock()
	defer q.mu.Unlock()
	return append(append(list, q.batch...), q.items...)
}

// longAgo as a deadline ends a Read in progress.
var longAgo = time.Unix(1, 0)

// SetReading ends a Read of the transport in progress, or lets the next one
// wait. The deadline of a closing connection is not changed.
func (q *Queue) SetReading(on bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.ending:
	case on:
		q.transport.SetReadDeadline(time.Time{})
	default:
		q.transport.SetReadDeadline(longAgo)
	}
}

// writeBlocking is the goroutine that writes what a worker could not: the rest of
// a batch that was begun, or else the whole batch, then what waits until nothing
// does.
func (q *Queue) writeBlocking(rest []byte, batch []Item) {
	for {
		q.limitWrite()
		var err error
		if rest != nil {
			_, err = q.transport.Write(rest)
			rest = nil
		} else {
			err = q.writeBatch(batch)
		}
		if !q.batchWritten(batch, err) {
			return
		}
		var more bool
		if batch, more = q.takeBatch(); !more {
			return
		}
	}
}

// limitWrite sets the deadline of the next write.
func (q *Queue) limitWrite() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.ending {
		q.slow = true
		q.transport.SetWriteDeadline(time.Now().Add(writeTimeout))
	}
}

// takeBatch returns everything that waits; false ends the writer.
func (q *Queue) takeBatch() (batch []Item, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.items) == 0 {
		q.becomeIdle()
		return nil, false
	}
	batch = q.items
	q.batch = batch
	q.items = q.spare[:0]
	q.spare = nil
	return batch, true
}

// batchWritten notes the end of a write and returns whether more waits; false
// ends the writer.
func (q *Queue) batchWritten(batch []Item, err error) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.batch = nil
	q.count -= len(batch)
	q.written += uint64(len(batch))
	before := q.bytes
	for i := range batch {
		q.bytes -= len(batch[i].Bytes)
		batch[i] = Item{}
	}
	q.wrote += uint64(before - q.bytes)
	if err != nil {
		q.ending, q.writing = true, false
		q.items, q.spare = nil, nil
		q.transport.Close() // ends the reader too
		return false
	}
	if q.spare = batch; len(q.items) == 0 {
		q.becomeIdle()
		return false
	}
	return true
}

// becomeIdle ends the writing until something waits again; mu is held.
func (q *Queue) becomeIdle() {
	q.writing = false
	q.items, q.spare = nil, nil // an idle connection holds no buffer
	if q.slow && !q.ending {
		q.slow = false
		q.transport.SetWriteDeadline(time.Time{})
	}
	if q.ending && q.readEnded {
		q.transport.Close()
	}
}

func (q *Queue) writeBatch(batch []Item) error {
	j := newJoiner(q.transport)
	defer j.release()
	q.joinBatch(&j, batch)
	j.flush()
	return j.err
}

// joinBatch writes a batch to j, without the items that have expired.
func (q *Queue) joinBatch(j *joiner, batch []Item) {
	for i := range batch {
		it := &batch[i]
		if it.Expires != 0 && it.Expired(q.elapsed()) {
			continue
		}
		if it.SequenceID == 0 {
			j.append(it.Bytes)
			continue
		}
		j.appendHead(q.format, len(it.Bytes), it.SequenceID)
		j.append(it.Bytes)
		j.appendTail(q.format, it.SequenceID)
	}
}
