package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"wps/protocol"
)

// quietTime is the shortest time without an arrival after which what is missing
// counts as lost. It is twice the longest time of a message, if that is more.
const quietTime = 2 * time.Second

// FanoutOptions configure Fanout. Options.Workers are the publishers: each sends
// one message after the other, to the groups in turn.
type FanoutOptions struct {
	Options
	// Connections is the number of receivers. They are spread evenly over Groups,
	// each in at most one group.
	Connections, Groups int
	// InFlight limits the messages in flight of each publisher: from the call that
	// sends one until it, or a later one, has arrived everywhere, or for five
	// seconds. 0 means that a publisher waits only for the service's answer.
	InFlight int
}

// Fanout measures how long messages take from the call that sends them, over
// REST, to each connection of a group, and counts those that are lost, duplicate or
// overtaken by a later one of their publisher.
func Fanout(ctx context.Context, s Service, dial Dialer, o FanoutOptions) (*Result, error) {
	f := newFanout(s, o)
	var err error
	f.conns, err = dialAll(ctx, dial, o.Connections, func(i int) []string { return []string{f.group(i % o.Groups)} })
	if err != nil {
		return nil, fmt.Errorf("open connections: %w", err)
	}
	f.run = newRun(ctx, o.Options)
	defer f.run.close()
	receiving, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var receivers sync.WaitGroup
	for i := range f.conns {
		receivers.Go(func() { f.receive(receiving, i) })
	}
	f.run.workers(f.publish)
	f.drain()
	stop()
	receivers.Wait()
	closeErr := f.conns.close(context.WithoutCancel(ctx))
	return f.result(closeErr), nil
}

type fanout struct {
	o      FanoutOptions
	s      Service
	prefix string
	conns  conns
	run    *run
	counts counts

	inFlight   inFlight
	publishers []publisher

	mu      sync.Mutex
	members []int // by group: connections that have not ended

	// seen is by connection and publisher; each row belongs to its receiver.
	seen    [][]sequence
	arrived atomic.Int64 // without duplicates
	slowest atomic.Int64 // the longest time of a message so far, a time.Duration
}

// publisher is the state of one worker, which owns it until it has ended; what
// other goroutines read is changed under fanout.mu. The message of a turn is sent
// to the group of that number modulo the number of groups.
type publisher struct {
	turn   uint64  // of the next message; the first is the publisher's own number
	sent   []sent  // by group
	window *window // nil: no limit
}

func newFanout(s Service, o FanoutOptions) *fanout {
	f := &fanout{
		o: o, s: s, prefix: fmt.Sprintf("wps-bench-%08x-", rand.Uint32()),
		publishers: make([]publisher, o.Workers), members: make([]int, o.Groups), seen: make([][]sequence, o.Connections),
	}
	for i := range f.publishers {
		f.publishers[i] = publisher{turn: uint64(i), sent: make([]sent, o.Groups)}
		if o.InFlight > 0 {
			f.publishers[i].window = newWindow(o.InFlight, &f.inFlight)
		}
	}
	for i := range f.seen {
		f.seen[i] = make([]sequence, o.Workers)
		f.members[i%o.Groups]++
	}
	return f
}

func (f *fanout) group(i int) string { return fmt.Sprintf("%s%d", f.prefix, i) }

// publish sends one message of a publisher.
func (f *fanout) publish(worker int, from time.Time) error {
	p := &f.publishers[worker]
	if p.window != nil {
		if !p.window.wait(f.run.ctx, p.turn) {
			return errNotStarted
		}
		if f.o.Rate == 0 {
			from = time.Now()
		}
	}
	turn, group := f.begin(p)
	data := stamp{worker, p.sent[group].last, from.Sub(f.run.start)}.message(f.o.Size)
	to := protocol.Target{Kind: protocol.TargetGroup, ID: f.group(group)}
	_, err := f.s.Send(f.run.work, to, protocol.Send{DataType: protocol.DataTypeText, Data: data})
	if err != nil {
		p.sent[group].failed()
	}
	switch {
	case p.window == nil:
	case err != nil:
		p.window.drop(turn)
	default:
		p.window.came(turn)
	}
	return err
}

