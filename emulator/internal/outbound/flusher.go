package outbound

import (
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Flusher writes what waits in many queues, one round after the other, without
// ever waiting for a receiver: what a socket does not accept at once is left to
// a goroutine of its queue. A queue is in the list at most once.
//
// A round over many queues takes milliseconds. The next one begins only after a
// fraction of that time, so that the messages which arrive meanwhile share its
// system calls; after a short round there is no pause.
//
// The zero value is ready for use.
type Flusher struct {
	wg sync.WaitGroup // every goroutine that writes

	mu      sync.Mutex
	waiting []*Queue
	spare   []*Queue
	running bool
	ended   time.Time     // of the last round
	took    time.Duration // the last round
}

const (
	// longRound is the shortest round that is followed by a pause. The pause is
	// the time of the round divided by pauseShare, and at most maxPause.
	longRound  = 500 * time.Microsecond
	pauseShare = 4
	maxPause   = 2 * time.Millisecond
	// chunk is how many queues a worker processes at a time.
	chunk = 32
)

// Wait returns when every goroutine that writes has ended. It is called when
// ReadEnded was called for every queue, so that nothing starts another one.
func (f *Flusher) Wait() { f.wg.Wait() }

// schedule adds a queue to the next round.
func (f *Flusher) schedule(q *Queue) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.waiting = append(f.waiting, q)
	if !f.running {
		f.running = true
		f.wg.Go(f.run)
	}
}

// run does rounds until nothing waits.
func (f *Flusher) run() {
	for {
		if d := f.pause(); d > 0 {
			time.Sleep(d)
		}
		round := f.nextRound()
		if round == nil {
			return
		}
		start := time.Now()
		f.flushRound(round)
		f.endRound(round, start)
	}
}

// pause returns how long to wait before the next round.
func (f *Flusher) pause() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.took < longRound {
		return 0
	}
	return time.Until(f.ended.Add(min(f.took/pauseShare, maxPause)))
}

// nextRound returns the queues of the next round; nil ends run.
func (f *Flusher) nextRound() []*Queue {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.waiting) == 0 {
		f.running = false
		f.waiting, f.spare = nil, nil // an idle server holds no list
		return nil
	}
	round := f.waiting
	f.waiting, f.spare = f.spare[:0], nil
	return round
}

func (f *Flusher) endRound(round []*Queue, start time.Time) {
	clear(round)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.spare = round
	f.ended = time.Now()
	f.took = f.ended.Sub(start)
}

// flushRound writes every queue of a list once, with all processors when the
// list is long.
func (f *Flusher) flushRound(list []*Queue) {
	var next atomic.Int64
	work := func() {
		w := newWorker()
		defer w.release()
		for {
			from := int(next.Add(chunk)) - chunk
			if from >= len(list) {
				return
			}
			for _, q := range list[from:min(from+chunk, len(list))] {
				w.flush(q)
			}
		}
	}
	var helpers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), (len(list)+chunk-1)/chunk) - 1 {
		helpers.Go(work)
	}
	work()
	helpers.Wait()
}

// worker tries to write without waiting. Its attempt is one closure, because one
// for each write would be garbage.
type worker struct {
	j       joiner
	attempt func(fd uintptr) bool
	b       []byte
	n       int
	err     error
}

func newWorker() *worker {
	w := &worker{j: newJoiner(nil)}
	w.attempt = func(fd uintptr) bool {
		w.n, w.err = writeNow(fd, w.b)
		return true
	}
	return w
}

func (w *worker) release() { w.j.release() }

// flush writes what waits in q, or starts a goroutine that does.
func (w *worker) flush(q *Queue) {
	batch, ok := q.takeBatch()
	if !ok {
		return
	}
	b, ok := w.join(q, batch)
	if !ok {
		q.flusher.wg.Go(func() { q.writeBlocking(nil, batch) })
		return
	}
	n, err := w.writeNow(q.raw, b)
	switch {
	case err == nil && n < len(b):
		rest := append([]byte(nil), b[n:]...)
		q.flusher.wg.Go(func() { q.writeBlocking(rest, batch) })
	case q.batchWritten(batch, err):
		q.flusher.schedule(q)
	}
}

// join puts a batch of small frames into one piece. It returns false for a batch
// that is written otherwise.
func (w *worker) join(q *Queue, batch []Item) ([]byte, bool) {
	if q.raw == nil {
		return nil, false
	}
	size := 0
	for i := range batch {
		n := len(batch[i].Bytes)
		if size += n + 2*maxHead; n > joinBelow || size > joinBuffer {
			return nil, false
		}
	}
	if it := &batch[0]; len(batch) == 1 && it.SequenceID == 0 && it.Expires == 0 {
		return it.Bytes, true
	}
	w.j.buf = w.j.buf[:0]
	q.joinBatch(&w.j, batch)
	return w.j.buf, true
}

func (w *worker) writeNow(raw syscall.RawConn, b []byte) (int, error) {
	w.b = b
	if err := raw.Write(w.attempt); err != nil {
		return 0, err
	}
	return w.n, w.err
}
