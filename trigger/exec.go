package trigger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"wps/internal/proctree"
	"wps/protocol"
)

// AdoptOrphans makes this process the parent of the orphans of its children, so that
// commands leave no process running, not even one in a session of its own. A program
// calls it before it makes hooks, and only if it starts commands in no other way. It
// does nothing on systems other than Linux: there such a process lives on, except
// on Windows, where nothing leaves the job of its command.
func AdoptOrphans() error { return proctree.Adopt() }

// KillOrphans kills what hooks that have ended left running in spite of
// AdoptOrphans, by hiding where it came from.
func KillOrphans() { proctree.KillOrphans() }

// CommandOptions configure how commands are run as hooks.
type CommandOptions struct {
	// ResponseType is what a hook prints for a user event; "" is text.
	ResponseType protocol.DataType
	// Env are NAME=value pairs that hooks get in addition to the environment of
	// this process.
	Env []string
	// OnStderr, when set, is called with each line that a hook writes to stderr,
	// without the line end and cut to 8 KiB. It is called concurrently.
	OnStderr func(hook, line string)
	// Logger logs workers that end; nil logs nothing.
	Logger *slog.Logger
}

// Limits of one run of a command.
const (
	// MaxHookOutput limits what a hook may print, or write to a file, in bytes.
	MaxHookOutput = protocol.MaxMessageSize
	// stragglerWait is how long output is still read after the hook itself has
	// ended, if a process outside its process group keeps it open.
	stragglerWait = time.Second
	// pipeHolds is how many bytes every pipe takes before it is read.
	pipeHolds = 4096
)

// Exit codes of a hook that have a meaning, beside 0: they refuse the event with
// status 401 and 400, or ask for it again with 503.
//
// Source: EX_NOPERM, EX_DATAERR and EX_TEMPFAIL of sysexits.h.
const (
	ExitUnauthorized = 77
	ExitUserError    = 65
	ExitTryAgain     = 75
)

// command runs one process for each event.
type command struct {
	line string
	argv []string
	o    CommandOptions
	env  []string
	dir  string // holds the files that hooks write; for the owner only
	runs atomic.Uint64
}

// Command returns a hook that runs a command line for each event, with the data
// on stdin, the context in WPS_ variables and the answer on stdout. See
// ParseCommand for the form of the line. Processes that the command leaves
// running are killed when it ends: those of its process group, and after
// [AdoptOrphans] all others.
func Command(line string, o CommandOptions) (Hook, error) {
	argv, err := ParseCommand(line)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "wps-hook-")
	if err != nil {
		return nil, err
	}
	return &command{line: line, argv: argv, o: o, env: baseEnv(o.Env), dir: dir}, nil
}

// baseEnv returns the environment of all hooks: that of this process without the
// variables that environ sets, and more.
func baseEnv(more []string) []string {
	names, _ := (&Event{}).environ("")
	names = append(names, proctree.Variable+"=")
	env := slices.DeleteFunc(os.Environ(), func(pair string) bool {
		name, _, _ := strings.Cut(pair, "=")
		return name == envResponse || name == envOutput || slices.Contains(names, strings.TrimSuffix(name, fileName(""))+"=")
	})
	return append(env, more...)
}

func (c *command) String() string { return c.line }

// Close removes the directory of the hook's files.
func (c *command) Close(context.Context) error { return os.RemoveAll(c.dir) }

// Answer runs the command once.
func (c *command) Answer(ctx context.Context, ev *Event) (Answer, error) {
	run, err := c.prepare(ev)
	defer run.files.remove()
	switch {
	case err != nil:
		return Answer{}, err
	case run.refusal != nil:
		return Answer{Error: run.refusal}, nil
	}
	if err := run.run(ctx); err != nil {
		return Answer{Omitted: run.omitted}, err
	}
	a, err := run.answer(ev)
	a.Omitted = run.omitted
	return a, err
}

// run is one run of a command.
type run struct {
	c        *command
	cmd      *exec.Cmd
	files    hookFiles
	omitted  []string // variables that were too long, for the log
	refusal  *Error   // of an event that must not run without them
	stdout   []byte
	lastLine string // line of stderr
}

