package cmd

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"wps/client"
	"wps/cmd/internal/cli"
	"wps/cmd/internal/explain"
	"wps/cmd/internal/service"
	"wps/emulator"
	"wps/internal/wait"
	"wps/protocol"
)

// waitOptions are the arguments and flags of "wps wait".
type waitOptions struct {
	kind string // health, user, group or connection
	name string // "" for health
	min  int    // members of a group
	gone bool

	subject string // what it is about, with the place
}

// waitKinds maps the first argument to a target, none for health.
func waitKinds() map[string]protocol.TargetKind {
	return map[string]protocol.TargetKind{
		"health": "", "user": protocol.TargetUser, "group": protocol.TargetGroup, "connection": protocol.TargetConnection,
	}
}

// newWait returns the "wps wait" command.
func newWait(env *cli.Env) *cobra.Command {
	var o waitOptions
	c := &cobra.Command{
		Use:   "wait {health | user U | group G | connection C} [--min N] [--gone]",
		Short: "Wait until the service answers, or someone is connected",
		Long: `Ask the service until it is healthy, a user has a connection, a group has members,
or a connection is open, or until --timeout. A service that cannot be reached is
asked again, one that rejects the key is not.

It asks at once, then after 0.1 s, and less often up to every 2 s; --retries has
no effect.`,
		Example: `  wps wait health --timeout 1m
  wps wait user u1 --hub chat && wps send --hub chat --user u1 "hello"
  wps wait group g1 --hub chat --min 3
  wps wait user u2 --hub chat --gone --timeout 10s`,
		Annotations: cli.ServiceExits(),
		ValidArgsFunction: func(c *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return completeWait(env.Settings, c, args, typed)
		},
		RunE: func(c *cobra.Command, args []string) error {
			if err := o.parse(args, cli.ChangedFlags(c)); err != nil {
				return err
			}
			return waitFor(c.Context(), env, o)
		},
	}
	c.Flags().IntVar(&o.min, "min", 1, "with group: wait until it has `n` members")
	c.Flags().BoolVar(&o.gone, "gone", false, "wait until the user, group or connection exists no more")
	return c
}

// completeWait completes what to wait for, and its name.
func completeWait(settings *cli.Settings, c *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	pick := map[string]func(emulator.ConnectionStatus) []cobra.Completion{"user": userIDs, "group": groupNames, "connection": connectionIDs}
	switch {
	case len(args) == 0:
		return slices.Sorted(maps.Keys(waitKinds())), cobra.ShellCompDirectiveNoFileComp
	case len(args) == 1 && pick[args[0]] != nil:
		return liveValues(settings, ofHub, pick[args[0]])(c, args, typed)
	}
	return nil, cobra.ShellCompDirectiveNoFileComp
}

// parse checks the arguments and the flags.
func (o *waitOptions) parse(args []string, given cli.FlagNames) error {
	if len(args) == 0 {
		return cli.Usagef("missing argument: health, user, group or connection")
	}
	o.kind = args[0]
	kind, known := waitKinds()[o.kind]
	switch {
	case !known:
		return cli.Usagef("cannot wait for %q: use health, user, group or connection", o.kind)
	case o.kind == "health" && len(args) > 1, len(args) > 2:
		return cli.Usagef("unexpected argument %q", args[len(args)-1])
	case o.kind != "health" && len(args) < 2:
		return cli.Usagef("the name of the %s is missing", o.kind)
	case given["min"] && (o.kind != "group" || o.gone):
		return cli.Usagef("--min goes with a group that is to have members: the service counts nothing else")
	case o.min < 1:
		return cli.Usagef("--min must be 1 or more")
	case o.gone && o.kind == "health":
		return cli.Usagef("--gone does not go with health")
	}
	if o.kind == "health" {
		return nil
	}
	o.name = args[1]
	if err := (protocol.Target{Kind: kind, ID: o.name}).Check(); err != nil {
		return cli.Usagef("%v", err)
	}
	return nil
}

// waitBackoff is the delay before each further question.
var waitBackoff = wait.Backoff{First: 100 * time.Millisecond, Max: 2 * time.Second, Jitter: 0.2}

// waitLine is the JSON of "wps wait".
type waitLine struct {
	OK      bool    `json:"ok"`
	For     string  `json:"for"`
	Name    string  `json:"name,omitempty"`
	Members int     `json:"members,omitempty"`
	Tries   int     `json:"tries"`
	Seconds float64 `json:"seconds"`
}

