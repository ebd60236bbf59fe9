package model

import (
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Monitor knows how columns go together while all is well, by their principal
// components: what lies far out within them has a large T², what does not fit them
// a large SPE (also called Q).
type Monitor struct {
	Version   int         `json:"version"`
	Names     []string    `json:"names"`
	Mean      []float64   `json:"mean"`
	SD        []float64   `json:"sd"` // n - 1; 0 of a column that did not vary, which is not looked at
	Loadings  [][]float64 `json:"loadings"`
	Variances []float64   `json:"variances"` // of each component, the greatest first
	Explained float64     `json:"explained"` // share of the variance that they have, 0 to 1
	Share     float64     `json:"share"`     // of good rows that limits are to leave alone
	// Limits are quantiles of good rows that nothing was learnt from.
	T2Limit  float64 `json:"t2_limit"`
	SPELimit float64 `json:"spe_limit"`
	// What normal, independent rows would have for limits: T² by Tracy, Young and Mason
	// (Multivariate control charts for individual observations, J. Quality Technology
	// 24, 1992) for rows not learnt from, Q by Jackson and Mudholkar (Control procedures
	// for residuals associated with principal component analysis, Technometrics 21,
	// 1979). SPETheory is 0 when components leave nothing over.
	T2Theory  float64 `json:"t2_theory"`
	SPETheory float64 `json:"spe_theory"`
	Watch     *Watch  `json:"watch"`
}

// MonitorOptions of [TrainMonitor].
type MonitorOptions struct {
	Explain float64 `json:"explain"` // of the variance, 0 to 1: as many components as it takes
	Share   float64 `json:"share"`   // of good rows below the limits
	Gap     int     `json:"gap"`     // rows left out where time is cut
}

// Watched is how a monitor did on good rows that neither it nor its limits know.
type Watched struct {
	Rows    int     `json:"rows"`
	Learnt  int     `json:"learnt"`
	Limits  int     `json:"limits"`   // rows that made the limits
	HeldOut int     `json:"held_out"` // rows that were judged
	Outside float64 `json:"outside"`  // share of these above a limit
	// Expected is the share that may be above one, and P the chance of as many were it
	// no more, if rows were independent.
	Expected float64 `json:"expected"`
	P        float64 `json:"p"`
	At       int     `json:"at"` // row at which the judged ones begin
	// Steady says that no more rows were outside than may be.
	Steady bool `json:"steady"`
}

// shares of the rows: what is learnt from and what makes limits; the rest judges.
const (
	monitorLearns = 0.6
	monitorLimits = 0.2
	// leastMonitorRows make limits of 20.
	leastMonitorRows = 100
	// muchMore is how many times the expected share may be outside before a monitor is
	// not steady: neighbouring rows are alike, so that a few too many prove nothing.
	muchMore = 5.0
)

// TrainMonitor learns of rows of a time when all was well, in its order: the first
// part makes the components, the next the limits, and the last is judged.
func TrainMonitor(names []string, rows [][]float64, o MonitorOptions) (*Monitor, Watched, error) {
	if err := check(rows, make([]float64, len(rows))); err != nil {
		return nil, Watched{}, err
	}
	switch {
	case len(names) != len(rows[0]):
		return nil, Watched{}, invalid("%d names of %d columns", len(names), len(rows[0]))
	case len(rows) < leastMonitorRows:
		return nil, Watched{}, invalid("%d rows; components and limits take %d: take a longer time, or shorter windows", len(rows), leastMonitorRows)
	case !(o.Explain > 0 && o.Explain <= 1) || !(o.Share > 0.5 && o.Share < 1) || o.Gap < 0:
		return nil, Watched{}, invalid("options %+v: explain 0 to 1, share 0.5 to 1, gap 0 or more", o)
	}
	n := len(rows)
	a, b := int(monitorLearns*float64(n)), int((monitorLearns+monitorLimits)*float64(n))
	w := Watched{Rows: n, Learnt: a, Limits: b - a - o.Gap, HeldOut: n - b - o.Gap, At: b + o.Gap, Expected: 2 * (1 - o.Share)}
	if w.Limits < 1 || w.HeldOut < 1 {
		return nil, Watched{}, invalid("a gap of %d rows leaves nothing of %d", o.Gap, n)
	}
	m, err := components(names, rows[:a], o)
	if err != nil {
		return nil, Watched{}, err
	}
	var t2, spe []float64
	for _, r := range rows[a+o.Gap : b] {
		t, s := m.figures(r)
		t2, spe = append(t2, t), append(spe, s)
	}
	var enough, also bool
	m.T2Limit, enough = Conformal(t2, o.Share)
	m.SPELimit, also = Conformal(spe, o.Share)
	if !enough || !also {
		need := int(math.Ceil((o.Share/(1-o.Share) + float64(o.Gap) + 1) / monitorLimits))
		return nil, Watched{}, invalid("%d rows make no limit for %v; take %d rows in all, or a smaller share", len(t2), o.Share, need)
	}
	outside := 0
	for _, r := range rows[w.At:] {
		if t, s := m.figures(r); t > m.T2Limit || s > m.SPELimit {
			outside++
		}
	}
	w.Outside = float64(outside) / float64(w.HeldOut)
	w.P = 1
	if outside > 0 {
		w.P = 1 - distuv.Binomial{N: float64(w.HeldOut), P: min(1, w.Expected)}.CDF(float64(outside-1))
	}
	w.Steady = w.Outside <= muchMore*w.Expected || w.P > sure
	m.Watch, err = NewWatch(rows[:a])
	return m, w, err
}

// components are found in the correlations of the columns that vary.
func components(names []string, rows [][]float64, o MonitorOptions) (*Monitor, error) {
	n, width := float64(len(rows)), len(rows[0])
	s := newScale(rows)
	m := &Monitor{Version: version, Names: names, Mean: s.Mean, SD: s.SD, Share: o.Share}
	used := 0
	for j := range m.SD {
		m.SD[j] *= math.Sqrt(n / (n - 1))
		if m.SD[j] > 0 {
			used++
		}
	}
	if used < 2 {
		return nil, invalid("%d of %d columns vary; how columns go together takes two", used, width)
	}
	c := mat.NewSymDense(width, nil)
	for _, r := range rows {
		c.SymRankOne(c, 1/(n-1), mat.NewVecDense(width, m.scaled(r)))
	}
	var e mat.EigenSym
	if !e.Factorize(c, true) {
		return nil, invalid("the columns' correlations cannot be decomposed; leave out columns that are copies of others")
	}
	values := e.Values(nil)
	var vectors mat.Dense
	e.VectorsTo(&vectors)
	total := float64(used) // of correlations
	left := []float64{}
	for k := width - 1; k >= 0; k-- {
		if values[k] <= still*total {
			continue
		}
		// What is explained counts up in floating point: all of it may be a bit less than 1.
		if m.Explained >= o.Explain-still {
			left = append(left, values[k])
			continue
		}
		load, most := make([]float64, width), 0.0
		for j := range load {
			if load[j] = vectors.At(j, k); math.Abs(load[j]) > math.Abs(most) {
				most = load[j]
			}
		}
		for j := range load { // a component's sign says nothing; the greatest loading is positive
			load[j] = math.Copysign(1, most) * load[j]
		}
		m.Loadings, m.Variances = append(m.Loadings, load), append(m.Variances, values[k])
		m.Explained += values[k] / total
	}
	return m, m.theory(n, left)
}

// theory gives the limits that normal, independent rows would have; left are the
// variances that components leave over.
func (m *Monitor) theory(n float64, left []float64) error {
	k := float64(len(m.Loadings))
	if n <= k+1 {
		return invalid("%d rows of %d components; take more rows", int(n), len(m.Loadings))
	}
	m.T2Theory = k * (n + 1) * (n - 1) / (n * (n - k)) * distuv.F{D1: k, D2: n - k}.Quantile(m.Share)
	var t1, t2, t3 float64
	for _, v := range left {
		t1, t2, t3 = t1+v, t2+v*v, t3+v*v*v
	}
	if t1 == 0 {
		return nil
	}
	h := 1 - 2*t1*t3/(3*t2*t2)
	c := distuv.UnitNormal.Quantile(m.Share)
	if v := c*math.Sqrt(2*t2*h*h)/t1 + 1 + t2*h*(h-1)/(t1*t1); h > 0 && v > 0 {
		m.SPETheory = t1 * math.Pow(v, 1/h)
	}
	return nil
}

func (m *Monitor) scaled(row []float64) []float64 {
	z := make([]float64, len(row))
	Scale{m.Mean, m.SD}.of(z, row)
	return z
}

// split gives a row's scores and what they leave over of each column.
func (m *Monitor) split(row []float64) (scores, rest []float64) {
	rest = m.scaled(row)
	z := append([]float64{}, rest...)
	for _, load := range m.Loadings {
		t := 0.0
		for j, v := range z {
			t += load[j] * v
		}
		scores = append(scores, t)
		for j := range rest {
			rest[j] -= t * load[j]
		}
	}
	return scores, rest
}

func (m *Monitor) figures(row []float64) (t2, spe float64) {
	scores, rest := m.split(row)
	for k, t := range scores {
		t2 += t * t / m.Variances[k]
	}
	for _, e := range rest {
		spe += e * e
	}
	return t2, spe
}

// Condition is how a row lies.
type Condition struct {
	T2      float64 `json:"t2"`
	SPE     float64 `json:"spe"`
	Outside bool    `json:"outside"` // above a limit
}

// Ask tells how a row lies.
func (m *Monitor) Ask(row []float64) (Condition, error) {
	if len(row) != len(m.Mean) {
		return Condition{}, invalid("a row of %d columns; the monitor was trained on %d", len(row), len(m.Mean))
	}
	for j, v := range row {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return Condition{}, invalid("column %s is %v; leave the row out or mend it", m.Names[j], v)
		}
	}
	t2, spe := m.figures(row)
	return Condition{T2: t2, SPE: spe, Outside: t2 > m.T2Limit || spe > m.SPELimit}, nil
}

