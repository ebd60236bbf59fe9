package stat

import "math"

// LeastNorm is a fit of columns of which some may be explained by others. What it
// says of each of those alone is one answer of many that fit equally well: the one
// whose coefficients have the smallest sum of squares, as the pseudo-inverse gives
// it (Penrose, Proc. Cambridge Phil. Soc. 52, 1956).
type LeastNorm struct {
	Fit
	Rank int
	// Explained are the columns, from 0, that those before them explain.
	Explained []int
}

// RegressLeastNorm fits as [Regress] does, and takes columns that others explain.
func RegressLeastNorm(y []float64, columns [][]float64, constant bool) (*LeastNorm, error) {
	kept, explained, ways, err := independent(y, columns, constant)
	if err != nil {
		return nil, err
	}
	only := make([][]float64, len(kept))
	for i, c := range kept {
		only[i] = columns[c]
	}
	f, err := Regress(y, only, constant)
	if err != nil {
		return nil, err
	}
	out := &LeastNorm{Fit: *f, Rank: len(f.Coef), Explained: explained}
	if len(explained) == 0 {
		return out, nil
	}
	// Among all coefficients: where those that were fitted stand.
	at := make([]int, 0, out.Rank)
	for i := range shift(constant) {
		at = append(at, i)
	}
	for _, c := range kept {
		at = append(at, c+shift(constant))
	}
	p := len(columns) + shift(constant)
	coef, inverse := make([]float64, p), square(p)
	for i, a := range at {
		coef[a] = f.Coef[i]
		for k, b := range at {
			inverse[a][b] = f.Inverse[i][k]
		}
	}
	null := make([][]float64, len(explained)) // what can be added to coefficients and changes no fitted value
	for i, c := range explained {
		null[i] = make([]float64, p)
		null[i][c+shift(constant)] = -1
		for k, v := range ways[i] {
			null[i][at[k]] = v
		}
	}
	orthonormal(null)
	for _, n := range null {
		project(coef, n)
		for _, row := range inverse {
			project(row, n)
		}
		turned := transposed(inverse)
		for _, row := range turned {
			project(row, n)
		}
		inverse = transposed(turned)
	}
	out.Coef, out.Inverse, out.StdErr = coef, inverse, make([]float64, p)
	for i := range p {
		out.StdErr[i] = math.Sqrt(max(0, inverse[i][i])) * f.SD
	}
	return out, nil
}

// independent finds the columns that those before them do not explain; of the
// others, ways are the coefficients that explain them.
func independent(y []float64, columns [][]float64, constant bool) (kept, explained []int, ways [][]float64, err error) {
	if _, err := design(y, columns, constant); err != nil {
		return nil, nil, nil, err
	}
	var only [][]float64
	for c, column := range columns {
		_, err := Regress(y, append(only[:len(only):len(only)], column), constant)
		if err == nil || len(y) <= len(only)+1+shift(constant) {
			kept, only = append(kept, c), append(only, column)
			continue
		}
		way := make([]float64, len(only)+shift(constant))
		if len(way) > 0 {
			by, err := Regress(column, only, constant)
			if err != nil {
				return nil, nil, nil, err
			}
			way = by.Coef
		}
		explained, ways = append(explained, c), append(ways, way)
	}
	if len(kept) == 0 {
		return nil, nil, nil, invalid("no column varies; there is nothing that could explain y")
	}
	return kept, explained, ways, nil
}

func square(n int) [][]float64 {
	out := make([][]float64, n)
	for i := range out {
		out[i] = make([]float64, n)
	}
	return out
}

func transposed(a [][]float64) [][]float64 {
	out := square(len(a))
	for i, row := range a {
		for k, v := range row {
			out[k][i] = v
		}
	}
	return out
}

// orthonormal makes vectors square to one another and of length 1.
func orthonormal(all [][]float64) {
	for i, v := range all {
		for range 2 { // what rounding left over, once more
			for _, before := range all[:i] {
				project(v, before)
			}
		}
		length := 0.0
		for _, x := range v {
			length += x * x
		}
		for k := range v {
			v[k] /= math.Sqrt(length)
		}
	}
}

// project takes from v what lies along n, which has length 1.
func project(v, n []float64) {
	along := 0.0
	for i := range v {
		along += v[i] * n[i]
	}
	for i := range v {
		v[i] -= along * n[i]
	}
}
