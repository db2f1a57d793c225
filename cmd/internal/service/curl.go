package service

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"wps/client"
	"wps/cmd/internal/cli"
	"wps/cmd/internal/stdio"
	"wps/output"
	"wps/protocol"
	"wps/token"
)

// curlPrinter is a transport that prints each request as a curl command and sends
// nothing. The command contains a token for its URL.
type curlPrinter struct{ out *cli.Printer }

// RoundTrip prints r and returns an empty success.
func (p *curlPrinter) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := readRequest(r)
	if err != nil {
		return nil, err
	}
	if err := p.out.PrintLine(curlCommand(r, body, p.out.StdoutIsTerminal())); err != nil {
		return nil, err
	}
	return emptySuccess(r), nil
}

// successOf returns the status of a request that was done.
func successOf(r *http.Request) int {
	switch {
	case strings.HasSuffix(r.URL.Path, "/:send"):
		return http.StatusAccepted
	case r.Method == http.MethodDelete, strings.HasSuffix(r.URL.Path, "/:closeConnections"):
		return http.StatusNoContent
	}
	return http.StatusOK
}

// curlCommand returns a request as a command for a POSIX shell. For a terminal, a
// body with control characters is written as octal numbers.
func curlCommand(r *http.Request, body []byte, terminal bool) string {
	words := []string{"curl", "-sS", "-i"}
	if r.Method == http.MethodHead {
		words = append(words, "--head")
	} else {
		words = append(words, "-X", r.Method)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		if name == "User-Agent" || name == "Content-Length" || name == "X-Ms-Client-Request-Id" {
			continue
		}
		for _, v := range r.Header[name] {
			words = append(words, "-H", cli.ShellWord(name+": "+v))
		}
	}
	prefix := ""
	switch {
	case len(body) > 0 && utf8.Valid(body) && !bytes.ContainsRune(body, 0) && (!terminal || stdio.Clean(string(body)) == string(body)):
		text := string(body)
		if strings.HasPrefix(text, "@") { // for curl, @ is a file
			prefix, text = "printf %s "+cli.ShellWord(text)+" | ", "@-"
		}
		words = append(words, "--data-binary", cli.ShellWord(text))
	case len(body) > 0:
		prefix = "printf '" + octal(body) + "' | "
		words = append(words, "--data-binary", "@-")
	case r.Method == http.MethodPost || r.Method == http.MethodPut:
		words = append(words, "-H", "'Content-Length: 0'")
	}
	return prefix + strings.Join(append(words, cli.ShellWord(r.URL.String())), " ")
}

func octal(b []byte) string {
	var s strings.Builder
	for _, x := range b {
		fmt.Fprintf(&s, `\%03o`, x)
	}
	return s.String()
}

// Curl returns the request for an event object as a curl command, with a token for
// its URL. Nothing is sent.
func Curl(ctx context.Context, env *cli.Env, cs token.ConnectionString, hub string, ev output.Event) (string, error) {
	var text strings.Builder
	s, err := NewFor(env, cs, hub, client.Options{Transport: curlWriter{&text}})
	if err != nil {
		return "", err
	}
	_, err = ev.Run(ctx, s)
	return text.String(), err
}

// curlWriter is a transport that keeps the request as a curl command.
type curlWriter struct{ text *strings.Builder }

// RoundTrip keeps r and returns an empty success.
func (w curlWriter) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := readRequest(r)
	if err != nil {
		return nil, err
	}
	w.text.WriteString(curlCommand(r, body, false))
	return emptySuccess(r), nil
}

func readRequest(r *http.Request) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, fmt.Errorf("read the body: %w", err)
	}
	return body, nil
}

func emptySuccess(r *http.Request) *http.Response {
	status := successOf(r)
	return &http.Response{
		Status: http.StatusText(status), StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{http.CanonicalHeaderKey(protocol.HeaderSupportedVersions): {protocol.APIVersion}}, Body: io.NopCloser(bytes.NewReader(nil)), Request: r,
	}
}
