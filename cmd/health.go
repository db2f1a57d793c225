package cmd

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"wps/client"
	"wps/cmd/internal/cli"
	"wps/cmd/internal/explain"
	"wps/cmd/internal/service"
)

// newHealth returns the "wps health" command.
func newHealth(env *cli.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "health",
		Short: "Check whether the service is reachable",
		Long: `Call the service's health operation and print how long the answer took. It shows
whether the endpoint is correct and reachable, and needs no key.`,
		Example: `  wps health
  wps health -o json
  wps health --timeout 2s --retries 0 && echo up`,
		Annotations: cli.ServiceExits(),
		Args:        cli.ExactArgs(),
		RunE:        func(c *cobra.Command, _ []string) error { return health(c.Context(), env) },
	}
}

func health(ctx context.Context, env *cli.Env) error {
	cs, _, err := env.Settings.Service()
	if err != nil {
		return err
	}
	// Health is an operation of the service: any hub name will do.
	svc, err := service.New(env, "health", client.Options{})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, env.Settings.Timeout)
	defer cancel()
	start := time.Now()
	if err := svc.Health(ctx); err != nil {
		return explain.NoAnswer(explain.Service(env.Settings, err), cs.Endpoint.String(), env.Settings.Timeout)
	}
	took := time.Since(start)
	if env.Out.JSON() {
		return env.Out.PrintJSON(struct {
			Healthy      bool    `json:"healthy"`
			Endpoint     string  `json:"endpoint"`
			Milliseconds float64 `json:"milliseconds"`
		}{true, cs.Endpoint.String(), float64(took.Microseconds()) / 1000})
	}
	return env.Out.PrintLine(fmt.Sprintf("%s %s in %.1f ms", env.Out.StdoutColors.Good("healthy"), cs.Endpoint, float64(took.Microseconds())/1000))
}
