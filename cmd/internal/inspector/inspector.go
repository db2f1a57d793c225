// Package inspector serves the page on which a person sees and tries what happens in
// an emulator or an event handler, and the HTTP API of that page.
//
// It hides who may use the API, how the stream is sampled for a browser, and how
// event objects are shown as commands. What it shows and acts on comes from its
// Backend; the page itself is the files of the folder web.
//
//	i := inspector.New(inspector.Options{Backend: backend, Log: log})
//	url := i.URL(endpoint)
//	http.Handle("/", i)
package inspector

import (
	"crypto/rand"
	"crypto/subtle"
	"embed"
	"encoding/json"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"path"
	"strings"

	"wps/cmd/internal/stdio"
	"wps/token"
)

// files are those of the page.
//
//go:embed web
var files embed.FS

// Prefix is the path below which everything but the page itself is served.
const Prefix = "/_ui/"

// apiPrefix is the path below which a token is needed.
const apiPrefix = Prefix + "api/"

// Options configure an Inspector.
type Options struct {
	Backend Backend
	// Log logs what was refused; nil logs nothing.
	Log *slog.Logger
}

// Inspector serves the page and its API. It may be used concurrently.
type Inspector struct {
	backend Backend
	log     *slog.Logger
	token   string
	run     string // changes with each run, so that the page begins anew
}

// New returns an Inspector with a new token.
func New(o Options) *Inspector {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Inspector{backend: o.Backend, log: o.Log, token: rand.Text(), run: rand.Text()}
}

// URL returns the address of the page, with the token in its fragment, which a
// browser sends to no server.
func (i *Inspector) URL(endpoint *url.URL) string {
	u := url.URL{Scheme: endpoint.Scheme, Host: endpoint.Host, Path: "/", Fragment: "token=" + i.token}
	return u.String()
}

// Serves reports whether a path is one of the inspector.
func Serves(path string) bool { return path == "/" || strings.HasPrefix(path, Prefix) }

// ServeHTTP answers a request of this machine. The caller has checked its Host and
// Origin against web pages of other sites; here the Origin must be the page's own.
func (i *Inspector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", contentSecurityPolicy(r.Host))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Del("Access-Control-Allow-Origin") // pages of other ports have no business here
	switch {
	case !isLocal(r):
		i.refuse(w, r, http.StatusForbidden, "the inspector answers requests of its own machine only", "open the address that was printed at the start, on that machine")
	case !isOwnOrigin(r):
		i.refuse(w, r, http.StatusForbidden, "the inspector does not answer pages of another origin", "open the address that was printed at the start")
	case strings.HasPrefix(r.URL.Path, apiPrefix):
		i.serveAPI(w, r, strings.TrimPrefix(r.URL.Path, apiPrefix))
	default:
		serveFile(w, r)
	}
}

// contentSecurityPolicy lets the page load its own files and connect to its own
// server, the WebSockets of the emulator included.
func contentSecurityPolicy(host string) string {
	sockets := ""
	if stdio.Clean(host) == host && !strings.ContainsAny(host, " ;,'\"") {
		sockets = " ws://" + host + " wss://" + host
	}
	return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self' ws://localhost:* ws://127.0.0.1:* wss:" + sockets +
		"; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}

// isLocal reports whether a request comes from this machine and names it by a
// loopback name.
func isLocal(r *http.Request) bool {
	peer, _, err := net.SplitHostPort(r.RemoteAddr)
	ip := net.ParseIP(peer)
	return err == nil && ip != nil && ip.IsLoopback() && token.IsLoopbackHost(r.Host)
}

// isOwnOrigin reports whether a request was not made by a page of another origin.
func isOwnOrigin(r *http.Request) bool {
	for _, origin := range r.Header["Origin"] {
		u, err := url.Parse(origin)
		if err != nil || !strings.EqualFold(u.Host, r.Host) {
			return false
		}
	}
	site := r.Header.Get("Sec-Fetch-Site")
	return site == "" || site == "same-origin" || site == "none" || !strings.HasPrefix(r.URL.Path, Prefix)
}

// serveFile answers with a file of the page. Nothing in them is secret.
func serveFile(w http.ResponseWriter, r *http.Request) {
	name := "index.html"
	if r.URL.Path != "/" {
		name = strings.TrimPrefix(r.URL.Path, Prefix)
	}
	text, err := files.ReadFile(path.Join("web", name))
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "use GET here", http.StatusMethodNotAllowed)
		return
	case err != nil || !fs.ValidPath(name):
		http.Error(w, "the page has no such file", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", contentType(name))
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = w.Write(text) // the client has ended the connection
}

// contentType returns the media type of a file of the page. It does not depend on
// the system's table of types.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	return "application/octet-stream"
}

// authorized reports whether a request has the token.
func (i *Inspector) authorized(r *http.Request) bool {
	scheme, text, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.EqualFold(scheme, "Bearer") && subtle.ConstantTimeCompare([]byte(text), []byte(i.token)) == 1
}

// refuse answers with an error, and logs it.
func (i *Inspector) refuse(w http.ResponseWriter, r *http.Request, status int, text, hint string) {
	i.log.Info("request to the inspector refused", "method", r.Method, "status", status, "reason", text)
	writeJSON(w, status, failure{Error: text, Hint: hint})
}

// failure is the answer to a request that failed.
type failure struct {
	Error string `json:"error"`
	Hint  string `json:"hint,omitempty"`
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // the client has ended the connection
}
