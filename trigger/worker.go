package trigger

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"wps/internal/wait"
	"wps/protocol"
)

// Limits of workers.
const (
	// MaxWorkerLine limits a line that a worker answers with, in bytes: a message
	// of the largest size is longer as JSON.
	MaxWorkerLine = 2 * protocol.MaxMessageSize
	// workerGrace is how long workers may take to end after their stdin is closed.
	workerGrace = 5 * time.Second
)

// restartBackoff is the delay before a worker that ended without an answer is
// restarted.
var restartBackoff = wait.Backoff{First: 100 * time.Millisecond, Max: 30 * time.Second, Jitter: 0.2}

// workers is a hook that keeps n processes of one command running.
type workers struct {
	line string
	argv []string
	o    CommandOptions
	env  []string
	log  *slog.Logger
	ids  atomic.Uint64

	// stop ends the context of the supervisors, which closes the stdin of all
	// processes; kill ends killing, which kills them.
	stop        context.CancelFunc
	killing     context.Context
	kill        context.CancelFunc
	supervisors sync.WaitGroup

	mu      sync.Mutex
	idle    []*worker // all running
	waiting []*job
	// pace is the recent time for an event; it decides how many are sent together.
	pace time.Duration
}

// Worker returns a hook that starts a command n times and keeps it running: each
// process reads one event a line and answers it with one line, both JSON objects
// with the same member id.
//
//	{"id":1,"context":{"type":"user","event":"message",...},"dataType":"text","data":"hi"}
//	{"id":1,"message":"hi","dataType":"text","outputs":[{"type":"MessageEvent",...}]}
//
// data is a string for text, the value for json, base64 for binary and protobuf;
// for events other than user events it is their JSON. The answer is that of
// ParseAnswer: {"id":1,"retry":true} asks for the event again.
// A worker that ends, prints anything else, or takes too long is replaced, and
// its event fails with a server error.
func Worker(line string, n int, o CommandOptions) (Hook, error) {
	argv, err := ParseCommand(line)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	killing, kill := context.WithCancel(context.Background())
	w := &workers{line: line, argv: argv, o: o, env: baseEnv(o.Env), log: o.Logger, stop: stop, killing: killing, kill: kill}
	if w.log == nil {
		w.log = slog.New(slog.DiscardHandler)
	}
	for range n {
		w.supervisors.Go(func() { w.supervise(ctx) })
	}
	return w, nil
}

func (w *workers) String() string { return w.line }

// Close closes the stdin of all workers and waits for them. Workers that have not
// ended after workerGrace, or when ctx ends, are killed.
func (w *workers) Close(ctx context.Context) error {
	w.stop()
	limited, cancel := context.WithTimeout(ctx, workerGrace)
	defer cancel()
	unwatch := context.AfterFunc(limited, w.kill)
	defer unwatch()
	w.supervisors.Wait()
	w.kill()
	return nil
}

// supervise keeps one process running until ctx ends.
func (w *workers) supervise(ctx context.Context) {
	useless := 0 // processes in a row that have answered nothing
	for ctx.Err() == nil {
		useful := false
		one, err := w.start()
		if err == nil {
			err = w.watch(ctx, one)
			useful = one.answered.Load()
		}
		delay := time.Duration(0)
		if useful {
			useless = 0
		} else {
			delay = restartBackoff.Delay(useless)
			useless++
		}
		if ctx.Err() == nil {
			w.log.Warn("worker ended and is restarted", "hook", w.line, "reason", err, "after", delay)
			_ = wait.For(ctx, delay) // the loop looks at ctx
		}
	}
}

// watch offers a worker for events until it ends, and returns why it ended.
func (w *workers) watch(ctx context.Context, one *worker) error {
	w.release(one)
	defer context.AfterFunc(ctx, one.closeStdin)()
	defer context.AfterFunc(w.killing, one.group.kill)()
	err := one.wait()
	w.mu.Lock()
	one.dead = true
	w.idle = slices.DeleteFunc(w.idle, func(x *worker) bool { return x == one })
	if !one.busy {
		one.out.Close()
	}
	w.mu.Unlock()
	return err
}

// appendWorkerLine appends an event as one line.
func (ev *Event) appendWorkerLine(b []byte, id uint64) []byte {
	b = strconv.AppendUint(append(b, `{"id":`...), id, 10)
	b = ev.appendContext(append(b, `,"context":`...))
	switch {
	case ev.Kind != protocol.EventUser && !json.Valid(ev.Body):
		b = append(b, `,"dataType":"json","data":null`...)
	case ev.Kind != protocol.EventUser || ev.DataType == protocol.DataTypeJSON:
		b = append(b, `,"dataType":"json","data":`...)
		b = appendOneLine(b, ev.Body)
	case ev.DataType == protocol.DataTypeText && utf8.Valid(ev.Body):
		b = append(b, `,"dataType":"text","data":`...)
		b = protocol.AppendJSONString(b, string(ev.Body))
	default:
		dataType := protocol.DataTypeBinary
		if ev.DataType == protocol.DataTypeProtobuf {
			dataType = protocol.DataTypeProtobuf
		}
		b = append(append(append(b, `,"dataType":"`...), dataType...), `","data":"`...)
		b = append(base64.StdEncoding.AppendEncode(b, ev.Body), '"')
	}
	return append(b, '}', '\n')
}

// appendOneLine appends valid JSON without line breaks.
func appendOneLine(b, text []byte) []byte {
	if bytes.IndexByte(text, '\n') < 0 && bytes.IndexByte(text, '\r') < 0 {
		return append(b, text...)
	}
	line := bytes.NewBuffer(b)
	_ = json.Compact(line, text) // it is valid
	return line.Bytes()
}
