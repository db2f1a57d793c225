package bench

import (
	"context"
	"fmt"
	"sync"
	"time"

	"wps/protocol"
)

// answerTime bounds the wait for an echo behind the ack of its event.
const answerTime = 5 * time.Second

// Echo measures how long a message takes from a client to the hub's event
// handler and back, which must answer an event with what it holds. There is a
// connection for each of Options.Workers, with one event on its way.
func Echo(ctx context.Context, dial Dialer, event string, o Options) (*Result, error) {
	all, err := dialAll(ctx, dial, o.Workers, func(int) []string { return nil })
	if err != nil {
		return nil, fmt.Errorf("open connections: %w", err)
	}
	r := newRun(ctx, o)
	defer r.close()
	receiving, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	e := &echo{run: r, event: event, ends: make([]*echoEnd, o.Workers)}
	var receivers sync.WaitGroup
	for i, c := range all {
		e.ends[i] = &echoEnd{conn: c, came: make(chan uint64, 64), ended: make(chan struct{})}
		receivers.Go(func() { e.receive(receiving, i) })
	}
	r.workers(e.ask)
	stop()
	receivers.Wait()
	closeErr := all.close(context.WithoutCancel(ctx))
	res := r.result("echo", &e.counts)
	res.Connections = o.Workers
	for _, end := range e.ends {
		res.Sent += int64(end.asked)
	}
	if closeErr != nil {
		res.Faults["close: "+closeErr.Error()]++
	}
	return res, nil
}

type echo struct {
	run    *run
	event  string
	ends   []*echoEnd
	counts counts
}

// echoEnd is one client.
type echoEnd struct {
	conn  Conn
	asked uint64      // by its worker
	seen  sequence    // by its receiver
	came  chan uint64 // numbers that came back; full when nobody waits for them
	ended chan struct{}
}

// ask sends one event and waits until its echo has come.
func (e *echo) ask(worker int, from time.Time) error {
	end := e.ends[worker]
	end.asked++
	data := stamp{worker, end.asked, from.Sub(e.run.start)}.message(e.run.o.Size)
	if err := end.conn.SendEvent(e.run.work, e.event, data); err != nil {
		return err
	}
	wait := time.NewTimer(answerTime)
	defer wait.Stop()
	for {
		select {
		case number := <-end.came:
			if number == end.asked {
				return nil
			}
		case <-wait.C:
			e.counts.lost.Add(1)
			return nil
		case <-end.ended:
			e.counts.lost.Add(1)
			return nil
		}
	}
}

// receive takes the echoes of one client.
func (e *echo) receive(ctx context.Context, i int) {
	end := e.ends[i]
	defer close(end.ended)
	for {
		m, err := end.conn.Receive(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			e.run.recorder.failedWith(i, time.Now(), fmt.Errorf("connection ended: %w", err))
			return
		}
		if m.Type != protocol.ResponseMessage {
			continue
		}
		s, err := readStamp(m.Data)
		if err != nil || s.sender != i {
			e.run.recorder.failedWith(i, time.Now(), errNotOurs)
			continue
		}
		e.run.recorder.done(i, e.run.start.Add(s.at))
		end.seen.see(s.number, &e.counts)
		select {
		case end.came <- s.number:
		default:
		}
	}
}
