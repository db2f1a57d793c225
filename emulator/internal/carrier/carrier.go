// Package carrier brings requests to event handlers and returns their answers:
// over HTTP, or to an http.Handler in this process. It knows the tries of a
// request, its limits and the validation of a handler; what events are, and when
// they are sent, is left to package emulator.
//
//	r := &carrier.Request{Carrier: c, Method: "POST", URL: c.Address("chat", "message"), Body: body}
//	answer, err := r.Send(ctx)
//	// answer.OK()
package carrier

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"wps/internal/oneline"
	"wps/internal/shownurl"
	"wps/internal/wait"
	"wps/protocol"
)

// Timeout limits one event on its way to its handler, retries and the answer's body
// included.
//
// Source: the vendor's emulator.
const Timeout = 100 * time.Second

// retryDelays are the pauses between attempts, of which there are at most four.
//
// Source: the vendor's emulator.
var retryDelays = [...]time.Duration{time.Second, 3 * time.Second, 5 * time.Second}

// Carrier sends requests to an event handler and returns its answers. It is
// comparable, and may be used concurrently.
type Carrier interface {
	// Address returns the URL of an event.
	Address(hub, event string) string
	// Attempt sends a request once. An error is a connection that failed, which
	// may be tried again, or an *UnusableAnswer.
	Attempt(context.Context, *Request) (*Answer, error)
	// Local reports whether the handler is in this process: it reports its own
	// failures, and sees canonical header names.
	Local() bool
	// Trusted reports whether the handler needs no validation.
	Trusted() bool
}

// Request is one request to a handler; sent again, it is the same.
type Request struct {
	Carrier Carrier
	Method  string
	URL     string // from Carrier.Address
	Hub     string // whose event it is, in lower case
	Header  http.Header
	Body    []byte
	Once    bool // without retries
	// Begun is called, perhaps several times, when an attempt is on its way: when the
	// request is written, or, if that is not known, when it begins. nil: nothing.
	Begun func()
	// Tried is called with what came of each attempt; nil: nothing.
	Tried func(a *Answer, err error, took time.Duration)
	// Log logs the first attempt that fails, because the others take a while; nil
	// logs nothing.
	Log *slog.Logger
}

// Answer is the answer of a handler. The body of a refusal is truncated.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
	Final  bool   // would be the same if the request were sent again
	Hook   string // name of the hook in this process that has answered
}

// OK reports whether the request was accepted.
func (a *Answer) OK() bool { return a.Status >= 200 && a.Status < 300 }

// Refusal returns an answer with a status other than 2xx as an error.
func (a *Answer) Refusal() error {
	if len(a.Body) == 0 {
		return errors.New("no body")
	}
	return fmt.Errorf("%.200q", a.Body)
}

// CutRefusal truncates the body of a refusal, and returns an error if that of
// another answer is too large.
func (a *Answer) CutRefusal() error {
	switch {
	case !a.OK():
		a.Body = a.Body[:min(len(a.Body), maxRefusal)]
	case len(a.Body) > protocol.MaxUpstreamResponse:
		return errTooBig()
	}
	return nil
}

// maxRefusal is how much of a refusal's body is read, in bytes: for the log, and
// for a client whose connect event was refused.
const maxRefusal = 64 << 10

// UnusableAnswer is an answer that has arrived, so that the event is not sent
// again.
type UnusableAnswer struct{ error }

// Unwrap returns what is wrong with the answer.
func (e *UnusableAnswer) Unwrap() error { return e.error }

// Unusable returns an [*UnusableAnswer] with a text.
func Unusable(format string, args ...any) error {
	return &UnusableAnswer{fmt.Errorf(format, args...)}
}

func errTooBig() error {
	return Unusable("the answer is larger than %d bytes", protocol.MaxUpstreamResponse)
}

// Send sends r and returns the answer. Connection failures, 408 and 5xx are
// retried unless the carrier says that they are final; any other status is an
// answer.
func (r *Request) Send(ctx context.Context) (*Answer, error) {
	if err := CheckHeader(r.Header); err != nil {
		return nil, err
	}
	for attempt := 0; ; attempt++ {
		if web, ok := r.Carrier.(HTTP); r.Begun != nil && !(ok && web.traces()) {
			r.Begun()
		}
		began := time.Now()
		a, err := r.Carrier.Attempt(ctx, r)
		if r.Begun != nil {
			r.Begun()
		}
		if r.Tried != nil {
			r.Tried(a, err, time.Since(began))
		}
		if r.Once || attempt == len(retryDelays) || ctx.Err() != nil || !again(a, err) {
			return a, err
		}
		if attempt == 0 {
			r.logRetry(a, err)
		}
		if err := wait.For(ctx, retryDelays[attempt]); err != nil {
			return nil, err
		}
	}
}

// again reports whether a request is sent again after what came of it.
func again(a *Answer, err error) bool {
	if err == nil {
		return Retried(a.Status) && !a.Final
	}
	_, arrived := errors.AsType[*UnusableAnswer](err)
	return !arrived
}

func (r *Request) logRetry(a *Answer, err error) {
	if r.Log == nil {
		return
	}
	what := []any{"url", shownurl.Of(r.URL), "method", r.Method}
	if err != nil {
		what = append(what, "error", oneline.Of(err.Error()))
	} else {
		what = append(what, "status", a.Status)
	}
	r.Log.Warn("event handler failed, trying again after 1, 3 and 5 s", what...)
}

// Retried reports whether an event whose answer has a status is sent again.
func Retried(status int) bool { return status == http.StatusRequestTimeout || status >= 500 }

// CheckHeader returns an error for values that HTTP cannot carry: only the user id
// may have characters other than ASCII.
func CheckHeader(h http.Header) error {
	for name, values := range h {
		for _, v := range values {
			for i := 0; i < len(v); i++ {
				b := v[i]
				if b >= 0x80 && !strings.EqualFold(name, protocol.HeaderUserID) {
					return fmt.Errorf("the value of %s is not ASCII, which a header cannot carry", name)
				}
				if b < ' ' && b != '\t' || b == 0x7f {
					return fmt.Errorf("the value of %s holds a control character, which a header cannot carry", name)
				}
			}
		}
	}
	return nil
}
