package connectcmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"

	"wps/cmd/internal/cli"
	"wps/cmd/internal/prompt"
	"wps/cmd/internal/stdio"
	"wps/protocol"
)

// conversation is what is typed at the prompt of "wps connect". What lines do is
// done by another goroutine, in order, so that typing goes on meanwhile.
type conversation struct {
	s      *session
	editor *prompt.Editor
	tasks  chan func(context.Context) error
	target target // of lines that are no commands

	mu     sync.Mutex
	joined []string // groups, as far as this client knows
}

// target is where typed lines go; the zero value is nowhere.
type target struct{ group, event string }

// maxTyped is how many lines may wait for those before them; then typing waits.
const maxTyped = 1024

// canTalk reports whether lines can be edited: both streams are terminals that can
// move the cursor.
func canTalk(env *cli.Env) bool {
	_, in := env.Stdin.(*os.File)
	_, out := env.Out.Stdout.(*os.File)
	kind, _ := env.Settings.LookupEnv("TERM")
	return in && out && stdio.IsTerminal(env.Stdin) && stdio.IsTerminal(env.Out.Stdout) && kind != "dumb"
}

// startTalk makes the terminal a line editor, if lines are typed at a prompt. end
// makes it an ordinary terminal again.
func (s *session) startTalk(ctx context.Context, stop context.CancelCauseFunc) (end func(), err error) {
	if !s.o.talks {
		return func() {}, nil
	}
	t := &conversation{s: s, tasks: make(chan func(context.Context) error, maxTyped), target: target{s.o.toGroup, s.o.event}}
	t.joined = slices.Concat(s.o.groups, s.o.join)
	t.editor, err = prompt.Open(ctx, s.env.Stdin.(*os.File), s.env.Out.Stdout.(*os.File), prompt.Options{
		Prompt: t.target.prompt(), Interrupt: func() { stop(errLeft) }, Complete: t.complete,
	})
	if err != nil {
		return func() {}, fmt.Errorf("edit lines on the terminal: %v", err)
	}
	restore := s.env.Out.Through(t.editor)
	s.talk = t
	return func() {
		restore()
		if err := t.editor.Close(); err != nil {
			s.env.Log.Debug("restore the terminal", "error", err)
		}
		fmt.Fprint(s.env.Out.Stdout, stdio.ClearLine) // the prompt; stdout is the terminal
	}, nil
}

// run reads and runs lines until the end of the input. It returns errLeft then.
func (t *conversation) run(ctx context.Context) error {
	var worker sync.WaitGroup
	worker.Go(func() { t.work(ctx) })
	t.sayTarget()
	err := t.read(ctx)
	close(t.tasks)
	worker.Wait()
	if errors.Is(err, io.EOF) || errors.Is(err, prompt.ErrInterrupted) || errors.Is(err, context.Canceled) {
		return errLeft
	}
	return err
}

// read reads lines and queues what they do.
func (t *conversation) read(ctx context.Context) error {
	for {
		line, err := t.editor.ReadLine()
		if err != nil {
			return err
		}
		task, err := t.taskOf(line)
		switch {
		case errors.Is(err, errLeft):
			return err
		case err != nil:
			t.s.env.Out.PrintError(err)
		case task != nil:
			select {
			case t.tasks <- task:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
}

// work does what lines do. An error ends neither it nor the connection.
func (t *conversation) work(ctx context.Context) {
	for task := range t.tasks {
		if err := task(ctx); err != nil && ctx.Err() == nil {
			t.s.env.Out.PrintError(err)
		}
	}
}

// taskOf returns what a line does, nil for nothing.
func (t *conversation) taskOf(line string) (func(context.Context) error, error) {
	command, isCommand := strings.CutPrefix(line, "/")
	switch {
	case strings.TrimSpace(line) == "":
		return nil, nil
	case isCommand && !strings.HasPrefix(command, "/"):
		return t.command(command)
	}
	dataType, err := protocol.ParseDataType(t.s.o.dataType)
	if err != nil {
		return nil, err
	}
	return t.send(t.target, dataType, []byte(strings.TrimPrefix(line, "/")))
}

// prompt returns the prompt for a target.
func (t target) prompt() string {
	if t == (target{}) {
		return "> "
	}
	return stdio.Clean(t.group+t.event) + "> "
}

// String describes where lines go.
func (t target) String() string {
	switch {
	case t.group != "":
		return fmt.Sprintf("to group %q", t.group)
	case t.event != "":
		return fmt.Sprintf("as the event %q", t.event)
	}
	return "nowhere"
}

// sayTarget prints where typed lines go.
func (t *conversation) sayTarget() {
	if t.target == (target{}) {
		t.s.sayDim("/to group NAME or /to event NAME sets where your lines go; /help lists all commands, Ctrl-C disconnects")
		return
	}
	t.s.sayDim(fmt.Sprintf("your lines go %s of %s; /help lists commands, Ctrl-C disconnects", t.target, t.s.place))
}

// setTarget changes where typed lines go.
func (t *conversation) setTarget(to target) {
	t.target = to
	t.editor.SetPrompt(to.prompt())
	t.sayTarget()
}
