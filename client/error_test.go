package client_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"wps/client"
	"wps/protocol"
)

// Bodies of recorded answers of the real service.
const (
	// shapeA is of 2023, when the last member was called innererror.
	shapeA = `{"code":"Info.Connection.NotExisted","message":"Connection ` + "`conn1`" + ` is not found.","target":"Connection","details":null,"innererror":null}`
	// shapeB is what a filter got that cannot be read.
	shapeB = `{"code":"Error.BadRequest","message":"Invalid syntax for 'invalid filter': Syntax error at position 14 in 'invalid filter'. (Parameter 'filter')",` +
		`"target":"filter","errors":{"filter":["Invalid syntax for 'invalid filter': Syntax error at position 14 in 'invalid filter'. (Parameter 'filter')"]},` +
		`"type":null,"title":"One or more validation errors occurred.","status":400,"detail":null,"instance":null,"extensions":{}}`
)

const (
	jsonType    = "application/json; charset=utf-8"
	problemType = "application/problem+json; charset=utf-8"
)

// refused returns the error of one request that gets answer.
func refused(t *testing.T, answer http.HandlerFunc) (*client.Error, seen, error) {
	t.Helper()
	s := serve(t, answer)
	svc := newService(t, s.URL, client.Options{Retries: -1})
	_, err := svc.Send(within(t), everyone, text("x"))
	var e *client.Error
	if !errors.As(err, &e) {
		t.Fatalf("Send = %v, want a client.Error", err)
	}
	return e, s.only(t), err
}

