package benchcmd

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"wps/bench"
	"wps/bench/predict"
	"wps/cmd/internal/cli"
)

// predictFlags are the flags of "wps bench predict".
type predictFlags struct {
	rates, arrivals         string
	connections, groups     int
	workers                 int
	hookTime, balance       string
	hooksAtOnce, hooksQueue int
	instances               int
	maxP99                  time.Duration
	warmup, duration        time.Duration
	seed                    uint64
}

// newPredict returns "wps bench predict".
func newPredict(env *cli.Env) *cobra.Command {
	var o predictFlags
	c := &cobra.Command{
		Use:   "predict [RUN...] [--rate R,...] [--hook-time TIME]",
		Short: "Predict latencies at a load from short measurements",
		Long: `Simulate a load and print the latencies that a run with --rate would measure, and
the knee: the highest rate with p99 up to --within, nothing lost or refused, and
nearly all started in time. Nothing is sent.

What things cost is taken from two saved runs without --rate, of fanout or of echo:
one with --concurrency 1 (fanout also with --in-flight 1), and one as fast as
possible. Measure them on the machine and with the hooks that count, each several
times if the machine has other work, and name all of them. Hooks that do not exist
yet are described by --hook-time instead: 50ms; 20ms-100ms, any time between; or
exp:50ms, mostly short ones, few long ones.

Each of --instances runs on a machine of its own. A publisher or client does one
thing at a time, so that few of them (--concurrency) may be what limits a load.`,
		Example: `  wps bench predict --hook-time 20ms-100ms --hooks-at-once 8 --rate 50/s,100/s
  wps bench predict --hook-time exp:50ms --instances 3 --balance connection --arrivals random
  wps bench predict one.json fast.json
  wps bench predict one.json fast.json --connections 2000 --rate 20/s,50/s --within 200ms
  wps bench predict one.json fast.json -o json --jq .knee`,
		Annotations: cli.Exits(cli.ExitLineUsage),
		Args:        cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			p, err := o.predict(args, cli.ChangedFlags(c))
			if err != nil {
				return err
			}
			if env.Out.JSON() {
				return env.Out.PrintJSON(p)
			}
			return env.Out.Write([]byte(p.Text()))
		},
	}
	o.register(c)
	return c
}

// register defines the flags.
func (o *predictFlags) register(c *cobra.Command) {
	f := c.Flags()
	f.SortFlags = false
	f.StringVar(&o.rates, "rate", "", "predict these `rates` of all workers together, such as 100/s,200/s\n(default 0.3, 0.55 and 0.85 of what is possible)")
	f.StringVar(&o.arrivals, "arrivals", "even", "`even|random`: evenly spaced, as in a benchmark, or at random times, as from many people")
	f.IntVar(&o.workers, "concurrency", 0, "`n` publishers or clients, each one at a time (default as in the fast run; 1000 for\n--hook-time)")
	f.IntVar(&o.connections, "connections", 0, "`n` connections that receive (default as in the runs)")
	f.IntVar(&o.groups, "groups", 0, "spread them over `n` groups (default as in the runs)")
	f.StringVar(&o.hookTime, "hook-time", "", "`time` of a hook, instead of runs: 50ms, 20ms-100ms or exp:50ms")
	f.IntVar(&o.hooksAtOnce, "hooks-at-once", 32, "an instance runs `n` hooks at once: its --concurrency")
	f.IntVar(&o.hooksQueue, "hooks-queue", 1000, "and `n` events wait there: its --queue")
	f.IntVar(&o.instances, "instances", 1, "`n` instances of the event handler")
	f.StringVar(&o.balance, "balance", string(predict.RoundRobin), "how the instance of an event is chosen: `round-robin|random|connection`")
	f.DurationVar(&o.maxP99, "within", 100*time.Millisecond, "`time` that p99 may have below the knee")
	f.DurationVar(&o.duration, "duration", 30*time.Second, "simulate this `time`")
	f.DurationVar(&o.warmup, "warmup", 2*time.Second, "and this `time` before it, without counting")
	f.Uint64Var(&o.seed, "seed", 1, "`number` that everything random comes from")
}

// Bounds of a simulation.
const (
	// maxSimulated bounds the deliveries or events of one rate: about ten seconds of
	// work.
	maxSimulated = 100_000_000
	maxInstances = 1000
	maxQueue     = 1_000_000
)

