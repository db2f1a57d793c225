package cmd

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"wps/cmd/internal/cli"
	"wps/token"
)

// TestTokenVerdict checks that a verdict says what is unusual about a valid token.
func TestTokenVerdict(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)
	end := func(d time.Duration) token.Inspection {
		return token.Inspection{Kind: token.TokenClient, Hub: "chat", Claims: token.Claims{Expires: now.Add(d)}}
	}
	early := end(time.Hour)
	early.Claims.NotBefore = now.Add(3 * time.Second)
	endless := end(time.Hour)
	endless.Claims.Expires = time.UnixMilli(0).AddDate(9000, 0, 0)
	entra := end(time.Hour)
	entra.Kind = token.TokenEntra
	const signed = "signed with the key of $K"
	for _, tt := range []struct {
		v    tokenVerdict
		want string
	}{
		{tokenVerdict{token: end(time.Hour)}, signed},
		{tokenVerdict{token: end(-2 * time.Second)}, "expired 2s ago, within the service's clock skew of 5 minutes; " + signed},
		{tokenVerdict{token: early}, "valid in 3s, within the service's clock skew of 5 minutes; " + signed},
		{tokenVerdict{token: endless}, signed + "; exp seems to be in milliseconds, so the token never expires"},
		{tokenVerdict{token: entra}, "audience and times are valid; the signature was not checked"},
		{tokenVerdict{token: end(time.Hour), otherHub: cli.NewSetting("prod", "$WPS_HUB")}, signed + `; for hub "chat", $WPS_HUB is "prod"`},
	} {
		tt.v.now, tt.v.source = now, cli.Setting{From: "$K"}
		if got := tt.v.reason(); !tt.v.good() || got != tt.want {
			t.Errorf("reason() = %q, %v, want %q", got, tt.v.good(), tt.want)
		}
	}
	rejected := tokenVerdict{source: cli.Setting{From: "$K"}, problems: []error{token.ErrSignature, errors.New("x")}}
	if got, want := rejected.problem(), "not signed with the key of $K; x"; rejected.good() || got != want {
		t.Errorf("problem() = %q, %v, want %q", got, rejected.good(), want)
	}
}

// TestBareToken checks that a token is found in URLs, headers and output of wps.
func TestBareToken(t *testing.T) {
	t.Parallel()
	const u = "ws://h:1/client/hubs/chat?access_token=a.b.c"
	for in, want := range map[string][2]string{
		"a.b.c\n":                           {"a.b.c", ""},
		"Authorization: Bearer a.b.c":       {"a.b.c", ""},
		"access_token=a.b.c&x=1":            {"a.b.c", ""},
		u:                                   {"a.b.c", u},
		`{"baseUrl":"x","url":"` + u + `"}`: {"a.b.c", u},
		"url      " + u + "\ntoken    z":    {"a.b.c", u},
		`"ws://h/client/?hub=chat\u0026access_token=a.b.c"`: {"a.b.c", "ws://h/client/?hub=chat&access_token=a.b.c"},
		"ws://h:x/?access_token=a.b.c":                      {"a.b.c", ""},
	} {
		tok, carrier := bareToken(in)
		got := ""
		if carrier != nil {
			got = carrier.String()
		}
		if tok != want[0] || got != want[1] {
			t.Errorf("bareToken(%q) = %q, %q, want %q", in, tok, got, want)
		}
	}
	if _, carrier := bareToken(strings.Repeat("x", 10)); carrier != (*url.URL)(nil) {
		t.Errorf("bareToken of a word has the URL %v", carrier)
	}
}
