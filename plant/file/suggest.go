package file

import (
	"slices"
	"strings"
)

// instead says what to write in place of a wrong word: the likely one, or all.
func instead(wrong string, words []string) string {
	best, distance := "", 3 // more than two letters off is another word
	for _, w := range words {
		if d := edits(strings.ToLower(wrong), w); d < distance {
			best, distance = w, d
		}
	}
	if best != "" {
		return "; write \"" + best + "\""
	}
	const all = 12 // a longer list hides the message
	if len(words) == 0 || len(words) > all {
		return ""
	}
	sorted := slices.Sorted(slices.Values(words))
	return "; write one of " + strings.Join(sorted, ", ")
}

// edits is the Levenshtein distance; words are short.
func edits(a, b string) int {
	const long = 64
	if len(a) > long || len(b) > long {
		return long
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
