package bench

import (
	"context"
	"time"

	"wps/protocol"
)

// Service accepts messages over REST. Its methods are called concurrently.
type Service interface {
	Send(ctx context.Context, to protocol.Target, m protocol.Send) (protocol.Outcome, error)
}

// Send measures how fast a service accepts messages to a target. When ctx ends, the
// result has what was measured until then.
func Send(ctx context.Context, s Service, to protocol.Target, o Options) *Result {
	r := newRun(ctx, o)
	defer r.close()
	numbers := make([]uint64, o.Workers)
	r.workers(func(worker int, from time.Time) error {
		numbers[worker]++
		data := stamp{worker, numbers[worker], from.Sub(r.start)}.message(o.Size)
		if _, err := s.Send(r.work, to, protocol.Send{DataType: protocol.DataTypeText, Data: data}); err != nil {
			return err
		}
		r.recorder.done(worker, from)
		return nil
	})
	return r.result("send", &counts{})
}
