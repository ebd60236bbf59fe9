package control

// Cascade is two controllers, one inside the other: what the outer gives out is the set
// point of the inner. While the inner is at a limit or in other hands, the outer
// follows what the inner measures, so that it does not wind up (Åström & Hägglund 2006,
// section 12.4).
type Cascade struct {
	Outer PID `json:"outer" doc:"Its output is the inner set point, and its range that of the inner set point"`
	Inner PID `json:"inner"`
}

// CascadeState is what both remember.
type CascadeState struct {
	Outer PIDState `json:"outer"`
	Inner PIDState `json:"inner"`
	Held  int      `json:"held"` // side to which the inner was at a limit
}

// CascadeIn is what a step is taken on.
type CascadeIn struct {
	SP    float64 // of the outer
	PV    float64 // of the outer
	Inner float64 // what the inner measures
	FF    float64 // added to the output of the inner
}

// CascadeOut is what a step gave.
type CascadeOut struct {
	Out
	InnerSP float64
}

// Check says what is wrong with the parameters.
func (c Cascade) Check() error {
	if err := c.Outer.Check(); err != nil {
		return err
	}
	return c.Inner.Check()
}

// Step is the output dt seconds after the last step.
func (c Cascade) Step(s CascadeState, in CascadeIn, dt float64) (CascadeOut, CascadeState) {
	o, next := c.Outer.Step(s.Outer, In{SP: in.SP, PV: in.PV}, dt)
	// More in the direction in which the inner cannot go does nothing: the integral of
	// the outer follows what the inner does reach.
	if further := sign(c.Inner.K) * float64(s.Held); (o.U-in.Inner)*further > 0 && c.Outer.Ti > 0 {
		next.I += min(1, dt/c.Outer.tracking()) * (in.Inner - o.U)
	}
	i, inner := c.Inner.Step(s.Inner, In{SP: o.U, PV: in.Inner, FF: in.FF}, dt)
	return CascadeOut{i, o.U}, CascadeState{Outer: next, Inner: inner, Held: i.Saturated()}
}

func sign(v float64) float64 {
	if v < 0 {
		return -1
	}
	return 1
}

// Track follows an output that somebody else gave: the outer asks for what the inner
// measures.
func (c Cascade) Track(s CascadeState, in CascadeIn, u, dt float64) CascadeState {
	return CascadeState{
		Outer: c.Outer.Track(s.Outer, In{SP: in.SP, PV: in.PV}, c.Outer.Clamp(in.Inner), dt),
		Inner: c.Inner.Track(s.Inner, In{SP: in.Inner, PV: in.Inner, FF: in.FF}, u, dt),
	}
}