func TestErrors(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 5000)
	tests := []struct {
		name   string
		answer http.HandlerFunc
		want   client.Error // without its RequestID
		text   string
		is     error
	}{
		{
			"shape A", body(404, shapeA, "Content-Type", jsonType, "x-ms-error-code", "Info.Connection.NotExisted"),
			client.Error{Status: 404, Code: "Info.Connection.NotExisted", Message: "Connection `conn1` is not found.", Target: "Connection"},
			"404 Not Found: Connection `conn1` is not found. (Info.Connection.NotExisted)", client.ErrNotFound,
		},
		{
			"shape B", body(400, shapeB, "Content-Type", problemType, "x-ms-error-code", "Error.BadRequest"),
			client.Error{Status: 400, Code: "Error.BadRequest", Message: "Invalid syntax for 'invalid filter': Syntax error at position 14 in 'invalid filter'. (Parameter 'filter')", Target: "filter"},
			"400 Bad Request: Invalid syntax for 'invalid filter': Syntax error at position 14 in 'invalid filter'. (Parameter 'filter') (Error.BadRequest)", nil,
		},
		{
			"the header outranks the body", body(409, shapeA, "Content-Type", jsonType, "x-ms-error-code", "Error.Connection.Conflict"),
			client.Error{Status: 409, Code: "Error.Connection.Conflict", Message: "Connection `conn1` is not found.", Target: "Connection"},
			"409 Conflict: Connection `conn1` is not found. (Error.Connection.Conflict)", nil,
		},
		{"empty 401", status(401), client.Error{Status: 401}, "401 Unauthorized", client.ErrUnauthorized},
		{"empty 403", status(403), client.Error{Status: 403}, "403 Forbidden", client.ErrUnauthorized},
		{"empty 413", status(413), client.Error{Status: 413}, "413 Request Entity Too Large", client.ErrTooLarge},
		{"empty 415", status(415), client.Error{Status: 415}, "415 Unsupported Media Type", nil},
		{"unknown status", status(499), client.Error{Status: 499}, "499", nil},
		{"redirect", status(307, "Location", "http://127.0.0.1:1/"), client.Error{Status: 307}, "307 Temporary Redirect: the answer is not from Web PubSub", nil},
		{"code alone", status(400, "x-ms-error-code", "Error.BadRequest"), client.Error{Status: 400, Code: "Error.BadRequest"}, "400 Bad Request (Error.BadRequest)", nil},
		{"plain text", body(400, " The group \r\n is bad. ", "Content-Type", "text/plain"), client.Error{Status: 400, Message: "The group is bad."}, "400 Bad Request: The group is bad.", nil},
		{"page of a proxy", body(404, "<html>nothing here</html>", "Content-Type", "text/html"), client.Error{Status: 404}, "404 Not Found: the answer is not from Web PubSub", client.ErrNotFound},
		{"broken JSON", body(400, `{"code":`, "Content-Type", jsonType), client.Error{Status: 400, Message: `{"code":`}, `400 Bad Request: {"code":`, nil},
		{"members of other types", body(400, `{"code":7,"message":["x"],"target":{}}`, "Content-Type", jsonType), client.Error{Status: 400, Message: `{"code":7,"message":["x"],"target":{}}`}, `400 Bad Request: {"code":7,"message":["x"],"target":{}}`, nil},
		{"nested, of other Azure services", body(400, `{"error":{"code":"C","message":"m"}}`, "Content-Type", jsonType), client.Error{Status: 400, Code: "C", Message: "m"}, "400 Bad Request: m (C)", nil},
		{"nested once too often", body(400, `{"error":{"error":{"message":"m"}}}`, "Content-Type", jsonType), client.Error{Status: 400, Message: `{"error":{"error":{"message":"m"}}}`}, `400 Bad Request: {"error":{"error":{"message":"m"}}}`, nil},
		{
			"causes of a problem", body(400, `{"title":"One or more validation errors occurred.","errors":{"hub":["Invalid hub name.","Too long."],"filter":"odd"}}`, "Content-Type", problemType),
			client.Error{Status: 400, Message: "One or more validation errors occurred: filter: odd; hub: Invalid hub name.; hub: Too long."},
			"400 Bad Request: One or more validation errors occurred: filter: odd; hub: Invalid hub name.; hub: Too long.", nil,
		},
		{"causes alone", body(400, `{"errors":{"hub":["bad"]}}`, "Content-Type", problemType), client.Error{Status: 400, Message: "hub: bad"}, "400 Bad Request: hub: bad", nil},
		{"detail of a problem", body(400, `{"title":"t","detail":"d"}`, "Content-Type", problemType), client.Error{Status: 400, Message: "d"}, "400 Bad Request: d", nil},
		{"control characters", body(400, `{"message":"a\u001b[31m\nb\u0000"}`, "Content-Type", jsonType), client.Error{Status: 400, Message: "a [31m b"}, "400 Bad Request: a [31m b", nil},
		{"long text is cut", body(400, long, "Content-Type", "text/plain"), client.Error{Status: 400, Message: long[:2048] + "…"}, "400 Bad Request: " + long[:2048] + "…", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e, r, err := refused(t, tt.answer)
			if e.Status != tt.want.Status || e.Code != tt.want.Code || e.Message != tt.want.Message || e.Target != tt.want.Target {
				t.Errorf("error = %+v, want %+v", e, tt.want)
			}
			if e.RequestID != r.header.Get("X-Ms-Client-Request-Id") || e.RequestID == "" {
				t.Errorf("request id = %q, sent %q", e.RequestID, r.header.Get("X-Ms-Client-Request-Id"))
			}
			if err.Error() != tt.text {
				t.Errorf("text = %q, want %q", err, tt.text)
			}
			for _, sentinel := range []error{client.ErrNotFound, client.ErrUnauthorized, client.ErrTooLarge} {
				if got := errors.Is(err, sentinel); got != (sentinel == tt.is) {
					t.Errorf("errors.Is(%v, %v) = %v", err, sentinel, got)
				}
			}
		})
	}
}

// TestErrorBodyIsBounded: of a refusal that never ends 64 KiB are read, and a
// result over 16 MiB is no result.
func TestErrorBodyIsBounded(t *testing.T) {
	t.Parallel()
	endless := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/plain")
			w.WriteHeader(code)
			chunk := []byte(strings.Repeat("no ", 1<<14))
			for r.Context().Err() == nil {
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
		}
	}
	if e, _, _ := refused(t, endless(400)); e.Status != 400 || len(e.Message) > 2100 {
		t.Errorf("error = %.100v of %d bytes", e, len(e.Message))
	}
	s := serve(t, endless(200))
	_, err := list(newService(t, s.URL, client.Options{}).ListConnections(within(t), "g", client.ListOptions{}))
	if err == nil || !strings.Contains(err.Error(), "larger than 16777216 bytes") {
		t.Errorf("ListConnections = %v, want too large", err)
	}
	s.only(t)
}

