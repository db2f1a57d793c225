package bench

import (
	"context"
	"time"

	"wps/protocol"
)

// Conn is a client's connection.
type Conn interface {
	// Receive returns the next message or system frame, or an error at the end.
	Receive(ctx context.Context) (*protocol.Response, error)
	// SendEvent sends text as a user event and waits until it has been handled.
	SendEvent(ctx context.Context, event string, data []byte) error
	// Ping sends a ping to the service and waits for the pong.
	Ping(ctx context.Context) error
	Close(ctx context.Context) error
}

// Dialer opens a connection that is a member of groups from the start. It is called
// concurrently.
type Dialer func(ctx context.Context, groups []string) (Conn, error)

// Connect measures how fast a service opens connections. Each is closed at once,
// which is not part of its time.
func Connect(ctx context.Context, dial Dialer, o Options) *Result {
	r := newRun(ctx, o)
	defer r.close()
	r.workers(func(worker int, from time.Time) error {
		c, err := dial(r.work, nil)
		if err != nil {
			return err
		}
		r.recorder.done(worker, from)
		return c.Close(r.work)
	})
	return r.result("connect", &counts{})
}
