package trigger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"wps/internal/reason"
	"wps/protocol"
)

// When more events wait than there are workers, fast workers get several events
// at once, because waking a process takes longer than its work. Workers that take
// longer than fastWorker for an event get one at a time. The bytes of a batch fit
// into a pipe, so that neither end waits for the other.
const (
	maxBatch      = 8
	maxBatchBytes = 32 << 10
	fastWorker    = 2 * time.Millisecond
)

// job is an event that waits for a worker or for its answer.
type job struct {
	id   uint64
	line []byte
	// turn receives a worker, which the job then asks for itself and others.
	turn chan *worker
	// result receives the answer if another job asked the worker for it.
	result chan result
	// worker is the one that was asked for it; guarded by the mutex of workers.
	worker *worker
}

// result is the answer of a worker without its id, or an error.
type result struct {
	members protocol.Object
	err     error
}

// Answer gets the answer to one event from a worker.
func (w *workers) Answer(ctx context.Context, ev *Event) (Answer, error) {
	j := &job{id: w.ids.Add(1)}
	j.line = ev.appendWorkerLine(make([]byte, 0, 1024+2*len(ev.Body)), j.id)
	for {
		answer := w.ask(ctx, j)
		switch {
		case errors.Is(answer.err, errWorkerEnded):
		case answer.err != nil:
			return Answer{}, answer.err
		case len(answer.members) == 0:
			return Answer{}, nil
		default:
			return parseMembers(ev, answer.members)
		}
	}
}

// ask asks a free worker for j, or waits until another job has asked for it.
func (w *workers) ask(ctx context.Context, j *job) result {
	one := w.acquire(j)
	if one == nil {
		select {
		case one = <-j.turn:
		case answer := <-j.result:
			return answer
		case <-ctx.Done():
			return w.abandon(ctx, j)
		}
	}
	return w.runBatch(ctx, one, j)
}

// acquire returns a free worker. If there is none it appends j to the waiting jobs
// and returns nil.
func (w *workers) acquire(j *job) *worker {
	w.mu.Lock()
	defer w.mu.Unlock()
	if n := len(w.idle); n > 0 {
		one := w.idle[n-1]
		w.idle = w.idle[:n-1]
		one.busy = true
		return one
	}
	j.worker = nil
	if j.turn == nil {
		j.turn, j.result = make(chan *worker, 1), make(chan result, 1)
	}
	w.waiting = append(w.waiting, j)
	return nil
}

// release hands a worker to the job that has waited longest, or makes it idle.
func (w *workers) release(one *worker) {
	w.mu.Lock()
	defer w.mu.Unlock()
	one.busy = false
	switch {
	case one.dead:
		one.out.Close()
	case one.broken: // its process is ending
	case len(w.waiting) > 0:
		one.busy = true
		w.waiting[0].turn <- one // its buffer has room for the only send
		w.waiting = slices.Delete(w.waiting, 0, 1)
	default:
		w.idle = append(w.idle, one)
	}
}

// abandon ends the wait of j when ctx ends. A job that no worker has seen was not
// run. A worker that still works on it is killed.
func (w *workers) abandon(ctx context.Context, j *job) result {
	w.mu.Lock()
	w.waiting = slices.DeleteFunc(w.waiting, func(x *job) bool { return x == j })
	asked := j.worker != nil
	if asked {
		j.worker.group.kill()
	}
	w.mu.Unlock()
	if asked {
		answer := <-j.result
		if answer.err != nil {
			answer.err = killReason(ctx)
		}
		return answer
	}
	select {
	case answer := <-j.result: // it arrived meanwhile
		return answer
	case one := <-j.turn:
		w.release(one)
	default:
	}
	return result{err: NotRun(errors.New("no worker of " + w.line + " became free in time"))}
}

// deliver passes the answer on to a job that another one asked for.
func (w *workers) deliver(j *job, answer result) {
	w.mu.Lock()
	defer w.mu.Unlock()
	j.worker = nil
	j.result <- answer // its buffer has room for the only send
}

