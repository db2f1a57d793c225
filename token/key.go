// Package token holds all key material: connection strings, the tokens that
// REST requests and clients carry, client URLs, and the signature of events. It
// sends nothing.
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

// redacted stands where a key would be shown.
const redacted = "***"

// Key is an access key: its bytes are the UTF-8 bytes of the text, not a
// decoding of it. Printing, logging and encoding show "***"; only Reveal gives
// the text.
type Key struct{ secret string }

// NewKey makes a key of s as it is.
func NewKey(s string) Key { return Key{s} }

// IsZero tells whether there is no key.
func (k Key) IsZero() bool { return k.secret == "" }

// Equal compares two keys in constant time.
func (k Key) Equal(other Key) bool {
	return subtle.ConstantTimeCompare([]byte(k.secret), []byte(other.secret)) == 1
}

// Reveal gives the key itself. Whoever calls it answers for where it goes.
func (k Key) Reveal() string { return k.secret }

// String is "***", or "" for no key.
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

// minCustomKey is the shortest key that an emulator takes, in bytes.
const minCustomKey = 32

// CheckKey tells what is wrong with a key made up for an emulator: at least 32
// UTF-8 bytes, no blanks around it, no semicolon, no control character. The
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
		return errors.New("access key holds a semicolon, which ends a part of a connection string")
	case strings.ContainsFunc(s, unicode.IsControl):
		return errors.New("access key holds a control character")
	}
	return nil
}
