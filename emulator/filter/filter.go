// Package filter reads and evaluates the OData subset in which REST requests
// say which connections they mean. It knows nothing of connections: the caller
// describes each as a Subject.
//
//	f, err := filter.Parse("userId ne 'admin' and 'news' in groups")
//	if f.Match(&filter.Subject{ConnectionID: id, UserID: "u1", HasUser: true}) { ... }
//
// Source: product documentation, "OData filter syntax in the Azure Web PubSub
// service"; where it is silent, the vendor's emulator and recorded answers of
// the real service.
package filter

import (
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// Subject is what a filter can ask of a connection.
type Subject struct {
	ConnectionID string
	// UserID counts only with HasUser: an anonymous connection's userId is null.
	UserID  string
	HasUser bool
	// Groups is only read.
	Groups map[string]struct{}
	// Protocol is the subprotocol's name; "" is null.
	Protocol string
}

// Error is the reason for which a filter is refused. Its text is the service's.
type Error struct {
	// Part is the smallest part of the expression that is wrong, Detail what
	// about it.
	Part, Detail string
}

// Error returns the text that the service answers with.
func (e *Error) Error() string {
	return fmt.Sprintf("Invalid syntax for '%s': %s (Parameter 'filter')", e.Part, e.Detail)
}

// Filter is a checked expression. Safe for concurrent use.
type Filter struct{ root node }

// Parse reads text and checks its types, by evaluating it for a connection that
// has nothing. The error is an *Error. Empty text is for the caller: here it is
// a syntax error, as text of blanks is.
func Parse(text string) (*Filter, error) {
	root, err := parse(text)
	if err != nil {
		return nil, err
	}
	var p problem
	p.bool(root, root.eval(&Subject{}, &p))
	if p.err != nil {
		return nil, p.err
	}
	return &Filter{fold(root)}, nil
}

// Match reports whether the filter selects s. A type that is wrong for this
// connection only, which Parse cannot know, is no match.
func (f *Filter) Match(s *Subject) bool {
	v := f.root.eval(s, nil)
	return v.kind == kindBool && v.yes
}

// units is the length of s in UTF-16 units, which is how the service counts.
func units(s string) int {
	n := 0
	for _, r := range s {
		n += max(utf16.RuneLen(r), 1)
	}
	return n
}

// offset returns the index in s after its first n UTF-16 units. ok is false when
// that is beyond the end, or in the middle of a character.
func offset(s string, n int) (i int, ok bool) {
	for n > 0 && i < len(s) {
		r, size := utf8.DecodeRuneInString(s[i:])
		n -= max(utf16.RuneLen(r), 1)
		i += size
	}
	return i, n == 0
}
