package batch

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"wps/cmd/internal/cli"
	"wps/cmd/internal/service"
	"wps/cmd/internal/stdio"
	"wps/output"
)

type applyOptions struct {
	act        service.EventFlags
	batch      Options
	checkFirst bool
	unordered  bool
	format     string
}

// NewApply returns the "wps apply" command.
func NewApply(env *cli.Env) *cobra.Command {
	var o applyOptions
	c := &cobra.Command{
		Use:   "apply [FILE | -]",
		Short: "Run a stream of event objects in order",
		Long: `Read event objects (one JSON object per line, one JSON array, or YAML documents)
and run them one at a time, in order; the first failure stops the run. Output of
other commands with --dry-run is valid input.

A stream may be of any length. With --concurrency, events run concurrently, but
events for the same connection, user or group keep their order, and an event for
the whole hub waits for all earlier events and holds back all later ones. When
the service throttles requests, all events wait.

With -o json each event produces a line as soon as its result is known: line,
index (its number, from 0), status (done, failed, not tried), event, httpStatus,
code, tries, milliseconds, error, and yes for a question. An event that the journal
lists as done from an earlier run has "earlier".`,
		Example: `  wps apply --hub chat events.jsonl
  echo '{"type":"MessageEvent","message":"hi","dataType":"text"}' | wps apply --hub chat
  wps apply --hub chat --concurrency 16 --keep-going --journal done.journal -o json events.jsonl`,
		Annotations: cli.ServiceExits(),
		RunE: func(c *cobra.Command, args []string) error {
			return runApply(c.Context(), env, &o, args)
		},
	}
	f := c.Flags()
	f.SortFlags = false
	o.batch.Register(c, "run up to `n` events at once; events for the same target keep their order")
	f.BoolVar(&o.unordered, "unordered", false, "with --concurrency: let events for the same target overtake one another")
	f.BoolVar(&o.checkFirst, "check-first", false, "read and check the whole input before anything is sent")
	f.StringVar(&o.format, "format", "", "format of the input (default by the file name, then by its first bytes): `json|yaml`")
	o.act.Register(c)
	return c
}

// check checks the flags and the argument.
func (o *applyOptions) check(env *cli.Env, args []string) error {
	if o.format != "" && o.format != "json" && o.format != "yaml" {
		return cli.Usagef("--format %q is unknown: use json or yaml", o.format)
	}
	if err := o.batch.Check(o.act); err != nil {
		return err
	}
	switch {
	case len(args) > 1:
		return cli.Usagef("expected one file, got %d", len(args))
	case len(args) == 1 && args[0] == "":
		return cli.Usagef("the file name is empty")
	case len(args) == 0 && stdio.IsTerminal(env.Stdin):
		return cli.Usagef("no input: name a file, or pipe event objects in")
	}
	return nil
}

func runApply(ctx context.Context, env *cli.Env, o *applyOptions, args []string) error {
	if err := o.check(env, args); err != nil {
		return err
	}
	path := ""
	if len(args) > 0 {
		path = args[0]
	}
	if path != "" && path != "-" {
		env.NoteUnread("the events are those of " + path)
	}
	in, err := Open(ctx, env, path)
	if err != nil {
		return err
	}
	defer in.Close()
	a, pace, err := NewRunner(env, o.act, o.batch)
	if err != nil {
		return err
	}
	b := &Stream{
		Runner: a, Options: o.batch, In: in, Pace: pace, Purpose: "apply",
		checkFirst: o.checkFirst, Unordered: o.unordered,
		Source: func(r io.Reader) output.Source { return newSource(r, o.format, path) },
	}
	return b.Run(ctx)
}

// newSource returns a source of events in the format of the flag, else by the file
// name, else by the first bytes of the input.
func newSource(in io.Reader, format, path string) output.Source {
	if ext := strings.ToLower(filepath.Ext(path)); format == "" && (ext == ".yaml" || ext == ".yml") {
		format = "yaml"
	}
	buffered := bufio.NewReaderSize(in, 4096)
	if format == "yaml" || format == "" && beginsYAML(buffered) {
		return output.NewYAML(buffered)
	}
	return output.NewReader(buffered)
}

// maxStart bounds how many bytes of an input beginsYAML examines.
const maxStart = 512

// beginsYAML reports whether the input begins like YAML. It reads no more than it
// needs, so that the first event of a stream runs before the next one arrives.
func beginsYAML(in *bufio.Reader) bool {
	for n := 1; ; n++ {
		start, err := in.Peek(n) // the source reports the error
		text := bytes.TrimLeft(bytes.TrimPrefix(start, []byte("\ufeff")), " \t\r\n")
		switch {
		case yamlStart().Match(start):
			return true
		case err != nil, n == maxStart, bytes.ContainsAny(text, "{[\n"):
			return false
		}
	}
}

// yamlStart matches the start of a YAML stream that cannot begin a stream of JSON
// objects: a comment, a document marker, a directive, a list item, or a key.
var yamlStart = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\A(?:\x{FEFF})?\s*(?:#|---|%YAML|- |[A-Za-z]+\s*:)`)
})