// fillBatch returns the jobs that are sent to a worker together, j first.
func (w *workers) fillBatch(one *worker, j *job) []*job {
	w.mu.Lock()
	defer w.mu.Unlock()
	j.worker = one
	batch, size := []*job{j}, len(j.line)
	for w.pace > 0 && w.pace < fastWorker && len(w.waiting) > 0 && len(batch) < maxBatch {
		next := w.waiting[0]
		if size += len(next.line); size > maxBatchBytes {
			break
		}
		next.worker = one
		batch = append(batch, next)
		w.waiting = slices.Delete(w.waiting, 0, 1)
	}
	return batch
}

// runBatch asks a worker for j and waiting jobs, delivers the answers to those,
// and returns the answer to j. A worker that prints anything else is killed.
func (w *workers) runBatch(ctx context.Context, one *worker, j *job) result {
	unwatch := context.AfterFunc(ctx, one.group.kill)
	batch := w.fillBatch(one, j)
	asked := len(batch)
	began := time.Now()
	own := result{}
	err := one.converse(batch, func(of *job, answer result) {
		if of == j {
			own = answer
		} else {
			w.deliver(of, answer)
		}
	})
	inTime := unwatch()
	one.broken = err != nil || !inTime
	if one.broken {
		one.group.kill()
	} else {
		one.answered.Store(true)
		w.setPace(time.Since(began) / time.Duration(asked))
	}
	if own.err != nil && !inTime {
		own.err = killReason(ctx)
	}
	w.release(one)
	return own
}

// setPace updates the moving average of the time for an event.
func (w *workers) setPace(event time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.pace == 0 {
		w.pace = event
	}
	w.pace = max(w.pace+(event-w.pace)/8, 1)
}

// converse sends a batch and calls deliver with the answer to each job, or with
// the error that is returned.
func (one *worker) converse(batch []*job, deliver func(*job, result)) error {
	err := one.send(batch)
	for len(batch) > 0 && err == nil {
		var line []byte
		var id string
		var answer result
		if line, err = one.readLine(); err == nil {
			id, answer.members, err = splitWorkerLine(line)
		}
		if err != nil {
			break
		}
		at := slices.IndexFunc(batch, func(j *job) bool { return strconv.FormatUint(j.id, 10) == id })
		if at < 0 {
			err = noSuchID(batch[0].id, line)
			break
		}
		deliver(batch[at], answer)
		batch = slices.Delete(batch, at, at+1)
	}
	for i, j := range batch {
		if i > 0 && !errors.Is(err, errWorkerEnded) {
			deliver(j, result{err: interrupted(err)}) // the fault was in the answer to another event
		} else {
			deliver(j, result{err: err})
		}
	}
	return err
}

func (one *worker) send(batch []*job) error {
	if one.in.Buffered() > 0 {
		return errors.New("the worker printed a line before it got an event")
	}
	lines := batch[0].line
	if len(batch) > 1 {
		lines = nil
		for _, j := range batch {
			lines = append(lines, j.line...)
		}
	}
	n, err := one.stdin.Write(lines)
	switch {
	case err != nil && n == 0:
		return errWorkerEnded
	case err != nil:
		return interrupted(errors.New("the worker ended while it read the event"))
	}
	return nil
}

// splitWorkerLine reads the answer of a worker and returns its id and the other
// members.
func splitWorkerLine(line []byte) (id string, rest protocol.Object, err error) {
	members, err := protocol.ReadObject(line)
	if err != nil {
		return "", nil, fmt.Errorf("the line that the worker printed cannot be read: %s: %s", reason.JSON(err), shorten(string(line)))
	}
	at := slices.IndexFunc(members, func(m protocol.ObjectMember) bool { return strings.EqualFold(m.Name, "id") })
	if at < 0 {
		return "", members, nil
	}
	id = string(members[at].Value)
	return id, slices.Delete(members, at, at+1), nil
}

func noSuchID(id uint64, line []byte) error {
	return fmt.Errorf("the worker's answer does not have the id %d of the event: %s", id, shorten(string(line)))
}
