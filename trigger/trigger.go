// Package trigger is the trigger binding: an event handler that checks, decodes
// and routes the events of the service, runs a hook for each, and writes the
// answers as the service reads them. Whatever carries an event (an HTTP server,
// a call in this process) hands it to Handler.ServeHTTP. It is one package because
// the kinds of hooks share the event, its environment and the rules of an answer.
//
//	hook, err := trigger.Builtin(":echo", nil)
//	key, err := trigger.ParseKey("message")
//	h, err := trigger.New(trigger.Options{Routes: []trigger.Route{{Key: key, Hook: hook}}})
//	err = http.ListenAndServe("localhost:9000", h)
package trigger

import (
	"context"
	"log/slog"
	"time"

	"wps/output"
	"wps/protocol"
	"wps/token"
)

// Hook answers events. It may be called concurrently.
type Hook interface {
	// Answer answers one event. ctx ends when the time for it is over, or when
	// the handler is told to stop at once; whatever was started for the event
	// has ended when Answer returns. An error is a server error for the service
	// and is logged; wrap NotRun around it when the event never reached the hook.
	Answer(ctx context.Context, ev *Event) (Answer, error)
	// Close ends what the hook keeps running. No event is under way.
	Close(ctx context.Context) error
	// String names the hook for people: what was written behind --on.
	String() string
}

// Route says which hook answers which event.
type Route struct {
	Key  Key
	Hook Hook
}

// Options say how a Handler works. The zero value of each is usable.
type Options struct {
	// Routes have unique keys.
	Routes []Route
	// Default answers what no route names, system events included; nil: nothing
	// does.
	Default Hook
	// Strict answers 404 to an event without a hook, instead of the harmless
	// success.
	Strict bool
	// Keys check ce-signature; with none it is not checked.
	Keys []token.Key
	// Origins are the hosts whose events are served, as validation requests
	// name them, such as "contoso.webpubsub.azure.com"; "*" is any. None: no
	// validation request succeeds.
	Origins []string
	// Path is the path that is served, with all below it; "": any.
	Path string
	// MaxBody limits the data of an event, in bytes; 0 is DefaultMaxBody.
	MaxBody int64
	// HookTimeout is the time for one event's hook and its output; 0 is
	// DefaultHookTimeout.
	HookTimeout time.Duration
	// Concurrency is how many hooks run at the same time; 0 is
	// DefaultConcurrency.
	Concurrency int
	// Queue is how many further events wait; what comes then is answered 503,
	// so that the service tries again. 0 is DefaultQueue, less than 0 none.
	Queue int
	// SerialBy says which events wait for each other; "" is SerialByConnection.
	SerialBy SerialBy
	// Output gives what runs the event objects of hooks in a hub; nil: a hook
	// with output fails.
	Output func(hub string) (output.Service, error)
	// OnEvent and OnAnswer, when set, are told of each event: when it came, and
	// what became of it. They are called concurrently.
	OnEvent  func(*protocol.EventContext)
	OnAnswer func(Report)
	// Logger gets what was refused or ignored; nil: nothing is logged.
	Logger *slog.Logger
}

// Defaults of Options.
const (
	DefaultMaxBody     = protocol.MaxMessageSize
	DefaultHookTimeout = 30 * time.Second
	DefaultConcurrency = 32
	DefaultQueue       = 1000
)

// Report is what became of an event.
type Report struct {
	Event *protocol.EventContext
	// Hook is the name of the hook, "" when none was asked.
	Hook   string
	Status int
	Took   time.Duration
	// Repeated tells that the answer is the one given when the event came first.
	Repeated bool
	// Problem is why the event failed; "" when it did not.
	Problem string
}

// Handler is an http.Handler that answers the events of the service. It is safe
// for concurrent use.
type Handler struct {
	o       Options
	routes  routes
	origins origins
	queue   *queue
	dedupe  *dedupe
	hooks   []Hook // each once
	log     *slog.Logger
}

// New makes a Handler, which owns the hooks from then on: close it. The error
// tells of a route given twice, or of a key given twice.
func New(o Options) (*Handler, error) {
	o = o.withDefaults()
	routes, err := newRoutes(o.Routes, o.Default)
	if err != nil {
		return nil, err
	}
	if err := checkKeys(o.Keys); err != nil {
		return nil, err
	}
	if err := o.SerialBy.check(); err != nil {
		return nil, err
	}
	return &Handler{
		o: o, routes: routes, origins: newOrigins(o.Origins), log: o.Logger,
		queue: newQueue(o), dedupe: newDedupe(), hooks: distinctHooks(o),
	}, nil
}

func (o Options) withDefaults() Options {
	if o.MaxBody <= 0 {
		o.MaxBody = DefaultMaxBody
	}
	if o.HookTimeout <= 0 {
		o.HookTimeout = DefaultHookTimeout
	}
	if o.Concurrency <= 0 {
		o.Concurrency = DefaultConcurrency
	}
	if o.Queue == 0 {
		o.Queue = DefaultQueue
	}
	o.Queue = max(o.Queue, 0)
	if o.SerialBy == "" {
		o.SerialBy = SerialByConnection
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// Running is how many events are being answered now.
func (h *Handler) Running() int { return len(h.queue.slots) }

// Close drains: new and waiting events are answered 503, running hooks finish,
// then the hooks are closed. When ctx ends first, what still runs is killed.
func (h *Handler) Close(ctx context.Context) error {
	h.queue.close(ctx)
	return closeHooks(ctx, h.hooks)
}
