package token_test

import (
	"errors"
	"testing"
	"time"

	"wps/token"
)

func TestReconnectionToken(t *testing.T) {
	t.Parallel()
	key, other := token.NewKey("0123456789abcdef0123456789abcdef"), token.NewKey("another key, as long as the first one")
	now := time.Unix(1_700_000_000, 0)
	sign := func(k token.Key, id string) string {
		t.Helper()
		tok, err := k.SignReconnection(id, now)
		if err != nil {
			t.Fatalf("SignReconnection: %v", err)
		}
		return tok
	}
	good := sign(key, "c1")
	if again := sign(key, "c1"); again == good {
		t.Error("two tokens of one connection are the same")
	}
	rest, err := key.SignREST("c1", now, time.Hour)
	if err != nil {
		t.Fatalf("SignREST: %v", err)
	}
	const week = 7 * 24 * time.Hour
	for _, tt := range []struct {
		name, tok, id string
		at            time.Time
		want          error
	}{
		{"good", good, "c1", now, nil},
		{"last second", good, "c1", now.Add(week - time.Second), nil},
		{"a week later", good, "c1", now.Add(week), token.ErrExpired},
		{"another connection", good, "c2", now, token.ErrMalformed},
		{"another key", sign(other, "c1"), "c1", now, token.ErrSignature},
		{"a REST token", rest, "c1", now, token.ErrMalformed},
		{"none", "", "c1", now, token.ErrMalformed},
	} {
		if err := token.VerifyReconnection(tt.tok, tt.id, tt.at, key); !errors.Is(err, tt.want) || (err == nil) != (tt.want == nil) {
			t.Errorf("%s: VerifyReconnection = %v, want %v", tt.name, err, tt.want)
		}
	}
}
