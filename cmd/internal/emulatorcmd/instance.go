package emulatorcmd

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/url"
	"os/signal"
	"strings"

	"wps/cmd/internal/cli"
	"wps/cmd/internal/outfile"
	"wps/cmd/internal/record"
	"wps/cmd/internal/serve"
	"wps/emulator"
	"wps/protocol"
	"wps/protocol/traffic"
	"wps/token"
)

// instance is a running emulator with the hooks inside it.
type instance struct {
	env    *cli.Env
	o      *options
	cs     token.ConnectionString
	server *emulator.Server
	hooks  *eventHooks
	stale  bool  // the settings could not be read when they were last saved
	page   *page // nil without
	given  cli.FlagNames
	// certificate is that of the emulator, PEM; nil without TLS.
	certificate []byte
}

// instanceOptions are what an instance is made of besides the flags.
type instanceOptions struct {
	place     place
	key       string
	listeners []net.Listener
	command   bool // a command is run: hooks report problems only
	given     cli.FlagNames
}

// newInstance makes an emulator for open listeners, which stay the caller's until
// it is run.
func newInstance(ctx context.Context, env *cli.Env, o *options, opts instanceOptions) (*instance, error) {
	var certificate []byte
	endpoint := &url.URL{Scheme: "http", Host: serve.DisplayAddr(opts.place.addrs[0], opts.listeners)}
	if o.tls {
		endpoint.Scheme = "https"
		var err error
		if certificate, err = o.encrypt(opts.listeners); err != nil {
			return nil, err
		}
	}
	i := &instance{env: env, o: o, certificate: certificate, cs: token.NewConnectionString(endpoint, token.NewKey(opts.key)), given: opts.given}
	i.page = o.newPage(env, i.cs, opts.command)
	unvalidated := o.entra || o.settings.AllowUnvalidatedEntraTokens
	i.warn(o.settings)
	serve.WarnExposed(env.Out, opts.listeners,
		serve.Risk{Present: opts.key == protocol.DefaultAccessKey, Text: "the access key is the public default: set --key or --new-key"},
		serve.Risk{Present: unvalidated, Text: "signatures of Entra tokens are not checked"})
	var err error
	i.server, err = emulator.New(emulator.Options{
		Key: opts.key, Logger: env.Log, Version: cli.ReadBuildInfo().Version, AllowUnvalidatedEntraTokens: unvalidated,
		Hosts: opts.place.hostNames(&o.guard), AllowedOrigins: o.guard.Origins,
		Reconfigured: len(o.source.files) > 0, Page: i.page.handler(),
	})
	if err != nil {
		return nil, err
	}
	if i.page != nil {
		i.page.server = i.server
	}
	if i.hooks, err = newEventHooks(ctx, env, o.hooks, i.cs, i.server, opts.command); err != nil {
		return nil, err
	}
	if err := i.configure(); err != nil {
		return nil, cli.JoinErrors(err, i.hooks.close(ctx, env, nil))
	}
	return i, nil
}

// encrypt serves TLS on the listeners, with a new certificate, which it returns.
func (o *options) encrypt(listeners []net.Listener) ([]byte, error) {
	certificate, text, err := emulator.SelfSigned()
	if err != nil {
		return nil, err
	}
	if o.certFile != "" {
		f, err := outfile.Open(o.certFile, 0o644)
		if err == nil {
			err = f.Replace(text)
		}
		if err != nil {
			return nil, cli.Usage(fmt.Sprintf("write the certificate %s: %v", o.certFile, err), "--tls-cert-out must name a file that can be written; it is replaced")
		}
	}
	for i, l := range listeners {
		listeners[i] = tls.NewListener(l, &tls.Config{
			Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
		})
	}
	return text, nil
}

