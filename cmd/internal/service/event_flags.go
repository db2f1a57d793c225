package service

import (
	"errors"

	"github.com/spf13/cobra"
)

// EventFlags are the flags of commands that run event objects.
type EventFlags struct{ DryRun dryRun }

// dryRun is what --dry-run prints; "" means that events are run. The flag may have
// a value.
type dryRun string

const (
	DryRunEvent dryRun = "true" // the value of a bool flag without one
	dryRunCurl  dryRun = "curl"
)

func (d *dryRun) String() string { return string(*d) }
func (*dryRun) Type() string     { return "bool" }

func (d *dryRun) Set(s string) error {
	switch s {
	case "true", "event":
		*d = DryRunEvent
	case "false":
		*d = ""
	case "curl":
		*d = dryRunCurl
	default:
		return errors.New("use --dry-run or --dry-run=curl")
	}
	return nil
}

// Register defines the flags.
func (o *EventFlags) Register(c *cobra.Command) {
	c.Flags().Var(&o.DryRun, "dry-run", "send nothing and print the event object; --dry-run=curl prints the HTTP request")
	c.Flags().Lookup("dry-run").NoOptDefVal = string(DryRunEvent)
}
