package inspector

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"time"

	"wps/cmd/internal/cli"
	"wps/internal/feed"
	"wps/protocol"
	"wps/token"
)

// maxBody bounds the body of a request: a message of the largest size in base64.
const maxBody = 2 << 20

// serveAPI answers a request of the API; name is its path below the prefix.
func (i *Inspector) serveAPI(w http.ResponseWriter, r *http.Request, name string) {
	if !i.authorized(r) {
		i.refuse(w, r, http.StatusUnauthorized, "the token is missing or of an earlier run", "open the address that this run has printed at its start")
		return
	}
	switch r.Method + " " + name {
	case "GET info":
		writeJSON(w, http.StatusOK, i.info())
	case "GET secret":
		writeJSON(w, http.StatusOK, map[string]string{"connectionString": i.backend.ConnectionString().Reveal()})
	case "GET stream":
		i.serveStream(w, r)
	case "GET state":
		i.serveState(w)
	case "POST preview":
		serveJSON(i, w, r, i.preview)
	case "POST run":
		serveJSON(i, w, r, i.runEvent)
	case "POST negotiate":
		serveJSON(i, w, r, i.negotiate)
	case "POST resend":
		serveJSON(i, w, r, i.resend)
	default:
		i.refuse(w, r, http.StatusNotFound, "the inspector has no such operation", "")
	}
}

func (i *Inspector) info() Info {
	info := i.backend.Info()
	info.Run, info.Ring = i.run, feed.Kept
	if info.Settings == nil {
		info.Settings = []Setting{}
	}
	if info.Hubs == nil {
		info.Hubs = []string{}
	}
	return info
}

func (i *Inspector) serveState(w http.ResponseWriter) {
	state := i.backend.State()
	if state == nil {
		writeJSON(w, http.StatusNotFound, failure{Error: "there is no state to show: the connections are those of the service", Hint: "wps emulator has a page with its connections"})
		return
	}
	writeJSON(w, http.StatusOK, state)
}

// serveJSON answers a request with a JSON body by a function. Its error is answered
// with 400, or with 404 for ErrNotKept.
func serveJSON[In any](i *Inspector, w http.ResponseWriter, r *http.Request, answer func(*http.Request, In) (any, error)) {
	var in In
	if err := readJSON(r, &in); err != nil {
		i.refuse(w, r, http.StatusBadRequest, err.Error(), "")
		return
	}
	out, err := answer(r, in)
	switch {
	case errors.Is(err, errNotKept):
		i.refuse(w, r, http.StatusNotFound, err.Error(), cli.Hint(err))
	case err != nil:
		i.refuse(w, r, http.StatusBadRequest, err.Error(), cli.Hint(err))
	default:
		writeJSON(w, http.StatusOK, out)
	}
}

// readJSON reads the body of a request. The media type keeps out forms of other
// sites, which a browser sends without asking.
func readJSON(r *http.Request, into any) error {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/json" {
		return errors.New("the Content-Type must be application/json")
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	switch {
	case err != nil:
		return errors.New("the body of the request ended early")
	case len(body) > maxBody:
		return fmt.Errorf("the body is larger than %d bytes", maxBody)
	case json.Unmarshal(body, into) != nil:
		return errors.New("the body is not the JSON that this operation needs")
	}
	return nil
}

// negotiation asks for the URL of a client.
type negotiation struct {
	Hub     string   `json:"hub"`
	User    string   `json:"user"`
	Roles   []string `json:"roles"`
	Groups  []string `json:"groups"`
	Minutes int      `json:"minutes"`
}

// Lifetime of the token of a client, in minutes.
const (
	usualMinutes = 60
	maxMinutes   = 24 * 60
)

// negotiate returns the URL of a client, as wps negotiate does.
func (i *Inspector) negotiate(_ *http.Request, n negotiation) (any, error) {
	if err := protocol.CheckHub(n.Hub); err != nil {
		return nil, cli.WithHint(err, "enter the name of a hub, such as chat")
	}
	if n.Minutes == 0 {
		n.Minutes = usualMinutes
	}
	if n.Minutes < 1 || n.Minutes > maxMinutes {
		return nil, fmt.Errorf("minutes must be 1 to %d", maxMinutes)
	}
	return token.Negotiate(i.backend.ConnectionString(), token.ClientOptions{
		Hub: n.Hub, UserID: n.User, Roles: n.Roles, Groups: n.Groups, Lifetime: time.Duration(n.Minutes) * time.Minute,
	})
}
