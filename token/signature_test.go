package token_test

import (
	"strings"
	"testing"

	"wps/protocol"
	"wps/token"
)

func TestSignature(t *testing.T) {
	t.Parallel()
	first, second := token.NewKey(protocol.DefaultAccessKey), token.NewKey("0123456789abcdef0123456789abcdef")
	const (
		one = "sha256=b78b1b6698ef4c26adacc16537e1940bf816254465275d2dc5cd8bafea0506e1"
		two = "sha256=103bea4f7bf0c66f9e354c0bc01b3f5dff41a887693810f4c94febe072a0883c"
	)
	if got := token.Signature("conn-0001", first); got != one {
		t.Errorf("Signature(first) = %s, want %s", got, one)
	}
	if got := token.Signature("conn-0001", first, second); got != one+","+two {
		t.Errorf("Signature(both) = %s", got)
	}
	tests := []struct {
		header string
		keys   []token.Key
		want   bool
	}{
		{one, []token.Key{first}, true},
		{one + "," + two, []token.Key{second}, true},
		{" " + two + " , " + one + " ", []token.Key{second}, true},
		{"SHA256=" + strings.ToUpper(one[7:]), []token.Key{first}, true},
		{one, []token.Key{second}, false},
		{one, []token.Key{second, first}, true},
		{one, nil, false},
		{one[:len(one)-1], []token.Key{first}, false},
		{one[7:], []token.Key{first}, false},
		{"sha256=" + strings.Repeat("z", 64), []token.Key{first}, false},
		{"", []token.Key{first}, false},
		{token.Signature("conn-0001", token.Key{}), []token.Key{{}}, false},
	}
	for _, tt := range tests {
		if got := token.VerifySignature(tt.header, "conn-0001", tt.keys...); got != tt.want {
			t.Errorf("VerifySignature(%q, %d keys) = %v, want %v", tt.header, len(tt.keys), got, tt.want)
		}
	}
	if token.VerifySignature(one, "conn-0002", first) {
		t.Error("the signature of another connection must not verify")
	}
}

// FuzzVerifySignature: only a header that contains the signature verifies.
func FuzzVerifySignature(f *testing.F) {
	key := token.NewKey(secret)
	f.Add("sha256=b78b1b6698ef4c26adacc16537e1940bf816254465275d2dc5cd8bafea0506e1", "conn-0001")
	f.Add("SHA256=,sha256=zz, ,", "")
	f.Fuzz(func(t *testing.T, header, id string) {
		good := token.Signature(id, key)
		if token.VerifySignature(header, id, key) != strings.Contains(","+normal(header)+",", ","+good+",") {
			t.Errorf("VerifySignature(%q, %q) is not what it holds", header, id)
		}
		if !token.VerifySignature(header+", "+strings.ToUpper(good), id, token.NewKey("x"), key) {
			t.Errorf("the signature after %q does not verify", header)
		}
	})
}

// normal returns a header in lower case without blanks around its items.
func normal(header string) string {
	var items []string
	for item := range strings.SplitSeq(header, ",") {
		items = append(items, strings.ToLower(strings.TrimSpace(item)))
	}
	return strings.Join(items, ",")
}

func BenchmarkVerifySignature(b *testing.B) {
	keys := []token.Key{token.NewKey(protocol.DefaultAccessKey), token.NewKey(secret)}
	header := token.Signature("conn-0001", keys...)
	b.ReportAllocs()
	for b.Loop() {
		if !token.VerifySignature(header, "conn-0001", keys[1]) {
			b.Fatal("not verified")
		}
	}
}

func BenchmarkSignature(b *testing.B) {
	keys := []token.Key{token.NewKey(protocol.DefaultAccessKey), token.NewKey(secret)}
	b.ReportAllocs()
	for b.Loop() {
		token.Signature("conn-0001", keys...)
	}
}
