package emulator

import (
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"

	"wps/protocol"
	"wps/token"
)

// defaultMinutes is how long a generated token is good for when nothing is said.
//
// Source: REST description 2024-12-01, parameter minutesToExpire.
const defaultMinutes = 60

// generateToken answers :generateToken with a token for clients of the hub.
func generateToken(c *restRequest, _ protocol.Target) {
	minutes, ok := c.readNumber("minutesToExpire", 1, math.MaxInt32)
	if !ok {
		return
	}
	if minutes == 0 {
		minutes = defaultMinutes
	}
	kind, ok := c.clientKind()
	if !ok {
		return
	}
	groups := c.query["group"]
	for _, g := range groups {
		if protocol.CheckGroup(g) != nil {
			writeBadRequest(c.w, "Request", invalidGroup)
			return
		}
	}
	roles := slices.DeleteFunc(c.query["role"], func(role string) bool { return role == "" })
	// The service's own tokens have the scheme https; clients may use any.
	endpoint := &url.URL{Scheme: "https", Host: c.r.Host}
	text, err := c.server.key.Issue(endpoint, c.server.keyID, token.ClientOptions{
		Hub: c.hubName, UserID: c.query.Get("userId"), Roles: roles, Groups: groups, Kind: kind, Now: c.server.now(),
	}, minutes)
	if err != nil {
		writeBadRequest(c.w, "Request", "Invalid token options: "+err.Error()+".")
		return
	}
	writeJSON(c.w, http.StatusOK, "application/json", map[string]string{"token": text})
}

// clientKind reads clientType: Default or MQTT in any case.
//
// Source: REST description 2024-12-01. SDKs also know socketio, which neither
// that nor the vendor's emulator has.
func (c *restRequest) clientKind() (token.ClientKind, bool) {
	text, given, ok := c.readOnce("clientType")
	if !given || !ok {
		return token.KindDefault, ok
	}
	for _, kind := range []token.ClientKind{token.KindDefault, token.KindMQTT} {
		if strings.EqualFold(text, string(kind)) {
			return kind, true
		}
	}
	writeInvalid(c.w, "clientType", "clientType must be Default or MQTT.")
	return "", false
}

// newKeyID returns an id in the form of the service's: s- and a GUID.
func newKeyID() string { return "s-" + uuid.NewString() }
