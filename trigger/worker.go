package trigger

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"wps/protocol"
)

// Limits of workers.
const (
	// MaxWorkerLine limits a line that a worker answers with, in bytes: a message
	// of the largest size takes more of them as JSON.
	MaxWorkerLine = 2 * protocol.MaxMessageSize
	// A worker that dies without having answered anything is started again after
	// firstRestart, the next after twice that, and so on up to maxRestart.
	firstRestart = 100 * time.Millisecond
	maxRestart   = 30 * time.Second
	// workerGrace is how long workers have to end by themselves after their
	// stdin has ended.
	workerGrace = 5 * time.Second
)

// workers keeps n processes of one command, each with at most one event at a
// time.
type workers struct {
	line string
	argv []string
	o    CommandOptions
	env  []string
	log  *slog.Logger
	ids  atomic.Uint64

	// stop ends the keepers' context, and with it the stdin of all processes;
	// kill ends killing.
	stop    context.CancelFunc
	killing context.Context
	kill    context.CancelFunc
	keepers sync.WaitGroup

	mu      sync.Mutex
	idle    []*worker // alive
	waiting []chan *worker
}

// Worker makes a hook of a command that is started n times and stays: it reads
// one event a line and answers each with a line, both JSON objects with the same
// member id.
//
//	{"id":1,"context":{"type":"user","event":"message",...},"dataType":"text","data":"hi"}
//	{"id":1,"message":"hi","dataType":"text","outputs":[{"type":"MessageEvent",...}]}
//
// data is a string for text, the value for json, base64 for binary; of events
// that are not the user's it is their JSON. The answer is that of ParseAnswer.
// A worker that dies, prints anything else, or takes too long is replaced, and
// its event is a server error.
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
		w.keepers.Go(func() { w.keep(ctx) })
	}
	return w, nil
}

func (w *workers) String() string { return w.line }

// Close ends the stdin of all workers and waits for them; those that take longer
// than workerGrace, or than ctx, are killed.
func (w *workers) Close(ctx context.Context) error {
	w.stop()
	limited, cancel := context.WithTimeout(ctx, workerGrace)
	defer cancel()
	unwatch := context.AfterFunc(limited, w.kill)
	defer unwatch()
	w.keepers.Wait()
	w.kill()
	return nil
}

// keep keeps one process running until ctx ends.
func (w *workers) keep(ctx context.Context) {
	delay := time.Duration(0)
	for ctx.Err() == nil {
		useful := false
		one, err := w.start()
		if err == nil {
			err = w.watch(ctx, one)
			useful = one.answered.Load()
		}
		if useful {
			delay = 0
		} else {
			delay = min(max(firstRestart, 2*delay), maxRestart)
		}
		if ctx.Err() == nil {
			w.log.Warn("worker ended and is started again", "hook", w.line, "reason", err, "after", delay)
			pause(ctx, delay)
		}
	}
}

// pause waits about d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	if d == 0 {
		return
	}
	t := time.NewTimer(d - d/10 + rand.N(d/5)) // not all at the same time
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// watch lets a worker have events until it ends, and tells how it ended.
func (w *workers) watch(ctx context.Context, one *worker) error {
	w.put(one)
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

// put makes a worker free: for the event that waits longest, or idle.
func (w *workers) put(one *worker) {
	w.mu.Lock()
	defer w.mu.Unlock()
	one.busy = false
	switch {
	case one.dead:
		one.out.Close()
	case one.broken: // it ends soon
	case len(w.waiting) > 0:
		one.busy = true
		w.waiting[0] <- one // it holds one and gets one
		w.waiting = w.waiting[1:]
	default:
		w.idle = append(w.idle, one)
	}
}

// take gives a worker that is free, when there is one.
func (w *workers) take(ctx context.Context) (*worker, error) {
	w.mu.Lock()
	if n := len(w.idle); n > 0 {
		one := w.idle[n-1]
		w.idle = w.idle[:n-1]
		one.busy = true
		w.mu.Unlock()
		return one, nil
	}
	turn := make(chan *worker, 1)
	w.waiting = append(w.waiting, turn)
	w.mu.Unlock()
	select {
	case one := <-turn:
		return one, nil
	case <-ctx.Done():
		w.leave(turn)
		return nil, NotRun(errors.New("no worker of " + w.line + " became free in time"))
	}
}

// leave gives up waiting, and passes on a worker that came meanwhile.
func (w *workers) leave(turn chan *worker) {
	w.mu.Lock()
	w.waiting = slices.DeleteFunc(w.waiting, func(x chan *worker) bool { return x == turn })
	w.mu.Unlock()
	select {
	case one := <-turn:
		w.put(one)
	default:
	}
}

// Answer has a worker answer one event.
func (w *workers) Answer(ctx context.Context, ev *Event) (Answer, error) {
	id := w.ids.Add(1)
	line := ev.appendWorkerLine(make([]byte, 0, 1024+2*len(ev.Body)), id)
	for {
		one, err := w.take(ctx)
		if err != nil {
			return Answer{}, err
		}
		a, err := one.exchange(ctx, ev, id, line)
		w.put(one)
		if !errors.Is(err, errGone) {
			return a, err
		}
	}
}

// appendWorkerLine writes an event as one line.
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
		b = append(b, `,"dataType":"binary","data":"`...)
		b = append(base64.StdEncoding.AppendEncode(b, ev.Body), '"')
	}
	return append(b, '}', '\n')
}

// appendOneLine writes valid JSON without the blanks between its parts.
func appendOneLine(b, text []byte) []byte {
	if bytes.IndexByte(text, '\n') < 0 && bytes.IndexByte(text, '\r') < 0 {
		return append(b, text...)
	}
	line := bytes.NewBuffer(b)
	_ = json.Compact(line, text) // it is valid
	return line.Bytes()
}

// ReadWorkerLine reads the answer that a worker gives to the event with this id.
func ReadWorkerLine(ev *Event, id uint64, line []byte) (Answer, error) {
	members, err := protocol.ReadObject(line)
	if err != nil {
		return Answer{}, fmt.Errorf("the worker printed no JSON object: %v: %s", err, shorten(string(line)))
	}
	at := slices.IndexFunc(members, func(m protocol.ObjectMember) bool { return strings.EqualFold(m.Name, "id") })
	if at < 0 || string(members[at].Value) != strconv.FormatUint(id, 10) {
		return Answer{}, fmt.Errorf("the worker's answer has not the id %d of the event: %s", id, shorten(string(line)))
	}
	if rest := slices.Delete(members, at, at+1); len(rest) > 0 {
		a, err := parseMembers(ev, rest)
		if err != nil {
			err = &answerError{err}
		}
		return a, err
	}
	return Answer{}, nil
}

// answerError is an answer that came in step, and says something wrong.
type answerError struct{ error }

// readLine reads one line without its end.
func (one *worker) readLine() ([]byte, error) {
	one.line = one.line[:0]
	for {
		part, err := one.in.ReadSlice('\n')
		one.line = append(one.line, part...)
		switch {
		case len(one.line) > MaxWorkerLine:
			return nil, fmt.Errorf("the worker printed a line of more than %d bytes", MaxWorkerLine)
		case err == nil:
			return bytes.TrimRight(one.line, "\r\n"), nil
		case errors.Is(err, io.EOF):
			return nil, errors.New("the worker ended without an answer")
		case !errors.Is(err, errLongLine):
			return nil, fmt.Errorf("the worker's answer could not be read: %w", err)
		}
	}
}
