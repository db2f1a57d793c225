package emulator_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"wps/emulator"
	"wps/protocol"
)

// TestInProcess: a handler in this process sees a request as over the network,
// and its answer is read by the same rules.
func TestInProcess(t *testing.T) {
	t.Parallel()
	ask := func(h http.HandlerFunc) (*http.Response, error) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://h.test/a%20b?c=d", strings.NewReader("body"))
		if err != nil {
			t.Fatal(err)
		}
		r.Header["ce-connectionId"] = []string{"c1"}
		return emulator.InProcess(h).RoundTrip(r)
	}
	resp, err := ask(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Header.Get("Ce-Connectionid") != "c1" || r.Host != "h.test" || r.RequestURI != "/a%20b?c=d" || string(body) != "body" {
			t.Errorf("request = %+v %q", r, body)
		}
		w.Header()["ce-connectionState"] = []string{"s"}
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeader(http.StatusTeapot)
		w.Header().Set("X-Late", "x")
		w.WriteHeader(http.StatusOK)
		io.WriteString(w, "hi")
	})
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(resp.Body)
	if resp.StatusCode != http.StatusTeapot || resp.Header.Get("Ce-ConnectionState") != "s" || resp.Header.Get("X-Late") != "" || string(body) != "hi" {
		t.Errorf("answer = %+v %q", resp, body)
	}
	if resp, err := ask(func(http.ResponseWriter, *http.Request) {}); err != nil || resp.StatusCode != 200 || resp.ContentLength != 0 {
		t.Errorf("handler that says nothing: %+v, %v, want an empty 200", resp, err)
	}
	if _, err := ask(func(http.ResponseWriter, *http.Request) { panic("lost") }); err == nil || !strings.Contains(err.Error(), "lost") {
		t.Errorf("panic = %v, want an error that names it", err)
	}
	resp, err = ask(func(w http.ResponseWriter, _ *http.Request) {
		chunk := make([]byte, 1<<20)
		for i := 0; ; i++ {
			if _, err := w.Write(chunk); err != nil {
				if i != protocol.MaxUpstreamResponse>>20 {
					t.Errorf("chunk %d was refused", i)
				}
				return
			}
		}
	})
	if err != nil || resp.ContentLength != protocol.MaxUpstreamResponse+1 {
		t.Errorf("flood: %+v, %v, want one byte more than is read", resp, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://h.test/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := emulator.InProcess(http.NotFoundHandler()).RoundTrip(r); !errors.Is(err, context.Canceled) {
		t.Errorf("over before it began = %v, want canceled", err)
	}
}
