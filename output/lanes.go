package output

import (
	"sync"

	"wps/protocol"
)

// task is one event on its way through the lanes.
type task struct {
	index int // in the stream, from 0
	line  int
	size  int // of the object, in bytes
	sum   uint64
	event Event

	targets []protocol.Target
	waits   int     // for so many earlier tasks
	next    []*task // that wait for this one
}

// lanes run tasks side by side, those that name a same target one behind the
// other. One goroutine adds; the workers are owned here.
type lanes struct {
	run       func(*task)
	workers   int // at most
	unordered bool
	ready     chan *task
	running   sync.WaitGroup

	mu      sync.Mutex
	changed *sync.Cond
	started int
	last    map[protocol.Target]*task // newest open task that names a target
	open    int                       // tasks added and not finished
	bytes   int                       // of those
}

func newLanes(workers int, unordered bool, run func(*task)) *lanes {
	l := &lanes{
		run: run, workers: workers, unordered: unordered,
		ready: make(chan *task, workers*aheadEvents),
		last:  map[protocol.Target]*task{},
	}
	l.changed = sync.NewCond(&l.mu)
	return l
}

// alone tells that tasks are run by the caller of add, one at a time.
func (l *lanes) alone() bool { return l.workers == 1 }

// room waits until one more task may be added.
func (l *lanes) room() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.open == cap(l.ready) || l.bytes > aheadBytes {
		l.changed.Wait()
	}
}

// add takes a task, for which room has been waited.
func (l *lanes) add(t *task) {
	if l.alone() {
		l.run(t)
		return
	}
	targets, all := targetsOf(t.event)
	if all && !l.unordered {
		l.drain()
		defer l.drain()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open++
	l.bytes += t.size
	if !l.unordered {
		t.targets = targets
		l.queue(t)
	}
	if t.waits == 0 {
		l.start(t)
	}
}

// queue puts t behind the tasks that name its targets.
func (l *lanes) queue(t *task) {
	for _, target := range t.targets {
		if before := l.last[target]; before != nil && before != t {
			before.next = append(before.next, t)
			t.waits++
		}
		l.last[target] = t
	}
}

// start gives t to a worker; ready has room for all tasks that are open.
func (l *lanes) start(t *task) {
	l.ready <- t
	if l.started < l.workers && l.started < l.open {
		l.started++
		l.running.Go(l.work)
	}
}

func (l *lanes) work() {
	for t := range l.ready {
		l.run(t)
		l.finish(t)
	}
}

func (l *lanes) finish(t *task) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, next := range t.next {
		if next.waits--; next.waits == 0 {
			l.start(next)
		}
	}
	for _, target := range t.targets {
		if l.last[target] == t {
			delete(l.last, target)
		}
	}
	l.open--
	l.bytes -= t.size
	l.changed.Signal()
}

// drain waits until all tasks are finished.
func (l *lanes) drain() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.open > 0 {
		l.changed.Wait()
	}
}

// close waits for all tasks and ends the workers.
func (l *lanes) close() {
	l.drain()
	close(l.ready)
	l.running.Wait()
}

// targetsOf gives what an event names; all means the whole hub.
func targetsOf(ev Event) (targets []protocol.Target, all bool) {
	var t protocol.Target
	switch e := ev.(type) {
	case *MessageEvent:
		t = e.Target()
	case *GroupEvent:
		if t = e.Target(); e.GroupID != "" {
			return []protocol.Target{t, {Kind: protocol.TargetGroup, ID: e.GroupID}}, false
		}
	case *CloseConnectionEvent:
		t = e.Target()
	case *ExistenceEvent:
		t = e.Target()
	case *PermissionEvent:
		t = protocol.Target{Kind: protocol.TargetConnection, ID: e.ConnectionID}
	default:
		return nil, true
	}
	if t.Kind == protocol.TargetAll {
		return nil, true
	}
	return []protocol.Target{t}, false
}
