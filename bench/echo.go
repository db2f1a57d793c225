package bench

import (
	"context"
	"fmt"
	"sync"
	"time"

	"wps/protocol"
)

// Echo measures how long a message takes from a client to the hub's event
// handler and back; the handler must answer an event with its data. There is one
// connection for each of Options.Workers, with one event in flight.
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
	return e.result(closeErr), nil
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
	asked sent        // by its worker
	seen  sequence    // by its receiver
	came  chan uint64 // numbers of the echoes; full when ask does not wait for them
	ended chan struct{}
}

// ask sends one event and waits for its echo. An echo that comes after answerTime
// is not lost, but the next event does not wait for it.
func (e *echo) ask(worker int, from time.Time) error {
	end := e.ends[worker]
	select {
	case <-end.ended:
		return errWorkerDone
	default:
	}
	end.asked.last++
	data := stamp{worker, end.asked.last, from.Sub(e.run.start)}.message(e.run.o.Size)
	if err := end.conn.SendEvent(e.run.work, e.event, data); err != nil {
		end.asked.failed()
		return err
	}
	wait := time.NewTimer(answerTime)
	defer wait.Stop()
	for {
		select {
		case number := <-end.came:
			if number == end.asked.last {
				return nil
			}
		case <-wait.C:
			return nil
		case <-end.ended:
			return errWorkerDone
		}
	}
}

// receive receives the echoes of one client.
func (e *echo) receive(ctx context.Context, i int) {
	end := e.ends[i]
	defer close(end.ended)
	for {
		m, err := end.conn.Receive(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			e.counts.ended.Add(1)
			e.run.recorder.failedWith(i, time.Now(), fmt.Errorf("connection ended: %w", err))
			return
		}
		if m.Type == protocol.ResponseMessage {
			e.arrive(i, m.Data)
		}
	}
}

func (e *echo) arrive(i int, data []byte) {
	end := e.ends[i]
	s, err := readStamp(data)
	if err != nil || s.sender != i {
		e.run.recorder.failedWith(i, time.Now(), errNotOurs)
		return
	}
	e.run.recorder.done(i, e.run.start.Add(s.at))
	end.seen.see(s.number, &e.counts)
	select {
	case end.came <- s.number:
	default:
	}
}

// result makes the result when all have ended.
func (e *echo) result(closeErr error) *Result {
	for _, end := range e.ends {
		e.counts.lost += end.seen.lost(&end.asked)
	}
	res := e.run.result("echo", &e.counts)
	res.Connections = len(e.ends)
	for _, end := range e.ends {
		res.Sent += int64(end.asked.last)
	}
	res.addFault(closeErr, "close")
	return res
}