// predict checks the flags and predicts.
func (o *predictFlags) predict(runs []string, given cli.FlagNames) (*predict.Prediction, error) {
	rates, err := o.check(given)
	if err != nil {
		return nil, err
	}
	load := predict.Load{Random: o.arrivals == "random", Workers: o.workers, Warmup: o.warmup, Duration: o.duration, Seed: o.seed}
	if o.hookTime != "" {
		return o.plannedHooks(runs, given, load, rates)
	}
	one, fast, err := measured(runs)
	if err != nil {
		return nil, err
	}
	if load.Workers == 0 {
		load.Workers = fast.Workers
	}
	if one.Kind == "echo" {
		return o.measuredHooks(one, fast, given, load, rates)
	}
	return o.fanout(one, fast, given, load, rates)
}

// check checks the flags that need no run, and returns the rates.
func (o *predictFlags) check(given cli.FlagNames) ([]float64, error) {
	var rates []float64
	if given["rate"] {
		for text := range strings.SplitSeq(o.rates, ",") {
			rate, err := cli.ParseRate(strings.TrimSpace(text))
			if err != nil || rate == 0 {
				return nil, cli.Usagef("--rate %q: use rates above 0, such as 100/s,200/s", o.rates)
			}
			rates = append(rates, rate)
		}
	}
	balances := []string{string(predict.RoundRobin), string(predict.ByChance), string(predict.ByConnection)}
	switch {
	case o.arrivals != "even" && o.arrivals != "random":
		return nil, cli.Usagef("--arrivals %q: use even or random", o.arrivals)
	case !slices.Contains(balances, o.balance):
		return nil, cli.Usagef("--balance %q: use %s", o.balance, strings.Join(balances, ", "))
	case given["concurrency"] && (o.workers < 1 || o.workers > maxWorkers):
		return nil, cli.Usagef("--concurrency must be from 1 to %d", maxWorkers)
	case o.hooksAtOnce < 1 || o.hooksAtOnce > maxWorkers || o.hooksQueue < 0 || o.hooksQueue > maxQueue:
		return nil, cli.Usagef("--hooks-at-once must be from 1 to %d, --hooks-queue from 0 to %d", maxWorkers, maxQueue)
	case o.instances < 1 || o.instances > maxInstances:
		return nil, cli.Usagef("--instances must be from 1 to %d", maxInstances)
	case o.maxP99 <= 0:
		return nil, cli.Usagef("--within must be more than 0")
	case o.duration <= 0 || o.duration > maxTime || o.warmup < 0 || o.warmup > maxTime:
		return nil, cli.Usagef("--duration must be more than 0, --warmup 0 or more, and neither over %v", maxTime)
	}
	return rates, nil
}

// only returns an error when flags of another kind of load are given.
func only(given cli.FlagNames, kind string, others ...string) error {
	for _, name := range others {
		if given[name] {
			return cli.Usagef("--%s has no effect for %s", name, kind)
		}
	}
	return nil
}

// bounded returns an error when a rate would take too long.
func (o *predictFlags) bounded(rates []float64, deliveries float64) error {
	for _, rate := range rates {
		if n := rate * deliveries * (o.warmup + o.duration).Seconds(); n > maxSimulated {
			return cli.Usage(fmt.Sprintf("%g/s are %.3g events or deliveries in this time: more than %d", rate, n, maxSimulated), "lower --rate or --duration")
		}
	}
	return nil
}

func (o *predictFlags) bound() predict.Bound {
	return predict.Bound{P99: float64(o.maxP99) / float64(time.Millisecond)}
}

// measured loads the runs, and returns those with one worker as one, and the others.
func measured(paths []string) (one, fast *bench.Result, err error) {
	const how = "wps bench fanout --hub bench --connections 500 --concurrency 1 --in-flight 1 --save one.json, then without these two flags and with --save fast.json"
	var ones, fasts []*bench.Result
	for _, path := range paths {
		r, err := loadRun(path)
		switch {
		case err != nil:
			return nil, nil, cli.Usage(fmt.Sprintf("%s: %v", path, err), "name a file that was written by wps bench --save")
		case r.Kind != "fanout" && r.Kind != "echo":
			return nil, nil, cli.Usage(fmt.Sprintf("%s: a run of %s", path, r.Kind), "use runs of fanout, or runs of echo")
		case r.Workers == 1:
			ones = append(ones, r)
		default:
			fasts = append(fasts, r)
		}
	}
	if len(ones) == 0 || len(fasts) == 0 {
		return nil, nil, cli.Usage("name two saved runs, one of them with --concurrency 1, or the time of a hook by --hook-time", how)
	}
	for _, r := range slices.Concat(ones, fasts) {
		if unlike := bench.Compare(ones[0], r).Unlike; slices.Contains(unlike, "kind") || slices.Contains(unlike, "rate") {
			return nil, nil, cli.Usage("the runs differ in their kind or --rate", "use runs of fanout, or runs of echo, all without --rate")
		}
	}
	return bench.Merge(ones...), bench.Merge(fasts...), nil
}

