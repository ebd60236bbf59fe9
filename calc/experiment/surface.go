package experiment

import (
	"math"
	"slices"
)

// Alpha is how far the axial points of a central composite design lie.
type Alpha string

const (
	// Rotatable predicts equally well at equal distance from the middle.
	Rotatable Alpha = "rotatable"
	// FaceCentred needs three settings of each factor and none beyond its limits.
	FaceCentred Alpha = "face-centred"
	// Orthogonal keeps the estimates of the bends apart.
	Orthogonal Alpha = "orthogonal"
)

// CentralComposite tries k factors with a fraction of resolution V or better, two
// axial points for each, and centres in the middle (Box & Wilson 1951).
func CentralComposite(k, centres int, alpha Alpha) (*Design, error) {
	if k < 2 || k > 8 {
		return nil, invalid("%d factors; a central composite design is made of 2 to 8", k)
	}
	if centres < 0 {
		return nil, invalid("%d centre points", centres)
	}
	const five = 5 // resolution that keeps pairs apart
	var cube *Design
	for p := 3; p >= 0; p-- {
		if p >= k || 1<<(k-p)-(k-p)-1 < p {
			continue
		}
		d, err := TwoLevel(k, p)
		if err != nil {
			return nil, err
		}
		if p == 0 || d.Resolution >= five {
			cube = d
			break
		}
	}
	f := float64(len(cube.Runs))
	var far float64
	switch alpha {
	case Rotatable:
		far = math.Pow(f, 0.25)
	case FaceCentred:
		far = 1
	case Orthogonal:
		n := f + 2*float64(k) + float64(centres)
		far = math.Pow(f*math.Pow(math.Sqrt(n)-math.Sqrt(f), 2)/4, 0.25)
	default:
		return nil, invalid("axial points %q; write rotatable, face-centred or orthogonal", alpha)
	}
	d := &Design{Runs: slices.Clone(cube.Runs)}
	for i := range k {
		for _, s := range []float64{-far, far} {
			row := make([]float64, k)
			row[i] = s
			d.Runs = append(d.Runs, row)
		}
	}
	for range centres {
		d.Runs = append(d.Runs, make([]float64, k))
	}
	return d, nil
}

// together are the factors that a Box-Behnken design changes at once (Box &
// Behnken 1960, table 4); all pairs for 3 to 5 factors.
var together = map[int][][]int{
	6: {{0, 1, 3}, {1, 2, 4}, {2, 3, 5}, {0, 3, 4}, {1, 4, 5}, {0, 2, 5}},
	7: {{3, 4, 5}, {0, 5, 6}, {1, 4, 6}, {0, 1, 3}, {2, 3, 6}, {0, 2, 4}, {1, 2, 5}},
}

// BoxBehnken tries 3 to 7 factors at three levels without ever setting all of them
// to their limits, with centres in the middle.
func BoxBehnken(k, centres int) (*Design, error) {
	if k < 3 || k > 7 {
		return nil, invalid("%d factors; a Box-Behnken design is made of 3 to 7", k)
	}
	if centres < 0 {
		return nil, invalid("%d centre points", centres)
	}
	sets := together[k]
	if sets == nil {
		for i := range k {
			for j := i + 1; j < k; j++ {
				sets = append(sets, []int{i, j})
			}
		}
	}
	d := &Design{}
	for _, set := range sets {
		for i := range 1 << len(set) {
			row := make([]float64, k)
			for b, f := range set {
				row[f] = sign(i>>b&1 == 1)
			}
			d.Runs = append(d.Runs, row)
		}
	}
	for range centres {
		d.Runs = append(d.Runs, make([]float64, k))
	}
	return d, nil
}
