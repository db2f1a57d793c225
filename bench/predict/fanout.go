package predict

import (
	"math/rand/v2"

	"wps/protocol"
)

// FanoutPlan is a load of messages to groups, each from one of Workers publishers to
// the groups in turn.
type FanoutPlan struct {
	Load
	// Connections are the receivers, spread evenly over Groups.
	Connections, Groups int
	// InFlight limits the messages in flight of each publisher. It is needed with a
	// Rate of 0, and otherwise 0.
	InFlight int
	// Size of a message, in bytes.
	Size int
}

// FanoutCosts is what deliveries cost a machine that serves and receives, in seconds
// of all its cores together.
type FanoutCosts struct {
	// Visit is the cost of writing to a connection and reading there, whatever is
	// written, and Each that of each message.
	Visit, Each float64
	// Write is the part of both that writing has; reading has the rest.
	Write float64
	Noise Noise
}

// maxBacklog is what waits for all connections together, in bytes, before those with
// the largest shares are closed. See docs/emulator.md.
const maxBacklog = 512 << 20

// fanout is the state of a run. The machine has a list of tasks, which it does one
// after the other: to accept a message, to write to a connection what waits for it,
// and to read there what was written. A connection is in the list at most once for
// each, so that what arrives meanwhile is written or read with the rest, as the
// emulator and clients do. The answer to a publisher is one of the tasks: it arrives
// with what one of the connections reads.
type fanout struct {
	plan     FanoutPlan
	costs    FanoutCosts
	machine  *machine
	random   *rand.Rand
	recorder *recorder

	now    float64
	end    float64 // when no more messages are sent
	tasks  taskList
	upTo   int // the end of the messages of the task in progress
	starts moments

	messages   []message
	accepted   [][]int // messages by group
	conns      []receiver
	publishers []publisher
	waiting    int64 // for all connections
}

type message struct {
	publisher int
	due       float64
	left      int // receivers
}

type receiver struct {
	writing, reading bool  // it is in the list of tasks
	closed           bool  // nothing more is written
	written, read    int   // messages of its group
	answers          []int // publishers that get their answer with its next message
}

type publisher struct {
	pacer    pacer
	turn     int
	inFlight int
	blocked  bool // by InFlight
}

// Fanout simulates a run.
func Fanout(plan FanoutPlan, costs FanoutCosts) *Outcome {
	f := newFanout(plan, costs)
	for f.step() {
	}
	return f.recorder.result()
}

func newFanout(plan FanoutPlan, costs FanoutCosts) *fanout {
	random := rand.New(rand.NewPCG(plan.Seed, 1))
	f := &fanout{
		plan: plan, costs: costs, machine: newMachine(costs.Noise, random), random: random, recorder: newRecorder(plan.Load),
		accepted: make([][]int, plan.Groups), conns: make([]receiver, plan.Connections), publishers: make([]publisher, plan.Workers),
	}
	f.end = f.recorder.to
	for i := range f.publishers {
		f.publishers[i] = publisher{turn: i}
		if plan.Rate > 0 {
			f.publishers[i].pacer = newPacer(plan.Load, i, random)
		}
		f.arm(i)
	}
	return f
}

// step does the next task, and returns false when there will be none.
func (f *fanout) step() bool {
	if f.tasks.empty() {
		if len(f.starts) == 0 {
			return false
		}
		f.startUntil(max(f.now, f.starts[0].at))
	}
	task := f.tasks.take()
	end := f.machine.finish(max(f.now, task.since), f.work(task))
	f.startUntil(end)
	f.now = end
	switch task.kind {
	case taskAccept:
		f.accept(task.number)
	case taskWrite:
		f.write(task.number)
	case taskRead:
		f.read(task.number)
	}
	return true
}

// work returns what a task costs, and takes what is written or read.
func (f *fanout) work(t task) float64 {
	if t.kind == taskAccept {
		return f.costs.Visit + f.costs.Each
	}
	c := &f.conns[t.number]
	part, from := f.costs.Write, c.written
	f.upTo = len(f.accepted[t.number%f.plan.Groups])
	if t.kind == taskRead {
		part, from, f.upTo = 1-part, c.read, c.written
	} else if c.closed {
		f.upTo = c.written
		return 0
	}
	return part * (f.costs.Visit + float64(f.upTo-from)*f.costs.Each)
}

// arm decides when a publisher sends its next message.
func (f *fanout) arm(i int) {
	p := &f.publishers[i]
	at := f.now
	switch {
	case f.plan.Rate > 0:
		at = max(at, p.pacer.due)
	case p.inFlight >= f.plan.InFlight:
		p.blocked = true
		return
	}
	if at < f.end {
		f.starts.add(moment{at: at, what: i})
		return
	}
	for p.pacer.every > 0 && p.pacer.due < f.end {
		if p.pacer.next() >= f.recorder.from {
			f.recorder.out.NotStarted++
		}
	}
}

