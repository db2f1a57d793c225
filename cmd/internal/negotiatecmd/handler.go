package negotiatecmd

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"wps/cmd/internal/cli"
	"wps/cmd/internal/service"
	"wps/cmd/internal/stdio"
	"wps/token"
)

// Handler answers GET and POST requests with a client URL and token, in the JSON
// of the Functions input binding. It may be used concurrently.
type Handler struct {
	path    string
	tokens  *service.Negotiator
	options token.ClientOptions // without the user
	user    userTemplate
	out     *cli.Printer
	log     *slog.Logger
}

// NewHandler returns a handler that serves path. It checks everything that does
// not depend on a request; pathFlag is the flag that path came from.
func NewHandler(env *cli.Env, f *ClientFlags, path, pathFlag string) (*Handler, error) {
	o, err := f.options(env)
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(path, "/") {
		return nil, cli.Usagef("%s %q must begin with /", pathFlag, path)
	}
	tokens, err := newNegotiator(env, o)
	if err != nil {
		return nil, err
	}
	if err := f.user.check(); err != nil {
		return nil, cli.Usagef("--user: %v", err)
	}
	return &Handler{path: path, tokens: tokens, options: o, user: f.user, out: env.Out, log: env.Log}, nil
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path != h.path:
		http.Error(w, "not found; the endpoint is "+h.path, http.StatusNotFound)
	case r.Method == http.MethodOptions: // the guard answers preflight requests
		w.Header().Set("Allow", "GET, POST, OPTIONS")
		w.WriteHeader(http.StatusNoContent)
	case r.Method != http.MethodGet && r.Method != http.MethodPost:
		w.Header().Set("Allow", "GET, POST, OPTIONS")
		http.Error(w, "use GET or POST", http.StatusMethodNotAllowed)
	default:
		h.negotiate(w, r)
	}
}

func (h *Handler) negotiate(w http.ResponseWriter, r *http.Request) {
	o := h.options
	var err error
	if o.UserID, err = h.user.fill(r); err != nil {
		h.refuse(w, http.StatusBadRequest, o.Hub, err.Error(), err)
		return
	}
	n, err := h.tokens.Negotiate(r.Context(), o)
	switch {
	case err == nil:
	case errors.As(err, new(*cli.UsageError)):
		h.refuse(w, http.StatusBadRequest, o.Hub, err.Error(), err)
		return
	default: // its reason is not for clients
		h.refuse(w, http.StatusBadGateway, o.Hub, "the service could not be asked for a token; the log of this endpoint has the reason", err)
		return
	}
	h.log.Info("negotiated", "hub", o.Hub, "userId", o.UserID)
	h.print(h.out.StderrColors.Good("200"), strings.TrimSpace(o.Hub+" "+o.UserID))
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(n) // an error means that the client has closed the connection
}

// refuse answers with a text, and logs why.
func (h *Handler) refuse(w http.ResponseWriter, status int, hub, text string, why error) {
	http.Error(w, text, status)
	h.log.Info("negotiate refused", "reason", why)
	h.print(h.out.StderrColors.Bad(strconv.Itoa(status)), hub+": "+why.Error())
}

// print prints an answer as a line of the form that "wps listen" uses for events.
func (h *Handler) print(status, text string) {
	if !h.out.JSON() {
		h.out.Say("%s %s %s negotiate %s", h.out.StderrColors.Dim(cli.Clock()), h.out.StderrColors.Name("<--"), status, stdio.Clean(text))
	}
}