// waitFor asks until the answer is yes or --timeout has passed.
func waitFor(ctx context.Context, env *cli.Env, o waitOptions) error {
	hub := "health" // any name will do
	o.subject = "the service"
	if o.kind != "health" {
		place, err := service.CurrentPlace(env)
		if err != nil {
			return err
		}
		if hub, err = env.Settings.Hub(); err != nil {
			return err
		}
		o.subject = fmt.Sprintf("%s %q of %s", o.kind, o.name, place)
	}
	env.Settings.Retries = 0
	svc, err := service.New(env, hub, client.Options{TryTimeout: env.Settings.Timeout})
	if err != nil {
		return err
	}
	defer svc.CloseIdleConnections()
	start := time.Now()
	limited, cancel := context.WithTimeoutCause(ctx, env.Settings.Timeout, service.ErrTimeout)
	defer cancel()
	line := waitLine{OK: true, For: o.kind, Name: o.name}
	if err := o.ask(limited, env, svc, &line); err != nil {
		return o.unmet(ctx, env, line.Members, err)
	}
	took := time.Since(start)
	line.Seconds = float64(took.Milliseconds()) / 1000
	if env.Out.JSON() {
		return env.Out.PrintJSON(line)
	}
	env.Out.Say("%s %s after %s", o.subject, o.state(), cli.FormatDuration(took))
	return nil
}

// ask asks until the answer is yes. Its error is that of the last question, errNotYet
// if it was answered.
func (o waitOptions) ask(ctx context.Context, env *cli.Env, svc *client.Service, line *waitLine) error {
	for n := 0; ; n++ {
		line.Tries++
		members, yes, err := o.question(ctx, svc)
		if err == nil {
			line.Members = members
		}
		if err == nil && yes {
			return nil
		}
		if err != nil && isFinalRefusal(err) {
			return err
		}
		if err == nil {
			err = errNotYet
		}
		env.Log.Info("not yet", "try", line.Tries, "error", err)
		if wait.For(ctx, waitBackoff.Delay(n)) != nil {
			return &stillError{err}
		}
	}
}

// errNotYet is the answer no.
var errNotYet = errors.New("not yet")

// stillError is what was still the case when the time was over.
type stillError struct{ last error }

func (e *stillError) Error() string { return e.last.Error() }
func (e *stillError) Unwrap() error { return e.last }

// question asks once.
func (o waitOptions) question(ctx context.Context, svc *client.Service) (members int, yes bool, err error) {
	switch {
	case o.kind == "health":
		return 0, true, svc.Health(ctx)
	case o.kind == "group" && !o.gone:
		for _, err := range svc.ListConnections(ctx, o.name, client.ListOptions{Top: o.min}) {
			if err != nil {
				return members, false, err
			}
			members++
		}
		return members, members >= o.min, nil
	}
	exists, _, err := svc.Exists(ctx, protocol.Target{Kind: waitKinds()[o.kind], ID: o.name})
	return 0, exists != o.gone, err
}

// isFinalRefusal reports whether the service would answer the same again.
func isFinalRefusal(err error) bool {
	refused, ok := errors.AsType[*client.Error](err)
	if !ok || errors.Is(err, client.ErrNotService) {
		return false
	}
	return refused.Status < http.StatusInternalServerError && refused.Status != http.StatusTooManyRequests && refused.Status != http.StatusRequestTimeout
}

// state says what was waited for.
func (o waitOptions) state() string {
	switch {
	case o.kind == "health":
		return "is healthy"
	case o.gone:
		return "exists no more"
	case o.min > 1:
		return "has " + cli.Plural(o.min, "member")
	}
	return "exists"
}

// otherState says what was still the case when the time was over.
func (o waitOptions) otherState(members int) string {
	switch {
	case o.kind == "health":
		return "is not healthy"
	case o.gone:
		return "still exists"
	case o.min > 1:
		return fmt.Sprintf("has %d of %d members", members, o.min)
	}
	return "does not exist"
}

// unmet returns the error of a wait that was in vain.
func (o waitOptions) unmet(ctx context.Context, env *cli.Env, members int, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	still, late := errors.AsType[*stillError](err)
	if !late {
		return explain.Service(env.Settings, fmt.Errorf("wait: %w", err))
	}
	text := fmt.Sprintf("%s %s after %v", o.subject, o.otherState(members), env.Settings.Timeout)
	if errors.Is(still.last, errNotYet) || errors.Is(still.last, context.DeadlineExceeded) {
		err := cli.WithFailure(errors.New(text), cli.Failure{Code: cli.CodeTimeout})
		return cli.WithHint(err, "raise --timeout if it may take longer")
	}
	return explain.Service(env.Settings, fmt.Errorf("%s: %w", text, still.last))
}
