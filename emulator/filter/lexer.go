package filter

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

type tokenKind uint8

const (
	tokenEnd    tokenKind = iota
	tokenWord             // a name or keyword
	tokenNumber           // what begins like a number
	tokenString           // in single quotes, as written
	tokenSign             // ( ) or ,
	tokenBad              // what cannot begin a token, or a string without end
)

// token is a piece of the text up to end.
type token struct {
	kind tokenKind
	text string
	end  int // the byte after it
}

func (t token) is(sign string) bool { return t.kind == tokenSign && t.text == sign }
func (t token) word(w string) bool  { return t.kind == tokenWord && t.text == w }

// lex reads the token that begins at or after start.
func lex(text string, start int) token {
	for start < len(text) {
		r, size := utf8.DecodeRuneInString(text[start:])
		if !unicode.IsSpace(r) {
			break
		}
		start += size
	}
	if start == len(text) {
		return token{end: start}
	}
	kind, size := scan(text[start:])
	return token{kind, text[start : start+size], start + size}
}

// scan returns the first token of s, which begins with none but its first byte.
func scan(s string) (tokenKind, int) {
	r, size := utf8.DecodeRuneInString(s)
	switch {
	case r == '(' || r == ')' || r == ',':
		return tokenSign, 1
	case r == '\'':
		return scanString(s)
	case isNumberStart(s):
		return tokenNumber, 1 + span(s[1:], func(r rune) bool { return isWordRune(r) || r == '.' || r == ':' || r == '-' })
	case unicode.IsLetter(r) || r == '_':
		return tokenWord, span(s, isWordRune)
	}
	return tokenBad, size
}

// scanString finds the end of a string, in which two quotes mean one.
func scanString(s string) (tokenKind, int) {
	for i := 1; i < len(s); i++ {
		if s[i] != '\'' {
			continue
		}
		if i+1 < len(s) && s[i+1] == '\'' {
			i++
			continue
		}
		return tokenString, i + 1
	}
	return tokenBad, len(s)
}

func isNumberStart(s string) bool {
	if s[0] == '-' || s[0] == '+' {
		s = s[1:]
	}
	return s != "" && '0' <= s[0] && s[0] <= '9'
}

func isWordRune(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

// span is how many bytes at the beginning of s belong to runes that f likes.
func span(s string, f func(rune) bool) int {
	if n := strings.IndexFunc(s, func(r rune) bool { return !f(r) }); n >= 0 {
		return n
	}
	return len(s)
}
