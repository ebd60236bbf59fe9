package loop

import calc "zhigai/calc/control"

// seen is what a scan rests on.
type seen struct {
	SP, PV, Inner, Disturbance float64
	Measured                   bool // of run-to-run: a part was measured
}

// memory is what a block remembers from scan to scan.
type memory struct {
	pid     calc.PIDState
	cascade calc.CascadeState
	onOff   calc.OnOffState
	ewma    calc.EWMAState
	ramp    calc.RampState
	feed    calc.FeedState

	sum     float64 // of parts measured since the last correction
	parts   int
	begun   bool
	innerSP float64
	part    calc.Out // what a PID was made of
}

// step is the output of a block dt seconds after the last step; now is the output as it
// is. sp is the set point that was worked with.
func (b *Block) step(m memory, in seen, now, dt float64) (u, sp float64, next memory) {
	if b.Ramp != nil {
		m.ramp = b.Ramp.Step(m.ramp, in.SP, in.PV, dt)
		in.SP = m.ramp.SP
	}
	ff := 0.0
	if b.Feed != nil {
		ff, m.feed = b.Feed.Step(m.feed, in.Disturbance, dt)
	}
	u = now
	switch b.Kind {
	case PID:
		m.part, m.pid = b.PID.Step(m.pid, calc.In{SP: in.SP, PV: in.PV, FF: ff}, dt)
		u = m.part.U
	case Cascade:
		var out calc.CascadeOut
		out, m.cascade = b.Cascade.Step(m.cascade, calc.CascadeIn{SP: in.SP, PV: in.PV, Inner: in.Inner, FF: ff}, dt)
		u, m.innerSP, m.part = out.U, out.InnerSP, out.Out
	case OnOff:
		var side int
		side, m.onOff = b.OnOff.Step(m.onOff, in.SP, in.PV, dt)
		u = map[int]float64{1: b.On, 0: b.Off, -1: b.Other}[side]
	case Ratio:
		u = b.Ratio.Step(in.PV)
	case RunToRun:
		u, m = b.correct(m, in, now)
	}
	m.begun = true
	return u, in.SP, m
}

// correct takes a measured part. The output stays until enough are measured.
func (b *Block) correct(m memory, in seen, now float64) (float64, memory) {
	if !m.begun || !m.ewma.Been {
		m.ewma = b.EWMA.Start(in.SP, now)
	}
	if !in.Measured {
		return m.ewma.X, m
	}
	m.sum, m.parts = m.sum+in.PV, m.parts+1
	if m.parts < max(1, b.Every) {
		return m.ewma.X, m
	}
	m.ewma = b.EWMA.Step(m.ewma, in.SP, m.sum/float64(m.parts), now)
	m.sum, m.parts = 0, 0
	return m.ewma.X, m
}

// track follows an output that somebody else gave.
func (b *Block) track(m memory, in seen, now, dt float64) memory {
	next := memory{}
	ff := 0.0
	if b.Feed != nil {
		ff, next.feed = b.Feed.Step(m.feed, in.Disturbance, dt)
	}
	if b.Ramp != nil { // it begins where the process is
		next.ramp = b.Ramp.Step(calc.RampState{}, in.PV, in.PV, 0)
		in.SP = in.PV
	}
	switch b.Kind {
	case PID:
		next.pid = b.PID.Track(m.pid, calc.In{SP: in.SP, PV: in.PV, FF: ff}, now, dt)
	case Cascade:
		next.cascade = b.Cascade.Track(m.cascade, calc.CascadeIn{SP: in.SP, PV: in.PV, Inner: in.Inner, FF: ff}, now, dt)
	case OnOff:
		next.onOff = m.onOff
		next.onOff.Side = 0
		if now == b.On {
			next.onOff.Side = 1
		}
	case RunToRun:
		next.ewma = b.EWMA.Start(in.SP, now)
	}
	next.begun = true
	return next
}

// follow keeps the block at an output that was cut short, without touching its set
// point.
func (b *Block) follow(m memory, in seen, now float64) memory {
	switch b.Kind {
	case PID:
		m.pid.I += now - m.pid.U
		m.pid.U = now
	case Cascade:
		m.cascade.Inner.I += now - m.cascade.Inner.U
		m.cascade.Inner.U = now
	}
	return m
}

// bounded is the block with a rate that the machine takes: writes are interval seconds
// apart, and the checks of a command refuse a larger step.
func (b Block) bounded(out Signal, interval float64) Block {
	limit := func(p *calc.PID) *calc.PID {
		q := *p
		for _, most := range []float64{out.MaxStep / interval, out.MaxRate / 60} {
			if most > 0 && (q.Rate == 0 || most < q.Rate) {
				q.Rate = most
			}
		}
		return &q
	}
	switch b.Kind {
	case PID:
		b.PID = limit(b.PID)
	case Cascade:
		c := *b.Cascade
		c.Inner = *limit(&c.Inner)
		b.Cascade = &c
	}
	return b
}

// retuned is the memory with which another revision of the block goes on.
func (b *Block) retuned(to *Block, m memory, in seen, now float64) memory {
	if b.Kind == PID && to.Kind == PID && m.pid.Been {
		sp := in.SP
		if to.Ramp != nil && m.ramp.Been {
			sp = m.ramp.SP
		}
		m.pid = b.PID.Retune(*to.PID, m.pid, calc.In{SP: sp, PV: in.PV, FF: feedOf(to, m)})
		return m
	}
	ramp := m.ramp
	m = to.track(m, in, now, 0)
	if to.Ramp != nil && ramp.Been {
		m.ramp = ramp
	}
	return m
}

// feedOf is what a feed-forward adds as it stands.
func feedOf(b *Block, m memory) float64 {
	if b.Feed == nil || !m.feed.Been {
		return 0
	}
	return b.Feed.Gain * m.feed.X
}
