package hooks

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"wps/cmd/internal/cli"
	"wps/cmd/internal/explain"
	"wps/internal/feed"
	"wps/internal/shownurl"
	"wps/protocol"
	"wps/token"
	"wps/trigger"
)

// Options are what an event handler needs besides its flags.
type Options struct {
	Env *cli.Env
	// ConnectionString is that of the service that hooks call, through wps and
	// through event objects.
	ConnectionString token.ConnectionString
	// Hub is the hub of an EVENT without one; "" means every hub.
	Hub string
	// Keys check signatures; see trigger.Options for these three.
	Keys    []token.Key
	Origins []string
	Path    string
	// Transport carries the requests for event objects; nil means the network.
	Transport http.RoundTripper
	// Quiet logs only problems, on stderr: stdout belongs to another program.
	Quiet bool
	// Feed gets the events as traffic objects; nil for none.
	Feed *feed.Feed
	// AcceptAll accepts the events without a hook, after reading their data.
	AcceptAll bool
}

// AllowedOrigins returns the hosts for which validation succeeds: that of the
// service, and those of --allow-origin.
func AllowedOrigins(cs token.ConnectionString, allowed []string) []string {
	return append(slices.Clone(allowed), cs.Endpoint.Host)
}

// Handler answers events with hooks. It must be closed.
type Handler struct {
	*trigger.Handler
	services *services
	shares   bool // the program has started other commands, which may leave processes
}

// Close closes the trigger.Handler, and then the network connections over which
// the event objects of hooks were sent. No process that hooks started is left.
func (h *Handler) Close(ctx context.Context) error {
	defer h.services.close()
	err := h.Handler.Close(ctx)
	if !h.shares {
		trigger.KillOrphans()
	}
	return err
}

// Handler returns the event handler that the flags describe.
func (o *Flags) Handler(ctx context.Context, options Options) (*Handler, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if err := trigger.AdoptOrphans(); err != nil {
		options.Env.Log.Debug("processes that leave the session of a hook will not be found", "err", err)
	}
	b := &builder{flags: o, options: options, services: newServices(options, o.concurrency), made: map[string]trigger.Hook{}}
	h, err := b.build()
	if err != nil {
		return nil, cli.JoinErrors(explainHook(err), b.close(ctx))
	}
	return &Handler{Handler: h, services: b.services, shares: options.Quiet}, nil
}

// explainHook returns the usage error of a hook that cannot be made.
func explainHook(err error) error {
	if script, ok := errors.AsType[*trigger.ScriptError](err); ok {
		return cli.Usage(err.Error(), script.Fix)
	}
	return explain.Hook(err)
}

// builder makes each hook once, even if several events name it.
type builder struct {
	flags    *Flags
	options  Options
	services *services
	made     map[string]trigger.Hook
}

func (b *builder) build() (*trigger.Handler, error) {
	o, log := b.flags, newEventLog(&b.options, b.flags.data || b.options.AcceptAll)
	options := trigger.Options{
		Strict: o.strict, Keys: b.options.Keys, Origins: b.options.Origins, Path: b.options.Path, MaxBody: o.maxBody,
		HookTimeout: o.Timeout, Concurrency: o.concurrency, Queue: o.queue, SerialBy: trigger.SerialBy(o.serialBy),
		Output: b.services.forHub, Logger: b.options.Env.Log,
	}
	log.observe(&options)
	log.guarded = b.guarded()
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
	if b.options.AcceptAll && options.Default == nil {
		hook, err := trigger.Builtin(":accept", nil)
		if err != nil {
			return nil, err
		}
		b.made[":accept"], options.Default = hook, hook
	}
	return trigger.New(options)
}

// guarded returns the hubs whose connect events have a hook, nil if those of every
// hub have one, or none, or if events without a hook are refused or forwarded.
func (b *builder) guarded() map[string]bool {
	var hubs map[string]bool
	for _, pair := range b.flags.On {
		event, _, _ := strings.Cut(pair, "=")
		key, err := trigger.ParseKey(event)
		switch hub := strings.ToLower(cmp.Or(key.Hub, b.options.Hub)); {
		case err != nil || key.Kind != protocol.EventSystem || key.Event != protocol.EventConnect: // an error is reported for its route
		case hub == "" || b.flags.strict || b.flags.forward != "":
			return nil
		case hubs == nil:
			hubs = map[string]bool{hub: true}
		default:
			hubs[hub] = true
		}
	}
	return hubs
}

// route parses EVENT=HOOK and makes the hook.
func (b *builder) route(pair string, log *eventLog) (trigger.Route, error) {
	event, text, ok := strings.Cut(pair, "=")
	if !ok || strings.TrimSpace(text) == "" {
		return trigger.Route{}, fmt.Errorf("%s: the hook is missing", shownurl.In(event))
	}
	if strings.Contains(event, "://") {
		return trigger.Route{}, fmt.Errorf("%s: the event before the hook is missing", shownurl.Of(event))
	}
	key, err := trigger.ParseKey(event)
	if err != nil {
		return trigger.Route{}, err
	}
	if key.Hub == "" {
		key.Hub = b.options.Hub
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

// hook makes a hook: :NAME is built in, a URL is another event handler, anything
// else is a command.
func (b *builder) hook(text string, log *eventLog) (trigger.Hook, error) {
	switch {
	case isBuiltin(text):
		return trigger.Builtin(text, log.logger())
	case isURL(text):
		return trigger.Forward(text)
	}
	cs := b.options.ConnectionString.Reveal()
	options := trigger.CommandOptions{
		ResponseType: protocol.DataType(b.flags.responseType), OnStderr: log.stderr, Logger: b.options.Env.Log,
		Env: []string{"WPS_CONNECTION_STRING=" + cs, "WebPubSubConnectionString=" + cs},
	}
	if b.flags.worker {
		return trigger.Worker(text, b.flags.workers, options)
	}
	return trigger.Command(text, options)
}

// close closes the hooks that were made before an error.
func (b *builder) close(ctx context.Context) error {
	var errs []error
	for _, hook := range b.made {
		errs = append(errs, hook.Close(ctx))
	}
	return cli.JoinErrors(errs...)
}

// isBuiltin reports whether a hook has the name of a built-in one.
func isBuiltin(hook string) bool { return len(hook) > 1 && hook[0] == ':' && hook[1] != ' ' }

// isURL reports whether a hook begins with the scheme of a URL.
func isURL(text string) bool {
	scheme, _, ok := strings.Cut(text, "://")
	return ok && scheme != "" && strings.Trim(strings.ToLower(scheme), "abcdefghijklmnopqrstuvwxyz") == ""
}
