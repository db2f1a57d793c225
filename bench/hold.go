package bench

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"wps/internal/wait"
)

// HoldOptions configure Hold. Options.Workers is how many connections are opened
// at once; Warmup and Duration are ignored.
type HoldOptions struct {
	Options
	Connections int
	Hold        time.Duration
	// OnHeld, when set, is called each second with the number of connections that
	// are still open.
	OnHeld func(open int, left time.Duration)
}

// openTime limits the opening of the connections.
const openTime = time.Hour

// Hold opens connections and keeps them open: it measures how fast they open, as
// Connect does, and counts how many are open at the end and answer a ping. The
// measured time is that of the opening.
func Hold(ctx context.Context, dial Dialer, o HoldOptions) *Result {
	o.Warmup, o.Duration = 0, openTime
	h := &hold{run: newRun(ctx, o.Options), dial: dial, o: o, conns: make(conns, o.Connections)}
	defer h.run.close()
	h.receiving, h.stop = context.WithCancel(context.WithoutCancel(ctx))
	defer h.stop()
	h.run.workers(h.open)
	began := time.Now()
	h.keep(ctx)
	held := &Held{Seconds: time.Since(began).Seconds()}
	held.Stayed, held.Silent = h.askAll(ctx)
	h.stop()
	h.receivers.Wait()
	closeErr := h.conns.close(context.WithoutCancel(ctx))
	res := h.run.result("connect", &h.counts)
	res.Connections, res.Held = o.Connections, held
	res.Interrupted = ctx.Err() != nil
	res.NotStarted = max(int64(o.Connections)-h.tried.Load(), 0)
	res.addFault(closeErr, "close")
	return res
}

type hold struct {
	run       *run
	dial      Dialer
	o         HoldOptions
	conns     conns
	tried     atomic.Int64 // may exceed the number of connections
	finished  atomic.Int64 // tried, with or without success
	opened    atomic.Int64
	counts    counts
	receiving context.Context
	stop      context.CancelFunc
	receivers sync.WaitGroup
}

// open opens the next connection.
func (h *hold) open(worker int, from time.Time) error {
	i := int(h.tried.Add(1)) - 1
	if i >= len(h.conns) {
		return errWorkerDone
	}
	c, err := h.dial(h.run.work, nil)
	if err == nil {
		h.run.recorder.done(worker, from)
	}
	if int(h.finished.Add(1)) == len(h.conns) {
		h.run.stop()
	}
	if err != nil {
		return err
	}
	h.conns[i] = &heldConn{Conn: c}
	h.opened.Add(1)
	h.receivers.Go(func() { h.receive(i) })
	return nil
}

// heldConn is a connection that may have ended.
type heldConn struct {
	Conn
	ended atomic.Bool
}

// receive waits for the end of a connection.
func (h *hold) receive(i int) {
	c := h.conns[i].(*heldConn)
	for {
		_, err := c.Receive(h.receiving)
		if h.receiving.Err() != nil {
			return
		}
		if err != nil {
			c.ended.Store(true)
			h.counts.ended.Add(1)
			h.run.recorder.failedWith(i, time.Now(), fmt.Errorf("connection ended: %w", err))
			return
		}
	}
}

// stillOpen returns how many connections are open.
func (h *hold) stillOpen() int { return int(h.opened.Load() - h.counts.ended.Load()) }

// keep waits until the time is over, ctx ends, or no connection is left.
func (h *hold) keep(ctx context.Context) {
	end := time.Now().Add(h.o.Hold)
	for left := h.o.Hold; left > 0 && ctx.Err() == nil && h.stillOpen() > 0; left = time.Until(end) {
		if h.o.OnHeld != nil {
			h.o.OnHeld(h.stillOpen(), left)
		}
		_ = wait.For(ctx, min(left, time.Second)) // the loop looks at ctx
	}
}

// askAll pings the open connections and counts those that answer and those that do
// not.
func (h *hold) askAll(ctx context.Context) (answered, silent int) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerTime)
	defer cancel()
	var alive, mute atomic.Int64
	h.conns.each(func(i int, c Conn) {
		err := c.Ping(ctx)
		switch {
		case err == nil:
			alive.Add(1)
		case !c.(*heldConn).ended.Load():
			mute.Add(1)
			if ctx.Err() != nil {
				err = fmt.Errorf("no answer within %v", answerTime)
			}
			h.run.recorder.failedWith(i, time.Now(), fmt.Errorf("ping: %w", err))
		}
	})
	return int(alive.Load()), int(mute.Load())
}
