package token_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"wps/token"
)

func signed(t testing.TB, method jwt.SigningMethod, key any, claims jwt.MapClaims) string {
	t.Helper()
	tok, err := jwt.NewWithClaims(method, claims).SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

func TestVerify(t *testing.T) {
	t.Parallel()
	exp := now.Add(time.Minute).Unix()
	tests := []struct {
		name   string
		claims jwt.MapClaims
		want   error
	}{
		{"good", jwt.MapClaims{"exp": exp}, nil},
		{"float exp", jwt.MapClaims{"exp": float64(exp) + 0.5}, nil},
		{"huge exp", jwt.MapClaims{"exp": 1e300}, nil},
		{"no exp", jwt.MapClaims{}, token.ErrNoExpiry},
		{"null exp", jwt.MapClaims{"exp": nil}, token.ErrNoExpiry},
		{"name in another case", jwt.MapClaims{"EXP": exp}, token.ErrNoExpiry},
		{"expired within the skew", jwt.MapClaims{"exp": now.Add(-5 * time.Minute).Unix()}, nil},
		{"expired", jwt.MapClaims{"exp": now.Add(-5*time.Minute - time.Second).Unix()}, token.ErrExpired},
		{"nbf within the skew", jwt.MapClaims{"exp": exp, "nbf": now.Add(5 * time.Minute).Unix()}, nil},
		{"not yet", jwt.MapClaims{"exp": exp, "nbf": now.Add(5*time.Minute + time.Second).Unix()}, token.ErrNotYet},
		{"exp of the wrong type", jwt.MapClaims{"exp": "soon"}, token.ErrMalformed},
		{"aud of the wrong type", jwt.MapClaims{"exp": exp, "aud": 7}, token.ErrMalformed},
		{"role of the wrong type", jwt.MapClaims{"exp": exp, "role": []any{1}}, token.ErrMalformed},
		{"sub of the wrong type", jwt.MapClaims{"exp": exp, "sub": []any{"u"}}, token.ErrMalformed},
	}
	for _, tt := range tests {
		_, err := token.Verify(signed(t, jwt.SigningMethodHS256, []byte(secret), tt.claims), now, token.NewKey(secret))
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: Verify = %v, want %v", tt.name, err, tt.want)
		}
	}
}

func TestVerifySignatures(t *testing.T) {
	t.Parallel()
	claims := jwt.MapClaims{"exp": now.Unix()}
	good := signed(t, jwt.SigningMethodHS256, []byte(secret), claims)
	parts := strings.Split(good, ".")
	none := signed(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, claims)
	tests := []struct {
		name, tok string
		keys      []token.Key
		want      error
	}{
		{"second of two keys", good, []token.Key{token.NewKey("x"), token.NewKey(secret)}, nil},
		{"other key", good, []token.Key{token.NewKey("x")}, token.ErrSignature},
		{"no key", good, nil, token.ErrSignature},
		{"empty key", signed(t, jwt.SigningMethodHS256, []byte{}, claims), []token.Key{{}}, token.ErrSignature},
		{"changed claims", parts[0] + "." + strings.Split(signed(t, jwt.SigningMethodHS256, []byte(secret), jwt.MapClaims{"exp": 1}), ".")[1] + "." + parts[2], []token.Key{token.NewKey(secret)}, token.ErrSignature},
		{"unsigned", none, []token.Key{token.NewKey(secret)}, token.ErrSignature},
		{"HS512", signed(t, jwt.SigningMethodHS512, []byte(secret), claims), []token.Key{token.NewKey(secret)}, token.ErrSignature},
		{"empty", "", []token.Key{token.NewKey(secret)}, token.ErrMalformed},
		{"two parts", parts[0] + "." + parts[1], []token.Key{token.NewKey(secret)}, token.ErrMalformed},
		{"garbage", "a.b.c", []token.Key{token.NewKey(secret)}, token.ErrMalformed},
		{"too long", good + strings.Repeat("a", 64<<10), []token.Key{token.NewKey(secret)}, token.ErrMalformed},
	}
	for _, tt := range tests {
		if _, err := token.Verify(tt.tok, now, tt.keys...); !errors.Is(err, tt.want) {
			t.Errorf("%s: Verify = %v, want %v", tt.name, err, tt.want)
		}
	}
}

func TestVerifyClaims(t *testing.T) {
	t.Parallel()
	tok := signed(t, jwt.SigningMethodHS256, []byte(secret), jwt.MapClaims{
		"aud": []string{"a", "b"}, "sub": "", "role": "r1", "webpubsub.group": []string{"g1", "g2"},
		"exp": now.Unix(), "iss": "me", "n": 1, "flag": true, "list": []any{"x", 2}, "o": map[string]any{"k": "v"},
	})
	c, err := token.Verify(tok, now, token.NewKey(secret))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(c.Audiences, []string{"a", "b"}) || c.UserID != "" || !c.HasUserID || c.Issuer != "me" ||
		!reflect.DeepEqual(c.Roles, []string{"r1"}) || !reflect.DeepEqual(c.Groups, []string{"g1", "g2"}) || !c.Expires.Equal(now) {
		t.Errorf("claims = %+v", c)
	}
	all := c.Custom()
	for name, want := range map[string][]string{"n": {"1"}, "flag": {"true"}, "list": {"x", "2"}, "o": {`{"k":"v"}`}, "role": {"r1"}} {
		if !reflect.DeepEqual(all[name], want) {
			t.Errorf("Custom()[%q] = %q, want %q", name, all[name], want)
		}
	}
}

