package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"wps/output"
)

type applyOptions struct {
	act        actOptions
	checkFirst bool
}

// newApply returns the "wps apply" command.
func newApply(env *Env) *cobra.Command {
	var o applyOptions
	c := &cobra.Command{
		Use:   "apply [FILE | -]",
		Short: "Run a stream of event objects in order",
		Long: `Read event objects, one JSON object a line or one array, and run them one at a
time in order; the first failure stops. With --check-first nothing is sent when
any of them is faulty. What --dry-run prints of other commands can be read here.`,
		Example: `  wps apply --hub chat events.jsonl
  echo '{"type":"MessageEvent","message":"hi","dataType":"text"}' | wps apply --hub chat
  wps apply --hub chat --check-first -o json events.jsonl`,
		Annotations: serviceExits(),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usagef(c, "one file is expected, there are %d", len(args))
			}
			return apply(c, env, &o, args)
		},
	}
	c.Flags().BoolVar(&o.checkFirst, "check-first", false, "read and check everything before anything is sent")
	o.act.flags(c)
	return c
}

func apply(c *cobra.Command, env *Env, o *applyOptions, args []string) error {
	in, isFile := io.Reader(newInput(c.Context(), env.Stdin)), false
	switch {
	case len(args) == 1 && args[0] != "-":
		f, err := os.Open(args[0])
		if err != nil {
			return &usageError{err.Error(), "apply needs a file that can be read; \"-\" reads standard input"}
		}
		defer f.Close()
		in, isFile = f, true
	case len(args) == 0 && isTerminal(env.Stdin):
		return usagef(c, "no input is given: name a file, or pipe event objects in")
	}
	a, err := env.actor(c, o.act)
	if err != nil {
		return err
	}
	return a.apply(c.Context(), in, o, isFile)
}

// apply runs the stream and reports every line. Only a file is known to end, so
// only there the lines behind a failure are counted.
func (a *actor) apply(ctx context.Context, in io.Reader, o *applyOptions, isFile bool) error {
	var printErr error
	options := output.RunOptions{
		CheckFirst: o.checkFirst,
		CountRest:  isFile,
		Each: func(ctx context.Context, ev output.Event) (output.Result, error) {
			if o.act.dryRun == dryRunEvent {
				return output.Result{}, a.env.printJSON(ev)
			}
			return a.run(ctx, ev)
		},
		OnResult: func(r output.LineResult) {
			if printErr == nil && a.env.json() && o.act.dryRun == "" {
				printErr = a.env.printJSON(r)
			}
		},
	}
	summary, err := output.Run(ctx, a.svc, output.NewReader(in), options)
	if printErr != nil {
		return printErr
	}
	a.summarize(summary, o)
	return a.applyFailure(err)
}

// summarize says how much of the stream was done.
func (a *actor) summarize(s output.Summary, o *applyOptions) {
	if o.act.dryRun != "" {
		return
	}
	text := fmt.Sprintf("%d done", s.Done)
	if s.Failed > 0 {
		text += fmt.Sprintf(", %d failed", s.Failed)
	}
	switch {
	case s.Unread:
		text += ", the rest not tried"
	case s.NotTried > 0:
		text += fmt.Sprintf(", %d not tried", s.NotTried)
	}
	a.env.say("%s", text)
}

// applyFailure adds the next step to the failure of a stream.
func (a *actor) applyFailure(err error) error {
	var line *output.LineError
	if err == nil || !errors.As(err, &line) {
		return err
	}
	var faulty *output.FaultError
	if errors.As(err, &faulty) {
		return withHint(err, "mend that line; --check-first finds faults before anything is sent")
	}
	return err
}