// prepare returns a run with its environment and files. The context is always in a
// file too, and so is every value that is too large for a variable.
func (c *command) prepare(ev *Event) (*run, error) {
	about := string(ev.appendContext(nil))
	vars, large := ev.environ(about)
	cmd := &exec.Cmd{Path: c.argv[0], Args: c.argv}
	r := &run{c: c, cmd: cmd, files: c.files(), refusal: ev.tooLarge(large)}
	if r.refusal != nil {
		return r, nil
	}
	for _, v := range large {
		r.omitted = append(r.omitted, fmt.Sprintf("%s (%d bytes)", v.name, len(v.value)))
	}
	if !slices.ContainsFunc(large, func(v variable) bool { return v.name == envContext }) {
		large = append(large, variable{envContext, about})
	}
	for _, v := range large {
		pair, err := r.files.provide(v.name, v.value)
		if err != nil {
			return r, NotRun(fmt.Errorf("write the file of $%s: %v", fileName(v.name), err))
		}
		vars = append(vars, pair)
	}
	cmd.Env = slices.Concat(c.env, vars, []string{envResponse + "=" + r.files.response, envOutput + "=" + r.files.output})
	return r, c.stdin(cmd, ev.Body)
}

// stdin connects the data to the process. Small data is written to a pipe before
// the process starts; larger data needs a goroutine of os/exec.
func (c *command) stdin(cmd *exec.Cmd, body []byte) error {
	switch {
	case len(body) == 0: // the null device
		return nil
	case len(body) > pipeHolds:
		cmd.Stdin = bytes.NewReader(body)
		return nil
	}
	r, w, err := os.Pipe()
	if err != nil {
		return NotRun(err)
	}
	_, err = w.Write(body)
	if err = errors.Join(err, w.Close()); err != nil {
		r.Close()
		return err
	}
	cmd.Stdin = r
	return nil
}

// run starts the process and waits until it and its process group have ended.
func (r *run) run(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return NotRun(err)
	}
	out, outW, err := os.Pipe()
	if err != nil {
		return NotRun(errors.Join(err, r.closeStdin()))
	}
	defer out.Close()
	errs, errsW, err := os.Pipe()
	if err != nil {
		return NotRun(errors.Join(err, outW.Close(), r.closeStdin()))
	}
	defer errs.Close()
	r.cmd.Stdout, r.cmd.Stderr = outW, errsW
	r.cmd.WaitDelay = stragglerWait // for stdin that is not read
	g, err := startGroup(r.cmd)
	closing := errors.Join(outW.Close(), errsW.Close(), r.closeStdin())
	switch {
	case err != nil && environTooLarge(err):
		return startError(r.c.argv[0], err)
	case err != nil:
		return NotRun(startError(r.c.argv[0], err))
	}
	return errors.Join(closing, r.wait(ctx, g, out, errs))
}

// closeStdin closes the read end of the pipe that stdin filled.
func (r *run) closeStdin() error {
	if f, ok := r.cmd.Stdin.(*os.File); ok {
		return f.Close()
	}
	return nil
}

// wait reads the output and waits for the end of the process. The process is
// killed when ctx ends or when it prints too much.
func (r *run) wait(ctx context.Context, g *group, out, errs *os.File) error {
	var tooMuch error
	outDone, errsDone := make(chan struct{}), make(chan struct{})
	go func() { // ends with the pipe or its deadline, below
		defer close(outDone)
		r.stdout, tooMuch = readCapped(out)
		if tooMuch != nil {
			g.kill()
		}
	}()
	go func() {
		defer close(errsDone)
		r.lastLine = readLines(errs, r.reportStderr)
	}()
	unwatch := context.AfterFunc(ctx, g.kill)
	err := g.wait(r.cmd)
	inTime := unwatch()
	limit := time.Now().Add(stragglerWait)
	_ = out.SetReadDeadline(limit) // on Windows closing the group has closed the pipes
	_ = errs.SetReadDeadline(limit)
	<-outDone
	<-errsDone
	switch _, exited := errors.AsType[*exec.ExitError](err); {
	case tooMuch != nil:
		return tooMuch
	case !inTime:
		return fmt.Errorf("%s: %w", r.c.line, killReason(ctx))
	case err != nil && !exited && !errors.Is(err, exec.ErrWaitDelay):
		return err
	}
	return nil
}

// killReason returns the error of a hook that was killed because ctx ended.
func killReason(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return errors.New("the hook did not answer in time and was killed")
	}
	return errors.New("the hook was killed because the event handler is stopping")
}

func (r *run) reportStderr(line string) {
	if r.c.o.OnStderr != nil {
		r.c.o.OnStderr(r.c.line, line)
	}
}

// errTooMuch is the error of a hook that printed more than MaxHookOutput.
var errTooMuch = fmt.Errorf("the hook printed more than %d bytes and was killed", MaxHookOutput)

// readCapped reads to the end. The error is errTooMuch past MaxHookOutput.
func readCapped(in io.Reader) ([]byte, error) {
	b, _ := io.ReadAll(io.LimitReader(in, MaxHookOutput+1)) // after a deadline, what was read counts
	if len(b) > MaxHookOutput {
		return nil, errTooMuch
	}
	return b, nil
}
