package emulator

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"

	"github.com/gorilla/websocket"
)

// webSocketVersion is the only version of the protocol there is.
//
// Source: RFC 6455, section 4.1.
const webSocketVersion = "13"

// checkHandshake reports whether a request opens a WebSocket. It answers one that
// does not before an event handler learns of it.
//
// Source: RFC 6455, section 4.2.1.
func checkHandshake(w *responseWriter, r *http.Request) bool {
	status, text := http.StatusBadRequest, ""
	key, err := base64.StdEncoding.DecodeString(r.Header.Get("Sec-Websocket-Key"))
	switch {
	case !websocket.IsWebSocketUpgrade(r):
		http.Error(w, "WebSocket clients connect here: the request has no Upgrade header.", status)
		return false
	case r.Method != http.MethodGet:
		status, text = http.StatusMethodNotAllowed, "A WebSocket is opened by GET."
	case !slices.Contains(headerTokens(r, "Sec-Websocket-Version"), webSocketVersion):
		text = "The Sec-WebSocket-Version must be 13."
	case err != nil || len(key) != 16:
		text = "The Sec-WebSocket-Key must be 16 bytes in base64."
	default:
		return true
	}
	w.Header().Set("Sec-Websocket-Version", webSocketVersion)
	http.Error(w, text, status)
	return false
}

// headerTokens returns the values of a header line that is a list.
func headerTokens(r *http.Request, name string) (tokens []string) {
	for _, line := range r.Header.Values(name) {
		for token := range strings.SplitSeq(line, ",") {
			tokens = append(tokens, strings.TrimSpace(token))
		}
	}
	return tokens
}
