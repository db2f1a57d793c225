package emulator_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/gorilla/websocket"

	"wps/emulator"
	"wps/emulator/emulatortest"
	"wps/protocol"
)

// dialToken connects with a token in the query and one in the header; "" is
// none. It returns the status of the handshake, 101 when it succeeded.
func dialToken(t *testing.T, e *emulatortest.Emulator, query, header string) (*client, int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	url := "ws" + strings.TrimPrefix(e.URL, "http") + "/client/hubs/chat"
	if query != "" {
		url += "?access_token=" + query
	}
	h := http.Header{}
	if header != "" {
		h.Set("Authorization", "bearer "+header)
	}
	d := websocket.Dialer{Subprotocols: []string{protocol.SubprotocolJSON}}
	ws, resp, err := d.DialContext(ctx, url, h)
	switch {
	case err == nil:
		t.Cleanup(func() { ws.Close() })
		return &client{t, ws}, http.StatusSwitchingProtocols
	case resp == nil:
		t.Fatalf("dial: %v", err)
	}
	return nil, resp.StatusCode
}

// TestClientTokens holds what a client's token may be.
func TestClientTokens(t *testing.T) {
	t.Parallel()
	now := time.Now()
	e := emulatortest.RunWith(t, emulator.Options{Clock: emulator.NewClock(now)})
	host := strings.TrimPrefix(e.URL, "http")
	sign := func(change jwt.MapClaims) string {
		t.Helper()
		claims := jwt.MapClaims{"aud": e.URL + "/client/hubs/chat", "exp": now.Add(time.Hour).Unix()}
		for name, value := range change {
			if claims[name] = value; value == nil {
				delete(claims, name)
			}
		}
		tok, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(protocol.DefaultAccessKey))
		if err != nil {
			t.Fatal(err)
		}
		return tok
	}
	at := func(d time.Duration) int64 { return now.Add(d).Unix() }
	for name, tt := range map[string]struct {
		claims jwt.MapClaims
		status int
	}{
		"plain":                  {nil, 101},
		"audience list":          {jwt.MapClaims{"aud": []string{"x", e.URL + "/client/hubs/chat"}}, 101},
		"scheme https":           {jwt.MapClaims{"aud": "https" + host + "/client/hubs/chat"}, 101},
		"scheme wss":             {jwt.MapClaims{"aud": "wss" + host + "/client/hubs/chat"}, 101},
		"hub in capitals":        {jwt.MapClaims{"aud": e.URL + "/client/hubs/CHAT"}, 101},
		"another hub":            {jwt.MapClaims{"aud": e.URL + "/client/hubs/other"}, 401},
		"another host":           {jwt.MapClaims{"aud": "http://other.example/client/hubs/chat"}, 401},
		"no slash":               {jwt.MapClaims{"aud": e.URL + "client/hubs/chat"}, 401},
		"a REST audience":        {jwt.MapClaims{"aud": e.URL + "/api/hubs/chat"}, 401},
		"no audience":            {jwt.MapClaims{"aud": nil}, 401},
		"no exp":                 {jwt.MapClaims{"exp": nil}, 401},
		"expired within skew":    {jwt.MapClaims{"exp": at(-4 * time.Minute)}, 101},
		"expired":                {jwt.MapClaims{"exp": at(-6 * time.Minute)}, 401},
		"begins within skew":     {jwt.MapClaims{"nbf": at(4 * time.Minute)}, 101},
		"begins later":           {jwt.MapClaims{"nbf": at(6 * time.Minute)}, 401},
		"any issuer":             {jwt.MapClaims{"iss": "somebody"}, 101},
		"blank group":            {jwt.MapClaims{"webpubsub.group": []string{"g", " "}}, 400},
		"group too long":         {jwt.MapClaims{"webpubsub.group": strings.Repeat("g", protocol.MaxGroupName+1)}, 400},
		"role that is no string": {jwt.MapClaims{"role": 7}, 401},
	} {
		if _, got := dialToken(t, e, sign(tt.claims), ""); got != tt.status {
			t.Errorf("%s: %d, want %d", name, got, tt.status)
		}
	}
	// A list of one may be written as its element.
	c, status := dialToken(t, e, sign(jwt.MapClaims{"sub": "", "role": "webpubsub.joinLeaveGroup.g", "webpubsub.group": "h/1"}), "")
	if status != 101 {
		t.Fatalf("lone strings: %d, want 101", status)
	}
	c.object() // connected
	c.send(`{"type":"joinGroup","group":"g","ackId":1}`)
	c.expectText(ok(1))
	// An empty user id is one.
	want(t, e, 200, post("chat/:addToGroups", jsonType, `{"groups":["seen"],"filter":"userId eq '' and 'h/1' in groups"}`))
	want(t, e, 200, request{method: "HEAD", path: "chat/groups/seen"})
	// The query comes before the header.
	good := sign(nil)
	for _, tt := range []struct {
		query, header string
		status        int
	}{{"", good, 101}, {good, "x", 101}, {"x", good, 401}, {"", "", 401}} {
		if _, got := dialToken(t, e, tt.query, tt.header); got != tt.status {
			t.Errorf("query %.3q, header %.3q: %d, want %d", tt.query, tt.header, got, tt.status)
		}
	}
	// Only HS256 counts.
	for _, method := range []jwt.SigningMethod{jwt.SigningMethodHS384, jwt.SigningMethodHS512, jwt.SigningMethodNone} {
		var key any = []byte(protocol.DefaultAccessKey)
		if method == jwt.SigningMethodNone {
			key = jwt.UnsafeAllowNoneSignatureType
		}
		tok, err := jwt.NewWithClaims(method, jwt.MapClaims{"aud": e.URL + "/client/hubs/chat", "exp": at(time.Hour)}).SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		if _, got := dialToken(t, e, tok, ""); got != 401 {
			t.Errorf("%s: %d, want 401", method.Alg(), got)
		}
	}
}
