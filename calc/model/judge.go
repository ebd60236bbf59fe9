package model

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Verdict is how a model did on rows that it has not seen, beside somebody who has no
// model.
type Verdict struct {
	Rows    int    `json:"rows"`
	Learnt  int    `json:"learnt"`
	HeldOut int    `json:"held_out"` // rows that judge
	Gap     int    `json:"gap"`      // rows between that do neither
	By      string `json:"by" enum:"time,group"`
	Groups  int    `json:"groups"` // 0 when time was split
	// Errors are in the unit of the answers; of chances the root of the Brier score.
	RMSE      float64 `json:"rmse"`
	MAE       float64 `json:"mae"`
	NaiveRMSE float64 `json:"naive_rmse"`
	MeanRMSE  float64 `json:"mean_rmse"` // of the mean of what was learnt from
	// Skill is 1 - the ratio of the mean squared errors, to the better of the naive answer
	// and the mean: 1 is perfect, 0 no better.
	Skill float64  `json:"skill"`
	AUC   *float64 `json:"auc"` // of chances
	// P is the chance that a model no better than the naive answer, or than the mean, does
	// as well, of Blocks means of squared errors: the greater of the two (Diebold and
	// Mariano, Comparing predictive accuracy, J. Business & Economic Statistics 13, 1995,
	// on blocks); null of too few blocks.
	P      *float64 `json:"p"`
	Blocks int      `json:"blocks"`
	// Better says that it beats both, beyond chance.
	Better bool `json:"better"`
	// Covered is the share of answers within their intervals, Width their mean width;
	// null without intervals. Of chances: Warned is the share of events that were warned
	// of, FalseWarned that of rows without one.
	Covered     *float64 `json:"covered"`
	Width       *float64 `json:"width"`
	Warned      *float64 `json:"warned"`
	FalseWarned *float64 `json:"false_warned"`
	Points      []Point  `json:"points"` // the held-out rows
}

// Point is an answer for a held-out row beside what was.
type Point struct {
	Row   int     `json:"row"` // index of the table
	Is    float64 `json:"is"`
	Naive float64 `json:"naive"`
	Said
}

const (
	// sure is the chance at which a difference is no longer taken for one.
	sure = 0.05
	// mostBlocks of held-out rows, each of leastBlock rows or more; leastBlocks tell.
	mostBlocks, leastBlock, leastBlocks = 10, 5, 4
)

// split says which rows are learnt from and which are held out.
type split struct {
	// fold of each row: 0 to crossed-1 are the parts of what is learnt from, crossed is
	// what is held out, or in the gap.
	fold             []int
	learn, held, all []int
	block            []int // of each held-out row
	blocks, groups   int
	gap              int // rows that do neither
	near             int // rows beside a part that it leaves out
}

// cut splits a table by its groups, or in time.
func cut(t Table, gap int) *split {
	n := len(t.Rows)
	c := &split{fold: make([]int, n), near: gap}
	if t.Group == nil {
		from := n - n/4
		to := max(0, from-gap)
		c.blocks = min(mostBlocks, (n-from)/leastBlock)
		for i := range n {
			c.all = append(c.all, i)
			switch {
			case i < to:
				c.fold[i] = i * crossed / to
				c.learn = append(c.learn, i)
			case i < from:
				c.fold[i] = crossed
				c.gap++
			default:
				c.fold[i] = crossed
				c.held, c.block = append(c.held, i), append(c.block, (i-from)*c.blocks/(n-from))
			}
		}
		return c
	}
	order := []int{}
	for _, g := range t.Group {
		if !slices.Contains(order, g) {
			order = append(order, g)
		}
	}
	c.near = 0
	c.groups = len(order)
	held := max(1, c.groups/4)
	c.blocks = held
	for i, g := range t.Group {
		at := slices.Index(order, g)
		c.all = append(c.all, i)
		if at < c.groups-held {
			c.fold[i] = at % crossed
			c.learn = append(c.learn, i)
			continue
		}
		c.fold[i] = crossed
		c.held, c.block = append(c.held, i), append(c.block, at-(c.groups-held))
	}
	return c
}

// of are the rows of a part, and without those of the others that are not near it.
func (c *split) of(k int) (out []int) {
	for _, i := range c.learn {
		if c.fold[i] == k {
			out = append(out, i)
		}
	}
	return out
}

func (c *split) without(k int) (out []int) {
	own := c.of(k)
	for _, i := range c.learn {
		if c.fold[i] == k || c.near > 0 && len(own) > 0 && i >= own[0]-c.near && i <= own[len(own)-1]+c.near {
			continue
		}
		out = append(out, i)
	}
	return out
}

