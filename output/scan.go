package output

// scanner finds the end of a JSON object without understanding more than braces
// and strings.
type scanner struct {
	depth                   int
	inString, escaped, done bool
}

func (s *scanner) byte(b byte) {
	switch {
	case s.escaped:
		s.escaped = false
	case s.inString && b == '\\':
		s.escaped = true
	case b == '"':
		s.inString = !s.inString
	case s.inString:
	case b == '{':
		s.depth++
	case b == '}':
		s.depth--
		s.done = s.depth == 0
	}
}
