package cmd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"wps/client"
	"wps/cmd/internal/cli"
	"wps/cmd/internal/explain"
	"wps/cmd/internal/service"
	"wps/internal/wait"
	"wps/protocol"
)

// healthOptions are the flags of "wps health".
type healthOptions struct {
	wait time.Duration
	auth bool
}

// newHealth returns the "wps health" command.
func newHealth(env *cli.Env) *cobra.Command {
	var o healthOptions
	c := &cobra.Command{
		Use:   "health [--wait D] [--auth]",
		Short: "Check whether the service is reachable",
		Long: `Call the service's health operation and print how long the answer took. It shows
whether the endpoint is correct and reachable, and needs no key; --auth also checks
the access key or the identity, by a request that changes nothing.`,
		Example: `  wps health
  wps health --auth -o json
  wps health --wait 30s && npm test`,
		Annotations: cli.ServiceExits(),
		Args:        cli.ExactArgs(),
		RunE:        func(c *cobra.Command, _ []string) error { return health(c.Context(), env, o) },
	}
	c.Flags().DurationVar(&o.wait, "wait", 0, "try again for this `time` until the service is healthy (default once)")
	c.Flags().BoolVar(&o.auth, "auth", false, "also check the access key or the identity")
	return c
}

// healthReport is the JSON output of "wps health".
type healthReport struct {
	Healthy      bool    `json:"healthy"`
	Endpoint     string  `json:"endpoint"`
	Milliseconds float64 `json:"milliseconds"`
	Authorized   *bool   `json:"authorized,omitempty"`
}

func health(ctx context.Context, env *cli.Env, o healthOptions) error {
	if o.wait < 0 {
		return cli.Usagef("--wait must be 0 or more")
	}
	cs, _, err := env.Settings.Service()
	if err != nil {
		return err
	}
	// Health is an operation of the service: any hub name will do.
	svc, err := service.New(env, "health", client.Options{})
	if err != nil {
		return err
	}
	defer svc.CloseIdleConnections()
	took, err := waitHealthy(ctx, env, svc, o.wait)
	if err != nil {
		return explain.NoAnswer(explain.Service(env.Settings, err), cs.Endpoint.String(), max(env.Settings.Timeout, o.wait))
	}
	report := healthReport{Healthy: true, Endpoint: cs.Endpoint.String(), Milliseconds: float64(took.Microseconds()) / 1000}
	authorized := ""
	if o.auth {
		if err := checkAccess(ctx, env, svc); err != nil {
			return explain.NoAnswer(explain.Service(env.Settings, err), cs.Endpoint.String(), env.Settings.Timeout)
		}
		report.Authorized, authorized = &report.Healthy, ", and the "+signer(cs.Identity != nil)+" is accepted"
	}
	if env.Out.JSON() {
		return env.Out.PrintJSON(report)
	}
	if env.Out.Quiet { // the exit code is the answer
		return nil
	}
	return env.Out.PrintLine(fmt.Sprintf("%s %s in %.1f ms%s", env.Out.StdoutColors.Good("healthy"), cs.Endpoint, report.Milliseconds, authorized))
}

func signer(identity bool) string {
	if identity {
		return "identity"
	}
	return "access key"
}

// healthPace is the wait between two tries of --wait.
const healthPace = 250 * time.Millisecond

// waitHealthy calls health until it succeeds, for at most a time, and returns how
// long the last call took.
func waitHealthy(ctx context.Context, env *cli.Env, svc *client.Service, limit time.Duration) (time.Duration, error) {
	deadline := time.Now().Add(limit)
	for {
		start := time.Now()
		within := env.Settings.Timeout
		if limit > 0 {
			within = max(min(within, time.Until(deadline)), time.Millisecond)
		}
		err := healthWithin(ctx, svc, within)
		if err == nil || ctx.Err() != nil || !time.Now().Add(healthPace).Before(deadline) {
			return time.Since(start), err
		}
		env.Log.Info("not healthy yet", "reason", err)
		if err := wait.For(ctx, healthPace); err != nil {
			return 0, err
		}
	}
}

func healthWithin(ctx context.Context, svc *client.Service, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return svc.Health(ctx)
}

// checkAccess makes a signed request that changes nothing.
func checkAccess(ctx context.Context, env *cli.Env, svc *client.Service) error {
	ctx, cancel := context.WithTimeout(ctx, env.Settings.Timeout)
	defer cancel()
	_, _, err := svc.Exists(ctx, protocol.Target{Kind: protocol.TargetUser, ID: "wps-health"})
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("healthy, but a signed request failed: %w", err)
	}
	return err
}
