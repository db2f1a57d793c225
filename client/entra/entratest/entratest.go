// Package entratest is an authority of Microsoft Entra ID for tests: OpenID
// metadata, tokens for applications, and the endpoints of managed identities and of
// GitHub Actions, over TLS. Only tests import it.
//
// It checks what a real one checks of a request, as far as the documentation names
// it, and does not sign its tokens: they are for an emulator that does not validate
// them.
//
//	a := entratest.Start(t)
//	env["AZURE_AUTHORITY_HOST"] = a.URL
package entratest

import (
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// What the authority knows.
const (
	Tenant   = "11111111-2222-3333-4444-555555555555"
	ClientID = "66666666-7777-8888-9999-000000000000"
	Secret   = "SECRET-of-the-application"
	// Forbidding is a tenant whose policy forbids every sign-in.
	Forbidding = "99999999-2222-3333-4444-555555555555"
	// GitHubBearer is the token with which a workflow asks GitHub for another.
	GitHubBearer = "SECRET-of-the-workflow"
	// Assertion is the federated token of a workflow or a pod.
	Assertion = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJyZXBvIn0.c2lnbmF0dXJl"
	// IdentityHeader is the secret of the endpoint of managed identities.
	IdentityHeader = "SECRET-of-the-machine"

	scope    = "https://webpubsub.azure.com/.default"
	audience = "https://webpubsub.azure.com"
)

// Authority is a running authority.
type Authority struct {
	// URL is its address, https.
	URL string
	// CA is its certificate, PEM.
	CA     []byte
	server *httptest.Server

	mu     sync.Mutex
	life   time.Duration
	tokens int
	asked  []string
}

// Start starts an authority and stops it when the test ends.
func Start(t testing.TB) *Authority {
	t.Helper()
	a := New()
	t.Cleanup(a.Close)
	return a
}

// New starts an authority, which must be closed.
func New() *Authority {
	a := &Authority{life: time.Hour}
	a.server = httptest.NewUnstartedServer(a.routes())
	a.server.Config.ErrorLog = log.New(io.Discard, "", 0) // clients that do not trust it are tested
	a.server.StartTLS()
	a.URL = a.server.URL
	a.CA = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.server.Certificate().Raw})
	return a
}

// Close stops the authority.
func (a *Authority) Close() { a.server.Close() }

// Transport returns a client transport that trusts the authority.
func (a *Authority) Transport() *http.Transport {
	return a.server.Client().Transport.(*http.Transport).Clone()
}

// SetLife sets how long further tokens are valid.
func (a *Authority) SetLife(d time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.life = d
}

// Tokens returns how many tokens were issued.
func (a *Authority) Tokens() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.tokens
}

// Asked returns the method and path of each request so far.
func (a *Authority) Asked() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]string(nil), a.asked...)
}

// Environment returns the variables for the secret of the application.
func (a *Authority) Environment() map[string]string {
	return map[string]string{
		"AZURE_AUTHORITY_HOST": a.URL, "AZURE_TENANT_ID": Tenant, "AZURE_CLIENT_ID": ClientID, "AZURE_CLIENT_SECRET": Secret,
	}
}

func (a *Authority) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{tenant}/v2.0/.well-known/openid-configuration", a.metadata)
	mux.HandleFunc("POST /{tenant}/oauth2/v2.0/token", a.token)
	mux.HandleFunc("GET /msi/token", a.managed)
	mux.HandleFunc("GET /metadata/identity/oauth2/token", a.instance)
	mux.HandleFunc("GET /github", github)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		a.asked = append(a.asked, r.Method+" "+r.URL.Path)
		a.mu.Unlock()
		mux.ServeHTTP(w, r)
	})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the client has closed the connection
}

// refuse writes an error in the form of Entra ID.
func refuse(w http.ResponseWriter, status int, name, text string) {
	writeJSON(w, status, map[string]any{
		"error": name, "error_description": text + " Trace ID: 0a Correlation ID: 0b Timestamp: 2026-01-01 00:00:00Z",
	})
}

func (a *Authority) metadata(w http.ResponseWriter, r *http.Request) {
	tenant := r.PathValue("tenant")
	if tenant != Tenant && tenant != Forbidding {
		refuse(w, http.StatusBadRequest, "invalid_tenant", "AADSTS90002: Tenant '"+tenant+"' not found. Check to make sure you have the correct tenant ID.")
		return
	}
	base := a.URL + "/" + tenant
	writeJSON(w, http.StatusOK, map[string]any{
		"issuer": base + "/v2.0", "token_endpoint": base + "/oauth2/v2.0/token",
		"authorization_endpoint": base + "/oauth2/v2.0/authorize",
	})
}

