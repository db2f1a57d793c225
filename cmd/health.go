package cmd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"wps/client"
)

// newHealth returns the "wps health" command.
func newHealth(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "health",
		Short: "Tell whether the service answers",
		Long: `Ask the service's health operation, which needs no key, and print the time that
the answer took. It tells whether the endpoint is right and reachable.`,
		Example: `  wps health
  wps health -o json
  wps health --timeout 2s --retries 0 && echo up`,
		Annotations: serviceExits(),
		Args:        exactArgs(),
		RunE:        func(c *cobra.Command, _ []string) error { return health(c.Context(), env) },
	}
}

func health(ctx context.Context, env *Env) error {
	cs, source, err := env.settings.connection()
	if err != nil {
		return err
	}
	// Health is the service's, not a hub's: any name will do.
	svc, err := newService(env, "health", client.Options{})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, env.settings.timeout)
	defer cancel()
	start := time.Now()
	if err := svc.Health(ctx); errors.Is(err, client.ErrNotFound) {
		return withHint(err, "what answers there is no Web PubSub: check the Endpoint in "+source.from)
	} else if err != nil {
		return explain(env.settings, err)
	}
	took := time.Since(start)
	if env.out.json() {
		return env.out.printJSON(struct {
			Healthy      bool    `json:"healthy"`
			Endpoint     string  `json:"endpoint"`
			Milliseconds float64 `json:"milliseconds"`
		}{true, cs.Endpoint.String(), float64(took.Microseconds()) / 1000})
	}
	return env.out.printLine(fmt.Sprintf("%s %s in %.1f ms", env.out.colors.good("healthy"), cs.Endpoint, float64(took.Microseconds())/1000))
}
