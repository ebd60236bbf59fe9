package enterprise

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// What is found in strings that stand one behind another is what a look at
// each of them finds, whatever lies between the hits.
func TestText(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		var all text
		var each []string
		for range rnd.IntN(400) {
			s := strings.Repeat("轴x", rnd.IntN(3)) + strings.Repeat("b", rnd.IntN(5))
			if rnd.IntN(20) == 0 {
				s += "z"
			}
			all.add(s)
			each = append(each, s)
		}
		for _, part := range []string{"z", "轴", "bb", "x轴", "xb", "q"} {
			var got, want []int
			all.each([]byte(part), func(i int) { got = append(got, i) })
			for i, s := range each {
				if strings.Contains(s, part) {
					want = append(want, i)
				}
			}
			if !slices.Equal(got, want) {
				t.Fatalf("%q: %v; want %v", part, got, want)
			}
		}
	}
}
