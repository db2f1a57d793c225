package emulator_test

import (
	"bufio"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"wps/emulator"
	"wps/emulator/emulatortest"
	"wps/protocol"
	"wps/token"
)

// FuzzHandshake connects with whatever path, query and offer a client may send,
// once with a good token and once with what the query holds. A client gets in or
// is refused, and never sees an internal error; a client that is accepted is in the hub that it named,
// and speaks what it offered.
func FuzzHandshake(f *testing.F) {
	for _, s := range []struct{ path, query, offer string }{
		{"/client/hubs/chat", "", protocol.SubprotocolJSON},
		{"/client/", "hub=chat&access_token=x", "mine, " + protocol.SubprotocolProtobufReliable},
		{"/client", "HUB=chat", ""},
		{"/client/hubs/a%5Bb%60c%2Cd.e/", "webpubsub_mode=sendToGroup&group=a%2Fb&noEcho=TRUE", ""},
		{"/client/hubs/chat", "webpubsub_mode=sendToGroup&group=%20&group=g&noEcho=1", "json"},
		{"/client/hubs/chat", "awps_connection_id=c1&awps_reconnection_token=t", protocol.SubprotocolJSONReliable},
		{"/client/hubs/chat", "awps_connection_id=&awps_reconnection_token=%zz;a=b&&=", "JSON.WEBPUBSUB.AZURE.V1"},
		{"/clients/mqtt/hubs/chat", "id=1", "mqtt"},
		{"/CLIENT/HUBS/9", "access_token=a.b.c&access_token=", ","},
	} {
		f.Add(s.path, s.query, s.offer)
	}
	e := emulatortest.RunWith(f, emulator.Options{KeepAlive: -1})
	key := token.NewKey(protocol.DefaultAccessKey)
	f.Fuzz(func(t *testing.T, path, query, offer string) {
		u, err := url.Parse("http://localhost" + path)
		if err != nil || strings.ContainsAny(offer, "\r\n\x00") || u.Host != "localhost" {
			return // no HTTP server lets it through
		}
		u.RawQuery = query
		hub := u.Query().Get("hub")
		if at := hubsSegment.FindStringIndex(u.Path); at != nil {
			hub = strings.Trim(u.Path[at[1]:], "/")
		}
		good := ""
		if cs := token.NewConnectionString(&url.URL{Scheme: "http", Host: "localhost"}, key); protocol.CheckHub(hub) == nil {
			n, err := token.Negotiate(cs, token.ClientOptions{Hub: hub})
			if err != nil {
				t.Fatal(err)
			}
			good = n.AccessToken
		}
		for _, bearer := range []string{"", good} {
			status, chosen := handshake(e, u, offer, bearer)
			switch {
			case status == http.StatusSwitchingProtocols && protocol.CheckHub(hub) != nil && hub != "":
				t.Errorf("%s is let in to hub %q", u, hub)
			case status == http.StatusSwitchingProtocols && chosen != "" && !strings.Contains(offer, chosen):
				t.Errorf("%s with offer %q: chose %q", u, offer, chosen)
			case status == http.StatusSwitchingProtocols:
			case status >= 400 && status < 500:
			case status == http.StatusNotImplemented && strings.HasPrefix(strings.ToLower(u.Path), "/clients/"):
			default:
				t.Errorf("%s with offer %q = %d", u, offer, status)
			}
		}
	})
}

var hubsSegment = regexp.MustCompile(`(?i)/hubs/`)

// handshake asks for a WebSocket connection, ends it, and returns the status and
// the chosen subprotocol of the answer.
func handshake(e *emulatortest.Emulator, u *url.URL, offer, bearer string) (status int, chosen string) {
	r := httptest.NewRequest(http.MethodGet, "http://localhost/", nil)
	r.URL, r.Host = u, "localhost"
	r.Header = http.Header{
		"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"},
		"Sec-Websocket-Key": {"AAAAAAAAAAAAAAAAAAAAAA=="}, "Sec-Websocket-Protocol": {offer},
	}
	if bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
	w := &pipeWriter{ResponseRecorder: httptest.NewRecorder()}
	e.Server.ServeHTTP(w, r)
	if w.client == nil {
		return w.Code, ""
	}
	defer w.client.Close()
	resp, err := http.ReadResponse(bufio.NewReader(w.client), nil)
	if err != nil {
		return 0, ""
	}
	return resp.StatusCode, resp.Header.Get("Sec-WebSocket-Protocol")
}

// pipeWriter is a response that can be taken over, as a pipe.
type pipeWriter struct {
	*httptest.ResponseRecorder
	client net.Conn
}

func (w *pipeWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	near, far := net.Pipe()
	w.client = near
	return far, bufio.NewReadWriter(bufio.NewReader(far), bufio.NewWriter(far)), nil
}
