package trigger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"wps/protocol"
)

// Workers that are fast get several events at once when more events wait than
// there are workers, because waking a process costs more than what it does then.
// One event alone goes to a worker that is slower than fastWorker an event. The
// bytes of a batch fit into a pipe, so that neither end waits for the other.
const (
	maxBatch      = 8
	maxBatchBytes = 32 << 10
	fastWorker    = 2 * time.Millisecond
)

// job is an event on its way through a worker.
type job struct {
	id   uint64
	line []byte
	// turn gives it a worker, to ask for itself and others.
	turn chan *worker
	// said is told when somebody else asked for it.
	said chan said
	// by is the worker that was asked for it; guarded by the mutex of workers.
	by *worker
}

// said is what a worker said: the members of the answer without its id.
type said struct {
	members protocol.Object
	err     error
}

// Answer has a worker answer one event.
func (w *workers) Answer(ctx context.Context, ev *Event) (Answer, error) {
	j := &job{id: w.ids.Add(1)}
	j.line = ev.appendWorkerLine(make([]byte, 0, 1024+2*len(ev.Body)), j.id)
	for {
		answer := w.ask(ctx, j)
		switch {
		case errors.Is(answer.err, errGone):
		case answer.err != nil:
			return Answer{}, answer.err
		case len(answer.members) == 0:
			return Answer{}, nil
		default:
			return parseMembers(ev, answer.members)
		}
	}
}

// ask takes a worker and asks it, or waits until somebody else has asked for j.
func (w *workers) ask(ctx context.Context, j *job) said {
	one := w.take(j)
	if one == nil {
		select {
		case one = <-j.turn:
		case answer := <-j.said:
			return answer
		case <-ctx.Done():
			return w.giveUp(ctx, j)
		}
	}
	return w.lead(ctx, one, j)
}

// take gives a worker that is free; nil puts j behind those who wait.
func (w *workers) take(j *job) *worker {
	w.mu.Lock()
	defer w.mu.Unlock()
	if n := len(w.idle); n > 0 {
		one := w.idle[n-1]
		w.idle = w.idle[:n-1]
		one.busy = true
		return one
	}
	j.by = nil
	if j.turn == nil {
		j.turn, j.said = make(chan *worker, 1), make(chan said, 1)
	}
	w.waiting = append(w.waiting, j)
	return nil
}

// put makes a worker free: for the event that waits longest, or idle.
func (w *workers) put(one *worker) {
	w.mu.Lock()
	defer w.mu.Unlock()
	one.busy = false
	switch {
	case one.dead:
		one.out.Close()
	case one.broken: // it ends soon
	case len(w.waiting) > 0:
		one.busy = true
		w.waiting[0].turn <- one // it holds one and gets one
		w.waiting = slices.Delete(w.waiting, 0, 1)
	default:
		w.idle = append(w.idle, one)
	}
}

// giveUp ends waiting: an event that no worker has seen was not run; a worker
// that still has it is killed.
func (w *workers) giveUp(ctx context.Context, j *job) said {
	w.mu.Lock()
	w.waiting = slices.DeleteFunc(w.waiting, func(x *job) bool { return x == j })
	asked := j.by != nil
	if asked {
		j.by.group.kill()
	}
	w.mu.Unlock()
	if asked {
		answer := <-j.said
		if answer.err != nil {
			answer.err = cutOff(ctx)
		}
		return answer
	}
	select {
	case answer := <-j.said: // both came meanwhile
		return answer
	case one := <-j.turn:
		w.put(one)
	default:
	}
	return said{err: NotRun(errors.New("no worker of " + w.line + " became free in time"))}
}

// tell gives the answer to an event that somebody else asked for.
func (w *workers) tell(j *job, answer said) {
	w.mu.Lock()
	defer w.mu.Unlock()
	j.by = nil
	j.said <- answer // it holds one and gets one
}

// join takes the events that go to a worker together with j.
func (w *workers) join(one *worker, j *job) []*job {
	w.mu.Lock()
	defer w.mu.Unlock()
	j.by = one
	batch, size := []*job{j}, len(j.line)
	for w.pace > 0 && w.pace < fastWorker && len(w.waiting) > 0 && len(batch) < maxBatch {
		next := w.waiting[0]
		if size += len(next.line); size > maxBatchBytes {
			break
		}
		next.by = one
		batch = append(batch, next)
		w.waiting = slices.Delete(w.waiting, 0, 1)
	}
	return batch
}

// lead asks a worker for j and for others, tells these, and gives the answer to
// j. A worker that says anything but the answers is killed.
func (w *workers) lead(ctx context.Context, one *worker, j *job) said {
	unwatch := context.AfterFunc(ctx, one.group.kill)
	batch := w.join(one, j)
	asked := len(batch)
	began := time.Now()
	own := said{}
	err := one.converse(batch, func(of *job, answer said) {
		if of == j {
			own = answer
		} else {
			w.tell(of, answer)
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
		own.err = cutOff(ctx)
	}
	w.put(one)
	return own
}

// setPace follows the pace of late.
func (w *workers) setPace(event time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.pace == 0 {
		w.pace = event
	}
	w.pace = max(w.pace+(event-w.pace)/8, 1)
}

// converse sends a batch and tells the answer to each of it. The error is that
// of those which have none.
func (one *worker) converse(batch []*job, tell func(*job, said)) error {
	err := one.send(batch)
	for len(batch) > 0 && err == nil {
		var line []byte
		var id string
		var answer said
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
		tell(batch[at], answer)
		batch = slices.Delete(batch, at, at+1)
	}
	for _, j := range batch {
		tell(j, said{err: err})
	}
	return err
}

func (one *worker) send(batch []*job) error {
	if one.in.Buffered() > 0 {
		return errors.New("the worker printed something that was not asked for")
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
		return errGone
	case err != nil:
		return errors.New("the worker ended while it read the event")
	}
	return nil
}

// splitWorkerLine reads the answer that a worker gives, and takes the id out.
func splitWorkerLine(line []byte) (id string, rest protocol.Object, err error) {
	members, err := protocol.ReadObject(line)
	if err != nil {
		return "", nil, fmt.Errorf("the worker printed no JSON object: %v: %s", err, shorten(string(line)))
	}
	at := slices.IndexFunc(members, func(m protocol.ObjectMember) bool { return strings.EqualFold(m.Name, "id") })
	if at < 0 {
		return "", members, nil
	}
	id = string(members[at].Value)
	return id, slices.Delete(members, at, at+1), nil
}

func noSuchID(id uint64, line []byte) error {
	return fmt.Errorf("the worker's answer has not the id %d of the event: %s", id, shorten(string(line)))
}
