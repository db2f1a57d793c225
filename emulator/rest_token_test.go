package emulator_test

import (
	"encoding/base64"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"wps/emulator"
	"wps/emulator/emulatortest"
	"wps/protocol"
)

const entraAudience = "https://webpubsub.azure.com"

// entraToken makes a token that looks like one of Microsoft Entra ID. Its
// signature is not checked.
func entraToken(t testing.TB, audience any, nbf, exp time.Time) string {
	t.Helper()
	claims := jwt.MapClaims{"aud": audience, "nbf": nbf.Unix(), "exp": exp.Unix(), "appid": "app"}
	tok, err := jwt.NewWithClaims(jwt.SigningMethodHS512, claims).SignedString([]byte("some other key"))
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// entra runs an emulator that accepts Entra tokens by its own clock, and makes
// requests with a good one.
func entra(t *testing.T, now time.Time) (*emulatortest.Emulator, func(path string) request) {
	e := emulatortest.RunWith(t, emulator.Options{AllowUnvalidatedEntraTokens: true, Clock: emulator.NewClock(now)})
	good := entraToken(t, entraAudience, now, now.Add(time.Hour))
	return e, func(path string) request {
		r := post(path, "", "")
		r.token = good
		return r
	}
}

func decoded(t *testing.T, part string) map[string]any {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(raw, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// generated asks for a token and returns it with its header and claims.
func generated(t *testing.T, e *emulatortest.Emulator, r request) (text string, header, claims map[string]any) {
	t.Helper()
	a := want(t, e, 200, r)
	if got := a.header.Get("Content-Type"); got != "application/json; charset=utf-8" {
		t.Errorf("Content-Type = %q", got)
	}
	var body map[string]string
	if err := json.Unmarshal([]byte(a.body), &body); err != nil || len(body) != 1 {
		t.Fatalf("answer %s: %v, want one member", a.body, err)
	}
	parts := strings.Split(body["token"], ".")
	if len(parts) != 3 {
		t.Fatalf("token = %q", body["token"])
	}
	return body["token"], decoded(t, parts[0]), decoded(t, parts[1])
}

func TestGenerateToken(t *testing.T) {
	t.Parallel()
	now := time.Now().Truncate(time.Second)
	e, ask := entra(t, now)
	host := strings.TrimPrefix(e.URL, "http://")
	_, header, claims := generated(t, e, ask("CHAT/:generateToken"))
	if kid, _ := header["kid"].(string); header["alg"] != "HS256" || header["typ"] != "JWT" || !regexp.MustCompile(`^s-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`).MatchString(kid) {
		t.Errorf("header = %v", header)
	}
	begin := float64(now.Unix())
	expect := map[string]any{"aud": "https://" + host + "/client/hubs/chat", "iss": entraAudience, "iat": begin, "nbf": begin, "exp": begin + 3600}
	for name, value := range expect {
		if claims[name] != value {
			t.Errorf("%s = %v, want %v", name, claims[name], value)
		}
	}
	if len(claims) != len(expect) {
		t.Errorf("claims = %v, want no others than %v", claims, expect)
	}
	text, _, claims := generated(t, e, ask("chat/:generateToken?userId=u%201&role=webpubsub.sendToGroup&role=webpubsub.joinLeaveGroup.g&group=a&group=b%2Fc&minutesToExpire=5"))
	if got, _ := json.Marshal([]any{claims["sub"], claims["role"], claims["webpubsub.group"], claims["exp"].(float64) - begin}); string(got) != `["u 1",["webpubsub.sendToGroup","webpubsub.joinLeaveGroup.g"],["a","b/c"],300]` {
		t.Errorf("claims = %s", got)
	}
	// Clients connect with it.
	c, _, err := dialURL(t, "ws://"+host+"/client/hubs/chat?access_token="+text, protocol.SubprotocolJSON)
	if err != nil {
		t.Fatal(err)
	}
	if hello := c.object(); hello["userId"] != "u 1" {
		t.Errorf("connected = %v, want user u 1", hello)
	}
	want(t, e, 200, request{method: "HEAD", path: "chat/groups/a"})

	for _, form := range []string{"MQTT", "mqtt"} {
		_, _, claims = generated(t, e, ask("chat/:generateToken?clientType="+form))
		if want := "https://" + host + "/clients/mqtt/hubs/chat"; claims["aud"] != want {
			t.Errorf("clientType %s: aud = %v, want %s", form, claims["aud"], want)
		}
	}
	_, _, claims = generated(t, e, ask("chat/:generateToken?clientType=default&minutesToExpire=2147483647&userId="))
	if want := begin + 60*2147483647; claims["exp"] != want || claims["sub"] != nil {
		t.Errorf("longest: exp = %v, sub = %v, want %v and none", claims["exp"], claims["sub"], want)
	}
}

func TestGenerateTokenRefused(t *testing.T) {
	t.Parallel()
	e, ask := entra(t, time.Now())
	for _, query := range []string{
		"minutesToExpire=0", "minutesToExpire=-1", "minutesToExpire=2147483648", "minutesToExpire=1.5", "minutesToExpire=", "minutesToExpire=soon",
		"group=", "group=a&group=%20", "group=" + strings.Repeat("g", protocol.MaxGroupName+1),
		"clientType=socketio", "clientType=", "clientType=MQTT&clientType=MQTT", "api-version=1",
	} {
		if a := want(t, e, 400, ask("chat/:generateToken?"+query)); a.header.Get("x-ms-error-code") != "Error.BadRequest" {
			t.Errorf("%s: code %q, want Error.BadRequest", query, a.header.Get("x-ms-error-code"))
		}
	}
	want(t, e, 400, ask("9bad/:generateToken"))
	// The access key is not enough, whatever else the emulator accepts.
	for _, other := range []*emulatortest.Emulator{e, emulatortest.Run(t)} {
		if a := want(t, other, 401, post("chat/:generateToken", "", "")); a.body != "" {
			t.Errorf("401 with body %q, want none", a.body)
		}
	}
}

// TestEntraTokens proves what unvalidated means: audience and times count, the
// signature does not, and nothing is accepted unless asked for.
func TestEntraTokens(t *testing.T) {
	t.Parallel()
	now := time.Now()
	e, _ := entra(t, now)
	strict := emulatortest.Run(t)
	tests := []struct {
		name   string
		token  string
		status int
	}{
		{"good", entraToken(t, entraAudience, now, now.Add(time.Hour)), 202},
		{"audience in a list", entraToken(t, []string{entraAudience}, now, now.Add(time.Hour)), 202},
		{"begins within the skew", entraToken(t, entraAudience, now.Add(4*time.Minute), now.Add(time.Hour)), 202},
		{"expired within the skew", entraToken(t, entraAudience, now, now.Add(-4*time.Minute)), 202},
		{"begins later", entraToken(t, entraAudience, now.Add(6*time.Minute), now.Add(time.Hour)), 401},
		{"expired", entraToken(t, entraAudience, now, now.Add(-6*time.Minute)), 401},
		{"slash after the audience", entraToken(t, entraAudience+"/", now, now.Add(time.Hour)), 401},
		{"old audience", entraToken(t, "https://name.webpubsub.azure.com", now, now.Add(time.Hour)), 401},
		{"two audiences", entraToken(t, []string{entraAudience, "x"}, now, now.Add(time.Hour)), 401},
		{"no token at all", "a.b.c", 401},
	}
	for _, tt := range tests {
		r := post("chat/:send", text, "x")
		r.token = tt.token
		if a := do(t, e, r); a.status != tt.status {
			t.Errorf("%s: %d, want %d", tt.name, a.status, tt.status)
		}
		want(t, strict, 401, r)
	}
	want(t, e, 202, post("chat/:send", text, "the access key stays good"))
	// Clients need a client token all the same.
	url := "ws" + strings.TrimPrefix(e.URL, "http") + "/client/hubs/chat?access_token=" + tests[0].token
	if _, resp, err := dialURL(t, url); err == nil || resp == nil || resp.StatusCode != 401 {
		t.Errorf("client with an Entra token: %v, %v, want 401", resp, err)
	}
}