// TestQuestions: 404 means no when the service sends it, and is an error when
// another server does.
func TestQuestions(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		answer http.HandlerFunc
		yes    bool
		want   string // of the error
	}{
		{"yes", status(200, "api-supported-versions", protocol.SupportedAPIVersions), true, ""},
		{"no", status(404, "x-ms-error-code", "Warning.User.NotExisted"), false, ""},
		{"no without a code", status(404, "api-supported-versions", "2024-12-01"), false, ""},
		{"not the service", status(404, "Server", "nginx"), false, "404 Not Found: the answer is not from Web PubSub"},
		{"unauthorised", status(401), false, "401 Unauthorized"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			svc := newService(t, serve(t, tt.answer).URL, client.Options{})
			for _, target := range []protocol.Target{user("u"), group("g"), connection("c")} {
				got, _, err := svc.Exists(within(t), target)
				if got != tt.yes || fmt.Sprint(err) != defaultTo(tt.want, "<nil>") {
					t.Errorf("Exists(%v) = %v, %v, want %v, %q", target, got, err, tt.yes, tt.want)
				}
			}
			got, _, err := svc.CheckPermission(within(t), "c", protocol.PermissionSendToGroup, "g")
			if got != tt.yes || fmt.Sprint(err) != defaultTo(tt.want, "<nil>") {
				t.Errorf("CheckPermission = %v, %v, want %v, %q", got, err, tt.yes, tt.want)
			}
		})
	}
}

func defaultTo(s, def string) string {
	if s == "" {
		return def
	}
	return s
}

// TestResults has answers that should hold something and do not.
func TestResults(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ answer, list, generate string }{
		{"", "read list of connections: it ends too early", "the answer has no token"},
		{"[]", "read list of connections: an array is not what is expected there", "the answer has no token"},
		{`{"token":7,"value":7}`, "read list of connections", "the answer has no token"},
		{"{}", "", "the answer has no token"},
		{`{"token":""}`, "", "the answer has no token"},
	} {
		svc := newService(t, serve(t, body(200, tt.answer, "Content-Type", jsonType)).URL, client.Options{})
		members, err := list(svc.ListConnections(within(t), "g", client.ListOptions{}))
		if len(members) > 0 || (err == nil) != (tt.list == "") || err != nil && !strings.Contains(err.Error(), tt.list) {
			t.Errorf("ListConnections with %s = %v, %v, want %q", tt.answer, members, err, tt.list)
		}
		if tok, err := svc.GenerateClientToken(within(t), client.GenerateOptions{}); tok != "" || fmt.Sprint(err) != tt.generate {
			t.Errorf("GenerateClientToken with %s = %q, %v, want %q", tt.answer, tok, err, tt.generate)
		}
	}
}

// FuzzErrorBody: whatever a refusal carries, its text is one line of valid
// UTF-8 without control characters, of bounded length.
func FuzzErrorBody(f *testing.F) {
	f.Add("Error.BadRequest", jsonType, []byte(shapeA))
	f.Add("", problemType, []byte(shapeB))
	f.Add("", "text/plain", []byte("a\x1b[31m\xff\r\n"))
	f.Add("c\tode", "text/html; charset=\"", []byte("<html>"))
	f.Add("", "", []byte(`{"error":{"error":{"error":{"message":"deep"}}}}`))
	f.Fuzz(func(t *testing.T, code, contentType string, b []byte) {
		e := client.NewError(400, http.Header{"X-Ms-Error-Code": {code}, "Content-Type": {contentType}}, b)
		text := e.Error()
		if !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) || len(text) > 3*2100 {
			t.Errorf("code %q, %q %q: %q", code, contentType, b, text)
		}
		for _, s := range []string{e.Code, e.Message, e.Target} {
			if strings.TrimSpace(s) != s || len(s) > 2100 {
				t.Errorf("code %q, %q %q: %q", code, contentType, b, s)
			}
		}
	})
}