// run serves until ctx ends, or until the command does, which may use the service
// while it is being stopped. The hooks end with the server, because they answer the
// events of its end.
func (i *instance) run(ctx context.Context, listeners []net.Listener, command []string) error {
	recorder, err := i.record()
	if err != nil {
		return cli.JoinErrors(err, serve.CloseAll(listeners), i.hooks.close(ctx, i.env, nil))
	}
	defer i.page.close()
	working, failed := context.WithCancel(ctx)
	defer failed()
	serving, stop := context.WithCancel(working)
	if len(command) > 0 {
		serving, stop = context.WithCancel(context.WithoutCancel(ctx))
	}
	defer stop()
	var serveErr error
	served := make(chan struct{})
	go func() {
		defer close(served)
		defer failed()
		serveErr = i.server.Serve(serving, listeners...)
	}()
	err = i.work(working, command)
	if len(command) == 0 && ctx.Err() != nil {
		i.env.Out.EndInterruptedLine()
	}
	stop()
	hooksErr := i.hooks.close(ctx, i.env, served)
	<-served
	return firstCode(cli.JoinErrors(err, serveErr, recorder.Close()), hooksErr)
}

// record starts the recording of --record; nil without.
func (i *instance) record() (*record.Recorder, error) {
	if i.o.record == "" {
		return nil, nil
	}
	return record.Start(i.o.record, traffic.Recording{Source: "emulator"}, i.server.Follow, i.env.Out.Warn)
}

// firstCode returns err, or the error of the hooks if err is nil: an exit code
// cannot be joined with another error.
func firstCode(err, hooksErr error) error {
	if err == nil {
		return hooksErr
	}
	return err
}

// work writes the ready file, then runs the command, or without one announces the
// emulator and reloads its settings until ctx ends.
func (i *instance) work(ctx context.Context, command []string) error {
	hangups := i.o.hangups(i.env, len(command) > 0)
	defer signal.Stop(hangups)
	if err := i.o.ready.Write(i.cs.Reveal()); err != nil {
		return err
	}
	defer i.o.ready.Remove()
	page := i.page.announce(i.o.open)
	if len(command) > 0 {
		defer i.reloadBeside(ctx)()
		return i.runCommand(ctx, command)
	}
	if err := i.announce(page); err != nil {
		return err
	}
	return i.reloadUntil(ctx, hangups)
}

// runCommand runs the command after --, which trusts the emulator's certificate.
func (i *instance) runCommand(ctx context.Context, command []string) error {
	var variables []string
	if i.certificate != nil {
		t, err := newTrust(i.certificate, i.env.Settings.LookupEnv)
		if err != nil {
			return err
		}
		defer t.remove()
		variables = t.Variables
	}
	return runChild(ctx, i.env, i.cs, command, variables)
}

// readyReport is the JSON of an emulator that is ready.
type readyReport struct {
	Endpoint         string `json:"endpoint"`
	ClientURL        string `json:"clientUrl"`
	ConnectionString string `json:"connectionString"`
	Page             string `json:"page,omitempty"`
}

// announce prints the addresses and the connection string.
func (i *instance) announce(page string) error {
	env, cs := i.env, i.cs
	client := strings.TrimSuffix(token.ClientURL(cs.Endpoint, "hub", token.KindDefault), "hub") + "{hub}"
	if env.Out.JSON() {
		return env.Out.PrintJSON(readyReport{cs.Endpoint.String(), client, cs.Reveal(), page})
	}
	env.Out.Say("%s %s", env.Out.StderrColors.Name("endpoint "), cs.Endpoint)
	env.Out.Say("%s %s", env.Out.StderrColors.Name("clients  "), client)
	i.sayHandlers()
	if page != "" {
		env.Out.Say("%s %s", env.Out.StderrColors.Name("page     "), page)
	}
	ready := "ready; Ctrl-C stops it. The connection string, for WPS_CONNECTION_STRING:"
	if cs.Endpoint.String() == protocol.DefaultEndpoint && cs.Key.Equal(token.NewKey(protocol.DefaultAccessKey)) {
		env.Out.Say("%s %s", env.Out.StderrColors.Name("watch    "), "wps emulator events -f, in another terminal") // which connects to the default without settings
		ready = "ready; Ctrl-C stops it. The connection string:"
	}
	env.Out.Say("%s", env.Out.StderrColors.Name(ready))
	return env.Out.PrintLine(cs.Reveal())
}
