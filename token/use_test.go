package token_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"wps/token"
)

func parseURL(t *testing.T, s string) *url.URL {
	t.Helper()
	if s == "" {
		return nil
	}
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// encoded is v as a part of a token.
func encoded(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// TestUseProblems: what is wrong with a token is named, with the audience that
// would do. TestTokenUse of the emulator compares far more tokens with its answer.
func TestUseProblems(t *testing.T) {
	t.Parallel()
	const service, chat = "https://a.example", "https://a.example/client/hubs/chat"
	now := time.Now()
	mustBe := func(aud, want string) string { return `the audience is "` + aud + `", it must be "` + want + `"` }
	tests := []struct {
		name   string
		claims jwt.MapClaims
		use    token.Use // Endpoint service, if there is none
		want   string    // "" is good
	}{
		{"plain", jwt.MapClaims{"aud": chat}, token.Use{}, ""},
		{"its URL", jwt.MapClaims{"aud": chat}, token.Use{URL: parseURL(t, "wss://a.example/client/hubs/chat")}, ""},
		{"the query form", jwt.MapClaims{"aud": chat}, token.Use{URL: parseURL(t, "wss://a.example/client/?hub=chat")}, ""},
		{"its hub", jwt.MapClaims{"aud": chat}, token.Use{Hub: "Chat"}, ""},
		{"MQTT", jwt.MapClaims{"aud": "https://a.example/clients/mqtt/hubs/chat"}, token.Use{}, ""},
		{"REST", jwt.MapClaims{"aud": "https://a.example/api/hubs/chat/:send?api-version=x"}, token.Use{}, ""},
		{"below a path", jwt.MapClaims{"aud": "https://p.example/wps/client/hubs/chat"}, token.Use{Endpoint: parseURL(t, "https://p.example/wps")}, ""},

		{"no slash", jwt.MapClaims{"aud": "https://a.exampleclient/hubs/chat"}, token.Use{}, mustBe("https://a.exampleclient/hubs/chat", chat)},
		{"slash at the end", jwt.MapClaims{"aud": chat + "/"}, token.Use{}, mustBe(chat+"/", chat)},
		{"none", jwt.MapClaims{}, token.Use{Hub: "chat"}, `the audience is missing, it must be "` + chat + `"`},
		{"the hub alone", jwt.MapClaims{"aud": "chat"}, token.Use{}, mustBe("chat", "https://a.example/client/hubs/{hub}")},
		{"the host alone", jwt.MapClaims{"aud": service}, token.Use{}, mustBe(service, "https://a.example/client/hubs/{hub}")},
		{"the query form as audience", jwt.MapClaims{"aud": "https://a.example/client/?hub=chat"}, token.Use{}, mustBe("https://a.example/client/?hub=chat", "https://a.example/client/hubs/{hub}")},
		{"another service", jwt.MapClaims{"aud": "https://b.example/client/hubs/chat"}, token.Use{}, mustBe("https://b.example/client/hubs/chat", chat)},
		{"another service, REST", jwt.MapClaims{"aud": "https://b.example/api/hubs/chat/:send"}, token.Use{}, mustBe("https://b.example/api/hubs/chat/:send", "https://a.example/api/hubs/chat/:send")},
		{"a REST hub alone", jwt.MapClaims{"aud": "https://a.example/api/hubs/chat"}, token.Use{}, mustBe("https://a.example/api/hubs/chat", "https://a.example/api/hubs/chat/...")},
		{"another hub", jwt.MapClaims{"aud": chat}, token.Use{Hub: "other"}, mustBe(chat, "https://a.example/client/hubs/other")},
		{"in the URL of another hub", jwt.MapClaims{"aud": chat}, token.Use{URL: parseURL(t, "wss://a.example/client/hubs/other")}, mustBe(chat, "https://a.example/client/hubs/other")},
		{"in the URL of another host", jwt.MapClaims{"aud": chat}, token.Use{URL: parseURL(t, "wss://b.example/client/hubs/chat")}, `the URL is of host "b.example", the endpoint is https://a.example`},
		{"in no client URL", jwt.MapClaims{"aud": chat}, token.Use{URL: parseURL(t, "wss://a.example/client/chat")}, "the URL is not a client URL such as https://a.example/client/hubs/{hub}"},
		{"REST, in a client URL", jwt.MapClaims{"aud": "https://a.example/api/hubs/chat/:send"}, token.Use{URL: parseURL(t, "wss://a.example/client/hubs/chat")}, mustBe("https://a.example/api/hubs/chat/:send", chat)},
		{"nbf in milliseconds", jwt.MapClaims{"aud": chat, "nbf": now.UnixMilli()}, token.Use{}, "the token is not valid yet: nbf seems to count milliseconds, it must count seconds"},
		{"a group without a name", jwt.MapClaims{"aud": chat, "webpubsub.group": []string{""}}, token.Use{}, "group name is empty"},
	}
	for _, tt := range tests {
		if tt.use.Endpoint == nil {
			tt.use.Endpoint = parseURL(t, service)
		}
		tt.claims["exp"] = now.Add(time.Hour).Unix()
		problems := tt.use.Problems(signed(t, jwt.SigningMethodHS256, []byte(secret), tt.claims), now, token.NewKey(secret))
		var got error
		if len(problems) > 0 {
			got = problems[0]
		}
		if len(problems) > 1 || got == nil && tt.want != "" || got != nil && !strings.HasSuffix(got.Error(), tt.want) {
			t.Errorf("%s: Problems() = %q, want %q", tt.name, problems, tt.want)
		}
		if strings.Contains(tt.want, "audience") && !errors.Is(got, token.ErrAudience) {
			t.Errorf("%s: Problems() = %v, which is no ErrAudience", tt.name, got)
		}
	}
}

// TestUseProblemsEntra: what Microsoft signs cannot be checked here, but what it
// has not signed can.
func TestUseProblemsEntra(t *testing.T) {
	t.Parallel()
	now := time.Now()
	use := token.Use{Endpoint: parseURL(t, "https://a.example")}
	build := func(header, aud string, exp time.Duration) string {
		return encoded(t, map[string]any{"alg": header}) + "." + encoded(t, map[string]any{"aud": aud, "exp": now.Add(exp).Unix()}) + ".AAAA"
	}
	for _, tt := range []struct{ tok, want string }{
		{build("RS256", "https://webpubsub.azure.com", time.Hour), ""},
		{build("RS256", "https://webpubsub.azure.com", -time.Hour), "the token has expired"},
		{build("RS256", "https://webpubsub.azure.com/", time.Hour), `the audience is "https://webpubsub.azure.com/", it must be "https://webpubsub.azure.com"`},
		{build("HS256", "https://webpubsub.azure.com", time.Hour), "a token of Microsoft Entra ID is not signed with \"HS256\""},
		{build("none", "https://webpubsub.azure.com", time.Hour), "not signed with \"none\""},
	} {
		got := ""
		if problems := use.Problems(tt.tok, now, token.NewKey(secret)); len(problems) > 0 {
			got = problems[0].Error()
		}
		if (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
			t.Errorf("Problems(%q) = %q, want %q", tt.tok, got, tt.want)
		}
	}
}

// TestInMilliseconds: exp in milliseconds is accepted, as the end of time, and
// told of.
func TestInMilliseconds(t *testing.T) {
	t.Parallel()
	now := time.Now()
	tok := signed(t, jwt.SigningMethodHS256, []byte(secret), jwt.MapClaims{"iat": now.Unix(), "exp": now.UnixMilli()})
	claims, err := token.Verify(tok, now, token.NewKey(secret))
	if got := claims.InMilliseconds(); err != nil || len(got) != 1 || got[0] != "exp" {
		t.Errorf("InMilliseconds() = %q, %v, want exp", got, err)
	}
}
