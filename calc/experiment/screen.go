package experiment

// screening are the sizes of designs made by Paley's construction: a prime of the
// form 4m+3, and one more (Plackett & Burman 1946; Paley 1933).
var screening = []int{8, 12, 20, 24, 32, 44, 48}

// PlackettBurman tries k factors at two levels in the least multiple of four runs
// there is a design for. Effects of single factors are clear of one another and
// mixed with those of pairs, so it is for finding the few that matter.
func PlackettBurman(k int) (*Design, error) {
	if k < 2 {
		return nil, invalid("%d factors; there must be 2 or more to screen", k)
	}
	for _, n := range screening {
		if n > k {
			return paley(n, k), nil
		}
	}
	return nil, invalid("%d factors; at most %d can be screened", k, screening[len(screening)-1]-1)
}

// paley is a Hadamard matrix of n = q+1 rows by quadratic residues mod q, its first
// k columns beside the one of ones.
func paley(n, k int) *Design {
	q := n - 1
	residue := make([]bool, q)
	for i := 1; i < q; i++ {
		residue[i*i%q] = true
	}
	d := &Design{Runs: make([][]float64, n)}
	for i := range q {
		row := make([]float64, k)
		for j := range row {
			row[j] = sign(i == j || residue[(j-i+q)%q] && i != j)
		}
		d.Runs[i] = row
	}
	last := make([]float64, k)
	for j := range last {
		last[j] = -1
	}
	d.Runs[q] = last
	return d
}
