package msa

import (
	"math"
	"slices"
)

// Ranges is what a study by averages and ranges rests on.
type Ranges struct {
	Mean     float64 // R̄ of all operators and parts
	UCL      float64 // D4 R̄
	XDiff    float64 // greatest less smallest mean of an operator
	PartSpan float64 // greatest less smallest mean of a part
	// Beyond are cells whose range is above UCL: a trial went wrong, or an operator
	// measures otherwise.
	Beyond []Cell
}

// Cell is a part as measured by an operator.
type Cell struct{ Part, Operator string }

// Constants of AIAG, 4th edition, gauge repeatability and reproducibility report:
// 1/d2* by the number of trials (of many ranges, K1) and of operators and parts (of
// one range, K2 and K3), to the digits that are printed; D4 of ranges.
var (
	k1 = map[int]float64{2: 0.8862, 3: 0.5908}
	k3 = [...]float64{2: 0.7071, 0.5231, 0.4467, 0.4030, 0.3742, 0.3534, 0.3375, 0.3249, 0.3146}
	d4 = map[int]float64{2: 3.27, 3: 2.58}
)

// AverageRange judges a study by averages and ranges: EV = R̄ K1,
// AV = √((X̄diff K2)² - EV²/(n r)), PV = Rp K3 (AIAG, 4th edition). It does not see
// the interaction. The constants are for 2 or 3 trials, 2 or 3 operators and up to
// 10 parts.
func AverageRange(s *Study, o Options) (*Result, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	n, k, r := len(s.Parts), len(s.Operators), s.Trials
	if k1[r] == 0 || k > 3 || n >= len(k3) {
		return nil, invalid("%d parts, %d operators, %d trials; ranges have constants for up to 10 parts, 3 operators and 3 trials: take the analysis of variance", n, k, r)
	}
	g := &Ranges{}
	parts, operators := make([]float64, n), make([]float64, k)
	for i, row := range s.Values {
		for j, cell := range row {
			g.Mean += (slices.Max(cell) - slices.Min(cell)) / float64(n*k)
			for _, v := range cell {
				parts[i] += v / float64(k*r)
				operators[j] += v / float64(n*r)
			}
		}
	}
	g.XDiff = slices.Max(operators) - slices.Min(operators)
	g.PartSpan = slices.Max(parts) - slices.Min(parts)
	g.UCL = d4[r] * g.Mean
	for i, row := range s.Values {
		for j, cell := range row {
			if slices.Max(cell)-slices.Min(cell) > g.UCL {
				g.Beyond = append(g.Beyond, Cell{s.Parts[i], s.Operators[j]})
			}
		}
	}
	ev := g.Mean * k1[r]
	av2 := max(0, math.Pow(g.XDiff*k3[k], 2)-ev*ev/float64(n*r))
	pv := g.PartSpan * k3[n]
	out := &Result{Ranges: g}
	out.fill(ev*ev, av2, 0, pv*pv, o.Study, o.Tolerance)
	return out, nil
}
