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
		Long: `Read event objects - one JSON object a line, one JSON array, or YAML documents -
and run them one at a time in order; the first failure stops. What --dry-run
prints of other commands can be read here.

A stream may be of any length. With --concurrency, events run side by side, but
those that name the same connection, user or group keep their order, and one for
the whole hub waits for all before it and holds back all behind it. When the
service throttles, all wait.

With -o json each event gives a line as soon as its fate is known:
line, status (done, failed, not tried), event, httpStatus, code, tries,
milliseconds, error, and yes for a question. One that the journal has as done
already says "earlier".`,
		Example: `  wps apply --hub chat events.jsonl
  echo '{"type":"MessageEvent","message":"hi","dataType":"text"}' | wps apply --hub chat
  wps apply --hub chat --concurrency 16 --keep-going --journal done.journal -o json events.jsonl`,
		Annotations: cli.ServiceExits(),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 1 {
				return cli.Usagef("one file is expected, there are %d", len(args))
			}
			return runApply(c.Context(), env, &o, args)
		},
	}
	f := c.Flags()
	f.SortFlags = false
	o.batch.Register(c, "run up to `n` events at once; the order of each target is kept")
	f.BoolVar(&o.unordered, "unordered", false, "with --concurrency: let events of the same target overtake one another")
	f.BoolVar(&o.checkFirst, "check-first", false, "read and check everything before anything is sent")
	f.StringVar(&o.format, "format", "", "what the input is (default by the file's name, then by how it begins): `json|yaml`")
	o.act.Register(c)
	return c
}

func (o *applyOptions) check() error {
	if o.format != "" && o.format != "json" && o.format != "yaml" {
		return cli.Usagef("--format %q is unknown: use json or yaml", o.format)
	}
	return o.batch.Check(o.act)
}

func runApply(ctx context.Context, env *cli.Env, o *applyOptions, args []string) error {
	if err := o.check(); err != nil {
		return err
	}
	path := strings.Join(args, "")
	if len(args) > 0 && path == "" {
		return cli.Usagef("the name of the file is empty")
	}
	if path == "" && cli.IsTerminal(env.Stdin) {
		return cli.Usagef("no input is given: name a file, or pipe event objects in")
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

// newSource reads events in the format of the flag, else of the file's name,
// else of how the input begins.
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

// maxStart bounds how much of an input is looked at, in bytes.
const maxStart = 512

// beginsYAML looks at no more of the input than it needs: the first event of a
// stream is run when it is there, not when more comes.
func beginsYAML(in *bufio.Reader) bool {
	for n := 1; ; n++ {
		start, err := in.Peek(n) // what is wrong, the source will tell
		text := bytes.TrimLeft(bytes.TrimPrefix(start, []byte("\ufeff")), " \t\r\n")
		switch {
		case yamlStart().Match(start):
			return true
		case err != nil, n == maxStart, bytes.ContainsAny(text, "{[\n"):
			return false
		}
	}
}

// yamlStart is how a YAML stream begins and a stream of JSON objects cannot: a
// comment, a mark, a directive, an item of a list, or a name with a colon.
var yamlStart = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\A(?:\x{FEFF})?\s*(?:#|---|%YAML|- |[A-Za-z]+\s*:)`) })
