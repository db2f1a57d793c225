package cmd

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"wps/token"
)

type negotiateOptions struct {
	user    string
	roles   []string
	groups  []string
	claims  []string
	expires time.Duration
	kind    string
	serve   serveOptions
}

// newNegotiate returns the "wps negotiate" command.
func newNegotiate(env *Env) *cobra.Command {
	var o negotiateOptions
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
		Annotations: exits(exitLineFailed, exitLineUsage, exitLineInt),
		Args:        exactArgs(),
		RunE: func(c *cobra.Command, _ []string) error {
			if o.serve.addr != "" {
				return serveNegotiate(c.Context(), env, &o)
			}
			for _, name := range []string{"path", "ready-file", "allow-host", "cors-origin"} {
				if c.Flags().Changed(name) {
					return usagef("--%s goes with --serve", name)
				}
			}
			if strings.Contains(o.user, "{query.") || strings.Contains(o.user, "{headers.") {
				env.out.warn(fmt.Sprintf("the user is %q as it stands: only --serve fills that from a request", o.user))
			}
			return negotiate(env, &o)
		},
	}
	c.Annotations[outputsAnnotation] = "url token"
	o.flags(c)
	// It hides the common flag, which knows text and json only.
	c.Flags().StringVarP(&env.out.format, "output", "o", "text", "how to print: `text|json|url|token`")
	return c
}

func (o *negotiateOptions) flags(c *cobra.Command) {
	f := c.Flags()
	f.SortFlags = false
	o.clientFlags(c)
	f.StringVar(&o.serve.addr, "serve", "", "serve HTTP on `[host]:port`; without a host on loopback only")
	f.StringVar(&o.serve.path, "path", "/api/negotiate", "with --serve: `path` of the endpoint")
	f.StringVar(&o.serve.ready.path, "ready-file", "", "with --serve: write the endpoint's URL to `file` when ready, and remove it at the end")
	o.serve.guard.flags(f)
}

// clientFlags are those that describe the client.
func (o *negotiateOptions) clientFlags(c *cobra.Command) {
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
func (o *negotiateOptions) options(env *Env) (token.ClientOptions, error) {
	var out token.ClientOptions
	hub, err := env.settings.hub()
	if err != nil {
		return out, err
	}
	kind, err := token.ParseClientKind(o.kind)
	if err != nil {
		return out, usagef("--client: %v", err)
	}
	claims, err := parseClaims(o.claims)
	if err != nil {
		return out, usagef("--claim %v", err)
	}
	if o.expires < time.Second {
		return out, usagef("--expires must be at least 1s")
	}
	warnOfRoles(env, o.roles)
	return token.ClientOptions{
		Hub: hub, UserID: o.user, Roles: o.roles, Groups: o.groups, Claims: claims,
		Lifetime: o.expires.Truncate(time.Second), Kind: kind,
	}, nil
}

func negotiate(env *Env, o *negotiateOptions) error {
	options, err := o.options(env)
	if err != nil {
		return err
	}
	cs, source, err := env.settings.connection()
	if err != nil {
		return err
	}
	sayDefault(env.out, source)
	n, err := token.Negotiate(cs, options)
	if err != nil {
		return usagef("%v", err)
	}
	switch env.out.format {
	case "json":
		return env.out.printJSON(n)
	case "url":
		return env.out.printLine(n.URL)
	case "token":
		return env.out.printLine(n.AccessToken)
	}
	now := time.Now()
	label := func(s string) string { return env.out.colors.name(fmt.Sprintf("%-8s", s)) }
	return env.out.printLine(fmt.Sprintf("%s %s\n%s %s\n%s %s, good for connecting until %s",
		label("url"), n.URL, label("token"), n.AccessToken, label("for"),
		describeClient(o.user, options), until(now.Add(options.Lifetime), now)))
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
