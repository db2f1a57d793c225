package negotiatecmd

import (
	"context"

	"github.com/spf13/cobra"

	"wps/cmd/internal/cli"
	"wps/cmd/internal/serve"
)

// serveOptions are the flags of "wps negotiate --serve".
type serveOptions struct {
	addr  string
	path  string
	guard serve.GuardOptions
	ready cli.ReadyFile
}

// serveOnly are the flags that go with --serve.
var serveOnly = []string{"path", "ready-file", "allow-host", "cors-origin"}

func (o *serveOptions) register(c *cobra.Command) {
	f := c.Flags()
	f.Var((*cli.AddrValue)(&o.addr), "serve", "serve HTTP on `[host]:port`; without a host on loopback only")
	f.StringVar(&o.path, "path", "/api/negotiate", "with --serve: `path` of the endpoint")
	f.StringVar(&o.ready.Path, "ready-file", "", "with --serve: write the endpoint's URL to `file` when ready; remove it at the end")
	o.guard.Register(f)
}

// Risk is the risk of a negotiate endpoint that other machines can reach; present
// says whether there is such an endpoint.
func Risk(present bool) serve.Risk {
	return serve.Risk{Present: present, Text: "get client URLs signed with the access key"}
}

// serveNegotiate serves the HTTP endpoint until ctx ends.
func serveNegotiate(ctx context.Context, env *cli.Env, o *options) error {
	env.LogLines()
	h, err := NewHandler(env, &o.client, o.serve.path, "--path")
	if err != nil {
		return err
	}
	guard, err := o.serve.guard.Guard(o.serve.addr)
	if err != nil {
		return err
	}
	o.serve.ready.Form = cli.IsLineOfURL
	if err := o.serve.ready.Check(); err != nil {
		return err
	}
	listeners, err := serve.Listen(ctx, o.serve.addr, "--serve")
	if err != nil {
		return err
	}
	if err := o.serve.ready.Clear(); err != nil {
		return cli.JoinErrors(err, serve.CloseAll(listeners))
	}
	address := "http://" + serve.DisplayAddr(o.serve.addr, listeners) + o.serve.path
	if err := o.serve.ready.Write(address); err != nil {
		return cli.JoinErrors(err, serve.CloseAll(listeners))
	}
	defer o.serve.ready.Remove()
	serve.WarnExposed(env.Out, listeners, Risk(true))
	if err := announce(env.Out, address); err != nil {
		return cli.JoinErrors(err, serve.CloseAll(listeners))
	}
	err = serve.HTTP(ctx, guard.Handler(h, env.Log), listeners)
	if ctx.Err() != nil {
		env.Out.EndInterruptedLine()
	}
	return err
}

// announce prints the address of the endpoint.
func announce(out *cli.Printer, address string) error {
	if out.JSON() {
		return out.PrintJSON(map[string]string{"type": "listening", "url": address})
	}
	out.Say("negotiate endpoint: %s", out.StderrColors.Name(address))
	out.Say("ready; Ctrl-C stops it")
	return nil
}
