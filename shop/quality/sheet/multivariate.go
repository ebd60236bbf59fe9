package sheet

import (
	"math"
	"slices"

	"zhigai/calc/spc"
)

// AskMultivariate says which columns to chart together.
type AskMultivariate struct {
	Values   []string // columns
	Subgroup string   // column; "" takes each row for a point
	Phase    string   // column; "" takes all points for phase I
	Alpha    float64  // of a false signal at a point; 0 is 1 - (1 - 0.0027)^p
}

// Multivariate is a chart of T² and what it found.
type Multivariate struct {
	Chart      string           `json:"chart"`
	Columns    []string         `json:"columns"`
	Trial      int              `json:"trial"`
	Points     int              `json:"points"`
	Alpha      float64          `json:"alpha"`
	Center     []float64        `json:"center"`
	Cov        [][]float64      `json:"cov"`
	Limits     Limits           `json:"limits"`
	Statistics []float64        `json:"statistics"`
	Violations map[string][]int `json:"violations"`
	// Causes are, of points beyond the limit, what T² would lose without each column,
	// the greatest first.
	Causes   map[int][]Cause `json:"causes"`
	Warnings []string        `json:"warnings"`
}

// Cause is a column's part in a signal.
type Cause struct {
	Column string  `json:"column"`
	Part   float64 `json:"part"`
}

// T2 charts columns that are measured together (ISO 7870-7). Rows in which one of
// them is empty are left out.
func (f *Frame) T2(a AskMultivariate) (*Multivariate, error) {
	if len(a.Values) < 2 {
		return nil, invalid("a chart of T² has two columns at least; give --value twice, or chart single values by imr")
	}
	notes := &Answer{}
	groups, trial, err := f.points(a, notes)
	if err != nil {
		return nil, err
	}
	if a.Alpha == 0 {
		a.Alpha = spc.Alpha(len(a.Values))
	}
	c, err := spc.T2Groups(groups, trial, a.Alpha)
	if err != nil {
		return nil, err
	}
	out := &Multivariate{
		Chart: "t2", Columns: a.Values, Trial: trial, Points: len(groups), Alpha: a.Alpha, Center: c.Center, Cov: c.Cov,
		Statistics: c.Statistics, Violations: map[string][]int{"limits": c.Beyond()}, Causes: map[int][]Cause{},
	}
	for _, v := range slices.Concat(c.Statistics, c.Center) {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, invalid("the values are too large to be added up; give them in a larger unit")
		}
	}
	limits := make([]float64, len(groups))
	for i := range limits {
		limits[i] = c.Limit(i)
	}
	out.Limits = Limits{LCL: 0.0, UCL: limits}
	if trial == len(groups) {
		out.Limits.UCL = c.UCL
	}
	for _, at := range c.Beyond() {
		for j, part := range c.Parts[at-1] {
			out.Causes[at] = append(out.Causes[at], Cause{a.Values[j], part})
		}
		slices.SortStableFunc(out.Causes[at], func(x, y Cause) int {
			if x.Part > y.Part {
				return -1
			}
			return 1
		})
	}
	if few := 10 * len(a.Values); trial < few {
		notes.warn("limits of %d points of %d columns are uncertain; %d are usual", trial, len(a.Values), few)
	}
	out.Warnings = append([]string{}, notes.Warnings...)
	return out, nil
}

// points are the rows by subgroup, in the order in which these begin, those of
// phase I first; without a column for it each row is one.
func (f *Frame) points(a AskMultivariate, notes *Answer) (all [][][]float64, trial int, err error) {
	columns := make([]int, len(a.Values))
	for j, name := range a.Values {
		if columns[j], err = f.Named(name); err != nil {
			return nil, 0, err
		}
	}
	by, err := f.Optional(a.Subgroup)
	if err != nil {
		return nil, 0, err
	}
	phase, err := f.Optional(a.Phase)
	if err != nil {
		return nil, 0, err
	}
	var order []*sample
	named := map[string]*sample{}
	for row := range f.Rows {
		values, ok, err := f.values(row, columns)
		if err != nil {
			return nil, 0, err
		}
		if !ok {
			notes.warn("line %d has no value and is left out", f.Rows[row].Line)
			continue
		}
		is, err := f.trial(row, phase)
		if err != nil {
			return nil, 0, err
		}
		g := &sample{trial: is}
		if by >= 0 {
			name := f.Rows[row].Cell(by)
			if was := named[name]; was != nil {
				if g = was; g.trial != is {
					return nil, 0, invalid("line %d: subgroup %q is of both phases", f.Rows[row].Line, name)
				}
			} else {
				named[name], order = g, append(order, g)
			}
		} else {
			order = append(order, g)
		}
		g.points = append(g.points, values)
	}
	for _, first := range []bool{true, false} {
		for _, g := range order {
			if g.trial == first {
				all = append(all, g.points)
				if first {
					trial++
				}
			}
		}
	}
	return all, trial, nil
}

// sample are points that belong together.
type sample struct {
	trial  bool
	points [][]float64
}

// values of a row; false when one is missing.
func (f *Frame) values(row int, columns []int) ([]float64, bool, error) {
	out := make([]float64, len(columns))
	for j, c := range columns {
		v, ok, err := f.Number(row, c)
		if err != nil || !ok {
			return nil, false, err
		}
		out[j] = v
	}
	return out, true, nil
}
