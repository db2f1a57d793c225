package emulator

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"wps/emulator/internal/outbound"
	"wps/emulator/internal/tunnel"
	"wps/internal/feed"
	"wps/internal/webguard"
	"wps/protocol"
	"wps/token"
)

// Options configure a Server. The zero value is an emulator with the public
// default key.
type Options struct {
	// Key is the access key; "" is protocol.DefaultAccessKey. Anything else must
	// satisfy token.CheckKey.
	Key string
	// Hosts are further host[:port] names of the emulator, which requests and the
	// audiences of tokens may name; "*" accepts any. Without it a request may name
	// localhost and what is below it, an address, a name without a dot, or
	// host.docker.internal: no public DNS server answers for these, so no page can
	// have led its browser here by such a name. Other requests are refused with
	// 403. An audience may always be the Host of the request, and every loopback
	// name is the same host.
	Hosts []string
	// AllowedOrigins are the origins whose pages may use the emulator, such as
	// "https://app.example"; "*" accepts any. Pages of loopback hosts and of the
	// emulator's own host may always; requests of other pages are refused with 403.
	// Programs that send no Origin header are not affected.
	AllowedOrigins []string
	// AllowUnvalidatedEntraTokens accepts Microsoft Entra ID tokens on REST
	// requests by audience and time alone: anybody can make such a token. It is
	// what :generateToken needs, and what SDKs with a credential object use.
	AllowUnvalidatedEntraTokens bool
	// Version is the version of the program in the control API.
	Version string
	// Logger logs connections and refused requests; nil logs nothing.
	Logger *slog.Logger
	// Clock is the time that the emulator uses; nil is the real one.
	Clock *Clock
	// Hubs are the settings of hubs by name, in any case; AnyHub is for those
	// that are not named. A hub without settings has no event handler.
	Hubs map[string]HubSettings
	// AnonymousHubs are the hubs whose clients need no token, "*" for every hub.
	// It is the service's hub setting anonymousConnectPolicy, by default deny.
	AnonymousHubs []string
	// KeepAlive is the time between two WebSocket pings to each client; 0 is the
	// service's default of 20 seconds, a negative value turns them off, also for
	// hubs with an interval of their own.
	KeepAlive time.Duration
	// Reconfigured announces that Configure will be called while clients are
	// connected: connections of a hub without event handlers are then ready to send
	// events too, which needs some memory for each.
	Reconfigured bool
	// Page answers requests for "/" and below PagePrefix that pass the checks of
	// Host and Origin; nil answers 404. It is no part of the service.
	Page http.Handler
}

// Server is the emulator. All methods may be called concurrently.
type Server struct {
	key       token.Key
	keyID     string // names the key in tokens that the server makes
	hosts     []string
	guard     *webguard.Guard
	entra     bool // accepts unvalidated Entra ID tokens
	allEvents bool // connections have an event source although their hub has no handler
	log       *slog.Logger
	clock     clock
	keepAlive time.Duration
	settings  atomic.Pointer[settings]
	up        *upstream
	tunnels   *tunnel.Tunnels
	pageKey   [32]byte // signs continuation tokens
	version   string
	page      http.Handler // nil for none
	started   time.Time
	begun     time.Duration // the elapsed time of started
	feed      feed.Feed
	warned    sync.Map // the missing parts, by name, that a warning was logged of

	ctx    context.Context // ends when Close begins
	cancel context.CancelFunc
	life   lifetime // of every goroutine of the server but the flusher's

	flusher outbound.Flusher // writes to every connection
	backlog backlog          // bounds what waits for all of them

	mu      sync.Mutex
	hubs    map[string]*hub // those with connections, by name in lower case
	pinging bool            // a goroutine does

	intervalsChanged chan struct{} // has room for one; see noticeIntervals
}

// New returns a Server. It starts nothing: goroutines begin and end with
// connections. Close ends them all.
func New(o Options) (*Server, error) {
	if o.Key == "" {
		o.Key = protocol.DefaultAccessKey
	}
	if err := token.CheckKey(o.Key); err != nil {
		return nil, fmt.Errorf("access key: %w", err)
	}
	guard, err := webguard.New(o.Hosts, o.AllowedOrigins)
	if err != nil {
		return nil, err
	}
	s := &Server{
		key: token.NewKey(o.Key), keyID: newKeyID(), hosts: o.Hosts, guard: guard, log: o.Logger, clock: systemClock{time.Now()},
		entra: o.AllowUnvalidatedEntraTokens, allEvents: o.Reconfigured,
		keepAlive: o.KeepAlive, hubs: map[string]*hub{}, intervalsChanged: make(chan struct{}, 1),
	}
	if o.Clock != nil {
		s.clock = o.Clock
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.keepAlive == 0 {
		s.keepAlive = defaultKeepAlive
	}
	s.backlog.server = s
	s.backlog.limit.Store(maxBacklog)
	rand.Read(s.pageKey[:]) // never fails
	s.version, s.started, s.begun, s.page = o.Version, s.now(), s.clock.elapsed(), o.Page
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.up, s.tunnels = newUpstream(s), s.newTunnels()
	return s, s.Configure(o.Hubs, o.AnonymousHubs)
}

// ServeHTTP answers REST requests below /api, client connections below /client,
// tunnels at /server/tunnel, the control API below ControlPath and Options.Page, if
// their Host and Origin are accepted:
// see Options.Hosts and Options.AllowedOrigins.
func (s *Server) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	w, path, began := &responseWriter{ResponseWriter: rw}, r.URL.EscapedPath(), time.Now()
	rest, control := strings.CutPrefix(path, ControlPath)
	switch {
	case !s.guard.Admit(w, r, s.log):
	case control:
		s.serveControl(w, r, rest)
		return
	case s.isPage(path):
		s.servePage(w, r)
		return
	default:
		w.chain = s.feed.NewChain()
		s.serveService(w, r, path)
	}
	s.publishRequest(w, r, began)
}

// serveService answers as the service does.
func (s *Server) serveService(w *responseWriter, r *http.Request, path string) {
	switch first, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/"); strings.ToLower(first) {
	case "api":
		s.serveREST(w, r, rest)
	case "client":
		s.serveClient(w, r)
	case "clients":
		what := "Socket.IO clients"
		if strings.HasPrefix(strings.ToLower(rest), "mqtt") {
			what = "MQTT clients"
		}
		s.refuseMissing(w, r, what)
	case "server":
		s.serveTunnel(w, r, rest)
	default:
		writeError(w, http.StatusNotFound, codeNotFound, "Request", "The path is unknown.")
	}
}

// now is the time by the emulator's clock.
func (s *Server) now() time.Time { return s.clock.Now() }

// Close refuses new connections, closes every connection with 1001 and waits
// until all goroutines have ended: at most a few seconds, because a client that
// does not answer is cut off, and so is an event handler. Tunnels are closed last:
// the disconnected events may need them.
func (s *Server) Close() error {
	s.life.close()
	s.cancel()
	for _, h := range s.allHubs() {
		for _, c := range h.connections(wholeHub()) {
			c.close(ending{code: closeGoingAway, why: reasonEnded}, "", nil)
		}
	}
	s.up.close(func() {
		s.life.wait() // no reader is left, so that nothing more is written
		s.flusher.Wait()
	})
	s.tunnels.Close()
	return nil
}
