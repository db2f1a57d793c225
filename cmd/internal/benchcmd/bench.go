// Package benchcmd is "wps bench" with its subcommands.
//
// It hides how flags become a measurement, and which files results and reports are
// read from and written to. Measuring and comparing are left to package bench.
//
//	root.AddCommand(benchcmd.New(env))
package benchcmd

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"wps/bench"
	"wps/client"
	"wps/client/ws"
	"wps/cmd/internal/cli"
	"wps/cmd/internal/explain"
	"wps/protocol"
	"wps/token"
)

// New returns the "wps bench" command.
func New(env *cli.Env) *cobra.Command {
	c := &cobra.Command{
		Use:   "bench",
		Short: "Measure a service: requests, connections, messages on their way",
		Long: `Load a service and measure: latencies with all their percentiles, rates, and
messages that were lost, came twice or out of order. A service that is not on
this machine is only loaded with --yes-load-this-service: it may cost money, and
disturb others.

No request is tried again: --retries does nothing here. -o csv prints a line for
each second, -o json everything.`,
		Example: `  wps bench send --hub bench --concurrency 16
  wps bench fanout --hub bench --connections 1000 --groups 10 --rate 200/s --report fanout.html
  wps bench compare before.json after.json`,
		Annotations: benchExits(),
		Args:        cobra.ArbitraryArgs,
		RunE:        cli.SubcommandsOnly,
	}
	benchOutputFlag(env, c)
	c.AddCommand(newBenchSend(env), newBenchFanout(env), newBenchEcho(env), newBenchConnect(env), newBenchCompare(env))
	return c
}

// benchOptions are the flags of every kind of run.
type benchOptions struct {
	duration time.Duration
	warmup   time.Duration
	rate     string
	size     int
	sized    bool // the benchmark has messages of a size
	workers  int
	name     string
	save     string
	report   string
	yes      bool
}

// Bounds of the flags.
const (
	maxBenchWorkers = 100_000
	maxBenchTime    = 24 * time.Hour
)

// benchOutputFlag hides the common flag, which knows text and json only.
func benchOutputFlag(env *cli.Env, c *cobra.Command) {
	c.Annotations[cli.OutputsAnnotation] = "csv"
	c.Flags().StringVarP(&env.Out.Format, "output", "o", "text", "how to print: `text|json|csv`")
}

func (o *benchOptions) flags(env *cli.Env, c *cobra.Command, workers int, concurrency string) {
	benchOutputFlag(env, c)
	f := c.Flags()
	f.SortFlags = false
	f.DurationVar(&o.duration, "duration", 10*time.Second, "measure for this `time`")
	f.DurationVar(&o.warmup, "warmup", 2*time.Second, "go on for this `time` before measuring")
	f.StringVar(&o.rate, "rate", "", "start so many in all, such as `200/s`, and count the time from when each should have\nstarted (default as fast as it goes)")
	f.IntVar(&o.workers, "concurrency", workers, concurrency)
	f.StringVar(&o.name, "name", "", "`name` of this run in reports and comparisons")
	f.StringVar(&o.save, "save", "", "keep the result as JSON in `file`, for bench compare")
	f.StringVar(&o.report, "report", "", "write an HTML page with charts to `file`")
	f.BoolVar(&o.yes, "yes-load-this-service", false, "load a service that is not on this machine")
}

func (o *benchOptions) sizeFlag(c *cobra.Command) {
	o.sized = true
	c.Flags().IntVar(&o.size, "size", 128, fmt.Sprintf("size of a message in `bytes`, at least %d", bench.MinSize))
}

// options checks the flags.
func (o *benchOptions) options() (bench.Options, error) {
	rate, err := cli.ParseRate(o.rate)
	switch {
	case err != nil:
		return bench.Options{}, cli.Usagef("--rate %q: %v", o.rate, err)
	case o.workers < 1 || o.workers > maxBenchWorkers:
		return bench.Options{}, cli.Usagef("--concurrency must be from 1 to %d", maxBenchWorkers)
	case strings.ContainsFunc(o.name, unicode.IsControl):
		return bench.Options{}, cli.Usagef("--name %q: must be one line of text", o.name)
	case o.duration <= 0 || o.duration > maxBenchTime || o.warmup < 0 || o.warmup > maxBenchTime:
		return bench.Options{}, cli.Usagef("--duration must be more than 0, --warmup 0 or more, and neither over %v", maxBenchTime)
	case o.sized && (o.size < bench.MinSize || o.size > protocol.MaxMessageSize/2):
		return bench.Options{}, cli.Usagef("--size must be from %d to %d", bench.MinSize, protocol.MaxMessageSize/2)
	}
	return bench.Options{Workers: o.workers, Rate: rate, Warmup: o.warmup, Duration: o.duration, Size: o.size}, nil
}

// bencher runs one benchmark for a command.
type bencher struct {
	env *cli.Env
	o   *benchOptions
	cs  token.ConnectionString
	hub string
	bench.Options
	files []*keptFile
}

