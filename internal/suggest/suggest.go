// Package suggest finds the known words that a mistyped one may stand for. How they
// are proposed is left to the caller.
//
//	near := suggest.Nearest("conect", slices.Values([]string{"close", "connect"}))
package suggest

import (
	"iter"
	"slices"
)

// maxEdits is how many edits a word may be away from a known one.
const maxEdits = 2

// Nearest returns the words of known that are the fewest edits away from name,
// sorted; none when that is more than two. An edit inserts, deletes or replaces a
// byte.
func Nearest(name string, known iter.Seq[string]) []string {
	var near []string
	best := maxEdits
	for word := range known {
		d := Distance(name, word)
		if d < best {
			best, near = d, nil
		}
		if d == best {
			near = append(near, word)
		}
	}
	slices.Sort(near)
	return near
}

// Distance returns how many edits make b of a. It returns 3 at once for words
// that differ by more than two bytes in length.
func Distance(a, b string) int {
	if len(a)-len(b) > maxEdits || len(b)-len(a) > maxEdits {
		return maxEdits + 1
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
