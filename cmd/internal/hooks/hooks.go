// Package hooks makes event handlers of the flags --on and --forward, for "wps
// listen" and "wps emulator", and prints the events that they answer.
package hooks

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"wps/client"
	"wps/cmd/internal/cli"
	"wps/cmd/internal/explain"
	"wps/cmd/internal/service"
	"wps/output"
	"wps/protocol"
	"wps/token"
	"wps/trigger"
)

// Flags are the flags of a command that answers events with hooks.
type Flags struct {
	On           []string // EVENT=HOOK, after joinHooks
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
}

// OnFlag is the flag whose value is followed by one more word.
const OnFlag = "on"

// Register defines the flags.
func (o *Flags) Register(f *pflag.FlagSet) {
	f.StringArrayVar(&o.On, OnFlag, nil, "answer an event by a hook: `EVENT HOOK`, or EVENT=HOOK as one word. EVENT is\n[HUB/]EVENT: connect, connected, disconnected, joined, left, the name of a user event,\nor * for all other user events; user:NAME is always a user event")
	f.BoolVar(&o.worker, "worker", false, "start each command once and give it the events as lines of JSON")
	f.IntVar(&o.workers, "workers", 1, "with --worker: start each command `n` times")
	f.BoolVar(&o.strict, "strict", false, "answer 404 to an event without a hook (default: accept it)")
	f.StringVar(&o.responseType, "response-type", "text", "what hooks print for a user event: `text|json|binary`")
	f.DurationVar(&o.Timeout, "hook-timeout", trigger.DefaultHookTimeout, "kill a hook that takes longer than this `time`, with all it started")
	f.IntVar(&o.concurrency, "concurrency", trigger.DefaultConcurrency, "run at most `n` hooks at the same time")
	f.IntVar(&o.queue, "queue", trigger.DefaultQueue, "let `n` further events wait; more get 503, and the service tries again")
	f.StringVar(&o.serialBy, "serial-by", string(trigger.SerialByConnection), "whose events keep their order: `connection|user|none`")
	f.Int64Var(&o.maxBody, "max-body", trigger.DefaultMaxBody, "refuse an event with more than `n` bytes of data")
}

// RegisterForward is for a command that has no other way to name an event handler.
func (o *Flags) RegisterForward(f *pflag.FlagSet) {
	f.StringVar(&o.forward, "forward", "", "send all events that no --on names to this `URL`; {hub} and {event} stand for their names")
}

// Any tells whether there is anything that answers events.
func (o *Flags) Any() bool { return len(o.On) > 0 || o.forward != "" }

// hookOnly are the flags that say how hooks run.
var hookOnly = []string{"worker", "workers", "strict", "response-type", "hook-timeout", "concurrency", "queue", "serial-by", "max-body"}

// CheckUnused refuses flags about hooks when there are none.
func (o *Flags) CheckUnused(given cli.GivenFlags) error {
	if given["workers"] && !o.worker {
		return cli.Usagef("--workers goes with --worker")
	}
	if name := given.First(hookOnly...); name != "" && !o.Any() {
		return cli.Usagef("--%s goes with --on", name)
	}
	return nil
}

