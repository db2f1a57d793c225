// Package hooks makes an event handler of the flags --on and --forward, for "wps
// listen" and "wps emulator", and prints the events that it answers.
package hooks

import (
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"wps/cmd/internal/cli"
	"wps/protocol"
	"wps/trigger"
)

// Flags are the flags of a command that answers events with hooks.
type Flags struct {
	On           []string // EVENT=HOOK, see JoinArgs
	forward      string
	worker       bool
	workers      int
	strict       bool
	responseType string
	Timeout      time.Duration
	concurrency  int
	queue        int
	serialBy     string
	maxBody      int64
	data         bool
}

// OnFlag is the flag whose value may be two arguments.
const OnFlag = "on"

// Register defines the flags.
func (o *Flags) Register(f *pflag.FlagSet) {
	f.StringArrayVar(&o.On, OnFlag, nil, "answer an event with a hook: `EVENT HOOK`, or EVENT=HOOK as one argument. EVENT is\n[HUB/]EVENT: connect, connected, disconnected, joined, left, the name of a user event,\nor * for all other user events; user:NAME is always a user event. Without HUB/ it is\nthat of the hub of --hub, else of every hub: $WPS_HUB does not count")
	f.BoolVar(&o.data, "data", false, "also print the data of events and answers, up to 64 KiB of each")
	f.BoolVar(&o.worker, "worker", false, "start each command once and send it the events as lines of JSON")
	f.IntVar(&o.workers, "workers", 1, "with --worker: start each command `n` times")
	f.BoolVar(&o.strict, "strict", false, "answer 404 to an event without a hook (default: accept it)")
	f.StringVar(&o.responseType, "response-type", "text", "what hooks print for a user event: `text|json|binary`")
	f.DurationVar(&o.Timeout, "hook-timeout", trigger.DefaultHookTimeout, "kill a hook that runs longer than this `time`, and all processes it started")
	f.IntVar(&o.concurrency, "concurrency", trigger.DefaultConcurrency, "run at most `n` hooks at the same time")
	f.IntVar(&o.queue, "queue", trigger.DefaultQueue, "let `n` more events wait; further ones get 503, and the service retries them")
	f.StringVar(&o.serialBy, "serial-by", string(trigger.SerialByConnection), "keep the order of the events of each: `connection|user|none`")
	f.Int64Var(&o.maxBody, "max-body", trigger.DefaultMaxBody, "reject an event with more than `n` bytes of data")
}

// RegisterForward defines --forward, for a command that has no other flag for an
// event handler.
func (o *Flags) RegisterForward(f *pflag.FlagSet) {
	f.Var((*cli.URLValue)(&o.forward), "forward", "forward all events without --on to this `URL`; {hub} and {event} are replaced by their names")
}

// Any reports whether the flags name a hook or an event handler.
func (o *Flags) Any() bool { return len(o.On) > 0 || o.forward != "" }

// hookOnly are the flags that say how hooks run.
var hookOnly = []string{"worker", "workers", "strict", "response-type", "hook-timeout", "concurrency", "queue", "serial-by", "max-body", "data"}

// CheckUnused returns a usage error for a flag that has no effect without others.
func (o *Flags) CheckUnused(given cli.FlagNames) error {
	if given["workers"] && !o.worker {
		return cli.Usagef("--workers goes with --worker")
	}
	if name := given.First(hookOnly...); name != "" && !o.Any() {
		return cli.Usagef("--%s goes with --on", name)
	}
	if name := given.First(commandOnly...); name != "" && !o.anyCommand() {
		return cli.Usage("--"+name+" needs a hook that is a command", "URLs and the built-in hooks, such as :echo, do not use it: leave it out")
	}
	return nil
}

// commandOnly are the flags that say how hooks that are commands run.
var commandOnly = []string{"worker", "workers", "response-type"}

// anyCommand reports whether a hook of --on is a command. A pair without a hook
// counts, because it has an error of its own.
func (o *Flags) anyCommand() bool {
	return slices.ContainsFunc(o.On, func(pair string) bool {
		_, hook, _ := strings.Cut(pair, "=")
		return !isBuiltin(hook) && !isURL(hook)
	})
}

// check checks the values of the flags.
func (o *Flags) check() error {
	d, err := protocol.ParseDataType(o.responseType)
	switch {
	case err != nil:
		return cli.Usagef("--response-type: %v", err)
	case o.workers < 1:
		return cli.Usagef("--workers must be 1 or more")
	case o.Timeout <= 0:
		return cli.Usagef("--hook-timeout must be greater than 0")
	case o.concurrency < 1:
		return cli.Usagef("--concurrency must be 1 or more")
	case o.queue < 0:
		return cli.Usagef("--queue must be 0 or more")
	case o.maxBody < 1:
		return cli.Usagef("--max-body must be 1 or more")
	case !slices.Contains([]trigger.SerialBy{trigger.SerialByConnection, trigger.SerialByUser, trigger.SerialByNone}, trigger.SerialBy(o.serialBy)):
		return cli.Usagef("--serial-by %q is unknown: use connection, user or none", o.serialBy)
	}
	o.responseType = string(d)
	return nil
}

// JoinArgs replaces "--on EVENT HOOK" by "--on EVENT=HOOK" for the commands that
// have this flag, because the parser takes one argument for a flag. Arguments
// after -- are left alone.
func JoinArgs(root *cobra.Command, args []string) []string {
	c, _, err := root.Find(args)
	if err != nil || c.Flags().Lookup(OnFlag) == nil {
		return args
	}
	var out []string
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if arg == "--" {
			return append(out, args[i:]...)
		}
		event, isOn := strings.CutPrefix(arg, "--"+OnFlag+"=")
		if arg == "--"+OnFlag && i+1 < len(args) {
			i++
			event, isOn = args[i], true
		}
		if !isOn {
			out = append(out, arg)
			continue
		}
		if i+1 < len(args) && !strings.Contains(event, "=") && !strings.HasPrefix(args[i+1], "-") {
			i++
			event += "=" + args[i]
		}
		out = append(out, "--"+OnFlag, event)
	}
	return out
}
