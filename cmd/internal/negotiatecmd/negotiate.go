// Package negotiatecmd is "wps negotiate", and the HTTP endpoint that it and "wps
// listen" serve.
package negotiatecmd

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"wps/cmd/internal/cli"
	"wps/cmd/internal/service"
	"wps/token"
)

// Options are the flags of "wps negotiate".
type Options struct {
	user    string
	roles   []string
	groups  []string
	claims  []string
	expires time.Duration
	kind    string
	Serve   serveOptions
}

// New returns the "wps negotiate" command.
func New(env *cli.Env) *cobra.Command {
	var o Options
	c := &cobra.Command{
		Use:   "negotiate [--user U] [--role R]... [--group G]...",
		Short: "Make a client URL and token; with --serve, the HTTP endpoint for it",
		Long: `Sign a client token with the access key and print the URL that a client connects
to; nothing is sent. With --serve it is an HTTP endpoint that does this for each
request, where {query.X} and {headers.X} in --user are filled from the request.

Roles: webpubsub.sendToGroup, webpubsub.joinLeaveGroup; for one group
webpubsub.sendToGroup.GROUP; for a pattern webpubsub.sendToGroups.PATTERN.`,
		Example: `  wps negotiate --hub simplechat --user u1
  websocat "$(wps negotiate --hub simplechat --role webpubsub.sendToGroup -o url)"
  wps negotiate --hub simplechat --serve :7071 --user '{query.userid}'`,
		Annotations: cli.Exits(cli.ExitLineFailed, cli.ExitLineUsage, cli.ExitLineInt),
		Args:        cli.ExactArgs(),
		RunE: func(c *cobra.Command, _ []string) error {
			if o.Serve.addr != "" {
				return serveNegotiate(c.Context(), env, &o)
			}
			for _, name := range []string{"path", "ready-file", "allow-host", "cors-origin"} {
				if c.Flags().Changed(name) {
					return cli.Usagef("--%s goes with --serve", name)
				}
			}
			if strings.Contains(o.user, "{query.") || strings.Contains(o.user, "{headers.") {
				env.Out.Warn(fmt.Sprintf("the user is %q as it stands: only --serve fills that from a request", o.user))
			}
			return negotiate(env, &o)
		},
	}
	c.Annotations[cli.OutputsAnnotation] = "url token"
	o.flags(c)
	// It hides the common flag, which knows text and json only.
	c.Flags().StringVarP(&env.Out.Format, "output", "o", "text", "how to print: `text|json|url|token`")
	return c
}

func (o *Options) flags(c *cobra.Command) {
	f := c.Flags()
	f.SortFlags = false
	o.RegisterClient(c)
	f.StringVar(&o.Serve.addr, "serve", "", "serve HTTP on `[host]:port`; without a host on loopback only")
	f.StringVar(&o.Serve.Path, "path", "/api/negotiate", "with --serve: `path` of the endpoint")
	f.StringVar(&o.Serve.ready.Path, "ready-file", "", "with --serve: write the endpoint's URL to `file` when ready, and remove it at the end")
	o.Serve.guard.Register(f)
}

// RegisterClient are those that describe the client.
func (o *Options) RegisterClient(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&o.user, "user", "", "`id` of the user (default anonymous)")
	f.StringArrayVar(&o.roles, "role", nil, "`role` of the client; may be repeated")
	f.StringArrayVar(&o.groups, "group", nil, "`group` that the client is in from the start; may be repeated")
	f.StringArrayVar(&o.claims, "claim", nil, "further claim `key=value`; the same key again makes a list")
	f.DurationVar(&o.expires, "expires", time.Hour, "how long the token is good for connecting, at least 1s")
	f.StringVar(&o.kind, "client", "default", "what will connect: `default|mqtt|socketio`")
	_ = c.RegisterFlagCompletionFunc("role", cobra.FixedCompletions([]string{
		"webpubsub.sendToGroup", "webpubsub.joinLeaveGroup",
	}, cobra.ShellCompDirectiveNoFileComp))
}

// options turns the flags into what the token room takes.
func (o *Options) options(env *cli.Env) (token.ClientOptions, error) {
	var out token.ClientOptions
	hub, err := env.Settings.Hub()
	if err != nil {
		return out, err
	}
	kind, err := token.ParseClientKind(o.kind)
	if err != nil {
		return out, cli.Usagef("--client: %v", err)
	}
	claims, err := cli.ParseClaims(o.claims)
	if err != nil {
		return out, cli.Usagef("--claim %v", err)
	}
	if o.expires < time.Second {
		return out, cli.Usagef("--expires must be at least 1s")
	}
	service.WarnOfRoles(env, o.roles)
	return token.ClientOptions{
		Hub: hub, UserID: o.user, Roles: o.roles, Groups: o.groups, Claims: claims,
		Lifetime: o.expires.Truncate(time.Second), Kind: kind,
	}, nil
}

func negotiate(env *cli.Env, o *Options) error {
	options, err := o.options(env)
	if err != nil {
		return err
	}
	cs, source, err := env.Settings.Connection()
	if err != nil {
		return err
	}
	cli.SayDefault(env.Out, source)
	n, err := token.Negotiate(cs, options)
	if err != nil {
		return cli.Usagef("%v", err)
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
	label := func(s string) string { return env.Out.Colors.Name(fmt.Sprintf("%-8s", s)) }
	return env.Out.PrintLine(fmt.Sprintf("%s %s\n%s %s\n%s %s, good for connecting until %s",
		label("url"), n.URL, label("token"), n.AccessToken, label("for"),
		describeClient(o.user, options), cli.Until(now.Add(options.Lifetime), now)))
}

// describeClient says for whom a token is.
func describeClient(user string, o token.ClientOptions) string {
	who := "an anonymous client"
	if user != "" {
		who = fmt.Sprintf("user %q", user)
	}
	who += fmt.Sprintf(" of hub %q", strings.ToLower(o.Hub))
	if len(o.Groups) > 0 {
		who += ", in group " + strings.Join(o.Groups, ", ")
	}
	if len(o.Roles) > 0 {
		who += ", role " + strings.Join(o.Roles, ", ")
	}
	return who
}