// JoinArgs writes "--on EVENT HOOK" as "--on EVENT=HOOK" for the commands that
// have this flag, because a flag takes one word only. Words behind -- are left
// alone.
func JoinArgs(root *cobra.Command, args []string) []string {
	c, _, err := root.Find(args)
	if err != nil || c.Flags().Lookup(OnFlag) == nil {
		return args
	}
	var out []string
	for i := 0; i < len(args); i++ {
		word := args[i]
		if word == "--" {
			return append(out, args[i:]...)
		}
		event, isOn := strings.CutPrefix(word, "--"+OnFlag+"=")
		if word == "--"+OnFlag && i+1 < len(args) {
			i++
			event, isOn = args[i], true
		}
		if !isOn {
			out = append(out, word)
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

// Host is what hooks need of the command that runs them.
type Host struct {
	Env *cli.Env
	// cs is the service that hooks talk to, by wps and by event objects.
	ConnectionString token.ConnectionString
	// hub is that of an EVENT without one; "" is every hub.
	Hub string
	// keys check signatures, origins validation requests; see trigger.Options.
	Keys    []token.Key
	Origins []string
	Path    string
	// transport carries what event objects do; nil is the network.
	Transport http.RoundTripper
	// quiet tells of problems only, on stderr: stdout belongs to somebody else.
	Quiet bool
}

// Handler makes the event handler that the flags describe. Whoever calls it
// closes it.
func (o *Flags) Handler(ctx context.Context, host Host) (*trigger.Handler, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	b := &hookBuilder{o: o, host: host, made: map[string]trigger.Hook{}}
	h, err := b.build()
	if err != nil {
		return nil, cli.JoinErrors(explain.Hook(err), b.close(ctx))
	}
	return h, nil
}

func (o *Flags) check() error {
	d, err := protocol.ParseDataType(o.responseType)
	switch {
	case err != nil:
		return cli.Usagef("--response-type: %v", err)
	case o.workers < 1:
		return cli.Usagef("--workers must be 1 or more")
	case o.Timeout <= 0:
		return cli.Usagef("--hook-timeout must be more than 0")
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

// hookBuilder makes each hook once, also when several events name it.
type hookBuilder struct {
	o    *Flags
	host Host
	made map[string]trigger.Hook
}

func (b *hookBuilder) build() (*trigger.Handler, error) {
	o, log := b.o, &eventLog{env: b.host.Env, quiet: b.host.Quiet || b.host.Env.Out.Quiet, json: b.host.Env.Out.JSON() && !b.host.Quiet}
	options := trigger.Options{
		Strict: o.strict, Keys: b.host.Keys, Origins: b.host.Origins, Path: b.host.Path, MaxBody: o.maxBody,
		HookTimeout: o.Timeout, Concurrency: o.concurrency, Queue: o.queue, SerialBy: trigger.SerialBy(o.serialBy),
		Output: (&hubServices{host: b.host}).of, Logger: b.host.Env.Log,
		OnEvent: log.event, OnAnswer: log.answer,
	}
	if o.queue == 0 {
		options.Queue = -1
	}
	for _, pair := range o.On {
		route, err := b.route(pair, log)
		if err != nil {
			return nil, fmt.Errorf("--on %w", err)
		}
		options.Routes = append(options.Routes, route)
	}
	if o.forward != "" {
		hook, err := trigger.Forward(o.forward)
		if err != nil {
			return nil, fmt.Errorf("--forward %v", err)
		}
		b.made["--forward"] = hook
		options.Default = hook
	}
	return trigger.New(options)
}

// route reads EVENT=HOOK.
func (b *hookBuilder) route(pair string, log *eventLog) (trigger.Route, error) {
	event, text, ok := strings.Cut(pair, "=")
	if !ok || strings.TrimSpace(text) == "" {
		return trigger.Route{}, fmt.Errorf("%s: the hook is missing", event)
	}
	key, err := trigger.ParseKey(event)
	if err != nil {
		return trigger.Route{}, err
	}
	if key.Hub == "" {
		key.Hub = b.host.Hub
	}
	hook := b.made[text]
	if hook == nil {
		if hook, err = b.hook(text, log); err != nil {
			return trigger.Route{}, fmt.Errorf("%s: %w", event, err)
		}
		b.made[text] = hook
	}
	return trigger.Route{Key: key, Hook: hook}, nil
}

// hook makes what HOOK names: :NAME is built in, a URL is another event handler,
// anything else a command.
func (b *hookBuilder) hook(text string, log *eventLog) (trigger.Hook, error) {
	switch {
	case len(text) > 1 && text[0] == ':' && text[1] != ' ':
		return trigger.Builtin(text, log.logger())
	case strings.HasPrefix(text, "http://"), strings.HasPrefix(text, "https://"):
		return trigger.Forward(text)
	}
	options := trigger.CommandOptions{
		ResponseType: protocol.DataType(b.o.responseType), OnStderr: log.stderr, Logger: b.host.Env.Log,
		Env: []string{"WPS_CONNECTION_STRING=" + b.host.ConnectionString.Reveal(), "WebPubSubConnectionString=" + b.host.ConnectionString.Reveal()},
	}
	if b.o.worker {
		return trigger.Worker(text, b.o.workers, options)
	}
	return trigger.Command(text, options)
}

// close closes what was made before something else was wrong.
func (b *hookBuilder) close(ctx context.Context) error {
	var errs []error
	for _, hook := range b.made {
		errs = append(errs, hook.Close(ctx))
	}
	return cli.JoinErrors(errs...)
}

// hubServices gives the services that event objects of hooks act on, one for
// each hub.
type hubServices struct {
	host Host

	mu    sync.Mutex
	known map[string]*client.Service
}

// maxHubServices bounds how many hubs' services are kept.
const maxHubServices = 100

func (s *hubServices) of(hub string) (output.Service, error) {
	hub = strings.ToLower(hub)
	s.mu.Lock()
	defer s.mu.Unlock()
	if svc := s.known[hub]; svc != nil {
		return svc, nil
	}
	svc, err := service.NewFor(s.host.Env, s.host.ConnectionString, hub, client.Options{Transport: s.host.Transport})
	if err != nil {
		return nil, err
	}
	if s.known == nil || len(s.known) >= maxHubServices {
		s.known = map[string]*client.Service{}
	}
	s.known[hub] = svc
	return svc, nil
}

// Origins gives the hosts whose validation requests are answered: that of the
// service, and those of --allow-origin.
func Origins(cs token.ConnectionString, allowed []string) []string {
	return append(slices.Clone(allowed), cs.Endpoint.Host)
}
