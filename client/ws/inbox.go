package ws

import (
	"sync"

	"wps/protocol"
)

// inbox is the queue of what waits for Receive. Its limits are size messages and
// MaxQueuedBytes bytes, and MaxQueuedMessages and MaxQueuedBytes more while an ack
// or a pong is awaited.
type inbox struct {
	ready chan struct{} // the queue may have a response
	space chan struct{} // the queue may have space

	mu      sync.Mutex
	queue   []received
	bytes   int // of the frames in queue
	size    int
	awaited int // acks and pongs
}

// received is a response and the size of its frame in bytes.
type received struct {
	response *protocol.Response
	bytes    int
}

func newInbox(size int) *inbox {
	return &inbox{ready: make(chan struct{}, 1), space: make(chan struct{}, 1), size: max(size, 1)}
}

// push adds r and reports whether there was space.
func (q *inbox) push(r *protocol.Response, bytes int) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	count, limit := q.size, protocol.MaxQueuedBytes
	if q.awaited > 0 {
		count, limit = count+protocol.MaxQueuedMessages, 2*limit
	}
	if len(q.queue) >= count || q.bytes >= limit {
		return false
	}
	q.queue = append(q.queue, received{r, bytes})
	q.bytes += bytes
	signal(q.ready)
	return true
}

// maxNotes is how many responses of note may wait beyond the limits.
const maxNotes = 64

// note adds a response that this client made. It counts no bytes and may exceed
// the limits by maxNotes; beyond that it is dropped.
func (q *inbox) note(r *protocol.Response) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.queue) < q.size+protocol.MaxQueuedMessages+maxNotes {
		q.queue = append(q.queue, received{r, 0})
		signal(q.ready)
	}
}

// pop returns the oldest response, or nil.
func (q *inbox) pop() *protocol.Response {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.queue) == 0 {
		return nil
	}
	first := q.queue[0]
	q.queue[0] = received{}
	q.queue = q.queue[1:]
	q.bytes -= first.bytes
	signal(q.space)
	if len(q.queue) > 0 {
		signal(q.ready) // another receiver may be waiting
	}
	return first.response
}

// len returns how many responses are in the queue.
func (q *inbox) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.queue)
}

// await adds n to the number of awaited acks and pongs.
func (q *inbox) await(n int) {
	q.mu.Lock()
	q.awaited += n
	q.mu.Unlock()
	signal(q.space)
}

// signal wakes one waiter, now or when it begins to wait.
func signal(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}
