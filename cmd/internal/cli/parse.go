package cli

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"

	"wps/token"
)

// ParseRate reads "500/s", or the number alone, as events a second; 0 is no
// limit.
func ParseRate(s string) (float64, error) {
	if s == "" {
		return 0, nil
	}
	number, unit, hasUnit := strings.Cut(s, "/")
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || !(n > 0) || n > 1e9 {
		return 0, errors.New("use a number above 0, such as 500/s")
	}
	if !hasUnit {
		unit = "s"
	}
	switch unit {
	case "s":
		return n, nil
	case "m":
		return n / 60, nil
	case "h":
		return n / 3600, nil
	}
	return 0, errors.New("the unit is s, m or h")
}

// ParseClaims reads "key=value" pairs; the same key again adds a value. Without
// pairs it returns nil.
func ParseClaims(pairs []string) (map[string][]string, error) {
	if len(pairs) == 0 {
		return nil, nil
	}
	claims := map[string][]string{}
	for _, pair := range pairs {
		k, v, ok := strings.Cut(pair, "=")
		if !ok || k == "" {
			return nil, fmt.Errorf("%q: use key=value", pair)
		}
		claims[k] = append(claims[k], v)
	}
	return claims, nil
}

// Pairs is parseClaims that gives an empty map for nothing.
func Pairs(list []string) (map[string][]string, error) {
	m, err := ParseClaims(list)
	if m == nil {
		m = map[string][]string{}
	}
	return m, err
}

// Loopback tells whether an address names this machine. What a name leads to is
// not asked here: the client refuses an address that is not loopback when it
// opens a connection.
func Loopback(u *url.URL) bool {
	host := strings.ToLower(u.Hostname())
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback() || host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// KeysOf reads further keys: as they are, or @FILE.
func KeysOf(cs token.ConnectionString, more []string) ([]token.Key, error) {
	keys := []token.Key{cs.Key}
	for _, k := range more {
		if path, isFile := strings.CutPrefix(k, "@"); isFile {
			text, err := os.ReadFile(path)
			if err != nil {
				return nil, Usagef("--key: %v", err)
			}
			k = strings.TrimSpace(string(text))
		}
		keys = append(keys, token.NewKey(k))
	}
	return keys, nil
}
