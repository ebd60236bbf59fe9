package sparkplug

import (
	"sort"
	"strings"
)

// nearest gives up to three names like the wanted one: whoever wrote the
// address mistyped it more often than the machine lost it.
func nearest(want string, names []string) []string {
	type scored struct {
		name string
		far  int
	}
	low := strings.ToLower(want)
	var list []scored
	for _, n := range names {
		far := distance(low, strings.ToLower(n))
		if strings.Contains(strings.ToLower(n), low) || strings.Contains(low, strings.ToLower(n)) {
			far = min(far, 2)
		}
		if far <= max(2, len(want)/2) {
			list = append(list, scored{n, far})
		}
	}
	sort.Slice(list, func(i, j int) bool {
		if list[i].far != list[j].far {
			return list[i].far < list[j].far
		}
		return list[i].name < list[j].name
	})
	var out []string
	for _, s := range list[:min(3, len(list))] {
		out = append(out, s.name)
	}
	return out
}

// distance is the number of bytes to insert, drop or change (Levenshtein), on
// the first 64 bytes.
func distance(a, b string) int {
	a, b = a[:min(len(a), 64)], b[:min(len(b), 64)]
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		last := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := last
			if a[i] != b[j] {
				cost++
			}
			last = row[j+1]
			row[j+1] = min(cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
