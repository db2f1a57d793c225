package trigger

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync/atomic"
	"time"
)

// worker is one process of workers.
type worker struct {
	cmd   *exec.Cmd
	group *group
	stdin *os.File
	out   *os.File
	in    *bufio.Reader // of out
	line  []byte        // of the last answer
	errs  chan struct{} // closed when stderr has ended
	err   *os.File
	// answered reports that it has answered an event.
	answered atomic.Bool

	// busy and dead are guarded by the mutex of workers. broken, which means that
	// no further event may be sent to it, belongs to the job that acquired it.
	busy, dead, broken bool
}

// errWorkerEnded means that a worker ended before it read any of the event.
var errWorkerEnded = errors.New("the worker ended before it read the event")

// start starts a process.
func (w *workers) start() (*worker, error) {
	var files [6]*os.File // for each stream: our end, and that of the process
	closeFrom := func(first, step int) {
		for i := first; i < len(files); i += step {
			if files[i] != nil {
				files[i].Close()
			}
		}
	}
	for i := 0; i < len(files); i += 2 {
		r, to, err := os.Pipe()
		if err != nil {
			closeFrom(0, 1)
			return nil, err
		}
		files[i], files[i+1] = r, to
	}
	files[0], files[1] = files[1], files[0] // our end of stdin is the one to write to
	cmd := &exec.Cmd{Path: w.argv[0], Args: w.argv, Env: w.env, Stdin: files[1], Stdout: files[3], Stderr: files[5]}
	g, err := startGroup(cmd)
	closeFrom(1, 2)
	if err != nil {
		closeFrom(0, 2)
		return nil, startError(w.argv[0], err)
	}
	one := &worker{
		cmd: cmd, group: g, stdin: files[0], out: files[2], in: bufio.NewReaderSize(files[2], 16<<10),
		errs: make(chan struct{}), err: files[4],
	}
	go func() { // ends with stderr or its deadline: see wait
		defer close(one.errs)
		readLines(one.err, func(line string) {
			if w.o.OnStderr != nil {
				w.o.OnStderr(w.line, line)
			}
		})
	}()
	return one, nil
}

func (one *worker) closeStdin() { one.stdin.Close() }

// wait waits until the process has ended, and kills what it left running. An
// answer that it printed before can still be read for stragglerWait.
func (one *worker) wait() error {
	err := one.group.wait(one.cmd)
	limit := time.Now().Add(stragglerWait)
	_ = one.out.SetReadDeadline(limit) // on Windows closing the group has closed the pipes
	_ = one.err.SetReadDeadline(limit)
	<-one.errs
	one.err.Close()
	one.stdin.Close()
	if err == nil {
		err = errors.New("exit code 0")
	}
	return err
}

// readLine reads one line without its end. It is valid until the next call.
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
			return nil, interrupted(errors.New("the worker ended without an answer"))
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, interrupted(fmt.Errorf("the worker's answer could not be read: %w", err))
		}
	}
}