// Contributions say how much of T² and SPE each column has: of SPE its own square, of
// T² its complete decomposition (Nomikos and MacGregor, Multivariate SPC charts for
// monitoring batch processes, Technometrics 37, 1995, appendix), which may be below 0.
// Each adds up to its figure.
func (m *Monitor) Contributions(row []float64) (t2, spe []float64, err error) {
	if _, err := m.Ask(row); err != nil {
		return nil, nil, err
	}
	z := m.scaled(row)
	scores, rest := m.split(row)
	t2, spe = make([]float64, len(z)), make([]float64, len(z))
	for j := range z {
		spe[j] = rest[j] * rest[j]
		for k, t := range scores {
			t2[j] += t / m.Variances[k] * m.Loadings[k][j] * z[j]
		}
	}
	return t2, spe, nil
}

// Check refuses a monitor that was written by another version, or that is damaged.
func (m *Monitor) Check() error {
	width := len(m.Names)
	switch {
	case m.Version != version:
		return invalid("the model is of version %d; this program makes and reads %d: train it anew", m.Version, version)
	case width == 0 || len(m.Loadings) == 0 || len(m.Loadings) != len(m.Variances) || m.Watch == nil || len(m.Watch.Limits) != width:
		return invalid("the model is not whole")
	}
	for k, load := range m.Loadings {
		if len(load) != width || !(m.Variances[k] > 0) {
			return invalid("component %d is not whole", k+1)
		}
	}
	return Scale{m.Mean, m.SD}.check(width)
}
