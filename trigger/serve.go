package trigger

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"wps/protocol"
	"wps/token"
)

// ServeHTTP answers one event or validation request. A refused event does not
// reach a hook.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case !h.serves(r.URL.Path):
		h.refuse(w, r, http.StatusNotFound, "nothing is served at "+shorten(r.URL.Path))
	case r.Method == http.MethodOptions, r.Method == http.MethodGet:
		h.validate(w, r)
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", "POST, OPTIONS, GET")
		h.refuse(w, r, http.StatusMethodNotAllowed, "events are sent with POST")
	default:
		h.serveEvent(w, r)
	}
}

// serves reports whether a path is the path of the handler or below it, without
// regard to case.
func (h *Handler) serves(path string) bool {
	prefix := strings.TrimSuffix(h.o.Path, "/")
	if len(path) < len(prefix) || !strings.EqualFold(path[:len(prefix)], prefix) {
		return false
	}
	return len(path) == len(prefix) || path[len(prefix)] == '/'
}

// refuse answers and logs a request that is not a valid event.
func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, status int, text string) {
	h.log.Warn("request refused", "method", shorten(r.Method), "path", shorten(r.URL.Path), "status", status, "reason", text)
	h.writeRefusal(w, status, text)
	if h.o.OnRefused != nil {
		h.o.OnRefused(Refusal{shorten(r.Method), shorten(r.URL.Path), status, text})
	}
}

func (h *Handler) writeRefusal(w http.ResponseWriter, status int, text string) {
	(&reply{status: status, header: http.Header{headerContentType: nil}, body: []byte(text)}).write(w)
}

func (h *Handler) serveEvent(w http.ResponseWriter, r *http.Request) {
	c, err := protocol.ReadEventContext(r.Header)
	switch {
	case err != nil:
		h.refuse(w, r, http.StatusBadRequest, shorten(err.Error()))
		return
	case len(h.o.Keys) > 0 && !token.VerifySignature(c.Signature, c.ConnectionID, h.o.Keys...):
		h.refuse(w, r, http.StatusUnauthorized, "the signature of the event does not match the access key")
		return
	case r.ContentLength > h.o.MaxBody:
		h.refuse(w, r, http.StatusRequestEntityTooLarge, h.tooLarge())
		return
	}
	ev := &Event{EventContext: c, Header: r.Header}
	h.reportEvent(ev)
	began := time.Now()
	reply, report := h.answerOnce(r, ev)
	if reply == nil { // the request ended before there was an answer
		reply = unavailable(r.Context().Err())
	}
	if named, ok := w.(hookWriter); ok {
		named.Hook(report.Hook)
	}
	reply.write(w)
	report.Received, report.Header, report.Body = ev, reply.header, reply.body
	h.reportAnswer(report, reply, began)
}

// hookWriter is the ResponseWriter of a caller in this process that wants the name
// of the hook which answers.
type hookWriter interface{ Hook(name string) }

func (h *Handler) tooLarge() string {
	return fmt.Sprintf("the body is larger than %d bytes", h.o.MaxBody)
}

func (h *Handler) reportEvent(ev *Event) {
	if h.o.OnEvent != nil {
		h.o.OnEvent(&ev.EventContext)
	}
}

func (h *Handler) reportAnswer(report Report, r *reply, began time.Time) {
	if h.o.OnAnswer == nil {
		return
	}
	report.Status, report.Problem, report.Took = r.status, r.problem, time.Since(began)
	h.o.OnAnswer(report)
}

// answerOnce answers an event, or returns the answer that it got when it was sent
// first. The reply is nil if the request ended before there was one.
func (h *Handler) answerOnce(r *http.Request, ev *Event) (*reply, Report) {
	report := Report{Event: &ev.EventContext}
	for {
		attempt, first := h.dedupe.begin(&ev.EventContext)
		if first {
			reply, again := h.answer(r, ev, &report)
			if again {
				h.dedupe.end(attempt, nil)
			} else {
				h.dedupe.end(attempt, reply)
			}
			return reply, report
		}
		switch reply, err := attempt.wait(r.Context()); {
		case err != nil:
			return nil, report
		case reply != nil:
			report.Repeated = true
			return reply, report
		}
	}
}

