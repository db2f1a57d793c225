package emulator_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"wps/emulator"
	"wps/protocol"
	"wps/token"
)

// useHost is the endpoint that the tokens of TestTokenUse are meant for.
const useHost = "localhost:8080"

// dice makes the tokens of TestTokenUse.
type dice struct {
	*rand.Rand
	now time.Time
}

func pick[T any](d *dice, from ...T) T { return from[d.IntN(len(from))] }

// usually returns the first in three of four cases.
func usually[T any](d *dice, first T, others ...T) T {
	if d.IntN(4) > 0 {
		return first
	}
	return pick(d, others...)
}

func (d *dice) hub() string { return usually(d, "chat", "other", "CHAT", "a.b", "1bad", "") }

func (d *dice) host() string {
	return usually(d, useHost, "127.0.0.1:8080", "LOCALHOST:8080", "[::1]:8080", "localhost", "localhost:81", "other.example", "")
}

func (d *dice) audience() string {
	hub := d.hub()
	path := usually(d, "/client/hubs/"+hub, "client/hubs/"+hub, "/client/hubs/"+hub+"/", "/client/?hub="+hub, "/client/hubs/"+hub+"?x=1",
		"", "/", "/Client/Hubs/"+hub, "/client/hubs/"+hub+"/x", "/client/hubs/%63hat", "/client//hubs/"+hub, hub,
		"/api/hubs/"+hub, "/api/hubs/"+hub+"/:send", "/api/hubs/"+hub+"/:send/x", "/api/hubs/"+hub+"/users/u%2F1", "/api/hubs/"+hub+"/users/",
		"/api/", "/API/hubs/"+hub+"/groups/g1?api-version=x", "/api/hubs/"+hub+"/other")
	return usually(d, "http://", "https://", "ws://", "WSS://", "ftp://", "", "://") + d.host() + path
}

// claims are those of a token; a nil value is left out.
func (d *dice) claims() jwt.MapClaims {
	at := func(by time.Duration) any { return d.now.Add(by).Unix() }
	c := jwt.MapClaims{
		"aud": usually[any](d, d.audience(), []string{d.audience()}, []string{"x", d.audience()}, []string{}, nil, "chat", 7,
			"https://webpubsub.azure.com", []string{"https://webpubsub.azure.com", d.audience()}, "https://webpubsub.azure.com/"),
		"exp": usually(d, at(time.Hour), at(-6*time.Minute), at(-4*time.Minute), at(-time.Second), at(-5*time.Minute), nil, any(d.now.UnixMilli()), any("soon"),
			any(fmt.Sprint(d.now.Add(time.Hour).Unix())), any(float64(d.now.Add(time.Hour).Unix())+0.5), any(-1), any(0), any(json.Number("1e300")), any([]int{1}), any(false)),
		"nbf": usually(d, nil, at(-time.Minute), at(4*time.Minute), at(5*time.Minute), at(6*time.Minute), any(d.now.UnixMilli()), any(true), any("x"), any(json.Number("-1e99"))),
		"iat": usually(d, at(0), nil, at(time.Hour), any(d.now.UnixMilli()), any("x"), any(-5)),
		"sub": usually(d, any("u1"), nil, any(1), any(""), any([]string{"u1"}), any(strings.Repeat("u", 2000)), any("\x00")),
	}
	if d.IntN(8) == 0 {
		c["role"] = pick[any](d, "webpubsub.sendToGroup", 7, []any{"webpubsub.joinLeaveGroup", 1}, map[string]any{"a": "b"}, []string{}, []string{"x"}, nil)
	}
	if d.IntN(8) == 0 {
		c[pick(d, "nonce", "iss", "jti", "ver", "roles", "userId", "x")] = pick[any](d, "v", 1, nil, []any{nil}, map[string]any{"k": []int{1}})
	}
	for name, value := range c {
		if value == nil {
			delete(c, name)
		}
	}
	if d.IntN(20) == 0 {
		c["webpubsub.group"] = pick[any](d, []string{"g1"}, []string{""}, []string{strings.Repeat("g", 2000)}, "g1", "", 7, []any{1}, []any{"g", nil})
	}
	return c
}

// token is signed in one of many ways, most of them right, and may be cut or changed
// after that.
func (d *dice) token() (string, jwt.MapClaims) {
	c := d.claims()
	key := usually(d, protocol.DefaultAccessKey, "another-key-of-at-least-32-bytes-abc", protocol.DefaultAccessKey+"x", "")
	var method jwt.SigningMethod = jwt.SigningMethodHS256
	var secret any = []byte(key)
	switch d.IntN(40) {
	case 0:
		method, secret = jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType
	case 1:
		method = jwt.SigningMethodHS384
	case 2, 3:
		method = jwt.SigningMethodHS512
	}
	made := jwt.NewWithClaims(method, c)
	switch d.IntN(20) {
	case 0:
		made.Header["kid"] = pick[any](d, "s-1", "", 5, "unknown")
	case 1:
		made.Header["typ"] = pick[any](d, "at+jwt", "x", 5, nil)
	case 2:
		made.Header["alg"] = pick[any](d, "none", "hs256", "RS256", "HS512", 5, nil)
	case 3:
		made.Header["crit"] = []string{"exp"}
	}
	tok, err := made.SignedString(secret)
	if err != nil {
		panic(err)
	}
	return d.damaged(tok), c
}

