package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
)

// dialsAtOnce limits how many connections are opened, asked or closed at the
// same time outside a run.
const dialsAtOnce = 32

// conns are the connections of a run. The function that opens them closes them.
type conns []Conn

// dialAll opens n connections; groups returns the groups of each.
func dialAll(ctx context.Context, dial Dialer, n int, groups func(i int) []string) (conns, error) {
	dialing, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	all := make(conns, n)
	var open atomic.Int64
	atOnce(n, func(i int) {
		if dialing.Err() != nil {
			return
		}
		c, err := dial(dialing, groups(i))
		if err != nil {
			stop(err)
			return
		}
		all[i] = c
		open.Add(1)
	})
	if dialing.Err() == nil {
		return all, nil
	}
	err := context.Cause(dialing)
	if ctx.Err() == nil {
		err = fmt.Errorf("%d of %d opened: %w", open.Load(), n, err)
	}
	return nil, errors.Join(err, all.close(context.WithoutCancel(ctx)))
}

// atOnce calls do for each number below n, dialsAtOnce of them concurrently.
func atOnce(n int, do func(i int)) {
	slots := make(chan struct{}, dialsAtOnce)
	var all sync.WaitGroup
	for i := range n {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			do(i)
		})
	}
	all.Wait()
}

// each calls do for each connection that was opened.
func (all conns) each(do func(i int, c Conn)) {
	atOnce(len(all), func(i int) {
		if all[i] != nil {
			do(i, all[i])
		}
	})
}

// close closes all and returns the first error.
func (all conns) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, drainTime)
	defer cancel()
	errs := make([]error, len(all))
	all.each(func(i int, c Conn) { errs[i] = c.Close(ctx) })
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
