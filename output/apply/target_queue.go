package apply

import (
	"sync"

	"wps/output"
	"wps/protocol"
)

// task is one event on its way through a run.
type task struct {
	index int // in the stream, from 0
	line  int
	size  int // of the object, in bytes
	sum   uint64
	event output.Event

	targets  []protocol.Target
	waitsFor int     // earlier tasks with a same target that have not finished
	next     []*task // tasks that wait for this one
}

// Bounds on what is read ahead of the events in flight: tasks for each worker,
// and bytes of objects in total.
const (
	aheadTasks = 64
	aheadBytes = 32 << 20
)

// targetQueue runs tasks concurrently; tasks that share a target run in the order
// added. One goroutine adds; the queue owns the workers.
type targetQueue struct {
	run       func(*task)
	workers   int // at most
	unordered bool
	ready     chan *task // has room for all unfinished tasks
	running   sync.WaitGroup

	mu         sync.Mutex
	changed    *sync.Cond // a task has finished
	started    int        // workers
	last       map[protocol.Target]*task
	unfinished int // tasks
	bytes      int // of the unfinished tasks
}

func newTargetQueue(workers int, unordered bool, run func(*task)) *targetQueue {
	q := &targetQueue{
		run: run, workers: workers, unordered: unordered,
		ready: make(chan *task, workers*aheadTasks),
		last:  map[protocol.Target]*task{},
	}
	q.changed = sync.NewCond(&q.mu)
	return q
}

// waitForSpace waits until one more task may be added.
func (q *targetQueue) waitForSpace() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.unfinished == cap(q.ready) || q.bytes > aheadBytes {
		q.changed.Wait()
	}
}

// add queues a task after waitForSpace. With one worker it runs the task itself.
func (q *targetQueue) add(t *task) {
	if q.workers == 1 {
		q.run(t)
		return
	}
	targets, hub := targetsOf(t.event)
	if hub && !q.unordered {
		q.drain()
		defer q.drain()
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.unfinished++
	q.bytes += t.size
	if !q.unordered {
		t.targets = targets
		q.link(t)
	}
	if t.waitsFor == 0 {
		q.start(t)
	}
}

// link makes t wait for the last unfinished task of each of its targets.
func (q *targetQueue) link(t *task) {
	for _, target := range t.targets {
		if earlier := q.last[target]; earlier != nil && earlier != t {
			earlier.next = append(earlier.next, t)
			t.waitsFor++
		}
		q.last[target] = t
	}
}

// start passes t to a worker.
func (q *targetQueue) start(t *task) {
	q.ready <- t
	if q.started < q.workers && q.started < q.unfinished {
		q.started++
		q.running.Go(q.work)
	}
}

func (q *targetQueue) work() {
	for t := range q.ready {
		q.run(t)
		q.finish(t)
	}
}

func (q *targetQueue) finish(t *task) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, next := range t.next {
		if next.waitsFor--; next.waitsFor == 0 {
			q.start(next)
		}
	}
	for _, target := range t.targets {
		if q.last[target] == t {
			delete(q.last, target)
		}
	}
	q.unfinished--
	q.bytes -= t.size
	q.changed.Signal()
}

// drain waits until all tasks have finished.
func (q *targetQueue) drain() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.unfinished > 0 {
		q.changed.Wait()
	}
}

// close waits until all tasks have finished and all workers have ended.
func (q *targetQueue) close() {
	q.drain()
	close(q.ready)
	q.running.Wait()
}

// targetsOf returns the targets that an event names; hub reports that it is for
// the whole hub.
func targetsOf(ev output.Event) (targets []protocol.Target, hub bool) {
	var t protocol.Target
	switch e := ev.(type) {
	case *output.MessageEvent:
		t = e.Target()
	case *output.GroupEvent:
		if t = e.Target(); e.GroupID != "" {
			return []protocol.Target{t, {Kind: protocol.TargetGroup, ID: e.GroupID}}, false
		}
	case *output.CloseConnectionEvent:
		t = e.Target()
	case *output.ExistenceEvent:
		t = e.Target()
	case *output.PermissionEvent:
		t = protocol.Target{Kind: protocol.TargetConnection, ID: e.ConnectionID}
	default:
		return nil, true
	}
	if t.Kind == protocol.TargetAll {
		return nil, true
	}
	return []protocol.Target{t}, false
}