func (c *split) check(t Table, w Way) error {
	events := func(rows []int) (n int) {
		for _, i := range rows {
			if t.Y[i] == 1 {
				n++
			}
		}
		return n
	}
	switch {
	case c.groups > 0 && c.groups < leastGroups:
		return invalid("%d groups; what is learnt of fewer than %d cannot be judged", c.groups, leastGroups)
	case len(c.learn) < leastRows/2 || len(c.held) == 0:
		return invalid("%d rows to learn from and %d to judge by are left; take a longer time, or a smaller gap", len(c.learn), len(c.held))
	case w.Binary && (events(c.learn) < leastEvents || events(c.held) < leastEvents):
		return invalid("%d rows with the event to learn from and %d to judge by; it takes %d each: take a longer time, or wait until there are more", events(c.learn), events(c.held), leastEvents)
	}
	return nil
}

// judge holds a model against rows that it has not seen.
func judge(t Table, w Way, c *split, l *Learnt) Verdict {
	v := Verdict{Rows: len(t.Rows), Learnt: len(c.learn), HeldOut: len(c.held), Gap: c.gap, By: "time", Groups: c.groups}
	if c.groups > 0 {
		v.By = "group"
	}
	mean := 0.0
	for _, i := range c.learn {
		mean += t.Y[i] / float64(len(c.learn))
	}
	p := l.predictor()
	n := float64(len(c.held))
	// By how much its squared errors are smaller than those of the naive answer and the
	// mean, block by block.
	saved, beside, count := make([]float64, c.blocks), make([]float64, c.blocks), make([]float64, c.blocks)
	var square, naive, flat, within float64
	for at, i := range c.held {
		one := Point{Row: i, Is: t.Y[i], Naive: mean, Said: l.say(p.Predict(t.Rows[i]))}
		if t.Naive != nil {
			one.Naive = t.Naive[i]
		}
		e, f, g := one.Value-one.Is, one.Naive-one.Is, mean-one.Is
		square, naive, flat = square+e*e/n, naive+f*f/n, flat+g*g/n
		v.MAE += math.Abs(e) / n
		if c.blocks > 0 {
			saved[c.block[at]] += f*f - e*e
			beside[c.block[at]] += g*g - e*e
			count[c.block[at]]++
		}
		if one.Low != nil && *one.Low <= one.Is && one.Is <= *one.High {
			within++
		}
		v.Points = append(v.Points, one)
	}
	v.RMSE, v.NaiveRMSE, v.MeanRMSE = math.Sqrt(square), math.Sqrt(naive), math.Sqrt(flat)
	if least := min(naive, flat); least > 0 {
		v.Skill = 1 - square/least
	}
	if !w.Binary && l.Half != nil {
		v.Covered, v.Width = new(within/n), new(2**l.Half)
	}
	if w.Binary {
		v.events(l)
	}
	v.compare(saved, count)
	v.compare(beside, count)
	return v
}

// events says how chances rank, and what was warned of.
func (v *Verdict) events(l *Learnt) {
	scores, is := make([]float64, len(v.Points)), make([]float64, len(v.Points))
	var warned, all, wrong float64
	for i, p := range v.Points {
		scores[i], is[i] = p.Value, p.Is
		all += p.Is
		if p.Warns && p.Is == 1 {
			warned++
		} else if p.Warns {
			wrong++
		}
	}
	v.AUC = new(AUC(scores, is))
	if l.Warn != nil {
		v.Warned, v.FalseWarned = new(warned/all), new(wrong/(float64(len(is))-all))
	}
}

// compare says whether squared errors are smaller than those of another answer, by a
// paired t test on the means of blocks; of two answers the one that is harder to beat
// counts.
func (v *Verdict) compare(saved, count []float64) {
	var d []float64
	for b, n := range count {
		if n > 0 {
			d = append(d, saved[b]/n)
		}
	}
	v.Blocks = len(d)
	if len(d) < leastBlocks {
		return
	}
	mean, sd := stat.MeanStdDev(d, nil)
	p := 1.0
	switch {
	case sd > 0:
		t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(len(d) - 1)}
		p = 1 - t.CDF(mean/(sd/math.Sqrt(float64(len(d)))))
	case mean > 0:
		p = 0
	}
	if v.P != nil {
		p = max(p, *v.P)
	}
	v.P, v.Better = &p, p < sure
}
