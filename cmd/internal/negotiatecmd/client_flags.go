package negotiatecmd

import (
	"time"

	"github.com/spf13/cobra"

	"wps/cmd/internal/cli"
	"wps/cmd/internal/service"
	"wps/protocol"
	"wps/token"
)

// ClientFlags are the flags that describe the client of a token.
type ClientFlags struct {
	user    userTemplate
	roles   []string
	groups  []string
	claims  []string
	expires time.Duration
	kind    string
}

// Register defines the flags.
func (f *ClientFlags) Register(c *cobra.Command) {
	flags := c.Flags()
	flags.StringVar((*string)(&f.user), "user", "", "`id` of the user (default anonymous)")
	flags.StringArrayVar(&f.roles, "role", nil, "`role` of the client; may be repeated")
	flags.StringArrayVar(&f.groups, "group", nil, "`group` that the client is in from the start; may be repeated")
	flags.StringArrayVar(&f.claims, "claim", nil, "additional claim `key=value`; repeat a key for a list of values")
	flags.DurationVar(&f.expires, "expires", time.Hour, "`time` within which the client must connect, at least 1s")
	flags.StringVar(&f.kind, "client", "default", "kind of client: `default|mqtt|socketio`")
	_ = c.RegisterFlagCompletionFunc("role", cobra.FixedCompletions([]string{ // the error is that of an unknown flag
		"webpubsub.sendToGroup", "webpubsub.joinLeaveGroup",
	}, cobra.ShellCompDirectiveNoFileComp))
}

// options checks the flags and returns the options of a token, without the user.
func (f *ClientFlags) options(env *cli.Env) (token.ClientOptions, error) {
	var out token.ClientOptions
	hub, err := env.Settings.Hub()
	if err != nil {
		return out, err
	}
	kind, err := token.ParseClientKind(f.kind)
	if err != nil {
		return out, cli.Usagef("--client: %v", err)
	}
	claims, err := cli.ParseClaims(f.claims)
	if err != nil {
		return out, cli.Usagef("--claim %v", err)
	}
	if f.expires < time.Second {
		return out, cli.Usagef("--expires must be at least 1s")
	}
	roles, err := env.Settings.Roles(f.roles)
	if err != nil {
		return out, err
	}
	service.WarnAboutRoles(env.Out, roles)
	service.WarnAboutLists(env.Out, protocol.TargetGroup, f.groups...)
	return token.ClientOptions{
		Hub: hub, Roles: roles, Groups: f.groups, Claims: claims,
		Lifetime: f.expires.Truncate(time.Second), Kind: kind,
	}, nil
}
