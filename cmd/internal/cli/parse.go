package cli

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"

	"wps/cmd/internal/smallinput"
	"wps/token"
)

// ParseRate parses "500/s", "30000/m" or a number alone, and returns events per
// second. "" is 0, which means no limit.
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
	return 0, errors.New("the unit must be s, m or h")
}

// ParseClaims parses "key=value" pairs; a key that is repeated gets several
// values. Without pairs it returns nil.
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

// ParsePairs is ParseClaims that returns an empty map without pairs.
func ParsePairs(list []string) (map[string][]string, error) {
	m, err := ParseClaims(list)
	if m == nil {
		m = map[string][]string{}
	}
	return m, err
}

// IsLoopback reports whether the host of u is a loopback address or a name below
// localhost. It resolves no names; the client refuses an address that is not
// loopback when it connects.
func IsLoopback(u *url.URL) bool {
	host := strings.ToLower(u.Hostname())
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback() || host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// ReadKeys returns the key of cs, if it has one, and the further ones, each a key or
// @FILE.
func ReadKeys(cs token.ConnectionString, further []string) ([]token.Key, error) {
	var keys []token.Key
	if !cs.Key.IsZero() {
		keys = append(keys, cs.Key)
	}
	for _, k := range further {
		var err error
		if path, isFile := strings.CutPrefix(k, "@"); isFile {
			k, err = smallinput.Key().ReadFile(path)
		} else {
			k, err = smallinput.Key().Read(k)
		}
		if err != nil {
			return nil, Usagef("--key: %v", err)
		}
		if err := token.CheckKey(k); err != nil {
			return nil, Usagef("--key: %v", err)
		}
		keys = append(keys, token.NewKey(k))
	}
	return keys, nil
}
