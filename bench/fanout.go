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

// quietTime is how long nothing may arrive before what is missing counts as
// lost.
const quietTime = 2 * time.Second

// FanoutOptions say who receives. Options.Workers are the publishers: each sends
// one message after the other, to the groups in turn.
type FanoutOptions struct {
	Options
	// Connections is how many receive; they are spread evenly over Groups, at
	// most one group for each.
	Connections, Groups int
}

// Fanout measures how long messages take from the call that sends them, over
// REST, to each connection of a group, and watches that none is lost, doubled or
// overtaken by a later one of its publisher.
func Fanout(ctx context.Context, s Service, dial Dialer, o FanoutOptions) (*Result, error) {
	f := &fanout{o: o, s: s, prefix: fmt.Sprintf("wps-bench-%08x-", rand.Uint32())}
	var err error
	f.conns, err = dialAll(ctx, dial, o.Connections, func(i int) []string { return []string{f.group(i % o.Groups)} })
	if err != nil {
		return nil, fmt.Errorf("open connections: %w", err)
	}
	f.run = newRun(ctx, o.Options)
	defer f.run.close()
	receiving, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	f.sent = make([][]uint64, o.Workers)
	for i := range f.sent {
		f.sent[i] = make([]uint64, o.Groups)
	}
	var receivers sync.WaitGroup
	f.seen = make([][]sequence, o.Connections)
	for i := range f.conns {
		f.seen[i] = make([]sequence, o.Workers)
		receivers.Go(func() { f.receive(receiving, i) })
	}
	f.run.workers(f.publish)
	f.drain()
	stop()
	receivers.Wait()
	closeErr := f.conns.close(context.WithoutCancel(ctx))
	f.countLost()
	res := f.run.result("fanout", &f.counts)
	res.Connections, res.Groups = o.Connections, o.Groups
	res.Sent = f.sentMessages()
	if closeErr != nil {
		res.Faults["close: "+closeErr.Error()]++
	}
	return res, nil
}

type fanout struct {
	o      FanoutOptions
	s      Service
	prefix string
	conns  conns
	run    *run
	counts counts

	// By publisher and group; each row belongs to its publisher until that ends.
	sent   [][]uint64
	unsure atomic.Int64 // messages to connections that may have gone out: the send failed
	// By connection and publisher; each row belongs to its receiver.
	seen    [][]sequence
	arrived atomic.Int64 // each once
	gone    atomic.Int64 // connections that have ended
}

func (f *fanout) group(i int) string { return fmt.Sprintf("%s%d", f.prefix, i) }

// members is how many connections a group has.
func (f *fanout) members(group int) int64 {
	return int64((f.o.Connections - group + f.o.Groups - 1) / f.o.Groups)
}

// publish sends one message of a publisher.
func (f *fanout) publish(worker int, from time.Time) error {
	var total uint64
	for _, n := range f.sent[worker] {
		total += n
	}
	group := int((total + uint64(worker)) % uint64(f.o.Groups))
	f.sent[worker][group]++
	data := stamp{worker, f.sent[worker][group], from.Sub(f.run.start)}.message(f.o.Size)
	to := protocol.Target{Kind: protocol.TargetGroup, ID: f.group(group)}
	err := f.s.Send(f.run.work, to, protocol.Send{DataType: protocol.DataTypeText, Data: data})
	if err != nil {
		f.unsure.Add(f.members(group))
	}
	return err
}

// receive takes what one connection gets.
func (f *fanout) receive(ctx context.Context, i int) {
	for {
		m, err := f.conns[i].Receive(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			f.gone.Add(1)
			f.run.recorder.failedWith(i, time.Now(), fmt.Errorf("connection ended: %w", err))
			return
		}
		if m.Type != protocol.ResponseMessage {
			continue
		}
		s, err := readStamp(m.Data)
		if err != nil || s.sender >= f.o.Workers {
			f.run.recorder.failedWith(i, time.Now(), errNotOurs)
			continue
		}
		f.run.recorder.done(i, f.run.start.Add(s.at))
		if f.seen[i][s.sender].see(s.number, &f.counts) {
			f.arrived.Add(1)
		}
	}
}

// drain waits until everything has arrived, nothing has for some time, or the
// time for that is over.
func (f *fanout) drain() {
	var expected int64
	for _, row := range f.sent {
		for group, n := range row {
			expected += int64(n) * f.members(group)
		}
	}
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	last, since := f.arrived.Load(), time.Now()
	for last < expected && time.Since(since) < quietTime && f.gone.Load() < int64(f.o.Connections) {
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

// countLost counts what has not come. Of a message whose sending failed nobody
// knows whether it went out.
func (f *fanout) countLost() {
	var lost int64
	for i, row := range f.seen {
		for publisher := range row {
			lost += row[publisher].lost(f.sent[publisher][i%f.o.Groups])
		}
	}
	f.counts.lost.Store(max(lost-f.unsure.Load(), 0))
}

func (f *fanout) sentMessages() (n int64) {
	for _, row := range f.sent {
		for _, m := range row {
			n += int64(m)
		}
	}
	return n
}
