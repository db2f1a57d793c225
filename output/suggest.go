package output

import (
	"iter"
	"maps"
	"slices"
	"strings"
)

// didYouMean proposes the known member that is at most two edits away.
func didYouMean(name string) string {
	near := Nearest(strings.ToLower(name), maps.Keys(names))
	if len(near) == 0 {
		return ""
	}
	for i, known := range near {
		near[i] = names[known]
	}
	return `: did you mean "` + slices.Min(near) + `"?`
}

// Nearest gives the words of known that the fewest edits make of name, in order;
// none when that takes more than two.
func Nearest(name string, known iter.Seq[string]) []string {
	var near []string
	best := tooFar - 1
	for word := range known {
		d := editDistance(name, word)
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

// tooFar is the number of edits that make another word.
const tooFar = 3

// editDistance counts insertions, deletions and replacements between a and b.
// Names that differ by more than two bytes in length are far apart at once.
func editDistance(a, b string) int {
	if len(a)-len(b) > 2 || len(b)-len(a) > 2 {
		return tooFar
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
