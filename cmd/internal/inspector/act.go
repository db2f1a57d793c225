package inspector

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"wps/client"
	"wps/cmd/internal/cli"
	"wps/output"
	"wps/protocol"
)

// instruction is an event object for a hub.
type instruction struct {
	Hub   string          `json:"hub"`
	Event json.RawMessage `json:"event"`
}

// read returns the event object, or everything that is wrong with it.
func (x *instruction) read() (output.Event, []string) {
	var faults []string
	if err := protocol.CheckHub(x.Hub); err != nil {
		faults = append(faults, err.Error())
	}
	if len(x.Event) == 0 {
		return nil, append(faults, "event is missing: it is an event object, as wps apply reads it")
	}
	ev, err := output.Decode(x.Event)
	faulty, isFaulty := errors.AsType[*output.FaultError](err)
	switch {
	case isFaulty:
		for _, f := range faulty.Faults {
			faults = append(faults, f.Member+" "+f.Text)
		}
	case err != nil:
		faults = append(faults, err.Error())
	}
	return ev, faults
}

// previewed is an event object in its strict form, as a command and as a request.
type previewed struct {
	Object output.Event `json:"object,omitempty"`
	Curl   string       `json:"curl"`
	WPS    string       `json:"wps"`
	Errors []string     `json:"errors"`
}

// preview shows an event object in every form. Nothing is sent.
func (i *Inspector) preview(r *http.Request, x instruction) (any, error) {
	ev, faults := x.read()
	if len(faults) > 0 {
		return previewed{Errors: faults}, nil
	}
	p := previewed{Object: ev, WPS: Command(x.Hub, ev), Errors: []string{}}
	var err error
	if p.Curl, err = i.backend.Curl(r.Context(), x.Hub, ev); err != nil {
		p.Errors = append(p.Errors, err.Error())
	}
	return p, nil
}

// outcome is the answer to an event object that was run.
type outcome struct {
	OK           bool    `json:"ok"`
	HTTPStatus   int     `json:"httpStatus,omitempty"`
	Milliseconds float64 `json:"milliseconds"`
	Result       any     `json:"result"`
	Error        string  `json:"error,omitempty"`
	Hint         string  `json:"hint,omitempty"`
}

// runEvent runs an event object. A refusal of the service is no error of the
// request.
func (i *Inspector) runEvent(r *http.Request, x instruction) (any, error) {
	ev, faults := x.read()
	if len(faults) > 0 {
		return outcome{Error: faults[0], Hint: "see the list of faults in the preview"}, nil
	}
	service, err := i.backend.Service(x.Hub)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	result, err := ev.Run(r.Context(), service)
	o := outcome{OK: err == nil, HTTPStatus: result.HTTPStatus, Milliseconds: float64(time.Since(began).Microseconds()) / 1000}
	switch {
	case err != nil:
		o.Error, o.Hint = err.Error(), cli.Hint(err)
		if refused, ok := errors.AsType[*client.Error](err); ok {
			o.HTTPStatus = refused.Status
		}
	case result.Asked:
		o.Result = map[string]bool{"yes": result.Yes}
	}
	return o, nil
}

// errNotKept: an event is not kept any more.
var errNotKept = errors.New("the event is not kept any more")

// resend sends an event that is kept to its handler again.
func (i *Inspector) resend(r *http.Request, x struct {
	ID uint64 `json:"id"`
}) (any, error) {
	o := i.backend.Find(x.ID)
	switch {
	case o == nil:
		return nil, cli.WithHint(errNotKept, "choose a newer one, or use wps replay with a recording")
	case o.Handling == nil:
		return nil, fmt.Errorf("%s is not an event for a handler", o.Type)
	}
	if _, whole := o.Raw(); !whole {
		return nil, cli.WithHint(errors.New("the data of the event is not kept as a whole"), "it was larger than 64 KiB, or nothing was watching: have the client send it again")
	}
	return i.backend.Resend(r.Context(), o)
}
