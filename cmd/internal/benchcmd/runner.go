package benchcmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"wps/bench"
	"wps/client"
	"wps/client/ws"
	"wps/cmd/internal/cli"
	"wps/cmd/internal/explain"
	"wps/cmd/internal/service"
	"wps/protocol"
	"wps/token"
)

// runner runs one benchmark.
type runner struct {
	env *cli.Env
	o   *runFlags
	cs  token.ConnectionString
	hub string
	bench.Options
	files  []*resultFile
	limits []bench.Limit // of --fail-if
}

// newRunner checks the flags, and that the service may be loaded, and opens the
// files of the result. The caller closes the runner.
func newRunner(env *cli.Env, kind string, o *runFlags) (*runner, error) {
	options, err := o.options()
	if err != nil {
		return nil, err
	}
	limits, err := o.limits(kind)
	if err != nil {
		return nil, err
	}
	hub, err := env.Settings.Hub()
	if err != nil {
		return nil, err
	}
	cs, _, err := env.Settings.Service()
	if err != nil {
		return nil, err
	}
	if !o.yes && !cli.IsLoopback(cs.Endpoint) {
		return nil, cli.Usage(fmt.Sprintf("%s is not known to be on this machine: a benchmark may cost money and disturb others", cs.Endpoint.Host),
			"if you may load it, add --yes-load-this-service; this machine is localhost, 127.0.0.1 or [::1]")
	}
	b := &runner{env: env, o: o, cs: cs, hub: hub, Options: options, limits: limits}
	if env.Out.StderrIsTerminal() && !env.Out.Quiet {
		b.OnSecond = func(s bench.Second) {
			env.Out.Stderr.SetStatus(fmt.Sprintf("%4d s  %d/s  %d failed  p50 %.3g ms  p99 %.3g ms", s.Second, s.Count, s.Failed, s.P50, s.P99))
		}
	}
	if err := b.openFiles(); err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

// service returns a REST client without retries, because failures are measured.
func (b *runner) service() (*client.Service, error) {
	return service.NewWith(b.env, b.cs, b.hub, client.Options{
		Retries: -1, TryTimeout: b.env.Settings.Timeout, LoopbackOnly: !b.o.yes, IdleConns: max(b.Workers, 256),
	})
}

// probe sends one request before the run: a service that cannot be reached, or that
// refuses the key, would fail every request of it.
func (b *runner) probe(ctx context.Context, s *client.Service) error {
	_, _, err := s.Exists(ctx, protocol.Target{Kind: protocol.TargetGroup, ID: emptyGroup})
	return explain.Service(b.env.Settings, err)
}

// emptyGroup is a group without connections.
const emptyGroup = "wps-bench-empty"

// dial opens a connection with a new token.
func (b *runner) dial(ctx context.Context, groups []string) (bench.Conn, error) {
	negotiator, err := service.NewNegotiator(b.env, b.cs, b.hub)
	if err != nil {
		return nil, err
	}
	n, err := negotiator.Negotiate(ctx, token.ClientOptions{Hub: b.hub, Groups: groups, Lifetime: time.Hour})
	if err != nil {
		return nil, err
	}
	config, err := service.TLS(b.env)
	if err != nil {
		return nil, err
	}
	c, err := ws.Dial(ctx, ws.Options{
		TLS: config, URL: n.URL, Subprotocol: protocol.SubprotocolJSON, Logger: b.env.Log, LoopbackOnly: !b.o.yes,
		HandshakeTimeout: b.env.Settings.Timeout, AckTimeout: b.env.Settings.Timeout,
	})
	if err != nil {
		return nil, err
	}
	return conn{c}, nil
}

// conn is a client connection with the methods that package bench needs.
type conn struct{ *ws.Conn }

// SendEvent sends a user event and waits until it is acknowledged.
func (c conn) SendEvent(ctx context.Context, event string, data []byte) error {
	return c.Conn.SendEvent(ctx, event, ws.EventOptions{}, data)
}

// hold returns the options of a run with --hold.
func (b *runner) hold(held holdOptions) bench.HoldOptions {
	o := bench.HoldOptions{Options: b.Options, Connections: held.connections, Hold: held.hold}
	if b.OnSecond != nil {
		o.OnHeld = func(open int, left time.Duration) {
			b.env.Out.Stderr.SetStatus(fmt.Sprintf("%d open, %v left", open, left.Round(time.Second)))
		}
	}
	return o
}

// probeDial opens one connection before the run, for the reason of probe.
func (b *runner) probeDial(ctx context.Context) error {
	c, err := b.dial(ctx, nil)
	if err != nil {
		return explain.Service(b.env.Settings, err)
	}
	return c.Close(ctx)
}

// fanout measures the delivery of messages.
func (b *runner) fanout(ctx context.Context, fan fanoutOptions) error {
	s, err := b.service()
	if err != nil {
		return err
	}
	defer s.CloseIdleConnections()
	r, err := bench.Fanout(ctx, s, b.dial, bench.FanoutOptions{
		Options: b.Options, Connections: fan.connections, Groups: fan.groups, InFlight: fan.inFlight,
	})
	return b.finish(ctx, r, err)
}

// openFiles opens the files of --save and --report.
func (b *runner) openFiles() error {
	all := []resultFile{
		{path: b.o.save, what: "save the result", write: func(w io.Writer, r *bench.Result) error { return json.NewEncoder(w).Encode(r) }},
		{path: b.o.report, what: "write the report", write: func(w io.Writer, r *bench.Result) error { return bench.Report(w, []*bench.Result{r}) }},
	}
	for i := range all {
		k := &all[i]
		if k.path == "" {
			continue
		}
		if err := k.open(); err != nil {
			return cli.Usage(fmt.Sprintf("%s: %s: %v", k.what, k.path, err), "--save and --report need a file that can be written")
		}
		b.files = append(b.files, k)
	}
	if len(b.files) == 2 && b.files[0].file.Same(b.files[1].file) {
		return cli.Usagef("--save and --report name the same file")
	}
	return nil
}

// finish writes the files of a result, then prints it: stdout may be a closed pipe.
func (b *runner) finish(ctx context.Context, r *bench.Result, err error) error {
	b.env.Out.Stderr.SetStatus("")
	if err != nil {
		return explain.Service(b.env.Settings, err)
	}
	r.Name, r.Endpoint = b.o.name, b.cs.Endpoint.Scheme+"://"+b.cs.Endpoint.Host
	var fileErr error
	for _, k := range b.files {
		fileErr = cli.JoinErrors(fileErr, k.fill(r))
	}
	if err := cli.JoinErrors(b.print(r), fileErr); err != nil {
		return err
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case r.Count == 0:
		return cli.WithHint(errors.New("nothing was measured"), nothingHint(r))
	}
	return b.checkLimits(r)
}

// checkLimits returns an error that lists the conditions of --fail-if that are true.
func (b *runner) checkLimits(r *bench.Result) error {
	var met []string
	for _, l := range b.limits {
		if yes, measured := l.Met(r); yes {
			met = append(met, measured)
		}
	}
	if met == nil {
		return nil
	}
	return cli.WithHint(errors.New(strings.Join(met, "; ")), "the run is over the limits of --fail-if")
}

// print prints a result in the format of -o.
func (b *runner) print(r *bench.Result) error {
	switch b.env.Out.Format {
	case "json":
		return b.env.Out.PrintJSON(r)
	case "csv":
		return bench.CSV(writerFunc(func(p []byte) (int, error) { return len(p), b.env.Out.Write(p) }), r)
	}
	return b.env.Out.Write([]byte(b.env.Out.PrintableLines(bench.TextFor(r, b.env.Out.StdoutWidth()), "")))
}

// nothingHint returns the next step after a run without a measurement.
func nothingHint(r *bench.Result) string {
	const handler = "the hub's event handler must answer the event with the data of the event, as in wps emulator --on echo :echo -- wps bench echo --hub bench"
	switch {
	case r.Kind == "echo" && (r.Failed == 0 && r.Lost > 0 || eventFailed(r)):
		return handler
	case r.Failed > 0:
		return "see the errors above"
	case r.Lost > 0:
		return "the service accepted messages and delivered none of them"
	}
	return "raise --duration"
}

// eventFailed reports whether an event failed because there is no event handler, or
// because it failed. The service has one error for both.
func eventFailed(r *bench.Result) bool {
	for text := range r.Faults {
		if strings.HasPrefix(text, protocol.AckInternalServerError) {
			return true
		}
	}
	return false
}

// writerFunc makes an io.Writer of a function.
type writerFunc func([]byte) (int, error)

// Write implements io.Writer.
func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// close closes the files that were not filled.
func (b *runner) close() {
	for _, k := range b.files {
		k.drop()
	}
}