func TestInspect(t *testing.T) {
	t.Parallel()
	tests := []struct {
		aud            any
		kind           token.TokenKind
		hub, endpoint_ string
	}{
		{"https://a/client/hubs/chat", token.TokenClient, "chat", "https://a"},
		{"wss://a:1/clients/mqtt/hubs/chat", token.TokenMQTT, "chat", "wss://a:1"},
		{"https://a/clients/socketio/hubs/chat", token.TokenSocketIO, "chat", "https://a"},
		{"https://a/api/hubs/a%5Bb/groups/g/:send?api-version=1", token.TokenREST, "a[b", "https://a"},
		{"https://a/api/health", token.TokenREST, "", "https://a"},
		{"https://webpubsub.azure.com", token.TokenEntra, "", ""},
		{"https://webpubsub.azure.cn/", token.TokenEntra, "", ""},
		{"https://a/other", token.TokenUnknown, "", "https://a"},
		{"nonsense", token.TokenUnknown, "", ""},
		{nil, token.TokenUnknown, "", ""},
	}
	for _, tt := range tests {
		seen, err := token.Inspect(signed(t, jwt.SigningMethodHS256, []byte("any"), jwt.MapClaims{"aud": tt.aud}))
		if err != nil || seen.Kind != tt.kind || seen.Hub != tt.hub || seen.Endpoint != tt.endpoint_ {
			t.Errorf("Inspect(aud %v) = %q, hub %q, endpoint %q, %v", tt.aud, seen.Kind, seen.Hub, seen.Endpoint, err)
		}
	}
	for _, bad := range []string{"", "x", "a.b", "!.!.!", "bnVsbA.bnVsbA.x", "e30.bnVsbA.x", "e30.W10.x", strings.Repeat("a", 70000)} {
		if _, err := token.Inspect(bad); !errors.Is(err, token.ErrMalformed) {
			t.Errorf("Inspect(%.20q) = %v, want ErrMalformed", bad, err)
		}
	}
}

// FuzzVerify: an error repeats neither the key nor the token. A token that
// verifies has the signature of the key over its first two parts, has not
// expired, and has the same claims for Inspect.
func FuzzVerify(f *testing.F) {
	key, other := token.NewKey(secret), token.NewKey("another key")
	f.Add(signed(f, jwt.SigningMethodHS256, []byte(secret), jwt.MapClaims{"exp": now.Unix(), "role": []string{"r"}}))
	f.Add(signed(f, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, jwt.MapClaims{"exp": now.Unix()}))
	f.Add(signed(f, jwt.SigningMethodHS512, []byte(secret), jwt.MapClaims{"exp": now.Unix(), "aud": []string{"https://a/client/hubs/h"}}))
	f.Add("e30.e30.x")
	f.Add("a.b.c")
	f.Fuzz(func(t *testing.T, tok string) {
		claims, err := token.Verify(tok, now, key)
		seen, unread := token.Inspect(tok)
		for _, err := range []error{err, unread} {
			if err != nil && (strings.Contains(err.Error(), secret) || len(tok) > 20 && strings.Contains(err.Error(), tok[:20])) {
				t.Errorf("the error shows a secret: %v", err)
			}
		}
		if unread != nil && !errors.Is(unread, token.ErrMalformed) {
			t.Errorf("Inspect(%q) = %v, which is not ErrMalformed", tok, unread)
		}
		if unread == nil && (len(seen.RawClaims) == 0 || seen.Kind == "") {
			t.Errorf("Inspect(%q) = %+v", tok, seen)
		}
		seen.Claims.Custom()
		if err != nil {
			return
		}
		if !reflect.DeepEqual(claims, seen.Claims) || unread != nil || claims.Expires.Before(now.Add(-5*time.Minute)) {
			t.Errorf("Verify(%q) = %+v, Inspect %+v, %v", tok, claims, seen, unread)
		}
		parts := strings.Split(tok, ".")
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(parts[0] + "." + parts[1]))
		if got, err := base64.RawURLEncoding.DecodeString(parts[2]); err != nil || !hmac.Equal(got, mac.Sum(nil)) {
			t.Errorf("Verify(%q) accepts a signature that is not the key's", tok)
		}
		if _, err := token.Verify(tok, now, other); !errors.Is(err, token.ErrSignature) {
			t.Errorf("Verify(%q) with another key = %v", tok, err)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	key := token.NewKey(secret)
	tok, err := key.SignREST("https://a.webpubsub.azure.com/api/hubs/chat/groups/g1/:send?api-version=2024-12-01", now, time.Hour)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := token.Verify(tok, now, key); err != nil {
			b.Fatal(err)
		}
	}
}
