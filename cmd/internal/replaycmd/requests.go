package replaycmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"wps/client"
	"wps/cmd/internal/cli"
	"wps/cmd/internal/explain"
	"wps/cmd/internal/service"
	"wps/protocol"
	"wps/protocol/traffic"
	"wps/token"
)

// requests makes the REST requests of a recording again.
type requests struct {
	env       *cli.Env
	endpoint  *url.URL
	authorize client.Authorizer
	transport *http.Transport
	ids       map[string]string // connection ids of now by those of the recording
}

func newRequests(env *cli.Env, cs token.ConnectionString, ids map[string]string) (*requests, error) {
	roots, err := env.Settings.RootCAs()
	if err != nil {
		return nil, err
	}
	a, err := service.Authorizer(env, cs)
	if err != nil {
		return nil, err
	}
	return &requests{env, cs.Endpoint, a, client.NewTransport(client.Options{RootCAs: roots}), ids}, nil
}

func (q *requests) close() { q.transport.CloseIdleConnections() }

// isREST reports whether a path is that of a REST operation.
func isREST(path string) bool {
	return strings.HasPrefix(strings.ToLower(path), "/api/hubs/")
}

// send makes a request again and compares its status.
func (q *requests) send(ctx context.Context, o *traffic.Object, line int, t *tally) error {
	body, whole := o.Raw()
	if !whole {
		t.leaveOut(line, "its data was cut off")
		return nil
	}
	limited, cancel := context.WithTimeout(ctx, q.env.Settings.Timeout)
	defer cancel()
	r, err := q.request(limited, o, body)
	if err != nil {
		t.leaveOut(line, err.Error())
		return nil
	}
	began := time.Now()
	resp, err := q.transport.RoundTrip(r)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return explain.Service(q.env.Settings, &client.UnreachableError{Endpoint: q.endpoint.String(), Cause: errors.Unwrap(err)})
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxAnswer)) // the status is what counts
	path, _, _ := strings.Cut(r.URL.EscapedPath(), "?")
	x := result{Line: line, Type: o.Type, Hub: o.Hub, What: o.Method + " " + path, Milliseconds: traffic.Milliseconds(time.Since(began))}
	return t.compare(x, &answer{Status: o.Status}, &answer{Status: resp.StatusCode})
}

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 1 << 20

// request returns the request for an object, signed.
func (q *requests) request(ctx context.Context, o *traffic.Object, body []byte) (*http.Request, error) {
	path, query, _ := strings.Cut(q.withIDs(o.Path), "?")
	address := strings.TrimRight(q.endpoint.String(), "/") + path
	if query = withoutSecrets(query); query != "" {
		address += "?" + query
	}
	r, err := http.NewRequestWithContext(ctx, o.Method, address, bytes.NewReader([]byte(q.withIDs(string(body)))))
	if err != nil {
		return nil, fmt.Errorf("its path %q cannot be requested", traffic.Cut(o.Path))
	}
	header, err := q.authorize.Authorize(ctx, address)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", header)
	if o.Payload != nil {
		r.Header.Set("Content-Type", contentType(o.DataType))
		for name, value := range o.Metadata {
			r.Header.Set(protocol.MetadataHeader+name, value)
		}
	}
	return r, nil
}

func contentType(d protocol.DataType) string {
	if d == "" {
		return "application/json"
	}
	return protocol.EventContentType(d)
}

// withIDs replaces the connection ids of the recording in a text.
func (q *requests) withIDs(text string) string {
	for old, now := range q.ids {
		text = strings.ReplaceAll(text, old, now)
	}
	return text
}

// withoutSecrets removes the parameters that are masked in a recording.
func withoutSecrets(query string) string {
	var kept []string
	for pair := range strings.SplitSeq(query, "&") {
		if pair != "" && !strings.HasSuffix(pair, "="+traffic.Masked) {
			kept = append(kept, pair)
		}
	}
	return strings.Join(kept, "&")
}
