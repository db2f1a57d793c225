// Package token handles all key material: connection strings, the tokens of REST
// requests and clients, client URLs, and the signature of events. It sends
// nothing.
//
//	cs, err := token.ParseConnectionString(os.Getenv("WPS_CONNECTION_STRING"))
//	n, err := token.Negotiate(cs, token.ClientOptions{Hub: "chat", UserID: "u1"})
//	fmt.Println(n.URL) // wss://NAME.webpubsub.azure.com/client/hubs/chat?access_token=...
package token

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"unicode"
)

// redacted is shown in place of a key.
const redacted = "***"

// Key is an access key. Its bytes are the UTF-8 bytes of the text, which is not
// decoded as base64. Printing, logging and encoding show "***"; only Reveal
// returns the text.
type Key struct{ secret string }

// NewKey returns the key with the text s.
func NewKey(s string) Key { return Key{s} }

// IsZero reports whether k is the zero Key, which signs nothing.
func (k Key) IsZero() bool { return k.secret == "" }

// Equal reports whether two keys are equal, in constant time.
func (k Key) Equal(other Key) bool {
	return subtle.ConstantTimeCompare([]byte(k.secret), []byte(other.secret)) == 1
}

// Reveal returns the text of the key, which is a secret.
func (k Key) Reveal() string { return k.secret }

// String returns "***", or "" for the zero Key.
func (k Key) String() string {
	if k.IsZero() {
		return ""
	}
	return redacted
}

// GoString keeps the key out of %#v.
func (k Key) GoString() string { return "token.Key(" + k.String() + ")" }

// LogValue keeps the key out of logs.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.String()) }

// MarshalText keeps the key out of JSON.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// minCustomKey is the length of the shortest key that an emulator accepts, in
// bytes.
const minCustomKey = 32

// CheckKey returns an error unless s can be the key of an emulator: at least 32
// UTF-8 bytes, without blanks around it, a semicolon or a control character. The
// error does not repeat the key.
//
// Source: the vendor's emulator.
func CheckKey(s string) error {
	switch {
	case len(s) < minCustomKey:
		return fmt.Errorf("access key has %d bytes, at least %d are needed", len(s), minCustomKey)
	case strings.TrimSpace(s) != s:
		return errors.New("access key has blanks around it")
	case strings.Contains(s, ";"):
		return errors.New("access key contains a semicolon, which ends a part of a connection string")
	case strings.ContainsFunc(s, unicode.IsControl):
		return errors.New("access key contains a control character")
	}
	return nil
}
