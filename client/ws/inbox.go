package ws

import (
	"sync"

	"wps/protocol"
)

// inbox holds what waits for Receive. It has two limits: size messages or
// MaxQueuedBytes bytes while nobody awaits an answer, and MaxQueuedMessages and
// MaxQueuedBytes more while somebody does.
type inbox struct {
	ready chan struct{} // something may be there
	room  chan struct{} // something may fit

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
	return &inbox{ready: make(chan struct{}, 1), room: make(chan struct{}, 1), size: max(size, 1)}
}

// push reports whether r had room.
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

// maxNotes is how many notes of our own may wait beyond the limits.
const maxNotes = 64

// note pushes a response of our own, which counts no bytes and finds room where
// messages do not. When not even that is there, it is dropped.
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
	signal(q.room)
	if len(q.queue) > 0 {
		signal(q.ready) // another receiver may be waiting
	}
	return first.response
}

// await changes the number of answers awaited.
func (q *inbox) await(n int) {
	q.mu.Lock()
	q.awaited += n
	q.mu.Unlock()
	signal(q.room)
}

// signal wakes one waiter, now or when it comes to wait.
func signal(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}
