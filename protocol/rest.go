package protocol

import (
	"fmt"
	"slices"
	"strings"
)

// APIVersion is the newest data-plane version, and the one of a request without
// api-version.
const APIVersion = "2024-12-01"

// SupportedAPIVersions is the value of the api-supported-versions header of all
// answers except those of health.
const SupportedAPIVersions = "2021-10-01, 2022-11-01, 2023-07-01, 2024-01-01, 2024-12-01"

// KnownAPIVersion reports whether v is a stable api-version.
func KnownAPIVersion(v string) bool {
	return slices.Contains(strings.Split(SupportedAPIVersions, ", "), v)
}

// Headers of REST answers.
const (
	HeaderErrorCode         = "x-ms-error-code"
	HeaderSupportedVersions = "api-supported-versions"
)

// Codes of error bodies and of the x-ms-error-code header.
//
// Source: recorded answers of the real service, 2021 to 2024.
const (
	CodeBadRequest                = "Error.BadRequest"
	CodeConnectionNotExisted      = "Error.Connection.NotExisted"
	CodeConnectionConflict        = "Error.Connection.Conflict" // vendor's emulator
	CodeInfoConnectionNotExisted  = "Info.Connection.NotExisted"
	CodeCheckConnectionNotExisted = "Warning.Connection.NotExisted"
	CodeUserNotExisted            = "Warning.User.NotExisted"
	CodeGroupNotExisted           = "Warning.Group.NotExisted"
	CodeNotImplemented            = "NotImplemented"
)

// ErrorBody is the JSON body of a refused REST request. All five members are
// always written; details and inner are null.
type ErrorBody struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Target  string `json:"target"`
	Details any    `json:"details"`
	Inner   any    `json:"inner"`
}

// ValidationBody is the JSON body of a REST request that is refused because of one
// of its inputs. Members of type any are always null.
//
// Source: recorded answers of the real service, 2022 and 2023.
type ValidationBody struct {
	Code       string              `json:"code"`
	Message    string              `json:"message"`
	Target     string              `json:"target"`
	Errors     map[string][]string `json:"errors"`
	Type       any                 `json:"type"`
	Title      string              `json:"title"`
	Status     int                 `json:"status"`
	Detail     any                 `json:"detail"`
	Instance   any                 `json:"instance"`
	Extensions struct{}            `json:"extensions"`
}

// Members is one page of the connections of a group; NextLink is nil on the
// last, which has no such member.
//
// Source: recorded answers of the real service, 2025 and 2026.
type Members struct {
	Value    []Member `json:"value"`
	NextLink *string  `json:"nextLink,omitempty"`
}

// Member is one connection of a group; UserID is nil for an anonymous one.
type Member struct {
	ConnectionID string  `json:"connectionId"`
	UserID       *string `json:"userId"`
}

// MaxPageSize is the largest page of Members.
//
// Source: REST description 2024-12-01, parameter maxpagesize.
const MaxPageSize = 200

// Permission is a right that can be granted to an open connection.
type Permission string

// The two permissions.
const (
	PermissionSendToGroup    Permission = "sendToGroup"
	PermissionJoinLeaveGroup Permission = "joinLeaveGroup"
)

// ParsePermission reads a permission without regard to case.
func ParsePermission(s string) (Permission, error) {
	for _, p := range []Permission{PermissionSendToGroup, PermissionJoinLeaveGroup} {
		if strings.EqualFold(s, string(p)) {
			return p, nil
		}
	}
	return "", fmt.Errorf("unknown permission %q: use sendToGroup or joinLeaveGroup", s)
}

const unreserved = "-_.!~*'()"

// EscapeSegment escapes a path segment or query value as JavaScript's
// encodeURIComponent and the official SDKs do.
func EscapeSegment(s string) string {
	n := 0
	for i := 0; i < len(s); i++ {
		if !isUnreserved(s[i]) {
			n++
		}
	}
	if n == 0 {
		return s
	}
	b := make([]byte, 0, len(s)+2*n)
	for i := 0; i < len(s); i++ {
		if isUnreserved(s[i]) {
			b = append(b, s[i])
			continue
		}
		b = append(b, '%', upperHex[s[i]>>4], upperHex[s[i]&15])
	}
	return string(b)
}

const upperHex = "0123456789ABCDEF"

func isUnreserved(b byte) bool {
	return isLetter(b) || isDigit(b) || strings.IndexByte(unreserved, b) >= 0
}

// UnescapeSegment decodes a path segment as the service does: once, except that an
// escaped slash and an invalid escape stay as they are written.
//
// Source: the vendor's emulator, tested over a real socket; see also the product
// documentation on names with a slash.
func UnescapeSegment(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if c, ok := unhexPair(s[i+1], s[i+2]); ok && c != '/' {
				b = append(b, c)
				i += 2
				continue
			}
		}
		b = append(b, s[i])
	}
	return string(b)
}

func unhexPair(hi, lo byte) (byte, bool) {
	h, ok1 := unhex(hi)
	l, ok2 := unhex(lo)
	return h<<4 | l, ok1 && ok2
}

func unhex(b byte) (byte, bool) {
	switch {
	case isDigit(b):
		return b - '0', true
	case 'a' <= b|0x20 && b|0x20 <= 'f':
		return b | 0x20 - 'a' + 10, true
	}
	return 0, false
}

// SlashWarning returns a warning that an operation with t in its path will not
// find it, and the alternative; "" if it will. The service does not decode %2F in
// a path, so a name with a slash there is that of another target.
//
// Source: product documentation and the vendor's emulator; names in filters and
// in the bodies of bulk operations are not changed.
func SlashWarning(t Target) string {
	if !strings.Contains(t.ID, "/") || t.Kind == TargetAll {
		return ""
	}
	return fmt.Sprintf("%s contains a slash, which the service cannot address in a path: use the filter %q instead", t, t.filter())
}

// CheckPath returns an error if t cannot be addressed in a path: one or two dots,
// escaped or not, are a step in the path, so that a message to the user ".."
// would be sent to everyone in the hub.
//
// Source: RFC 3986, sections 5.2.4 and 6.2.2.3; web servers and proxies, including
// those of the service, remove such steps first.
func CheckPath(t Target) error {
	if t.ID != "." && t.ID != ".." || t.Kind == TargetAll {
		return nil
	}
	return fmt.Errorf("%s cannot be addressed in a path, where dots have another meaning: use the filter %q instead", t, t.filter())
}

// filter returns a filter that selects the connections of t.
func (t Target) filter() string {
	quoted := "'" + strings.ReplaceAll(t.ID, "'", "''") + "'"
	if t.Kind == TargetGroup {
		return quoted + " in groups"
	}
	return string(t.Kind) + "Id eq " + quoted
}