// token answers the request of an application.
func (a *Authority) token(w http.ResponseWriter, r *http.Request) {
	form := func(name string) string { return r.PostFormValue(name) }
	switch {
	case r.PathValue("tenant") == Forbidding:
		refuse(w, http.StatusBadRequest, "invalid_grant", "AADSTS53003: Access has been blocked by Conditional Access policies.")
	case form("grant_type") != "client_credentials":
		refuse(w, http.StatusBadRequest, "unsupported_grant_type", "AADSTS70003: The app requested an unsupported grant type.")
	case !strings.Contains(form("scope"), scope):
		refuse(w, http.StatusBadRequest, "invalid_scope", "AADSTS70011: The provided value for the input parameter 'scope' is not valid.")
	case form("client_id") != ClientID:
		refuse(w, http.StatusBadRequest, "unauthorized_client", "AADSTS700016: Application with identifier '"+form("client_id")+"' was not found in the directory.")
	case form("client_assertion") != "" && !knownAssertion(form("client_assertion")):
		refuse(w, http.StatusUnauthorized, "invalid_client", "AADSTS700213: No matching federated identity record found for presented assertion subject 'repo'.")
	case form("client_assertion") == "" && form("client_secret") != Secret:
		refuse(w, http.StatusUnauthorized, "invalid_client", "AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID.")
	default:
		text, life := a.issue(ClientID)
		writeJSON(w, http.StatusOK, map[string]any{"token_type": "Bearer", "expires_in": int(life.Seconds()), "ext_expires_in": int(life.Seconds()), "access_token": text})
	}
}

// knownAssertion reports whether an assertion is the federated token, or one that a
// certificate signed: the header of that names the certificate.
func knownAssertion(text string) bool {
	head, _ := base64.RawURLEncoding.DecodeString(strings.Split(text, ".")[0])
	return text == Assertion || strings.Contains(string(head), `"x5t`)
}

// managed answers as App Service and Functions do.
//
// Source: the documentation of managed identities in App Service.
func (a *Authority) managed(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Header.Get("X-IDENTITY-HEADER") != IdentityHeader:
		writeJSON(w, http.StatusUnauthorized, map[string]any{"statusCode": 401, "message": "No identity header."})
	case r.FormValue("resource") != audience:
		writeJSON(w, http.StatusBadRequest, map[string]any{"statusCode": 400, "message": "Unknown resource."})
	default:
		a.answerIdentity(w, r)
	}
}

// instance answers as the metadata service of a virtual machine does.
func (a *Authority) instance(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Header.Get("Metadata") != "true":
		writeJSON(w, http.StatusBadRequest, map[string]any{"error": "invalid_request", "error_description": "Required metadata header not specified"})
	case r.FormValue("client_id") != "" && r.FormValue("client_id") != ClientID:
		writeJSON(w, http.StatusBadRequest, map[string]any{"error": "invalid_request", "error_description": "Identity not found"})
	default:
		a.answerIdentity(w, r)
	}
}

func (a *Authority) answerIdentity(w http.ResponseWriter, r *http.Request) {
	text, life := a.issue("managed" + r.FormValue("client_id"))
	writeJSON(w, http.StatusOK, map[string]any{
		"access_token": text, "client_id": r.FormValue("client_id"), "resource": audience, "token_type": "Bearer",
		"expires_in": strconv.Itoa(int(life.Seconds())), "expires_on": strconv.FormatInt(time.Now().Add(life).Unix(), 10),
	})
}

// github answers the request of a workflow for its identity token.
func github(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer "+GitHubBearer || r.FormValue("audience") != "api://AzureADTokenExchange" {
		http.Error(w, "no", http.StatusUnauthorized)
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"value": Assertion})
}

// issue returns a new token for the service.
func (a *Authority) issue(subject string) (string, time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.tokens++
	return Token(subject, a.tokens, a.life), a.life
}

// Token returns a token for the service that is valid for life.
func Token(subject string, number int, life time.Duration) string {
	part := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	now := time.Now()
	return part(`{"alg":"RS256","typ":"JWT"}`) + "." + part(fmt.Sprintf(`{"aud":%q,"iss":"https://sts.windows.net/%s/","nbf":%d,"iat":%d,"exp":%d,"sub":%q,"jti":"%d"}`,
		audience, Tenant, now.Unix(), now.Unix(), now.Add(life).Unix(), subject, number)) + "." + part("not signed")
}
