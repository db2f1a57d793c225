// Package suggest finds the known words nearest to a mistyped one. What to do with
// them is left to the caller.
//
//	near := suggest.Nearest("conect", slices.Values([]string{"close", "connect"}))
package suggest

import (
	"iter"
	"slices"
)

// maxEdits is how many edits a word may differ from a known one.
const maxEdits = 2

// Nearest returns the known words that are the fewest edits away from name, sorted;
// none if that is more than two edits. An edit inserts, deletes or replaces a byte.
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

// Distance returns the number of edits that turn a into b. It returns 3 for words
// whose lengths differ by more than two bytes.
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
