package emulator

import (
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// flusher writes what waits in many queues, one round after the other, without
// ever waiting for a receiver: what a socket does not take at once is left to a
// goroutine of its queue. A queue stands in the list at most once.
//
// A round over many queues takes milliseconds. The next one begins only after a
// part of that time, so that the messages which come meanwhile share its system
// calls; a queue written in a short round waits for nothing.
type flusher struct {
	wg *sync.WaitGroup

	mu      sync.Mutex
	waiting []*queue
	spare   []*queue
	running bool
	ended   time.Time     // of the last round
	took    time.Duration // the last round
}

const (
	// longRound is the time of a round that is worth a rest before the next; the
	// rest is that time by restShare, and at most maxRest.
	longRound = 500 * time.Microsecond
	restShare = 4
	maxRest   = 2 * time.Millisecond
	// chunk is how many queues a worker takes at a time.
	chunk = 32
)

func (f *flusher) add(q *queue) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.waiting = append(f.waiting, q)
	if !f.running {
		f.running = true
		f.wg.Go(f.run)
	}
}

// run does rounds until nothing waits.
func (f *flusher) run() {
	for {
		if rest := f.rest(); rest > 0 {
			time.Sleep(rest)
		}
		round := f.take()
		if round == nil {
			return
		}
		start := time.Now()
		f.round(round)
		f.done(round, start)
	}
}

// rest tells how long to wait before the next round.
func (f *flusher) rest() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.took < longRound {
		return 0
	}
	return time.Until(f.ended.Add(min(f.took/restShare, maxRest)))
}

// take gives the queues of the next round; nil ends run.
func (f *flusher) take() []*queue {
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

func (f *flusher) done(round []*queue, start time.Time) {
	clear(round)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.spare = round
	f.ended = time.Now()
	f.took = f.ended.Sub(start)
}

// round writes every queue of a list once, with all processors when it is long.
func (f *flusher) round(list []*queue) {
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

// worker tries to write without waiting. Its attempt is made once, because one
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

// flush writes what waits in q, or has a goroutine of q do it.
func (w *worker) flush(q *queue) {
	batch, ok := q.next()
	if !ok {
		return
	}
	b, ok := w.join(q, batch)
	if !ok {
		q.wg.Go(func() { q.write(nil, batch) })
		return
	}
	n, err := w.try(q.raw, b)
	switch {
	case err == nil && n < len(b):
		rest := append([]byte(nil), b[n:]...)
		q.wg.Go(func() { q.write(rest, batch) })
	case q.done(batch, err):
		q.flusher.add(q)
	}
}

// join puts a batch of small frames into one piece.
func (w *worker) join(q *queue, batch []item) ([]byte, bool) {
	if q.raw == nil {
		return nil, false
	}
	size := 0
	for i := range batch {
		n := len(batch[i].bytes)
		if size += n + 2*maxHead; n > joinBelow || size > joinBuffer {
			return nil, false
		}
	}
	if it := &batch[0]; len(batch) == 1 && it.id == 0 && it.expires == 0 {
		return it.bytes, true
	}
	w.j.buf = w.j.buf[:0]
	q.join(&w.j, batch)
	return w.j.buf, true
}

func (w *worker) try(raw syscall.RawConn, b []byte) (int, error) {
	w.b = b
	if err := raw.Write(w.attempt); err != nil {
		return 0, err
	}
	return w.n, w.err
}
