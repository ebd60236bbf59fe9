package threshold

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
)

// The fast search finds what the definition gives: the cuts with the largest
// variance between classes, each tried out and added up.
func TestOtsu_AgainstTheDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 300 {
		n := 3 + r.IntN(20)
		weights, levels := make([]float64, n), make([]float64, n)
		level := 0.0
		for i := range levels {
			level += 0.1 + r.Float64()
			levels[i] = level
			if r.IntN(3) > 0 {
				weights[i] = float64(r.IntN(50))
			}
		}
		for classes := 2; classes <= 3; classes++ {
			cuts, eta, ok := Otsu(weights, levels, classes)
			best := -1.0
			for a := 1; a < n; a++ {
				if classes == 2 {
					best = max(best, byDefinition(weights, levels, []int{a}))
				}
				for b := a + 1; classes == 3 && b < n; b++ {
					best = max(best, byDefinition(weights, levels, []int{a, b}))
				}
			}
			if (best < 0) == ok {
				t.Fatalf("%v in %d: ok %v, best %v", weights, classes, ok, best)
			}
			if ok && (math.Abs(eta-best) > 1e-9 || math.Abs(byDefinition(weights, levels, cuts)-best) > 1e-9 || math.Abs(separability(weights, levels, cuts)-best) > 1e-9) {
				t.Fatalf("%v at %v in %d: cuts %v with %v; the best is %v", weights, levels, classes, cuts, eta, best)
			}
		}
	}
}

// byDefinition is η of cuts from the sums of equations 2 to 15; -1 when a class
// is empty.
func byDefinition(weights, levels []float64, cuts []int) float64 {
	edges := append(append([]int{0}, cuts...), len(levels))
	total, mean := 0.0, 0.0
	for i, w := range weights {
		total += w
		mean += w * levels[i]
	}
	mean /= total
	between, whole := 0.0, 0.0
	for c := range len(edges) - 1 {
		w, m := 0.0, 0.0
		for i := edges[c]; i < edges[c+1]; i++ {
			w += weights[i] / total
			m += weights[i] / total * levels[i]
			whole += weights[i] / total * (levels[i] - mean) * (levels[i] - mean)
		}
		if w == 0 {
			return -1
		}
		between += w * (m/w - mean) * (m/w - mean)
	}
	return between / whole
}

// testdata/otsu.json is what scikit-image says of the same histograms; its head
// names the release and how it was asked.
func TestOtsu_AgainstScikitImage(t *testing.T) {
	raw, err := os.ReadFile("testdata/otsu.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Cases []struct {
			Weights []float64 `json:"weights"`
			Classes int       `json:"classes"`
			Cuts    []int     `json:"cuts"`
		} `json:"cases"`
	}
	if err := json.Unmarshal(raw, &file); err != nil || len(file.Cases) < 40 {
		t.Fatalf("%d cases, %v", len(file.Cases), err)
	}
	for i, c := range file.Cases {
		levels := make([]float64, len(c.Weights))
		for k := range levels {
			levels[k] = float64(k)
		}
		cuts, _, ok := Otsu(c.Weights, levels, c.Classes)
		if !ok || !slices.Equal(cuts, c.Cuts) {
			t.Errorf("case %d: cuts %v; scikit-image says %v", i, cuts, c.Cuts)
		}
	}
}