// begin begins the next message of a publisher, for the connections that are open
// at this time.
func (f *fanout) begin(p *publisher) (turn uint64, group int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	turn, group = p.turn, int(p.turn%uint64(f.o.Groups))
	if p.window != nil {
		p.window.occupy(turn, f.members[group])
	}
	p.turn++
	p.sent[group].last++
	return turn, group
}

// receive receives the messages of one connection.
func (f *fanout) receive(ctx context.Context, i int) {
	for {
		m, err := f.conns[i].Receive(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			f.lose(i, err)
			return
		}
		if m.Type == protocol.ResponseMessage {
			f.arrive(i, m.Data)
		}
	}
}

// lost records that a connection has ended, for which no message waits any more.
// Without any connection the run ends.
func (f *fanout) lose(i int, err error) {
	f.run.recorder.failedWith(i, time.Now(), fmt.Errorf("connection ended: %w", err))
	group := i % f.o.Groups
	last := make([]uint64, len(f.publishers))
	f.mu.Lock()
	f.members[group]--
	for p := range f.publishers {
		last[p] = f.publishers[p].sent[group].last
	}
	f.mu.Unlock()
	for p, number := range last {
		f.release(p, group, max(f.seen[i][p].next, 1), number)
	}
	if f.counts.ended.Add(1) == int64(f.o.Connections) {
		f.run.stop()
	}
}

func (f *fanout) arrive(i int, data []byte) {
	s, err := readStamp(data)
	if err != nil || s.sender >= f.o.Workers {
		f.run.recorder.failedWith(i, time.Now(), errNotOurs)
		return
	}
	raise(&f.slowest, int64(f.run.recorder.done(i, f.run.start.Add(s.at))))
	seen := &f.seen[i][s.sender]
	first := max(seen.next, 1)
	if !seen.see(s.number, &f.counts) {
		return
	}
	f.arrived.Add(1)
	f.release(s.sender, i%f.o.Groups, first, s.number)
}

// release removes one awaited arrival from each of a publisher's messages to a
// group, from the first number to the last.
func (f *fanout) release(sender, group int, first, last uint64) {
	if f.o.InFlight == 0 {
		return
	}
	groups := uint64(f.o.Groups)
	first = max(first, last-min(last, uint64(f.o.InFlight))+1) // older ones are not in flight
	turn := uint64(sender) + (uint64(group)+groups-uint64(sender)%groups)%groups
	for n := first; n <= last; n++ {
		f.publishers[sender].window.came(turn + (n-1)*groups)
	}
}

// drain waits until everything has arrived, nothing has arrived for patience, or
// drainTime is over.
func (f *fanout) drain() {
	var expected int64
	for i := range f.seen {
		for _, p := range f.publishers {
			expected += int64(p.sent[i%f.o.Groups].last)
		}
	}
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	last, since := f.arrived.Load(), time.Now()
	for last < expected && time.Since(since) < f.patience() && f.counts.ended.Load() < int64(f.o.Connections) {
		select {
		case <-look.C:
		case <-f.run.work.Done():
			return
		}
		if now := f.arrived.Load(); now != last {
			last, since = now, time.Now()
		}
	}
}

// patience is how long drain waits for the next arrival.
func (f *fanout) patience() time.Duration {
	if f.arrived.Load() == 0 {
		return drainTime
	}
	return max(quietTime, 2*time.Duration(f.slowest.Load()))
}

// result makes the result when all have ended.
func (f *fanout) result(closeErr error) *Result {
	for i, row := range f.seen {
		for publisher := range row {
			f.counts.lost += row[publisher].lost(&f.publishers[publisher].sent[i%f.o.Groups])
		}
	}
	res := f.run.result("fanout", &f.counts)
	res.Connections, res.Groups = f.o.Connections, f.o.Groups
	res.InFlight, res.MostInFlight = f.o.InFlight*f.o.Workers, int(f.inFlight.most.Load())
	for _, p := range f.publishers {
		for _, s := range p.sent {
			res.Sent += int64(s.last)
		}
	}
	res.addFault(closeErr, "close")
	return res
}
