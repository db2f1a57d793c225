package cmd

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"sync"

	"wps/token"
)

type serveOptions struct {
	addr  string
	path  string
	guard guardOptions
	ready readyFile
}

// serveNegotiate runs the HTTP negotiate endpoint until it is interrupted.
func serveNegotiate(ctx context.Context, env *Env, o *negotiateOptions) error {
	h, err := newNegotiateHandler(env, o, "--path")
	if err != nil {
		return err
	}
	guard, err := o.serve.guard.guard(o.serve.addr)
	if err != nil {
		return err
	}
	if err := o.serve.ready.clear(); err != nil {
		return err
	}
	listeners, err := listen(ctx, o.serve.addr, "--serve")
	if err != nil {
		return err
	}
	address := "http://" + shownAddr(o.serve.addr, listeners) + o.serve.path
	if err := o.serve.ready.write(address); err != nil {
		return joinErrors(err, closeAll(listeners))
	}
	defer o.serve.ready.remove()
	warnExposed(env.out, listeners, negotiateRisk(true))
	if err := announceNegotiate(env.out, address); err != nil {
		return joinErrors(err, closeAll(listeners))
	}
	return serveHTTP(ctx, guard.Handler(h, env.log), listeners)
}

// announceNegotiate prints where the endpoint is.
func announceNegotiate(out *printer, address string) error {
	if out.json() {
		return out.printJSON(map[string]string{"type": "listening", "url": address})
	}
	out.say("negotiate endpoint: %s", out.errColors.name(address))
	out.say("ready; Ctrl-C stops it")
	return nil
}

func negotiateRisk(present bool) risk {
	return risk{present: present, text: "get client URLs signed with the access key"}
}

// newNegotiateHandler checks what can be checked before there is a request.
// pathFlag is the flag that the path came from.
func newNegotiateHandler(env *Env, o *negotiateOptions, pathFlag string) (*negotiateHandler, error) {
	options, err := o.options(env)
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(o.serve.path, "/") {
		return nil, usagef("%s %q must begin with /", pathFlag, o.serve.path)
	}
	cs, source, err := env.settings.connection()
	if err != nil {
		return nil, err
	}
	sayDefault(env.out, source)
	if err := checkTemplate(o.user); err != nil {
		return nil, usagef("--user: %v", err)
	}
	options.UserID = ""
	if _, err := token.Negotiate(cs, options); err != nil {
		return nil, usagef("%v", err)
	}
	return &negotiateHandler{cs: cs, options: options, user: o.user, serve: o.serve, out: env.out, log: env.log}, nil
}

// negotiateHandler answers GET and POST with the JSON of the input binding.
type negotiateHandler struct {
	cs      token.ConnectionString
	options token.ClientOptions
	user    string // template
	serve   serveOptions
	out     *printer
	log     *slog.Logger
}

func (h *negotiateHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path != h.serve.path:
		http.Error(w, "nothing here; the endpoint is "+h.serve.path, http.StatusNotFound)
	case r.Method == http.MethodOptions: // the guard answers preflights
		w.Header().Set("Allow", "GET, POST, OPTIONS")
		w.WriteHeader(http.StatusNoContent)
	case r.Method != http.MethodGet && r.Method != http.MethodPost:
		w.Header().Set("Allow", "GET, POST, OPTIONS")
		http.Error(w, "use GET or POST", http.StatusMethodNotAllowed)
	default:
		h.answer(w, r)
	}
}

func (h *negotiateHandler) answer(w http.ResponseWriter, r *http.Request) {
	o := h.options
	user, err := fillTemplate(h.user, r)
	var n token.Negotiation
	if err == nil {
		o.UserID = user
		n, err = token.Negotiate(h.cs, o)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		h.log.Info("negotiate refused", "reason", err)
		h.say(h.out.errColors.bad("400"), o.Hub+": "+err.Error())
		return
	}
	h.log.Info("negotiated", "hub", o.Hub, "userId", user)
	h.say(h.out.errColors.good("200"), strings.TrimSpace(o.Hub+" "+user))
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(n) // the client has closed the connection
}

// say prints a line for people about an answer, in the form of those of events.
func (h *negotiateHandler) say(status, what string) {
	if !h.out.json() {
		h.out.say("%s %s negotiate %s", h.out.errColors.name("<--"), status, clean(what))
	}
}

var templateField = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\{([^{}]*)\}`) })

// checkTemplate refuses placeholders other than {query.X} and {headers.X}.
func checkTemplate(template string) error {
	for _, m := range templateField().FindAllStringSubmatch(template, -1) {
		kind, name, _ := strings.Cut(m[1], ".")
		if kind != "query" && kind != "headers" || name == "" {
			return fmt.Errorf("unknown placeholder %s: use {query.NAME} or {headers.NAME}", m[0])
		}
	}
	return nil
}

// fillTemplate fills {query.X} and {headers.X} from a request. A value that is
// missing is an error, because an empty user would be another one than asked.
func fillTemplate(template string, r *http.Request) (string, error) {
	var missing []string
	query := r.URL.Query()
	filled := templateField().ReplaceAllStringFunc(template, func(m string) string {
		kind, name, _ := strings.Cut(m[1:len(m)-1], ".")
		value := query.Get(name)
		if kind == "headers" {
			value = r.Header.Get(name)
		}
		if value == "" {
			missing = append(missing, map[string]string{"query": "query parameter ", "headers": "header "}[kind]+name)
		}
		return value
	})
	if missing != nil {
		return "", fmt.Errorf("missing %s", strings.Join(missing, " and "))
	}
	return filled, nil
}
