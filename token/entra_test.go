package token_test

import (
	"errors"
	"net/url"
	"reflect"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"wps/token"
)

const entraAudience = "https://webpubsub.azure.com"

func TestReadEntra(t *testing.T) {
	t.Parallel()
	exp := now.Add(time.Minute).Unix()
	tests := []struct {
		name   string
		claims jwt.MapClaims
		want   error
	}{
		{"good", jwt.MapClaims{"aud": entraAudience, "exp": exp}, nil},
		{"list of one", jwt.MapClaims{"aud": []string{entraAudience}, "exp": exp}, nil},
		{"none", jwt.MapClaims{"exp": exp}, token.ErrAudience},
		{"another", jwt.MapClaims{"aud": "https://management.azure.com", "exp": exp}, token.ErrAudience},
		{"another too", jwt.MapClaims{"aud": []string{entraAudience, "x"}, "exp": exp}, token.ErrAudience},
		{"no exp", jwt.MapClaims{"aud": entraAudience}, token.ErrNoExpiry},
		{"expired", jwt.MapClaims{"aud": entraAudience, "exp": now.Add(-6 * time.Minute).Unix()}, token.ErrExpired},
		{"not yet", jwt.MapClaims{"aud": entraAudience, "exp": exp, "nbf": now.Add(6 * time.Minute).Unix()}, token.ErrNotYet},
		{"wrong type", jwt.MapClaims{"aud": 7, "exp": exp}, token.ErrMalformed},
	}
	for _, tt := range tests {
		_, err := token.ReadEntra(signed(t, jwt.SigningMethodHS384, []byte("anybody"), tt.claims), now)
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: ReadEntra = %v, want %v", tt.name, err, tt.want)
		}
	}
	for _, bad := range []string{"", "a", "a.b.c", "e30.e30.", "e30.bnVsbA."} {
		if _, err := token.ReadEntra(bad, now); err == nil {
			t.Errorf("ReadEntra(%q) = nil, want an error", bad)
		}
	}
}

func TestIssue(t *testing.T) {
	t.Parallel()
	endpoint := &url.URL{Scheme: "https", Host: "h:8080"}
	o := token.ClientOptions{
		Hub: "Chat", UserID: "u", Roles: []string{"r"}, Groups: []string{"g"}, Kind: token.KindMQTT, Now: now,
		Lifetime: -1, Claims: map[string][]string{"iss": {"x"}},
	}
	tok, err := token.NewKey(secret).Issue(endpoint, "s-1", o, 2)
	if err != nil {
		t.Fatal(err)
	}
	begin := float64(now.Unix())
	want := map[string]any{
		"aud": "https://h:8080/clients/mqtt/hubs/chat", "iss": entraAudience, "sub": "u", "role": []any{"r"},
		"webpubsub.group": []any{"g"}, "iat": begin, "nbf": begin, "exp": begin + 120,
	}
	if got := claimsOf(t, tok); !reflect.DeepEqual(got, want) {
		t.Errorf("claims = %v, want %v", got, want)
	}
	if _, err := token.Verify(tok, now, token.NewKey(secret)); err != nil {
		t.Errorf("Verify: %v", err)
	}
	if _, err := (token.Key{}).Issue(endpoint, "s-1", o, 2); err == nil {
		t.Error("Issue without a key = nil, want an error")
	}
	if _, err := token.NewKey(secret).Issue(endpoint, "s-1", token.ClientOptions{Hub: "9bad"}, 2); err == nil {
		t.Error("Issue for a bad hub = nil, want an error")
	}
}

// FuzzReadEntra proves that no text without the service's audience is accepted,
// and that none makes it fail otherwise.
func FuzzReadEntra(f *testing.F) {
	good := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"aud": entraAudience, "exp": now.Unix()})
	text, err := good.SignedString([]byte("anybody"))
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{text, "", "a.b.c", "e30.e30.e30", "e30.bnVsbA.x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := token.ReadEntra(text, now)
		if err == nil && (len(c.Audiences) != 1 || c.Audiences[0] != entraAudience || c.Expires.IsZero()) {
			t.Errorf("ReadEntra(%q) accepts %+v", text, c)
		}
	})
}
