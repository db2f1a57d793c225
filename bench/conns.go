package bench

import (
	"context"
	"errors"
	"sync"
)

// dialsAtOnce bounds how many connections are opened at the same time before a
// run.
const dialsAtOnce = 32

// conns are the connections of a run. Whoever opens them closes them.
type conns []Conn

// dialAll opens n connections; groups gives those of each.
func dialAll(ctx context.Context, dial Dialer, n int, groups func(i int) []string) (conns, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	all := make(conns, n)
	slots := make(chan struct{}, dialsAtOnce)
	var dials sync.WaitGroup
	for i := range all {
		slots <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		dials.Go(func() {
			defer func() { <-slots }()
			c, err := dial(ctx, groups(i))
			if err != nil {
				stop(err)
				return
			}
			all[i] = c
		})
	}
	dials.Wait()
	if ctx.Err() != nil {
		err := context.Cause(ctx)
		return nil, errors.Join(err, all.close(context.WithoutCancel(ctx)))
	}
	return all, nil
}

// close closes all; the first error is given.
func (all conns) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, drainTime)
	defer cancel()
	errs := make([]error, len(all))
	slots := make(chan struct{}, dialsAtOnce)
	var closes sync.WaitGroup
	for i, c := range all {
		if c == nil {
			continue
		}
		slots <- struct{}{}
		closes.Go(func() {
			defer func() { <-slots }()
			errs[i] = c.Close(ctx)
		})
	}
	closes.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
