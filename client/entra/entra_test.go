package entra_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"wps/client"
	"wps/client/entra"
	"wps/client/entra/entratest"
	"wps/emulator"
	"wps/emulator/emulatortest"
	"wps/protocol"
	"wps/token"
)

// TestMain fails when a test leaves a goroutine running.
func TestMain(m *testing.M) { emulatortest.Main(m) }

var endpoint = &url.URL{Scheme: "https", Host: "name.webpubsub.azure.com"}

// newCredential returns a Credential of the environment env at an authority.
func newCredential(t *testing.T, a *entratest.Authority, id token.Identity, env map[string]string) *entra.Credential {
	t.Helper()
	transport := a.Transport()
	transport.DisableKeepAlives = true
	c, err := entra.New(entra.Options{Endpoint: endpoint, Identity: id, Transport: redirect{transport, a}, LookupEnv: func(name string) (string, bool) {
		v, ok := env[name]
		return v, ok
	}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// redirect sends requests to the metadata service of a virtual machine to the
// authority of the test.
type redirect struct {
	next http.RoundTripper
	to   *entratest.Authority
}

func (r redirect) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Host == "169.254.169.254" {
		req = req.Clone(req.Context())
		to, _ := url.Parse(r.to.URL)
		req.URL.Scheme, req.URL.Host, req.Host = to.Scheme, to.Host, to.Host
	}
	return r.next.RoundTrip(req)
}

// certificate writes a certificate with its key and returns its file.
func certificate(t *testing.T) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	text := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})...)
	path := filepath.Join(t.TempDir(), "app.pem")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestWays signs in with each way that needs no other program.
