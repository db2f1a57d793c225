// Package replaycmd is "wps replay": it sends what a recording holds again, the
// events to an event handler or the actions of clients to a service, and compares
// the answers with those of the recording.
//
// It hides what of an object can be sent again and how answers are compared. The
// form of a recording is left to protocol/traffic, sending events to package
// emulator, clients to package client/ws.
//
//	root.AddCommand(replaycmd.New(env))
package replaycmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"wps/cmd/internal/cli"
	"wps/cmd/internal/record"
	"wps/protocol/traffic"
)

// options are the flags of "wps replay".
type options struct {
	path       string
	to         string
	service    bool
	noValidate bool
	speedText  string
	speed      float64 // 0: without pauses
	only       []string
	lineTexts  []string
	lines      []int
	rewrites   []string
	rewrite    rewrites
	keys       []string
	origin     string
}

// New returns the "wps replay" command.
func New(env *cli.Env) *cobra.Command {
	var o options
	c := &cobra.Command{
		Use:   "replay FILE {--to URL | --service} [--speed 1x] [--only TYPE]... [--line N]... [--rewrite user=NEW]...",
		Short: "Send a recording to an event handler or a service again",
		Long: `Send what a recording holds again, and compare the answers with those of the
recording. Recordings are made by --record of wps emulator, wps listen and wps
connect.

With --to the events go to an event handler, signed with the access key, in their
order and under new event ids. An answer differs if its status, its data type or
its data does. With --service the clients of the recording connect again, with new
connections: they join, leave, send and close as they did, and REST requests are
made; answers are compared by ack and status. An id of a connection in a request
becomes that of the new one.

A line that cannot be read or sent again is named and left out.`,
		Example: `  wps replay run.ndjson --to http://localhost:9000/eh
  wps replay run.ndjson --to http://localhost:9000 --only message --rewrite user=u2
  wps replay run.ndjson --service --speed 5x`,
		Annotations: cli.Exits("  1    an answer differs, or nothing could be sent again", cli.ExitLineUsage, cli.ExitLineUnauthorized, cli.ExitLineInterrupted),
		Args:        cli.ExactArgs("FILE"),
		RunE: func(c *cobra.Command, args []string) error {
			o.path = args[0]
			if err := o.check(); err != nil {
				return err
			}
			return replay(c.Context(), env, &o)
		},
	}
	o.register(c.Flags())
	return c
}

func (o *options) register(f *pflag.FlagSet) {
	f.SortFlags = false
	f.StringVar(&o.to, "to", "", "send the events to the event handler at `URL`; {hub} and {event} are replaced by their names")
	f.BoolVar(&o.service, "service", false, "repeat the actions of clients, and REST requests, at the service")
	f.StringVar(&o.speedText, "speed", "", "keep the pauses of the recording, this many `times` as fast, such as 1x or 5x (default: no pauses)")
	f.StringArrayVar(&o.only, "only", nil, "only events of this name, or objects of this `type`, such as message or received; may be repeated")
	f.StringArrayVar(&o.lineTexts, "line", nil, "only line `n` of the recording; may be repeated")
	f.StringArrayVar(&o.rewrites, "rewrite", nil, "replace a name: `FIELD=NEW`, or FIELD:OLD=NEW for one of them; FIELD is user, hub, group or\nevent; may be repeated")
	f.BoolVar(&o.noValidate, "no-validate", false, "with --to: do not validate the handler first")
	f.StringArrayVar(&o.keys, "key", nil, "with --to: also sign with this `key`, or @FILE; may be repeated")
	f.StringVar(&o.origin, "origin", "", "with --to: `host` that the events come from (default that of the service)")
}

