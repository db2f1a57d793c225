package cmd_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wps/cmd"
	"wps/cmd/internal/cli"
	"wps/emulator"
)

// listening runs wps listen in this process until the test ends, and returns the URL
// from the ready file.
func listening(t *testing.T, args ...string) string {
	t.Helper()
	ready := filepath.Join(t.TempDir(), "ready")
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan int, 1)
	var stderr bytes.Buffer
	env := cli.NewEnv(strings.NewReader(""), io.Discard, &stderr, func(string) (string, bool) { return "", false })
	go func() {
		ended <- cmd.Run(ctx, append([]string{"listen", "--addr", "localhost:0", "--ready-file", ready}, args...), env)
	}()
	t.Cleanup(func() {
		stop()
		if code := <-ended; code != 0 {
			t.Errorf("wps listen ended with %d: %s", code, &stderr)
		}
	})
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) { // files have no notification
		if text, err := os.ReadFile(ready); err == nil {
			return strings.TrimSpace(string(text))
		}
	}
	t.Fatal("wps listen did not become ready")
	return ""
}

func TestListenOverTLS(t *testing.T) {
	t.Parallel()
	certificate, certText, err := emulator.SelfSigned()
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(certificate.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	keyText := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})
	for path, text := range map[string][]byte{certFile: certText, keyFile: keyText} {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	url := listening(t, "--on", "connect", ":accept", "--tls-cert", certFile, "--tls-key", keyFile)
	if !strings.HasPrefix(url, "https://localhost:") {
		t.Fatalf("url = %s, want https", url)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(certText)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}}
	defer client.CloseIdleConnections()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodOptions, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("WebHook-Request-Origin", "localhost")
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 200 || resp.ProtoMajor != 2 || resp.Header.Get("WebHook-Allowed-Origin") != "localhost" {
		t.Errorf("OPTIONS = %s %s %v, want 200 over HTTP/2", resp.Proto, resp.Status, resp.Header)
	}
}
