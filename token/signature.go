package token

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

const signatureScheme = "sha256="

// Signature returns the ce-signature header of the events of a connection: one
// "sha256=HEX" for each key, in order, separated by commas. The service sends
// that of the primary key first.
//
// Source: Azure Web PubSub CloudEvents protocol, section on signatures.
func Signature(connectionID string, keys ...Key) string {
	var b strings.Builder
	for i, k := range keys {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(signatureScheme)
		b.WriteString(hex.EncodeToString(k.mac(connectionID)))
	}
	return b.String()
}

// VerifySignature reports whether header contains the signature of connectionID
// with one of keys. Blanks around the items and the case of the digits are
// ignored. The comparison takes constant time.
func VerifySignature(header, connectionID string, keys ...Key) bool {
	found := false
	for item := range strings.SplitSeq(header, ",") {
		item = strings.TrimSpace(item)
		if len(item) != len(signatureScheme)+2*sha256.Size || !strings.EqualFold(item[:len(signatureScheme)], signatureScheme) {
			continue
		}
		mac, err := hex.DecodeString(item[len(signatureScheme):])
		if err != nil {
			continue
		}
		for _, k := range keys {
			found = hmac.Equal(mac, k.mac(connectionID)) && !k.IsZero() || found
		}
	}
	return found
}

func (k Key) mac(text string) []byte {
	h := hmac.New(sha256.New, []byte(k.secret))
	h.Write([]byte(text))
	return h.Sum(nil)
}
