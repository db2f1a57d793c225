// Package doctorcmd is "wps doctor": it checks step by step what can be wrong
// between a machine and its service, or between the service and an event handler.
//
// It hides the order of the checks and what each outcome means. Requests are left to
// package client, connections to client/ws, events to package emulator.
//
//	root.AddCommand(doctorcmd.New(env))
package doctorcmd

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"wps/cmd/internal/cli"
	"wps/token"
)

// New returns the "wps doctor" command.
func New(env *cli.Env) *cobra.Command {
	var o options
	c := &cobra.Command{
		Use:   "doctor [--handler URL]",
		Short: "Check the service, or an event handler, step by step",
		Long: `Check settings, DNS, proxy, network, TLS, clock, health, key or identity, hub and
WebSocket of the service, and print a line for each, with the next step for what is
wrong. With --handler, check an event handler as the service sees it instead:
validation, allowed origins, signature, each event, a repetition, state, and a large
body.

The check of the WebSocket opens a connection and sends a message to itself; event
handlers of the hub see that connection as any other.`,
		Example: `  wps doctor --hub chat
  wps doctor --context prod -o json
  wps doctor --hub chat --handler http://localhost:9000/eventhandler`,
		Annotations: cli.Exits("  1    a check failed", cli.ExitLineUsage, cli.ExitLineInterrupted),
		Args:        cli.ExactArgs(),
		RunE:        func(c *cobra.Command, _ []string) error { return run(c.Context(), env, &o) },
	}
	f := c.Flags()
	f.SortFlags = false
	f.Var((*cli.URLValue)(&o.handler), "handler", "check the event handler at this `URL`; {hub} and {event} are replaced by their names")
	f.StringArrayVar(&o.keys, "key", nil, "with --handler: sign with this `key` too, or @FILE; may be repeated")
	f.StringVar(&o.origin, "origin", "", "with --handler: `host` that the events come from (default that of the service)")
	return c
}

// options are the flags of "wps doctor".
type options struct {
	handler string
	keys    []string
	origin  string
}

func run(ctx context.Context, env *cli.Env, o *options) error {
	if o.handler == "" && (len(o.keys) > 0 || o.origin != "") {
		return cli.Usagef("--key and --origin go with --handler")
	}
	d := &doctor{env: env}
	d.settings()
	if o.handler != "" {
		if err := d.handler(ctx, o); err != nil {
			return err
		}
	} else if d.cs.Endpoint != nil {
		d.service(ctx)
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case d.printErr != nil:
		return d.printErr
	case d.failed > 0:
		return cli.ExitCode(cli.ExitFailed)
	}
	return nil
}

// doctor is one run.
type doctor struct {
	env      *cli.Env
	cs       token.ConnectionString // its Endpoint is nil if there is none
	source   cli.Setting
	hub      string // "" if there is none, or none that is valid
	failed   int
	printErr error // of the first line that could not be printed
}

// Status is how a check ended.
type status string

const (
	ok      status = "ok"
	warning status = "warning"
	failed  status = "failed"
	skipped status = "skipped"
)

// finding is the result of one check, and its JSON.
type finding struct {
	Check        string  `json:"check"`
	Status       status  `json:"status"`
	Text         string  `json:"text"`
	Hint         string  `json:"hint,omitempty"`
	Milliseconds float64 `json:"milliseconds,omitempty"`
}

// report prints a finding.
func (d *doctor) report(f finding) {
	if f.Status == failed {
		d.failed++
	}
	err := d.print(f)
	if d.printErr == nil {
		d.printErr = err
	}
}

func (d *doctor) print(f finding) error {
	out := d.env.Out
	if out.JSON() {
		return out.PrintJSON(f)
	}
	if out.Quiet && f.Status != failed && f.Status != warning {
		return nil
	}
	paint := map[status]func(string) string{
		ok: out.StdoutColors.Good, warning: out.StdoutColors.Name, failed: out.StdoutColors.Bad, skipped: out.StdoutColors.Dim,
	}[f.Status]
	text := paint(pad(string(f.Status), 8)) + " " + pad(f.Check, 12) + " " + out.Printable(cli.OneLine(f.Text))
	if f.Milliseconds > 0 && f.Check != "latency" {
		text += fmt.Sprintf(" (%.1f ms)", f.Milliseconds)
	}
	if f.Hint != "" {
		text += "\n" + pad("", 22) + out.StdoutColors.Name("hint:") + " " + out.Printable(cli.OneLine(f.Hint))
	}
	return out.PrintLine(text)
}

// pad returns s in a column of some width.
func pad(s string, width int) string {
	for len(s) < width {
		s += " "
	}
	return s
}

// fail reports a check that failed with an error. Its hint is that of the error, or
// else the one given.
func (d *doctor) fail(check string, err error, hint string) {
	if own := cli.Hint(err); own != "" {
		hint = own
	}
	d.report(finding{Check: check, Status: failed, Text: err.Error(), Hint: hint})
}

// settings reports the settings and their sources, and resolves service and hub.
func (d *doctor) settings() {
	var err error
	if d.cs, d.source, err = d.env.Settings.Service(); err != nil {
		d.cs = token.ConnectionString{}
		d.fail("settings", err, "see \"wps context show\"")
		return
	}
	rows, err := d.env.Settings.Describe(false)
	if err != nil {
		d.fail("settings", err, "see \"wps context show\"")
		return
	}
	for _, r := range rows {
		f := finding{Check: "settings", Status: ok, Text: r.Name + " " + r.Value + ", from " + r.Source}
		if r.Source == cli.FromDefault && r.Name == "endpoint" {
			f.Status, f.Hint = warning, d.env.Settings.DefaultHint()
		}
		d.report(f)
	}
	d.checkHub()
}

// checkHub resolves the hub.
func (d *doctor) checkHub() {
	setting, err := d.env.Settings.HubSetting()
	switch {
	case err != nil:
		d.fail("hub", err, "")
	case setting.Value() == "":
		d.report(finding{Check: "hub", Status: warning, Text: "no hub is set, so hub and WebSocket are not checked", Hint: "add --hub NAME, or set WPS_HUB"})
	default:
		if d.hub, err = d.env.Settings.Hub(); err != nil {
			d.hub = ""
			d.fail("hub", err, "a hub name begins with a letter and has letters, digits and _")
		}
	}
}