// fanout predicts deliveries.
func (o *predictFlags) fanout(one, fast *bench.Result, given cli.FlagNames, load predict.Load, rates []float64) (*predict.Prediction, error) {
	if err := only(given, "runs of fanout", "hooks-at-once", "hooks-queue", "instances", "balance"); err != nil {
		return nil, err
	}
	plan := predict.FanoutPlan{Load: load, Connections: fast.Connections, Groups: fast.Groups, Size: fast.Size}
	if given["connections"] {
		plan.Connections = o.connections
	}
	if given["groups"] {
		plan.Groups = o.groups
	}
	switch {
	case plan.Connections < 1 || plan.Connections > maxWorkers:
		return nil, cli.Usagef("--connections must be from 1 to %d", maxWorkers)
	case plan.Groups < 1 || plan.Groups > plan.Connections:
		return nil, cli.Usagef("--groups must be from 1 to the number of connections")
	}
	if err := o.bounded(rates, float64(plan.Connections)/float64(plan.Groups)); err != nil {
		return nil, err
	}
	costs, err := predict.MeasuredFanout(one, fast)
	if err != nil {
		return nil, cli.Usage(fmt.Sprintf("nothing can be learned from these runs: %v", err), "measure one with --concurrency 1 --in-flight 1, and one with neither, both without --rate")
	}
	return predict.PlanFanout(plan, costs, rates, o.bound()), nil
}

// hookPlan returns the plan of the flags for hooks.
func (o *predictFlags) hookPlan(load predict.Load) predict.HookPlan {
	return predict.HookPlan{
		Load: load, Instances: o.instances, Balance: predict.Balance(o.balance), Concurrency: o.hooksAtOnce, Queue: o.hooksQueue, MaxWait: time.Minute,
	}
}

// measuredHooks predicts events for hooks that were measured.
func (o *predictFlags) measuredHooks(one, fast *bench.Result, given cli.FlagNames, load predict.Load, rates []float64) (*predict.Prediction, error) {
	if err := only(given, "runs of echo", "connections", "groups"); err != nil {
		return nil, err
	}
	if err := o.bounded(rates, 1); err != nil {
		return nil, err
	}
	costs, err := predict.MeasuredHook(one, fast, o.hooksAtOnce)
	if err != nil {
		return nil, cli.Usage(fmt.Sprintf("nothing can be learned from these runs: %v", err), "measure one with --concurrency 1, and one with more than --hooks-at-once, both without --rate")
	}
	return predict.PlanHooks(o.hookPlan(load), costs, rates, o.bound()), nil
}

// plannedHooks predicts events for hooks of --hook-time.
func (o *predictFlags) plannedHooks(runs []string, given cli.FlagNames, load predict.Load, rates []float64) (*predict.Prediction, error) {
	if len(runs) > 0 {
		return nil, cli.Usagef("--hook-time replaces the runs: use one of them")
	}
	if err := only(given, "--hook-time", "connections", "groups"); err != nil {
		return nil, err
	}
	if err := o.bounded(rates, 1); err != nil {
		return nil, err
	}
	costs, err := parseHookTime(o.hookTime)
	if err != nil {
		return nil, err
	}
	if load.Workers == 0 {
		load.Workers = 1000
	}
	return predict.PlanHooks(o.hookPlan(load), costs, rates, o.bound()), nil
}

// parseHookTime parses 50ms, 20ms-100ms and exp:50ms.
func parseHookTime(s string) (predict.HookCosts, error) {
	mean, isExp := strings.CutPrefix(s, "exp:")
	low, high, isRange := strings.Cut(mean, "-")
	if !isRange {
		high = low
	}
	from, err1 := time.ParseDuration(low)
	to, err2 := time.ParseDuration(high)
	if err1 != nil || err2 != nil || from <= 0 || to < from || to > time.Hour || isExp && isRange {
		return predict.HookCosts{}, cli.Usagef("--hook-time %q: use a time up to 1h such as 50ms, 20ms-100ms or exp:50ms", s)
	}
	switch {
	case isExp:
		return predict.Exponential(from.Seconds()), nil
	case isRange:
		return predict.Between(from.Seconds(), to.Seconds()), nil
	}
	return predict.Constant(from.Seconds()), nil
}
