package output

import "strings"

// didYouMean proposes the known member that is at most two edits away.
func didYouMean(name string) string {
	best, distance := "", 3
	for known, written := range names {
		if d := editDistance(strings.ToLower(name), known); d < distance || d == distance && written < best {
			best, distance = written, d
		}
	}
	if best == "" {
		return ""
	}
	return `: did you mean "` + best + `"?`
}

// editDistance counts insertions, deletions and replacements between a and b.
// Names that differ by more than two bytes in length are far apart at once.
func editDistance(a, b string) int {
	if len(a)-len(b) > 2 || len(b)-len(a) > 2 {
		return 3
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
