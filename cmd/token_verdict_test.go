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

// TestTokenVerdict: a verdict says what is unusual about a good token.
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
		{tokenVerdict{token: end(-2 * time.Second)}, "expired 2s ago, which the service's 5 minutes of skew still allow; " + signed},
		{tokenVerdict{token: early}, "valid in 3s, which the service's 5 minutes of skew still allow; " + signed},
		{tokenVerdict{token: endless}, signed + "; exp seems to count milliseconds, so that it never expires"},
		{tokenVerdict{token: entra}, "audience and times fit; the signature is not checked here"},
		{tokenVerdict{token: end(time.Hour), otherHub: "prod"}, signed + `; for hub "chat", $WPS_HUB is "prod"`},
	} {
		tt.v.now, tt.v.source = now, cli.Setting{From: "$K"}
		if got := tt.v.reason(); !tt.v.good() || got != tt.want {
			t.Errorf("reason() = %q, %v, want %q", got, tt.v.good(), tt.want)
		}
	}
	refused := tokenVerdict{source: cli.Setting{From: "$K"}, problems: []error{token.ErrSignature, errors.New("x")}}
	if got, want := refused.problem(), "not signed with the key of $K; x"; refused.good() || got != want {
		t.Errorf("problem() = %q, %v, want %q", got, refused.good(), want)
	}
}

// TestBareToken: a token is found in what people paste, with the URL that it is
// part of.
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
