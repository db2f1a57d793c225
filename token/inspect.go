package token

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
)

// TokenKind is the purpose of a token.
type TokenKind string

// The kinds of token that Inspect distinguishes.
const (
	TokenClient   TokenKind = "client"
	TokenMQTT     TokenKind = "MQTT client"
	TokenSocketIO TokenKind = "Socket.IO client"
	TokenREST     TokenKind = "REST request"
	TokenEntra    TokenKind = "Microsoft Entra ID"
	TokenUnknown  TokenKind = "unknown"
)

// entraAudience is the aud claim of Entra ID tokens for the service, and the
// issuer of the client tokens that the service issues.
//
// Source: product documentation, "Authorize requests with Microsoft Entra ID".
const entraAudience = "https://webpubsub.azure.com"

// chinaAudience is the aud claim of Entra ID tokens for services in the cloud in China.
const chinaAudience = "https://webpubsub.azure.cn"

// isEntraAudience reports whether an audience is that of Entra ID tokens for services.
func isEntraAudience(audience string) bool {
	audience = strings.TrimRight(audience, "/")
	return audience == entraAudience || audience == chinaAudience
}

// Inspection is the content of a token, which can be read without its key.
type Inspection struct {
	Kind TokenKind
	// Hub is "" if the audience names none.
	Hub string
	// Endpoint is the scheme and host of the audience.
	Endpoint string
	Claims   Claims
	// RawHeader and RawClaims are the two JSON parts, unchanged.
	RawHeader, RawClaims json.RawMessage
}

// Inspect decodes a token without verifying it; see Verify. The error is or wraps
// ErrMalformed and repeats nothing of the token.
func Inspect(tok string) (Inspection, error) {
	if len(tok) > maxTokenLen {
		return Inspection{}, fmt.Errorf("%w: longer than %d bytes", ErrMalformed, maxTokenLen)
	}
	parts := strings.Split(tok, ".")
	if len(parts) != 3 {
		return Inspection{}, fmt.Errorf("%w: three parts separated by dots are expected, it has %d", ErrMalformed, len(parts))
	}
	var seen Inspection
	var header, claims payload
	var err error
	if seen.RawHeader, err = decodePart("header", parts[0], &header); err != nil {
		return Inspection{}, err
	}
	if seen.RawClaims, err = decodePart("claims", parts[1], &claims); err != nil {
		return Inspection{}, err
	}
	if seen.Claims, err = claims.claims(); err != nil {
		return Inspection{}, err
	}
	seen.classify()
	return seen, nil
}

func decodePart(name, part string, into *payload) (json.RawMessage, error) {
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(part, "="))
	if err != nil {
		return nil, fmt.Errorf("%w: part %q is not base64url", ErrMalformed, name)
	}
	if json.Unmarshal(raw, into) != nil || *into == nil {
		return nil, fmt.Errorf("%w: part %q is not a JSON object", ErrMalformed, name)
	}
	return raw, nil
}

// classify sets the kind, endpoint and hub from the audience.
func (t *Inspection) classify() {
	t.Kind = TokenUnknown
	if len(t.Claims.Audiences) == 0 {
		return
	}
	if isEntraAudience(t.Claims.Audiences[0]) {
		t.Kind, t.Endpoint = TokenEntra, ""
		return
	}
	u, err := url.Parse(t.Claims.Audiences[0])
	if err != nil || u.Host == "" {
		return
	}
	t.Endpoint = u.Scheme + "://" + u.Host
	for prefix, kind := range map[string]TokenKind{
		KindDefault.path(): TokenClient, KindMQTT.path(): TokenMQTT, KindSocketIO.path(): TokenSocketIO, "/api/": TokenREST,
	} {
		rest, ok := strings.CutPrefix(u.Path, prefix)
		if !ok {
			continue
		}
		t.Kind = kind
		if kind == TokenREST {
			if rest, ok = strings.CutPrefix(rest, "hubs/"); !ok {
				return
			}
		}
		t.Hub, _, _ = strings.Cut(rest, "/")
	}
}
