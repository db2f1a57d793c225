package rights

import (
	"errors"
	"fmt"

	"wps/protocol"
)

// maxStars is how many stars a pattern may contain; a run of them counts as one.
//
// Source: the vendor's emulator.
const maxStars = 5

// pattern matches group names: ? is one character other than a dot, * any run
// without a dot, ** any run; a backslash escapes * ? \ and nothing else.
//
// Source: product documentation on roles with wildcards.
type pattern []patternItem

type patternItem struct {
	r    rune
	kind patternKind
}

type patternKind uint8

const (
	matchRune patternKind = iota
	matchOne
	matchRun
	matchAny
)

// parsePattern returns an error for text that is no valid pattern.
func parsePattern(s string) (pattern, error) {
	if s == "" {
		return nil, errors.New("its pattern of groups is empty")
	}
	if err := protocol.CheckGroup(s); err != nil {
		return nil, err
	}
	var p pattern
	runes := []rune(s)
	stars := 0
	for i := 0; i < len(runes); i++ {
		switch r := runes[i]; r {
		case '?':
			p = append(p, patternItem{kind: matchOne})
		case '*':
			n := countStars(runes[i:])
			stars++
			i += n - 1
			p = append(p, starItem(n))
		case '\\':
			if i++; i == len(runes) || runes[i] != '*' && runes[i] != '?' && runes[i] != '\\' {
				return nil, errors.New(`a backslash in its pattern must precede *, ? or \`)
			}
			p = append(p, patternItem{r: runes[i]})
		default:
			p = append(p, patternItem{r: r})
		}
	}
	if stars > maxStars {
		return nil, fmt.Errorf("its pattern has more than %d stars", maxStars)
	}
	return p, nil
}

func countStars(runes []rune) int {
	n := 0
	for n < len(runes) && runes[n] == '*' {
		n++
	}
	return n
}

func starItem(n int) patternItem {
	if n == 1 {
		return patternItem{kind: matchRun}
	}
	return patternItem{kind: matchAny}
}

// matchesAll reports whether p is "**" alone.
func (p pattern) matchesAll() bool { return len(p) == 1 && p[0].kind == matchAny }

func (p pattern) match(s string) bool { return p.matchRunes([]rune(s)) }

// matchRunes goes through s once for each item and keeps the set of positions
// that the items so far can reach: the time is bounded for every input.
func (p pattern) matchRunes(s []rune) bool {
	reach := make([]bool, len(s)+1)
	reach[0] = true
	for _, item := range p {
		next := make([]bool, len(s)+1)
		for i := range next {
			next[i] = item.reaches(reach, next, s, i)
		}
		reach = next
	}
	return reach[len(s)]
}

// reaches reports whether item can end before position i.
func (item patternItem) reaches(before, now []bool, s []rune, i int) bool {
	switch item.kind {
	case matchRune:
		return i > 0 && before[i-1] && s[i-1] == item.r
	case matchOne:
		return i > 0 && before[i-1] && s[i-1] != '.'
	case matchRun:
		return before[i] || i > 0 && now[i-1] && s[i-1] != '.'
	default:
		return before[i] || i > 0 && now[i-1]
	}
}