func TestWays(t *testing.T) {
	t.Parallel()
	federated := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(federated, []byte(entratest.Assertion), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		id   token.Identity
		env  map[string]string // "" deletes a variable of the authority's environment
	}{
		{"secret", token.Identity{}, nil},
		{"secret of the connection string", token.Identity{Kind: token.IdentityEnv, ClientID: entratest.ClientID, TenantID: entratest.Tenant, ClientSecret: token.NewKey(entratest.Secret)},
			map[string]string{"AZURE_CLIENT_SECRET": "", "AZURE_CLIENT_ID": "", "AZURE_TENANT_ID": ""}},
		{"certificate", token.Identity{}, map[string]string{"AZURE_CLIENT_SECRET": "", "AZURE_CLIENT_CERTIFICATE_PATH": certificate(t)}},
		{"federated file", token.Identity{}, map[string]string{"AZURE_CLIENT_SECRET": "", "AZURE_FEDERATED_TOKEN_FILE": federated}},
		{"GitHub Actions", token.Identity{}, map[string]string{"AZURE_CLIENT_SECRET": "", "ACTIONS_ID_TOKEN_REQUEST_URL": "/github?v=1", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": entratest.GitHubBearer}},
		{"managed identity", token.Identity{Kind: token.IdentityManaged}, nil},
		{"managed identity in turn", token.Identity{}, map[string]string{"AZURE_CLIENT_SECRET": ""}},
		{"narrowed", token.Identity{}, map[string]string{"AZURE_TOKEN_CREDENTIALS": "EnvironmentCredential"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := entratest.Start(t)
			env := a.Environment()
			for name, value := range tt.env {
				if strings.HasPrefix(value, "/github") {
					value = a.URL + value
				}
				if env[name] = value; value == "" {
					delete(env, name)
				}
			}
			c := newCredential(t, a, tt.id, env)
			got, err := c.Token(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if claims, err := token.ReadEntra(got, time.Now()); err != nil {
				t.Errorf("token %+v: %v", claims, err)
			}
		})
	}
}

// TestFailures checks that a sign-in that fails names each way, with one reason.
func TestFailures(t *testing.T) {
	t.Parallel()
	unused := map[string]string{"AZURE_CLIENT_SECRET": "", "AZURE_CLIENT_ID": "", "AZURE_TENANT_ID": ""}
	for _, tt := range []struct {
		name string
		id   token.Identity
		env  map[string]string
		want string
	}{
		{"nothing is set", token.Identity{Kind: token.IdentityEnv}, unused,
			"Entra ID sign-in failed: environment: AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET (or AZURE_CLIENT_CERTIFICATE_PATH) are not set"},
		{"wrong secret", token.Identity{}, map[string]string{"AZURE_CLIENT_SECRET": "SECRET-wrong"},
			"Entra ID sign-in failed: environment: the client secret is wrong (AADSTS7000215)"},
		{"unknown application", token.Identity{}, map[string]string{"AZURE_CLIENT_ID": "c"},
			"Entra ID sign-in failed: environment: the application (client id) is unknown in this tenant (AADSTS700016)"},
		{"unknown tenant", token.Identity{}, map[string]string{"AZURE_TENANT_ID": "nowhere"},
			"Entra ID sign-in failed: environment: the tenant does not exist (AADSTS90002)"},
		{"forbidding tenant", token.Identity{}, map[string]string{"AZURE_TENANT_ID": entratest.Forbidding},
			"Entra ID sign-in failed: environment: a Conditional Access policy of the tenant forbids it (AADSTS53003)"},
		{"no certificate", token.Identity{Kind: token.IdentityEnv}, map[string]string{"AZURE_CLIENT_SECRET": "", "AZURE_CLIENT_CERTIFICATE_PATH": "nothere.pem"},
			"Entra ID sign-in failed: environment: read the certificate: open nothere.pem: no such file or directory"},
		{"wrong workflow", token.Identity{Kind: token.IdentityWorkload}, map[string]string{"ACTIONS_ID_TOKEN_REQUEST_URL": "/github", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "SECRET"},
			"Entra ID sign-in failed: workload identity: GitHub Actions answered 401 Unauthorized to the request for an identity token"},
		{"no permission", token.Identity{Kind: token.IdentityWorkload}, nil,
			"Entra ID sign-in failed: workload identity: AZURE_FEDERATED_TOKEN_FILE (or, in GitHub Actions, the permission id-token: write) is not set"},
		{"unknown managed identity", token.Identity{Kind: token.IdentityManaged, ClientID: "other"}, nil,
			"Entra ID sign-in failed: managed identity: Identity not found"},
		{"no answer", token.Identity{Kind: token.IdentityEnv}, map[string]string{"AZURE_AUTHORITY_HOST": "https://127.0.0.1:1"},
			"Entra ID sign-in failed: environment: 127.0.0.1:1 refused the connection"},
		{"narrowed", token.Identity{}, map[string]string{"AZURE_TOKEN_CREDENTIALS": "EnvironmentCredential", "AZURE_CLIENT_SECRET": ""},
			"Entra ID sign-in failed: environment: AZURE_CLIENT_SECRET (or AZURE_CLIENT_CERTIFICATE_PATH) is not set"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := entratest.Start(t)
			env := a.Environment()
			for name, value := range tt.env {
				if strings.HasPrefix(value, "/github") {
					value = a.URL + value
				}
				if env[name] = value; value == "" {
					delete(env, name)
				}
			}
			_, err := newCredential(t, a, tt.id, env).Token(t.Context())
			var failed *entra.Error
			if !errors.As(err, &failed) || err.Error() != tt.want {
				t.Errorf("error %v\nwant  %s", err, tt.want)
			}
		})
	}
}

// TestUntrustedAuthority: the certificate of an authority is checked.
func TestUntrustedAuthority(t *testing.T) {
	t.Parallel()
	a := entratest.Start(t)
	env := a.Environment()
	c, err := entra.New(entra.Options{Endpoint: endpoint, LookupEnv: func(name string) (string, bool) { v, ok := env[name]; return v, ok }})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseIdleConnections()
	_, err = c.Token(t.Context())
	if err == nil || !strings.Contains(err.Error(), "has a certificate that is not trusted: add its authority with --ca-file") {
		t.Errorf("error %v, want one about the certificate", err)
	}
}

// TestOneToken sends 1,000 messages from several goroutines to an emulator, with
// one token.
func TestOneToken(t *testing.T) {
	t.Parallel()
	a := entratest.Start(t)
	e := emulatortest.RunWith(t, emulator.Options{AllowUnvalidatedEntraTokens: true})
	c := newCredential(t, a, token.Identity{}, a.Environment())
	s, err := client.New(client.Options{Endpoint: e.ConnectionString.Endpoint, Hub: "chat", Authorizer: c, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	defer s.CloseIdleConnections()
	var sending sync.WaitGroup
	for range 10 {
		sending.Go(func() {
			for range 100 {
				m := protocol.Send{DataType: protocol.DataTypeText, Data: []byte("hi")}
				if _, err := s.Send(t.Context(), protocol.Target{Kind: protocol.TargetAll}, m); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	sending.Wait()
	if n := a.Tokens(); n != 1 {
		t.Errorf("%d tokens for 1,000 sends, want 1", n)
	}
	clientToken, err := s.GenerateClientToken(t.Context(), client.GenerateOptions{UserID: "u1", Groups: []string{"g"}})
	if err != nil {
		t.Fatal(err)
	}
	if claims, err := token.Verify(clientToken, time.Now(), e.ConnectionString.Key); err != nil || claims.UserID != "u1" {
		t.Errorf("client token %+v: %v", claims, err)
	}
}

// TestFailureIsKept: a failed sign-in answers the next request, too.
func TestFailureIsKept(t *testing.T) {
	t.Parallel()
	a := entratest.Start(t)
	env := a.Environment()
	env["AZURE_CLIENT_SECRET"] = "SECRET-wrong"
	c := newCredential(t, a, token.Identity{}, env)
	_, first := c.Token(t.Context())
	n := len(a.Asked())
	_, second := c.Token(t.Context())
	if first == nil || second != first || len(a.Asked()) != n {
		t.Errorf("errors %v and %v, %d requests after %d", first, second, len(a.Asked()), n)
	}
}

// TestCanceled: the context of a request ends its wait for a sign-in.
func TestCanceled(t *testing.T) {
	t.Parallel()
	reached := make(chan struct{})
	release := make(chan struct{})
	silent := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(reached)
		<-release
	}))
	defer silent.Close()
	defer close(release)
	a := entratest.Start(t)
	env := a.Environment()
	env["AZURE_AUTHORITY_HOST"] = silent.URL
	transport := silent.Client().Transport.(*http.Transport).Clone()
	c, err := entra.New(entra.Options{Endpoint: endpoint, Transport: transport, LookupEnv: func(name string) (string, bool) { v, ok := env[name]; return v, ok }})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var asking sync.WaitGroup
	for range 2 {
		asking.Go(func() {
			if _, err := c.Token(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("error %v, want that of the context", err)
			}
		})
	}
	<-reached
	cancel()
	asking.Wait()
	c.CloseIdleConnections()
}

func TestNewErrors(t *testing.T) {
	t.Parallel()
	lookup := func(value string) func(string) (string, bool) {
		return func(name string) (string, bool) { return value, name == "AZURE_TOKEN_CREDENTIALS" }
	}
	for _, tt := range []struct {
		o    entra.Options
		want string
	}{
		{entra.Options{}, "no endpoint"},
		{entra.Options{Endpoint: &url.URL{Scheme: "http", Host: "name.webpubsub.azure.com"}}, "an access token is sent over https:// only"},
		{entra.Options{Endpoint: endpoint, LookupEnv: lookup("all")}, `$AZURE_TOKEN_CREDENTIALS is "all": use dev, prod`},
	} {
		if _, err := entra.New(tt.o); err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("New(%+v) = %v, want %q", tt.o, err, tt.want)
		}
	}
	for _, good := range []string{"", "dev", "prod", "AzureCLICredential", "managedidentitycredential"} {
		if _, err := entra.New(entra.Options{Endpoint: endpoint, LookupEnv: lookup(good)}); err != nil {
			t.Errorf("AZURE_TOKEN_CREDENTIALS=%s: %v", good, err)
		}
	}
}