// check checks the flags.
func (o *options) check() (err error) {
	switch {
	case o.to == "" && !o.service:
		return cli.Usage("nowhere to send the recording", "add --to URL for events to an event handler, or --service for the actions of clients")
	case o.to != "" && o.service:
		return cli.Usagef("--to and --service exclude each other")
	case o.service && (o.noValidate || len(o.keys) > 0 || o.origin != ""):
		return cli.Usagef("--no-validate, --key and --origin go with --to")
	}
	if o.speed, err = parseSpeed(o.speedText); err != nil {
		return err
	}
	for _, text := range o.lineTexts {
		line, err := strconv.Atoi(text)
		if err != nil || line < 2 {
			return cli.Usage(fmt.Sprintf("--line %q is not the line of an object", text), "the first object is in line 2")
		}
		o.lines = append(o.lines, line)
	}
	o.rewrite, err = parseRewrites(o.rewrites)
	return err
}

// parseSpeed reads 5x, 0.5x or 5; "" is without pauses.
func parseSpeed(text string) (float64, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseFloat(strings.TrimSuffix(strings.ToLower(text), "x"), 64)
	if err != nil || n <= 0 || n > 1e6 {
		return 0, cli.Usage(fmt.Sprintf("--speed %q is not a speed", text), "use 1x for the pauses of the recording, 5x for a fifth of them; leave it out for none")
	}
	return n, nil
}

// replayer sends one object after the other.
type replayer interface {
	// send sends an object again, if it can be. Its error ends the run.
	send(ctx context.Context, o *traffic.Object, line int) error
	// finish ends what is still open.
	finish(ctx context.Context) error
}

func replay(ctx context.Context, env *cli.Env, o *options) error {
	r, file, err := record.Open(o.path)
	if err != nil {
		return err
	}
	defer file.Close()
	t := &tally{env: env}
	var to replayer
	if o.service {
		to, err = newClients(env, o, t)
	} else {
		to, err = newHandler(ctx, env, o, t)
	}
	if err != nil {
		return err
	}
	err = o.sendAll(ctx, r, to, t)
	if err = cli.JoinErrors(err, to.finish(context.WithoutCancel(ctx))); err != nil {
		return err
	}
	return t.end(o)
}

// sendAll reads the recording and sends its objects.
func (o *options) sendAll(ctx context.Context, r *traffic.Reader, to replayer, t *tally) error {
	var p pace
	for {
		object, line, err := r.Read()
		var fault *traffic.LineError
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.As(err, &fault):
			t.leaveOut(line, fault.Reason)
			continue
		case err != nil:
			return fmt.Errorf("read the recording %s: %v", o.path, err)
		case !o.wants(object, line):
			continue
		}
		o.rewrite.apply(object)
		if err := p.wait(ctx, object, o.speed); err != nil {
			return err
		}
		if err := to.send(ctx, object, line); err != nil {
			return err
		}
	}
}

// wants reports whether an object was asked for.
func (o *options) wants(x *traffic.Object, line int) bool {
	if len(o.lines) > 0 && !slices.Contains(o.lines, line) {
		return false
	}
	if len(o.only) == 0 {
		return true
	}
	for _, name := range o.only {
		for one := range strings.SplitSeq(name, ",") {
			one = strings.TrimSpace(one)
			if x.Type == traffic.Handled && strings.EqualFold(one, x.Event) || strings.EqualFold(one, string(x.Type)) {
				return true
			}
		}
	}
	return false
}

// pace keeps the pauses of a recording.
type pace struct{ began, first, last time.Time }

// setBack is how much earlier than the line before it a line of a recording must be
// for the clock to have been set back between them: lines are written in the order
// of their times, but for those of the same moment.
const setBack = time.Second

// wait waits until an object is due.
func (p *pace) wait(ctx context.Context, o *traffic.Object, speed float64) error {
	at := o.Time.Add(-time.Duration(o.Milliseconds * float64(time.Millisecond)))
	switch {
	case p.first.IsZero():
		p.first, p.began = at, time.Now()
	case p.last.Sub(o.Time) > setBack: // without a pause, and not all at once from here on
		p.first = p.first.Add(o.Time.Sub(p.last))
	}
	p.last = o.Time
	if speed == 0 {
		return ctx.Err()
	}
	due := p.began.Add(time.Duration(float64(at.Sub(p.first)) / speed))
	timer := time.NewTimer(time.Until(due))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
