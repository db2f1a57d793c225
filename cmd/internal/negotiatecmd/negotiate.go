// Package negotiatecmd is "wps negotiate", and the HTTP endpoint that it and "wps
// listen" serve.
//
// It hides how the values of a request become those of a token. Signing is left to
// package token, listening and the check of Host and Origin to cmd/internal/serve.
//
//	root.AddCommand(negotiatecmd.New(env))
//
//	var h http.Handler
//	h, err = negotiatecmd.NewHandler(env, &flags, "/negotiate", "--negotiate")
package negotiatecmd

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"wps/cmd/internal/cli"
	"wps/cmd/internal/service"
	"wps/token"
)

// options are the flags of "wps negotiate".
type options struct {
	client ClientFlags
	serve  serveOptions
	mask   bool
}

// New returns the "wps negotiate" command.
func New(env *cli.Env) *cobra.Command {
	var o options
	c := &cobra.Command{
		Use:   "negotiate [--user U] [--role R]... [--group G]...",
		Short: "Create a client URL and token, or serve them over HTTP",
		Long: `Sign a client token with the access key and print the URL for a client to connect
to; with Entra ID, ask the service for the token. With --serve, run an HTTP endpoint
that does this for each request, with {query.X} and {headers.X} in --user filled in
from the request.

Roles: webpubsub.sendToGroup, webpubsub.joinLeaveGroup; for one group
webpubsub.sendToGroup.GROUP; for a pattern webpubsub.sendToGroups.PATTERN.`,
		Example: `  wps negotiate --hub simplechat --user u1
  websocat "$(wps negotiate --hub simplechat --role webpubsub.sendToGroup -o url)"
  wps negotiate --hub simplechat --serve :7071 --user '{query.userid}'`,
		Annotations: cli.ServiceExits(),
		Args:        cli.ExactArgs(),
		RunE:        func(c *cobra.Command, _ []string) error { return run(c.Context(), env, &o, cli.ChangedFlags(c)) },
	}
	c.Annotations[cli.OutputsAnnotation] = "url token"
	c.Flags().SortFlags = false
	o.client.Register(c)
	o.serve.register(c)
	c.Flags().BoolVar(&o.mask, "github-mask", false, "print ::add-mask:: with the token on stderr, which makes GitHub Actions hide it in logs")
	// It hides the common flag, which has only text and json.
	c.Flags().StringVarP(&env.Out.Format, "output", "o", "text", "output format: `text|json|url|token`")
	return c
}

func run(ctx context.Context, env *cli.Env, o *options, given cli.FlagNames) error {
	if o.serve.addr != "" && o.mask {
		return cli.Usagef("--github-mask does not go with --serve, which prints no tokens")
	}
	if o.serve.addr != "" {
		return serveNegotiate(ctx, env, o)
	}
	if name := given.First(serveOnly...); name != "" {
		return cli.Usagef("--%s goes with --serve", name)
	}
	if o.client.user.hasPlaceholder() {
		env.Out.Warn(fmt.Sprintf("the user id is %q as it is: only --serve fills it in from a request", string(o.client.user)))
	}
	return negotiate(ctx, env, &o.client, o.mask)
}

// negotiate prints one client URL and token. With mask it first makes GitHub
// Actions hide the token, which the URL contains, too; its commands may be on any
// stream, and stdout may be captured.
func negotiate(ctx context.Context, env *cli.Env, f *ClientFlags, mask bool) error {
	o, err := f.options(env)
	if err != nil {
		return err
	}
	o.UserID = string(f.user)
	negotiator, err := newNegotiator(env, o)
	if err != nil {
		return err
	}
	n, err := negotiator.Negotiate(ctx, o)
	if err != nil {
		return err
	}
	if mask {
		fmt.Fprintf(env.Out.Stderr, "::add-mask::%s\n", n.AccessToken)
	}
	switch env.Out.Format {
	case "json":
		return env.Out.PrintJSON(n)
	case "url":
		return env.Out.PrintLine(n.URL)
	case "token":
		return env.Out.PrintLine(n.AccessToken)
	}
	now := time.Now()
	label := func(s string) string { return env.Out.StdoutColors.Name(fmt.Sprintf("%-8s", s)) }
	return env.Out.PrintLine(fmt.Sprintf("%s %s\n%s %s\n%s %s, valid for connecting until %s",
		label("url"), n.URL, label("token"), n.AccessToken, label("for"),
		env.Out.Printable(describeClient(o)), cli.FormatExpiry(now.Add(negotiator.Lifetime(o.Lifetime)), now)))
}

// newNegotiator returns what makes tokens with these options, and warns of what is
// unusual about them.
func newNegotiator(env *cli.Env, o token.ClientOptions) (*service.Negotiator, error) {
	cs, source, err := env.Settings.Service()
	if err != nil {
		return nil, err
	}
	cli.AnnounceDefault(env, source)
	n, err := service.NewNegotiator(env, cs, o.Hub)
	if err == nil {
		err = n.Check(o)
	}
	if err != nil {
		return nil, err
	}
	n.WarnLifetime(o.Lifetime)
	return n, nil
}

// describeClient describes the client that a token is for.
func describeClient(o token.ClientOptions) string {
	text := "an anonymous client"
	if o.UserID != "" {
		text = fmt.Sprintf("user %q", o.UserID)
	}
	text += fmt.Sprintf(" of hub %q", strings.ToLower(o.Hub))
	if len(o.Groups) > 0 {
		text += ", in group " + strings.Join(o.Groups, ", ")
	}
	if len(o.Roles) > 0 {
		text += ", role " + strings.Join(o.Roles, ", ")
	}
	return text
}