// bencher checks the flags, and that the service may be loaded.
func newBencher(env *cli.Env, o *benchOptions) (*bencher, error) {
	options, err := o.options()
	if err != nil {
		return nil, err
	}
	hub, err := env.Settings.Hub()
	if err != nil {
		return nil, err
	}
	cs, _, err := env.Settings.Connection()
	if err != nil {
		return nil, err
	}
	if !o.yes && !cli.IsLoopback(cs.Endpoint) {
		return nil, cli.Usage(fmt.Sprintf("%s is not known to be on this machine: a benchmark loads it, which may cost money and disturb others", cs.Endpoint.Host),
			"if it is yours and that is meant, add --yes-load-this-service; this machine is localhost, 127.0.0.1 or [::1]")
	}
	b := &bencher{env: env, o: o, cs: cs, hub: hub, Options: options}
	if env.Out.StderrIsTerminal() && !env.Out.Quiet {
		b.OnSecond = func(s bench.Second) {
			env.Out.Stderr.SetStatus(fmt.Sprintf("%4d s  %d/s  %d failed  p50 %.3g ms  p99 %.3g ms", s.Second, s.Count, s.Failed, s.P50, s.P99))
		}
	}
	if err := b.openKept(); err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

// service gives REST without retries: a failure is measured, not mended.
func (b *bencher) service() (*client.Service, error) {
	return client.FromConnectionString(b.cs, b.hub, client.Options{
		Retries: -1, TryTimeout: b.env.Settings.Timeout, Logger: b.env.Log, LoopbackOnly: !b.o.yes, IdleConns: max(b.Workers, 256),
	})
}

// probe asks once for a group, before anything is loaded: a service that is not
// there, or takes another key, would fail every request of the run.
func (b *bencher) probe(ctx context.Context, s *client.Service) error {
	_, _, err := s.Exists(ctx, protocol.Target{Kind: protocol.TargetGroup, ID: benchGroup})
	return explain.Service(b.env.Settings, err)
}

// benchGroup is a group that nobody is in.
const benchGroup = "wps-bench-nobody"

// dial opens a connection with a token of its own.
func (b *bencher) dial(ctx context.Context, groups []string) (bench.Conn, error) {
	n, err := token.Negotiate(b.cs, token.ClientOptions{Hub: b.hub, Groups: groups, Lifetime: time.Hour})
	if err != nil {
		return nil, err
	}
	c, err := ws.Dial(ctx, ws.Options{
		URL: n.URL, Subprotocol: protocol.SubprotocolJSON, Logger: b.env.Log, LoopbackOnly: !b.o.yes,
		HandshakeTimeout: b.env.Settings.Timeout, AckTimeout: b.env.Settings.Timeout,
	})
	if err != nil {
		return nil, err
	}
	return benchConn{c}, nil
}

// benchConn is a client as package bench wants it.
type benchConn struct{ *ws.Conn }

func (c benchConn) SendEvent(ctx context.Context, event string, data []byte) error {
	return c.Conn.SendEvent(ctx, event, ws.EventOptions{}, data)
}

// finish saves, reports and prints a result, in this order: who reads stdout may
// have gone.
func (b *bencher) finish(ctx context.Context, r *bench.Result, err error) error {
	b.env.Out.Stderr.SetStatus("")
	if err != nil {
		return explain.Service(b.env.Settings, err)
	}
	r.Name, r.Endpoint = b.o.name, b.cs.Endpoint.Scheme+"://"+b.cs.Endpoint.Host
	var unkept error
	for _, k := range b.files {
		unkept = cli.JoinErrors(unkept, k.fill(r))
	}
	if err := cli.JoinErrors(b.print(r), unkept); err != nil {
		return err
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case r.Count == 0:
		return cli.WithHint(errors.New("nothing was measured"), whyNothing(r))
	}
	return nil
}

func (b *bencher) print(r *bench.Result) error {
	switch b.env.Out.Format {
	case "json":
		return b.env.Out.PrintJSON(r)
	case "csv":
		return bench.CSV(writerFunc(func(p []byte) (int, error) { return len(p), b.env.Out.Write(p) }), r)
	}
	return b.env.Out.Write([]byte(b.env.Out.Printable(bench.Text(r))))
}

// whyNothing is the hint for a run that has measured nothing.
func whyNothing(r *bench.Result) string {
	switch {
	case r.Failed > 0:
		return "look at the errors above"
	case r.Kind == "echo" && r.Lost > 0:
		return "the hub's event handler must answer the event with what it holds"
	case r.Lost > 0:
		return "the service took messages and delivered none of them"
	}
	return "give it more --duration"
}

// writerFunc is a function that writes.
type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// close drops what the run has not filled.
func (b *bencher) close() {
	for _, k := range b.files {
		k.drop()
	}
}

// benchExits are the exit codes of a run.
func benchExits() map[string]string {
	return cli.Exits("  1    nothing could be measured, or a result could not be written", cli.ExitLineUsage, cli.ExitLineUnauthorized, cli.ExitLineInterrupted)
}
