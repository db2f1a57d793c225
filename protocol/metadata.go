package protocol

import (
	"fmt"
	"strings"
	"unicode"
)

// Limits on the metadata of a message, in bytes.
const (
	MaxMetadataKey   = 256
	MaxMetadataValue = 1024
	MaxMetadataTotal = 8192
)

// MetadataHeader is the prefix of the headers with the metadata of a REST send or
// of an event handler's answer. The rest of the name, in lower case, is the key.
const MetadataHeader = "X-WebPubSub-Metadata-"

// CheckMetadata returns an error unless m can be the metadata of a message: keys
// are HTTP tokens of 1 to 256 bytes, values are ASCII of at most 1024 bytes, and
// all together have at most 8192 bytes.
func CheckMetadata(m map[string]string) error {
	total := 0
	for k, v := range m {
		switch {
		case k == "":
			return fmt.Errorf("metadata key is empty")
		case len(k) > MaxMetadataKey:
			return fmt.Errorf("metadata key is longer than %d bytes", MaxMetadataKey)
		case strings.ContainsFunc(k, notToken):
			return fmt.Errorf("metadata key %q may hold letters, digits and !#$%%&'*+-.^_`|~ only", k)
		case len(v) > MaxMetadataValue:
			return fmt.Errorf("metadata value of %q is longer than %d bytes", k, MaxMetadataValue)
		case strings.ContainsFunc(v, notASCII):
			return fmt.Errorf("metadata value of %q is not ASCII", k)
		}
		total += len(k) + len(v)
	}
	if total > MaxMetadataTotal {
		return fmt.Errorf("metadata is larger than %d bytes", MaxMetadataTotal)
	}
	return nil
}

func notASCII(r rune) bool { return r > unicode.MaxASCII }

func notToken(r rune) bool {
	if r > unicode.MaxASCII {
		return true
	}
	b := byte(r)
	return !isLetter(b) && !isDigit(b) && strings.IndexByte("!#$%&'*+-.^_`|~", b) < 0
}
