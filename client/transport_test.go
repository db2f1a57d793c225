package client_test

import (
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"wps/client"
	"wps/protocol"
)

// TestIdleConns: with as many concurrent calls as connections are kept, none is
// opened again.
func TestIdleConns(t *testing.T) {
	t.Parallel()
	const calls = 300
	var opened sync.Map
	together := make([]sync.WaitGroup, 2) // in each round, so that each call needs a connection
	for i := range together {
		together[i].Add(calls)
	}
	var round atomic.Int32
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		opened.Store(r.RemoteAddr, true)
		together[round.Load()].Done()
		together[round.Load()].Wait()
		w.WriteHeader(http.StatusAccepted)
	})
	svc := newService(t, s.URL, client.Options{IdleConns: calls})
	for i := range together {
		round.Store(int32(i))
		var all sync.WaitGroup
		for range calls {
			all.Go(func() {
				if _, err := svc.Send(within(t), protocol.Target{Kind: protocol.TargetAll}, protocol.Send{DataType: protocol.DataTypeText}); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	}
	n := 0
	opened.Range(func(any, any) bool { n++; return true })
	if n != calls {
		t.Errorf("%d connections were opened, want %d", n, calls)
	}
}
