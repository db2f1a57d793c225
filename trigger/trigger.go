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
	"net/http"
	"time"

	"wps/output"
	"wps/protocol"
	"wps/token"
)

// Hook answers events. It may be called concurrently.
type Hook interface {
	// Answer answers one event. ctx ends when HookTimeout has passed or when Close
	// gives up waiting. Whatever was started for the event must have ended when
	// Answer returns. An error is logged, and the service gets a server error.
	// Wrap it with NotRun if the event did not reach the hook.
	Answer(ctx context.Context, ev *Event) (Answer, error)
	// Close ends what the hook keeps running. It is called after the last Answer.
	Close(ctx context.Context) error
	// String returns the name of the hook for people, such as its command line.
	String() string
}

// Route maps a key to the hook that answers its events.
type Route struct {
	Key  Key
	Hook Hook
}

// Options configure a Handler. The zero value of each is usable.
type Options struct {
	// Routes must have distinct keys.
	Routes []Route
	// Default answers the events without a route, including system events; nil
	// accepts them.
	Default Hook
	// Strict answers 404 instead of success to an event without a hook.
	Strict bool
	// Keys verify ce-signature; without keys it is not verified.
	Keys []token.Key
	// Origins are the hosts that validation succeeds for, such as
	// "contoso.webpubsub.azure.com", or "*" for any. If it is empty, every
	// validation request is refused.
	Origins []string
	// Path is the path that is served, with all paths below it; "" serves any.
	Path string
	// MaxBody limits the data of an event, in bytes; 0 is DefaultMaxBody.
	MaxBody int64
	// HookTimeout limits the time for the hook of one event and its output; 0 is
	// DefaultHookTimeout.
	HookTimeout time.Duration
	// Concurrency is how many hooks run at the same time; 0 is
	// DefaultConcurrency.
	Concurrency int
	// Queue is how many further events may wait. Events over that are answered
	// 503, so that the service retries. 0 is DefaultQueue, less than 0 is none.
	Queue int
	// SerialBy is the set of events that are run one after another; "" is
	// SerialByConnection.
	SerialBy SerialBy
	// Output returns the service that runs the event objects of hooks in a hub. If
	// it is nil, a hook with output fails.
	Output func(hub string) (output.Service, error)
	// OnEvent and OnAnswer, when set, are called when an event is received and
	// after it is answered. They are called concurrently.
	OnEvent  func(*protocol.EventContext)
	OnAnswer func(Report)
	// OnData, when set, is called concurrently when the data of an event was read,
	// before its hook runs, and OnRefused for a request that is no valid event.
	OnData    func(*Event)
	OnRefused func(Refusal)
	// Logger logs what was refused or ignored; nil logs nothing.
	Logger *slog.Logger
}

// Defaults of Options.
const (
	DefaultMaxBody     = protocol.MaxMessageSize
	DefaultHookTimeout = 30 * time.Second
	DefaultConcurrency = 32
	DefaultQueue       = 1000
)

// Report describes how an event was answered.
type Report struct {
	Event *protocol.EventContext
	// Hook is the name of the hook, "" if none was run.
	Hook   string
	Status int
	Took   time.Duration
	// Repeated reports that the answer is that of an earlier request for the event.
	Repeated bool
	// Problem is why the event failed; "" if it did not.
	Problem string
	// Received is the event with its header and its data, which are empty when they
	// were not read. Header and Body are those of the answer. None may be changed.
	Received *Event
	Header   http.Header
	Body     []byte
}

// Refusal describes a request that is no valid event.
type Refusal struct {
	Method, Path string
	Status       int
	Reason       string
}

// Handler is an http.Handler that answers the events of the service. It is safe
// for concurrent use. If a ResponseWriter has a method Final(), it is called before
// a 5xx answer that would be the same if the event were sent again: the hook ran
// and failed, and neither died, nor took too long, nor asked for the event again.
type Handler struct {
	o       Options
	routes  routes
	origins origins
	queue   *queue
	dedupe  *dedupe
	hooks   []Hook // each once
	log     *slog.Logger
}

// New returns a Handler, which then owns the hooks: it must be closed. Two routes
// with the same key, an access key that is empty or given twice, and an unknown
// SerialBy are errors.
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

// Running returns how many hooks run now.
func (h *Handler) Running() int { return len(h.queue.slots) }

// Close answers new and waiting events with 503, waits for the hooks that run,
// and closes the hooks. When ctx ends first, hooks that still run are killed.
func (h *Handler) Close(ctx context.Context) error {
	h.queue.close(ctx)
	return closeHooks(ctx, h.hooks)
}