// damaged changes one of twenty tokens.
func (d *dice) damaged(tok string) string {
	if d.IntN(20) > 0 {
		return tok
	}
	at := d.IntN(len(tok))
	return pick(d, tok[:at], tok+"=", tok+"A", tok+".x", tok[:at]+"A"+tok[at:], strings.Replace(tok, ".", "=.", 1), strings.Replace(tok, ".", "..", 1), "."+tok, tok[at:], strings.ToUpper(tok))
}

// carrier is a client URL for a token, or nil for a token that comes alone.
func (d *dice) carrier(tok string) *url.URL {
	if d.IntN(2) == 0 {
		return nil
	}
	hub := d.hub()
	path := usually(d, "/client/hubs/"+hub, "/client/hubs/"+hub+"/", "/client/?hub="+hub, "/client?HUB="+hub, "/CLIENT/hubs/"+hub,
		"/client/hubs/%63hat", "/client/hubs/"+hub+"/x", "/", "/api/hubs/"+hub+"/:send", "/client/rooms/"+hub, "/clients/mqtt/hubs/"+hub, "/client/hubs/"+hub+"%20", "/api/hubs/"+hub+"/users/u1")
	sign := "?"
	if strings.Contains(path, "?") {
		sign = "&"
	}
	u, err := url.Parse("ws://" + d.host() + path + sign + "access_token=" + url.QueryEscape(tok))
	if err != nil {
		panic(err)
	}
	return u
}

// connects reports whether the emulator lets a client with this URL in. A
// recorder cannot become a WebSocket connection: that error is past all checks.
func connects(e *emulator.Server, u *url.URL) bool {
	if !slices.ContainsFunc(token.SameHosts(useHost), func(h string) bool { return strings.EqualFold(h, u.Host) }) {
		return false // another server's
	}
	r := httptest.NewRequest(http.MethodGet, u.RequestURI(), nil)
	r.Host = u.Host
	for name, value := range map[string]string{"Connection": "Upgrade", "Upgrade": "websocket", "Sec-Websocket-Version": "13", "Sec-Websocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="} {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	return w.Code == http.StatusInternalServerError
}

// usable reports whether the emulator takes a token somewhere: from a client of a
// hub, or for a REST request.
func usable(e *emulator.Server, tok string) bool {
	for _, hub := range []string{"chat", "other", "a.b"} {
		if connects(e, &url.URL{Scheme: "ws", Host: useHost, Path: "/client/hubs/" + hub, RawQuery: "access_token=" + url.QueryEscape(tok)}) {
			return true
		}
		for request, method := range map[string]string{"/:send": "POST", "/users/u%2F1": "HEAD", "/groups/g1": "HEAD"} {
			r := httptest.NewRequest(method, "/api/hubs/"+hub+request, nil)
			r.Host = useHost
			r.Header.Set("Authorization", "Bearer "+tok)
			w := httptest.NewRecorder()
			e.ServeHTTP(w, r)
			if w.Code != http.StatusUnauthorized {
				return true
			}
		}
	}
	return false
}

// TestTokenUse: what token.Use says of a token is what the emulator does with it.
func TestTokenUse(t *testing.T) {
	t.Parallel()
	const tokens, seed = 10_000, 1
	d := &dice{rand.New(rand.NewPCG(seed, 0)), time.Now().Truncate(time.Second)}
	e, err := emulator.New(emulator.Options{Key: protocol.DefaultAccessKey, Clock: emulator.NewClock(d.now)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	entra, err := emulator.New(emulator.Options{Key: protocol.DefaultAccessKey, Clock: emulator.NewClock(d.now), AllowUnvalidatedEntraTokens: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { entra.Close() })
	endpoint := &url.URL{Scheme: "http", Host: useHost}
	good := 0
	for range tokens {
		tok, claims := d.token()
		use := token.Use{Endpoint: endpoint, URL: d.carrier(tok)}
		want := use.URL != nil && connects(e, use.URL) || use.URL == nil && usable(e, tok)
		if use.URL == nil && isEntra(tok) {
			want = usable(entra, tok) // the verdict is that of the service, which has the keys of Entra ID
		}
		problems := use.Problems(tok, d.now, token.NewKey(protocol.DefaultAccessKey))
		if (len(problems) == 0) != want {
			text, _ := json.Marshal(claims)
			t.Errorf("Problems of %.400s, %.200s... in %v = %v, the emulator says %v", text, tok, bare(use.URL), problems, want)
		}
		if want {
			good++
		}
	}
	if good < tokens/20 || good > tokens/2 {
		t.Errorf("%d of %d tokens are good: the choices are out of balance", good, tokens)
	}
}

// isEntra reports whether a token says that it is signed with a key pair, as those of
// Microsoft Entra ID are.
func isEntra(tok string) bool {
	seen, err := token.Inspect(tok)
	return err == nil && seen.Kind == token.TokenEntra && strings.Contains(string(seen.RawHeader), `"alg":"RS256"`)
}

// bare is a URL without its token.
func bare(u *url.URL) string {
	if u == nil {
		return "no URL"
	}
	text, _, _ := strings.Cut(u.String(), "access_token=")
	return fmt.Sprintf("%q", text)
}
