package emulator

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gorilla/websocket"

	"wps/emulator/internal/carrier"
	"wps/internal/reason"
	"wps/protocol"
	"wps/token"
)

// overrides are what a connect handler changes. Nil keeps the value of the token.
type overrides struct {
	UserID      *string   `json:"userId"`
	Groups      []*string `json:"groups"`
	Roles       []*string `json:"roles"`
	Subprotocol *string   `json:"subprotocol"`
}

// connect asks the handler whether a client may connect. The refusal is nil when it
// may, else the answer for the client. Without a handler nothing is sent, but the
// event id 0 is used all the same.
func (s *eventSource) connect(r *http.Request, claims *token.Claims) (overrides, *carrier.Answer) {
	if s == nil {
		return overrides{}, nil
	}
	s.userID = claims.UserID // no other goroutine has s yet
	e := s.newEvent(protocol.EventSystem, protocol.EventConnect, jsonType, nil)
	e.chain = s.chain
	if s.handlerOf(e) == nil {
		return overrides{}, nil
	}
	e.body = connectBody(r, claims)
	ctx, cancel := context.WithTimeout(r.Context(), carrier.Timeout)
	defer cancel()
	defer context.AfterFunc(s.ctx, cancel)()
	a, err := s.deliver(ctx, e)
	if err != nil {
		return overrides{}, &carrier.Answer{Status: http.StatusInternalServerError}
	}
	if !a.OK() {
		return overrides{}, &carrier.Answer{Status: refusedStatus(a.Status), Header: a.Header, Body: a.Body}
	}
	o, err := readOverrides(a.Body, websocket.Subprotocols(r))
	if err != nil {
		s.up.server.log.Warn("connect answer not usable", "hub", s.hub, "connectionId", s.id, "error", oneLine(err))
		return overrides{}, &carrier.Answer{Status: http.StatusInternalServerError}
	}
	s.keepState(a.Header)
	return o, nil
}

// refusedStatus returns the handler's status as it is sent to the client. A status
// below 200 would not end the handshake.
func refusedStatus(status int) int {
	if status < 300 {
		return http.StatusInternalServerError
	}
	return status
}

// connectBody returns the body of a connect event: what the client has sent,
// without its token.
func connectBody(r *http.Request, claims *token.Claims) []byte {
	body := protocol.ConnectRequest{
		Claims: claims.Custom(), Query: map[string][]string{}, Headers: map[string][]string{},
		Subprotocols: append([]string{}, websocket.Subprotocols(r)...), ClientCertificates: []protocol.ClientCertificate{},
	}
	for name, values := range r.URL.Query() {
		if !strings.EqualFold(name, "access_token") {
			body.Query[name] = values
		}
	}
	for name, values := range r.Header {
		if name != "Authorization" && !strings.HasPrefix(name, "X-Asrs-Internal-") {
			body.Headers[name] = values
		}
	}
	body.Headers["Host"] = []string{r.Host}
	return encodeJSON(body)
}

func disconnectedBody(reason string) []byte {
	return encodeJSON(protocol.DisconnectedRequest{Reason: reason})
}

// encodeJSON writes plain strings and maps of them, which cannot fail.
func encodeJSON(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// readOverrides reads the body of a good connect answer, whatever its
// Content-Type. An empty body and null change nothing.
func readOverrides(body []byte, offered []string) (o overrides, err error) {
	if len(body) == 0 {
		return o, nil
	}
	if !utf8.Valid(body) { // Unmarshal would change the names in it
		return o, fmt.Errorf("not UTF-8: %.200q", body)
	}
	if err := json.Unmarshal(body, &o); err != nil {
		return overrides{}, fmt.Errorf("%s: %.200q", reason.JSON(err), body)
	}
	if slices.Contains(o.Groups, nil) {
		return overrides{}, errors.New("a group is null")
	}
	if err := checkGroups(values(o.Groups)); err != nil {
		return overrides{}, err
	}
	for _, r := range o.Roles {
		if r == nil {
			return overrides{}, errors.New("a role is null")
		}
	}
	if o.Subprotocol != nil {
		return o, o.resolveSubprotocol(offered)
	}
	return o, nil
}

// resolveSubprotocol finds the chosen subprotocol among the offered ones and keeps
// the client's spelling of it.
func (o *overrides) resolveSubprotocol(offered []string) error {
	for _, name := range offered {
		if strings.EqualFold(name, *o.Subprotocol) && name != "" {
			o.Subprotocol = &name
			return nil
		}
	}
	return fmt.Errorf("the subprotocol %.200q was not offered", *o.Subprotocol)
}

// apply changes the claims of a token.
func (o *overrides) apply(c *token.Claims) {
	if o.UserID != nil {
		c.UserID, c.HasUserID = *o.UserID, true
	}
	if o.Roles != nil {
		c.Roles = values(o.Roles)
	}
	if len(o.Groups) > 0 { // an empty list keeps those of the token
		c.Groups = values(o.Groups)
	}
}

func values(pointers []*string) []string {
	all := make([]string, len(pointers))
	for i, p := range pointers {
		all[i] = *p
	}
	return all
}