// startUntil begins the messages that publishers send until a time.
func (f *fanout) startUntil(t float64) {
	for len(f.starts) > 0 && f.starts[0].at <= t {
		start := f.starts.next()
		p := &f.publishers[start.what]
		due := start.at
		if f.plan.Rate > 0 {
			due = p.pacer.next()
		}
		p.inFlight++
		f.messages = append(f.messages, message{publisher: start.what, due: due})
		f.recorder.out.started++
		f.tasks.add(task{number: len(f.messages) - 1, kind: taskAccept, since: start.at})
	}
}

// accept puts a message into the queues of its connections.
func (f *fanout) accept(number int) {
	m := &f.messages[number]
	p := &f.publishers[m.publisher]
	group := p.turn % f.plan.Groups
	p.turn++
	f.accepted[group] = append(f.accepted[group], number)
	answering := -1
	for i := group; i < len(f.conns); i += f.plan.Groups {
		if f.conns[i].closed {
			continue
		}
		m.left++
		f.waiting++
		if f.random.IntN(m.left) == 0 { // each with the same chance
			answering = i
		}
		f.listWrite(i)
	}
	if answering < 0 {
		f.complete(number)
		f.arm(m.publisher)
		return
	}
	f.conns[answering].answers = append(f.conns[answering].answers, m.publisher)
	f.overflow(group)
}

// listWrite puts a connection into the list of tasks.
func (f *fanout) listWrite(i int) {
	if c := &f.conns[i]; !c.writing {
		c.writing = true
		f.tasks.add(task{number: i, kind: taskWrite, since: f.now})
	}
}

// write ends a task that has written to a connection.
func (f *fanout) write(i int) {
	c := &f.conns[i]
	c.writing = false
	if c.closed {
		return
	}
	f.waiting -= int64(f.upTo - c.written)
	c.written = f.upTo
	if !c.reading {
		c.reading = true
		f.tasks.add(task{number: i, kind: taskRead, since: f.now})
	}
	if c.written < len(f.accepted[i%f.plan.Groups]) {
		f.listWrite(i)
	}
}

// read ends a task that has read from a connection.
func (f *fanout) read(i int) {
	c := &f.conns[i]
	c.reading = false
	for _, number := range f.accepted[i%f.plan.Groups][c.read:f.upTo] {
		f.recorder.ended(f.messages[number].due, f.now)
		f.remove(number)
	}
	c.read = f.upTo
	if c.read < c.written {
		c.reading = true
		f.tasks.add(task{number: i, kind: taskRead, since: f.now})
	}
	f.answer(c)
}

// answer answers the publishers that wait for a connection.
func (f *fanout) answer(c *receiver) {
	for _, p := range c.answers {
		f.arm(p)
	}
	c.answers = c.answers[:0]
}

// remove removes one of the receivers of a message.
func (f *fanout) remove(number int) {
	if f.messages[number].left--; f.messages[number].left == 0 {
		f.complete(number)
	}
}

// complete ends a message that has arrived everywhere.
func (f *fanout) complete(number int) {
	i := f.messages[number].publisher
	p := &f.publishers[i]
	p.inFlight--
	if p.blocked {
		p.blocked = false
		f.arm(i)
	}
}

// overflow closes connections of a group for which too much waits, and the one for
// which most waits while too much waits for all.
func (f *fanout) overflow(group int) {
	most := min(protocol.MaxQueuedMessages, protocol.MaxQueuedBytes/max(f.plan.Size, 1))
	for i := group; i < len(f.conns); i += f.plan.Groups {
		if f.backlog(i) > most {
			f.close(i)
		}
	}
	for f.waiting*int64(f.plan.Size) > maxBacklog {
		longest := 0
		for i := range f.conns {
			if f.backlog(i) > f.backlog(longest) {
				longest = i
			}
		}
		f.close(longest)
	}
}

// backlog returns how many messages wait to be written to a connection.
func (f *fanout) backlog(i int) int {
	if f.conns[i].closed {
		return 0
	}
	return len(f.accepted[i%f.plan.Groups]) - f.conns[i].written
}

// close closes a connection: what waits for it is lost.
func (f *fanout) close(i int) {
	c := &f.conns[i]
	all := f.accepted[i%f.plan.Groups]
	c.closed = true
	for _, number := range all[c.written:] {
		f.recorder.out.Lost++
		f.waiting--
		f.remove(number)
	}
	if !c.reading {
		f.answer(c)
	}
}
