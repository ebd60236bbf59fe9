package stat

// Table is an analysis of variance with one factor.
type Table struct {
	Groups, N        int
	Between, Within  float64 // sums of squares
	DFBetween, DFErr int
	F                float64
	R2               float64 // share of the variation between groups
	SD               float64 // within groups
}

// OneWay compares the means of groups.
func OneWay(groups [][]float64) (*Table, error) {
	t := &Table{Groups: len(groups)}
	if len(groups) < 2 {
		return nil, invalid("%d groups; two at least can differ", len(groups))
	}
	total := double{}
	for i, g := range groups {
		if len(g) == 0 {
			return nil, invalid("group %d is empty; leave it out", i+1)
		}
		t.N += len(g)
		for _, v := range g {
			total = total.add(of(v))
		}
	}
	if t.DFBetween, t.DFErr = len(groups)-1, t.N-len(groups); t.DFErr == 0 {
		return nil, invalid("every group has one value; nothing says how far values of one group differ")
	}
	grand := total.div(of(float64(t.N)))
	between, within := double{}, double{}
	for _, g := range groups {
		sum := double{}
		for _, v := range g {
			sum = sum.add(of(v))
		}
		mean := sum.div(of(float64(len(g))))
		d := mean.sub(grand)
		between = between.add(d.mul(d).mul(of(float64(len(g)))))
		for _, v := range g {
			e := of(v).sub(mean)
			within = within.add(e.mul(e))
		}
	}
	t.Between, t.Within = between.value(), within.value()
	error := within.div(of(float64(t.DFErr)))
	t.F = between.div(of(float64(t.DFBetween))).div(error).value()
	t.R2 = between.div(between.add(within)).value()
	t.SD = error.sqrt().value()
	return t, nil
}
