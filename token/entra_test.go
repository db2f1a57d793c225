package token_test

import (
	"errors"
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

// FuzzReadEntra: no token without the audience of the service is accepted, and no
// input makes ReadEntra panic.
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
