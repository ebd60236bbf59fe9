package anonymity

import "math"

// equation is what an attacker knows: the sum of some unknowns.
type equation struct {
	of  []int
	sum float64
}

// span is the least and the greatest that the sum of some unknowns can be, given
// the equations and that each unknown is at least its lower bound: a linear
// programme, solved with the two-phase simplex method and Bland's rule. It knows
// nothing of how cells were suppressed.
func span(unknowns int, lower []float64, known []equation, asked []int) (lo, hi float64) {
	cost := make([]float64, unknowns)
	base := 0.0
	for _, a := range asked {
		cost[a] = 1
		base += lower[a]
	}
	least, ok := minimise(unknowns, lower, known, cost)
	if !ok {
		return math.NaN(), math.NaN()
	}
	for a := range cost {
		cost[a] = -cost[a]
	}
	most, bounded := minimise(unknowns, lower, known, cost)
	if !bounded {
		return least + base, math.Inf(1)
	}
	return least + base, -most + base
}

const tiny = 1e-7

// minimise gives the least of cost·y over y = x − lower ≥ 0; false: unbounded or
// impossible.
func minimise(n int, lower []float64, known []equation, cost []float64) (float64, bool) {
	m := len(known)
	width := n + m + 1
	rows := make([][]float64, m)
	basis := make([]int, m)
	for i, e := range known {
		row := make([]float64, width)
		rest := e.sum
		for _, a := range e.of {
			row[a] = 1
			rest -= lower[a]
		}
		if rest < 0 {
			for j := range row {
				row[j] = -row[j]
			}
			rest = -rest
		}
		row[n+i], row[width-1] = 1, rest
		rows[i], basis[i] = row, n+i
	}
	phase := make([]float64, width)
	for j := n; j < n+m; j++ {
		phase[j] = 1
	}
	if !pivoting(rows, basis, phase, width-1) {
		return 0, false
	}
	if v := worth(rows, basis, phase); v > tiny*float64(1+m) {
		return 0, false
	}
	second := make([]float64, width)
	copy(second, cost)
	for i, b := range basis { // artificial ones leave the basis, or their row is empty
		if b < n {
			continue
		}
		for j := range n {
			if math.Abs(rows[i][j]) > tiny {
				pivot(rows, basis, i, j)
				break
			}
		}
	}
	if !pivoting(rows, basis, second, n) {
		return 0, false
	}
	return worth(rows, basis, second), true
}

func worth(rows [][]float64, basis []int, cost []float64) (v float64) {
	for i, b := range basis {
		v += cost[b] * rows[i][len(rows[i])-1]
	}
	return v
}

// pivoting improves until nothing does, over the first columns; false: unbounded.
func pivoting(rows [][]float64, basis []int, cost []float64, columns int) bool {
	for {
		enter := -1
		for j := range columns {
			reduced := cost[j]
			for i, b := range basis {
				reduced -= cost[b] * rows[i][j]
			}
			if reduced < -tiny {
				enter = j
				break
			}
		}
		if enter < 0 {
			return true
		}
		leave, ratio := -1, math.Inf(1)
		for i := range rows {
			if rows[i][enter] <= tiny {
				continue
			}
			r := rows[i][len(rows[i])-1] / rows[i][enter]
			if r < ratio-tiny || r < ratio+tiny && (leave < 0 || basis[i] < basis[leave]) {
				leave, ratio = i, r
			}
		}
		if leave < 0 {
			return false
		}
		pivot(rows, basis, leave, enter)
	}
}

func pivot(rows [][]float64, basis []int, at, column int) {
	by := rows[at][column]
	for j := range rows[at] {
		rows[at][j] /= by
	}
	for i := range rows {
		if f := rows[i][column]; i != at && f != 0 {
			for j := range rows[i] {
				rows[i][j] -= f * rows[at][j]
			}
		}
	}
	basis[at] = column
}
