package protocol

import (
	"encoding/binary"
	"math/bits"
)

// ScanObject reads the JSON object at the start of b in one pass: it checks the
// syntax of all of it and calls member for each of its own members, in order. name
// is a JSON string with its quotes; value has no blanks around it. Both point into
// b. ScanObject returns where the object ends, whatever comes after it; ok is false
// if b does not begin with a whole object, and then some members may have been
// passed on.
//
// What it accepts is what encoding/json accepts, the depth of nesting included.
// Where an object is wrong, encoding/json tells.
func ScanObject(b []byte, member func(name, value []byte)) (end int, ok bool) {
	if len(b) == 0 || b[0] != '{' {
		return 0, false
	}
	end = scanMembers(b, 0, maxJSONDepth, member)
	return max(end, 0), end >= 0
}

// ValidJSON reports whether b is one JSON value, with blanks around it or without,
// like json.Valid but faster.
func ValidJSON(b []byte) bool {
	end := scanValue(b, scanBlanks(b, 0), maxJSONDepth)
	return end >= 0 && scanBlanks(b, end) == len(b)
}

// maxJSONDepth is how deep values may be nested, as in encoding/json.
const maxJSONDepth = 10000

// scanMembers returns the end of the object at i, -1 if it is not valid. Values may
// be nested depth deep, the object included.
func scanMembers(b []byte, i, depth int, member func(name, value []byte)) int {
	if depth == 0 {
		return -1
	}
	if i = scanBlanks(b, i+1); i < len(b) && b[i] == '}' {
		return i + 1
	}
	for i < len(b) && b[i] == '"' {
		nameEnd := scanString(b, i)
		if nameEnd < 0 {
			return -1
		}
		colon := scanBlanks(b, nameEnd)
		if colon == len(b) || b[colon] != ':' {
			return -1
		}
		start := scanBlanks(b, colon+1)
		end := scanValue(b, start, depth-1)
		if end < 0 {
			return -1
		}
		if member != nil {
			member(b[i:nameEnd], b[start:end:end])
		}
		i = scanBlanks(b, end)
		switch {
		case i == len(b):
			return -1
		case b[i] == '}':
			return i + 1
		case b[i] != ',':
			return -1
		}
		i = scanBlanks(b, i+1)
	}
	return -1
}

// scanElements returns the end of the array at i, -1 if it is not valid.
func scanElements(b []byte, i, depth int) int {
	if depth == 0 {
		return -1
	}
	if i = scanBlanks(b, i+1); i < len(b) && b[i] == ']' {
		return i + 1
	}
	for {
		if i = scanValue(b, i, depth-1); i < 0 {
			return -1
		}
		i = scanBlanks(b, i)
		switch {
		case i == len(b):
			return -1
		case b[i] == ']':
			return i + 1
		case b[i] != ',':
			return -1
		}
		i = scanBlanks(b, i+1)
	}
}

// scanValue returns the end of the value at i, -1 if it is not valid.
func scanValue(b []byte, i, depth int) int {
	if i == len(b) {
		return -1
	}
	switch b[i] {
	case '"':
		return scanString(b, i)
	case '{':
		return scanMembers(b, i, depth, nil)
	case '[':
		return scanElements(b, i, depth)
	case 't':
		return scanWord(b, i, "true")
	case 'f':
		return scanWord(b, i, "false")
	case 'n':
		return scanWord(b, i, "null")
	}
	return scanNumber(b, i)
}

func scanBlanks(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t' || b[i] == '\r' || b[i] == '\n') {
		i++
	}
	return i
}

func scanWord(b []byte, i int, word string) int {
	if end := i + len(word); end <= len(b) && string(b[i:end]) == word {
		return end
	}
	return -1
}

// scanNumber returns the end of the number at i, -1 if it is not valid.
func scanNumber(b []byte, i int) int {
	if b[i] == '-' {
		i++
	}
	whole := i
	if i = scanDigits(b, i); i == whole || b[whole] == '0' && i > whole+1 {
		return -1
	}
	if i < len(b) && b[i] == '.' {
		fraction := i + 1
		if i = scanDigits(b, fraction); i == fraction {
			return -1
		}
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		if i++; i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		exponent := i
		if i = scanDigits(b, i); i == exponent {
			return -1
		}
	}
	return i
}

func scanDigits(b []byte, i int) int {
	for i < len(b) && '0' <= b[i] && b[i] <= '9' {
		i++
	}
	return i
}

// scanString returns the end of the string at i, -1 if it is not valid. That it is
// UTF-8 is not checked.
func scanString(b []byte, i int) int {
	for i = scanPlain(b, i+1); i < len(b); i = scanPlain(b, i) {
		switch {
		case b[i] == '"':
			return i + 1
		case b[i] != '\\':
			return -1 // a control character
		}
		if i = scanEscape(b, i+1); i < 0 {
			return -1
		}
	}
	return -1
}

// scanPlain skips the bytes of a string that mean themselves, eight at a time.
func scanPlain(b []byte, i int) int {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	for ; i+8 <= len(b); i += 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		quote, slash := w^ones*'"', w^ones*'\\'
		// The high bit of each byte that is 0 in quote or slash, or below 0x20 in w;
		// of the bytes after the first such, some may be wrong.
		if special := ((quote-ones)&^quote | (slash-ones)&^slash | (w-ones*0x20)&^w) & highs; special != 0 {
			return i + bits.TrailingZeros64(special)/8
		}
	}
	for i < len(b) && b[i] != '"' && b[i] != '\\' && b[i] >= 0x20 {
		i++
	}
	return i
}

// scanEscape returns the end of the escape whose backslash is before i, -1 if it is
// not valid.
func scanEscape(b []byte, i int) int {
	if i == len(b) {
		return -1
	}
	switch b[i] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 1
	case 'u':
		for end := i + 5; i+1 < end; {
			if i++; i == len(b) || !isHex(b[i]) {
				return -1
			}
		}
		return i + 1
	}
	return -1
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}
