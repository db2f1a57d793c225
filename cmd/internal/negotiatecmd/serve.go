package negotiatecmd

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"sync"

	"wps/cmd/internal/cli"
	"wps/cmd/internal/serve"
	"wps/token"
)

type serveOptions struct {
	addr  string
	Path  string
	guard serve.GuardOptions
	ready cli.ReadyFile
}

// serveNegotiate runs the HTTP negotiate endpoint until it is interrupted.
func serveNegotiate(ctx context.Context, env *cli.Env, o *Options) error {
	h, err := NewHandler(env, o, "--path")
	if err != nil {
		return err
	}
	guard, err := o.Serve.guard.Guard(o.Serve.addr)
	if err != nil {
		return err
	}
	if err := o.Serve.ready.Clear(); err != nil {
		return err
	}
	listeners, err := serve.Listen(ctx, o.Serve.addr, "--serve")
	if err != nil {
		return err
	}
	address := "http://" + serve.ShownAddr(o.Serve.addr, listeners) + o.Serve.Path
	if err := o.Serve.ready.Write(address); err != nil {
		return cli.JoinErrors(err, serve.CloseAll(listeners))
	}
	defer o.Serve.ready.Remove()
	serve.WarnExposed(env.Out, listeners, NegotiateRisk(true))
	if err := announceNegotiate(env.Out, address); err != nil {
		return cli.JoinErrors(err, serve.CloseAll(listeners))
	}
	return serve.HTTP(ctx, guard.Handler(h, env.Log), listeners)
}

// announceNegotiate prints where the endpoint is.
func announceNegotiate(out *cli.Printer, address string) error {
	if out.JSON() {
		return out.PrintJSON(map[string]string{"type": "listening", "url": address})
	}
	out.Say("negotiate endpoint: %s", out.ErrColors.Name(address))
	out.Say("ready; Ctrl-C stops it")
	return nil
}

// NegotiateRisk is the risk of an endpoint that other machines can reach.
func NegotiateRisk(present bool) serve.Risk {
	return serve.Risk{Present: present, Text: "get client URLs signed with the access key"}
}

// NewHandler checks what can be checked before there is a request.
// pathFlag is the flag that the path came from.
func NewHandler(env *cli.Env, o *Options, pathFlag string) (*Handler, error) {
	options, err := o.options(env)
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(o.Serve.Path, "/") {
		return nil, cli.Usagef("%s %q must begin with /", pathFlag, o.Serve.Path)
	}
	cs, source, err := env.Settings.Connection()
	if err != nil {
		return nil, err
	}
	cli.SayDefault(env.Out, source)
	if err := checkTemplate(o.user); err != nil {
		return nil, cli.Usagef("--user: %v", err)
	}
	options.UserID = ""
	if _, err := token.Negotiate(cs, options); err != nil {
		return nil, cli.Usagef("%v", err)
	}
	return &Handler{cs: cs, options: options, user: o.user, serve: o.Serve, out: env.Out, log: env.Log}, nil
}

// Handler answers GET and POST with the JSON of the input binding.
type Handler struct {
	cs      token.ConnectionString
	options token.ClientOptions
	user    string // template
	serve   serveOptions
	out     *cli.Printer
	log     *slog.Logger
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path != h.serve.Path:
		http.Error(w, "nothing here; the endpoint is "+h.serve.Path, http.StatusNotFound)
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

func (h *Handler) answer(w http.ResponseWriter, r *http.Request) {
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
		h.say(h.out.ErrColors.Bad("400"), o.Hub+": "+err.Error())
		return
	}
	h.log.Info("negotiated", "hub", o.Hub, "userId", user)
	h.say(h.out.ErrColors.Good("200"), strings.TrimSpace(o.Hub+" "+user))
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(n) // the client has closed the connection
}

// say prints a line for people about an answer, in the form of those of events.
func (h *Handler) say(status, what string) {
	if !h.out.JSON() {
		h.out.Say("%s %s negotiate %s", h.out.ErrColors.Name("<--"), status, cli.Clean(what))
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