// answer runs the hook of the event when its turn has come. again reports that
// the hook was not reached, so that a repeated event must be run.
//
// The event takes its place in the queue before its body is read: the order of a
// connection is that in which its requests were received, however long their
// bodies take, and the queue limits the memory for bodies. It is deliberate that
// a slow body delays the later events of its connection.
func (h *Handler) answer(r *http.Request, ev *Event, report *Report) (answer *reply, again bool) {
	hook := h.routes.find(&ev.EventContext)
	if hook == nil {
		if h.o.Strict {
			return refusal(http.StatusNotFound, "no hook for the event "+shorten(ev.Event)), true
		}
		return ev.unhandled(), true
	}
	report.Hook = hook.String()
	size := r.ContentLength
	if size < 0 {
		size = h.o.MaxBody
	}
	place, err := h.queue.enter(&ev.EventContext, size)
	if err != nil {
		return unavailable(err), true
	}
	defer h.queue.leave(place)
	if bad := h.readBody(r, ev); bad != nil {
		return bad, true
	}
	if h.o.OnData != nil {
		h.o.OnData(ev)
	}
	release, err := h.queue.wait(r.Context(), place)
	if err != nil {
		return unavailable(err), true
	}
	defer release()
	return h.run(hook, ev)
}

func refusal(status int, text string) *reply {
	return &reply{status: status, header: http.Header{headerContentType: nil}, body: []byte(text), problem: text}
}

// readBody reads and decodes the data. It returns a refusal, or nil.
func (h *Handler) readBody(r *http.Request, ev *Event) *reply {
	body, err := readAll(r.Body, r.ContentLength, h.o.MaxBody)
	if err == nil {
		ev.Body = body
		err = ev.decode()
	}
	switch {
	case errors.Is(err, errTooLarge):
		return refusal(http.StatusRequestEntityTooLarge, h.tooLarge())
	case err != nil:
		return refusal(http.StatusBadRequest, err.Error())
	}
	return nil
}

var errTooLarge = errors.New("too large")

// readAll reads at most limit bytes. size is -1 if it is not known.
func readAll(in io.Reader, size, limit int64) ([]byte, error) {
	switch {
	case in == nil || size == 0:
		return nil, nil
	case size > limit:
		return nil, errTooLarge
	case size > 0:
		body := make([]byte, size)
		_, err := io.ReadFull(in, body)
		return body, err
	}
	body, err := io.ReadAll(io.LimitReader(in, limit+1))
	if int64(len(body)) > limit {
		return nil, errTooLarge
	}
	return body, err
}

// serverErrorText is the text of a failure that is sent to the service. The
// reason is only logged.
const serverErrorText = "the event handler failed"

// run runs the hook and its output. It does not use the context of the request:
// a hook that has begun finishes, so that the answer exists when the service
// repeats a request that was broken off.
func (h *Handler) run(hook Hook, ev *Event) (*reply, bool) {
	ctx, cancel := context.WithTimeout(h.queue.ctx, h.o.HookTimeout)
	defer cancel()
	a, err := hook.Answer(ctx, ev)
	if err == nil && a.Error == nil {
		err = h.runOutput(ctx, ev, a.Output)
	}
	h.logIgnored(hook, ev, &a)
	var r *reply
	if err == nil {
		r, err = ev.reply(a)
	}
	if err != nil {
		again := ctx.Err() != nil || wasInterrupted(err)
		r = ev.errorReply(&Error{Status: http.StatusInternalServerError, Text: serverErrorText, Retry: again})
		r.problem = err.Error()
	}
	if wasNotRun(err) {
		return unavailable(err), true
	}
	return r, false
}

func (h *Handler) logIgnored(hook Hook, ev *Event, a *Answer) {
	if len(a.Omitted) > 0 {
		h.log.Warn("variables are too large for the environment of a hook and were left out: each is in the file that the variable of its name and _FILE holds",
			"hook", hook.String(), "event", ev.EventContext.Event, "variables", strings.Join(a.Omitted, ", "))
	}
	if len(a.Ignored) > 0 {
		h.log.Warn("members of the answer do not fit the event and were ignored", "hook", hook.String(),
			"event", ev.EventContext.Event, "members", strings.Join(a.Ignored, ", "))
	}
}
