package loop

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"zhigai/access"
	calc "zhigai/calc/control"
	"zhigai/plant"
)

// Run is how a loop stands: by whom, in which mode, on what set point.
type Run struct {
	ID       string        `json:"id" doc:"Of the loop"`
	Rev      int64         `json:"rev" doc:"Counts the changes; the one that was seen"`
	Loop     string        `json:"revision_id" doc:"Of the revision that runs"`
	Revision int           `json:"revision"`
	Mode     Mode          `json:"mode" enum:"off,manual,auto,tuning,suspended"`
	SP       float64       `json:"sp" doc:"Set point that was asked for"`
	At       plant.Instant `json:"at"`
	By       string        `json:"by"`
	Reason   string        `json:"reason,omitempty" doc:"Why it suspended itself"`
	Safe     bool          `json:"safe,omitempty" doc:"Of a suspended loop: what it declared for that is done"`
	Before   *float64      `json:"before,omitempty" doc:"The output as it was when the loop first took it; handed back, it is so again"`
	Tuned    *Tuned        `json:"tuned,omitempty" doc:"What the last autotuning found"`
}

// Now is what a running loop sees, of its last scan.
type Now struct {
	At          plant.Instant `json:"at,omitempty" doc:"Of the scan; left out: there was none yet"`
	SP          *float64      `json:"sp,omitempty" doc:"Set point that is worked with, which a ramp moves"`
	PV          *float64      `json:"pv,omitempty"`
	Inner       *float64      `json:"inner,omitempty"`
	InnerSP     *float64      `json:"inner_sp,omitempty"`
	Disturbance *float64      `json:"disturbance,omitempty"`
	Wanted      *float64      `json:"wanted,omitempty" doc:"Output that the block asks for"`
	Output      *float64      `json:"output,omitempty" doc:"Output as the machine has it"`
	P           *float64      `json:"p,omitempty" doc:"Proportional part"`
	I           *float64      `json:"i,omitempty" doc:"Integral part"`
	D           *float64      `json:"d,omitempty" doc:"Derivative part"`
	Wrong       string        `json:"wrong,omitempty" doc:"What could not be read"`
	Under       string        `json:"under_way,omitempty" doc:"Command under way"`
	Beats       uint64        `json:"beats,omitempty" doc:"Times that the watchdog was served"`
	Period      string        `json:"tariff_period,omitempty" doc:"Of a loop whose set point moves by it: the period that runs"`
	Shift       float64       `json:"shift,omitempty" doc:"By how much the set point is moved because of it"`
	Waiting     bool          `json:"waiting,omitempty" doc:"The ramp waits for what is measured"`
	Swings      int           `json:"swings,omitempty" doc:"Of an autotuning"`
}

// runner runs one loop. Only its goroutine touches what is not guarded.
type runner struct {
	d      *Desk
	tenant plant.TenantNo
	place  place // what it moves, for ever
	called string
	ops    chan func()
	over   chan struct{} // closed when it ended

	loop  Loop
	block Block // of the loop, with the machine's own rate
	run   Run
	kept  int64 // revision of run that the store has
	m     memory
	last  seen
	begun bool

	passed time.Duration // at the last scan
	clock  plant.Micros
	heard  map[string]time.Duration // by input: when a good value was heard, of passed
	part   *float64                 // trigger or value of the last measured part

	output    Signal
	have      *float64 // the output as it was read in this scan
	sent      *float64 // as the last command of the loop left it
	written   time.Duration
	wrote     bool
	pending   *pending
	refused   int
	way       *calc.Way // to what was declared for a suspension
	tuning    *tuning
	beaten    time.Duration
	beats     uint64
	unbeaten  int
	unsettled bool // an alarm stands

	period      string        // of the tariff; "" where nobody knows
	periodAsked time.Duration // of passed
	shift       float64       // of the set point, by the period

	mu   sync.Mutex
	view Run
	now  Now
}

// place is a set point of a machine.
type place struct {
	machine plant.NodeID
	output  string
}

func newRunner(d *Desk, tenant plant.TenantNo, l Loop, r Run) *runner {
	one := &runner{d: d, tenant: tenant, place: place{l.Machine, l.Output}, called: l.Name.ZH, ops: make(chan func()), over: make(chan struct{}), run: r, kept: r.Rev}
	one.passed, one.clock = d.o.Passed(), plant.MicrosOf(d.o.Now())
	one.unsettled = r.Mode == Suspended
	if r.Mode == Suspended && !r.Safe {
		one.way = &calc.Way{Safe: l.Safe}
	}
	one.use(l)
	one.hear()
	one.show()
	return one
}

// use takes a revision.
func (r *runner) use(l Loop) {
	r.loop, r.block = l, l.Block
	if m, err := r.d.o.Machines.Machine(r.d.ctx, r.tenant, l.Machine); err == nil {
		if s, err := find(m.Signals, l.Output, m.Path); err == nil {
			r.output = s
			r.block = l.Block.bounded(s, l.interval().Seconds())
		}
	}
}

// hear takes every input as heard now: what is not from here on is stale after its time.
func (r *runner) hear() {
	r.heard = map[string]time.Duration{nameOfInput(r.loop.Machine, r.loop.Output): r.passed}
	for _, in := range r.loop.inputs() {
		r.heard[nameOfInput(in.Machine, in.Signal)] = r.passed
	}
}

func nameOfInput(machine plant.NodeID, signal string) string { return string(machine) + "/" + signal }

// do lets the runner do something between its scans.
func (r *runner) do(ctx context.Context, what func() error) error {
	done := make(chan error, 1)
	select {
	case r.ops <- func() { done <- what() }:
		return <-done
	case <-r.over:
		return conflict("the loop was switched off meanwhile")
	case <-ctx.Done():
		return ctx.Err()
	}
}

// by is who gives the loop's commands: the node, for the person who put it to work.
func (r *runner) by() access.Principal {
	p := access.Node(r.tenant)
	p.Name = r.run.By
	return p
}

// serve scans until the loop is switched off or the desk is closed.
func (r *runner) serve() {
	defer close(r.over)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-r.d.ctx.Done():
			return
		case op := <-r.ops:
			op()
		case c := <-r.outcome():
			r.ended(c)
		case <-timer.C:
			r.scan()
			timer.Reset(max(time.Millisecond, r.loop.period()-(r.d.o.Passed()-r.passed)))
		}
		r.show()
		if r.run.Mode == Off {
			return
		}
	}
}

// scan is one look at the process with what follows from it.
func (r *runner) scan() {
	passed, clock := r.d.o.Passed(), plant.MicrosOf(r.d.o.Now())
	dt := passed - r.passed
	step := time.Duration(clock-r.clock)*time.Microsecond - dt
	first := !r.begun
	r.passed, r.clock, r.begun = passed, clock, true
	if r.kept != r.run.Rev {
		r.keep()
	}
	acting := r.run.Mode == Auto || r.run.Mode == Tuning
	if acting && !first {
		switch {
		case step.Abs() > clockStep:
			r.fail(fmt.Sprintf("the clock of the node stepped by %s", step.Round(time.Millisecond)))
		case dt > max(late*r.loop.period(), leastLate):
			r.fail(fmt.Sprintf("the node is overloaded: %s between two scans, %s are wanted", dt.Round(time.Millisecond), r.loop.period()))
		}
	}
	in, why := r.read(passed)
	r.mark(in, why)
	switch {
	case r.run.Mode == Suspended:
		r.makeSafe(passed)
	case why != "":
		r.stale(passed, why)
	case r.run.Mode == Manual:
		r.m = r.block.track(r.m, in, *r.have, dt.Seconds())
		r.beat(passed)
	case r.run.Mode == Auto:
		r.control(in, passed, dt)
	case r.run.Mode == Tuning:
		r.relay(in, passed, dt)
	}
}

// control is a scan in auto.
func (r *runner) control(in seen, passed, dt time.Duration) {
	if r.elsewhere() {
		return
	}
	u, sp, next := r.block.step(r.m, in, *r.have, dt.Seconds())
	r.m = next
	r.mu.Lock()
	r.now.Wanted, r.now.SP = &u, &sp
	r.mu.Unlock()
	if math.IsNaN(u) || math.IsInf(u, 0) {
		r.fail("the block gives no number")
		return
	}
	r.write(u, sp, in, passed)
	r.beat(passed)
}

// read asks for every input and the output. why is what was not to be had.
func (r *runner) read(passed time.Duration) (in seen, why string) {
	ctx, cancel := context.WithTimeout(r.d.ctx, min(readPatience, max(r.loop.period(), minInterval)))
	defer cancel()
	wanted := map[plant.NodeID][]string{r.loop.Machine: {r.loop.Output}}
	for _, one := range r.loop.inputs() {
		wanted[one.Machine] = append(wanted[one.Machine], one.Signal)
	}
	got := map[string]Value{}
	for machine, signals := range wanted {
		values, err := r.d.o.Live.Values(ctx, r.tenant, machine, signals)
		for i, signal := range signals {
			v := Value{}
			if err != nil {
				v.Why = err.Error()
			} else {
				v = values[i]
			}
			got[nameOfInput(machine, signal)] = v
		}
	}
	take := func(machine plant.NodeID, signal string) float64 {
		name := nameOfInput(machine, signal)
		v := got[name]
		age := time.Duration(r.clock-v.At) * time.Microsecond
		if !v.Good {
			why = fmt.Sprintf("%s: %s", signal, v.Why)
			return v.Number
		}
		r.heard[name] = max(r.heard[name], passed-max(0, age))
		if age > r.loop.maxAge() {
			why = fmt.Sprintf("%s was last heard %s ago; %s are allowed", signal, age.Round(time.Millisecond), r.loop.maxAge())
		}
		return v.Number
	}
	in = seen{SP: r.target(passed), PV: take(r.loop.PV.Machine, r.loop.PV.Signal)}
	if r.loop.Inner != nil {
		in.Inner = take(r.loop.Inner.Machine, r.loop.Inner.Signal)
	}
	if r.loop.Disturbance != nil {
		in.Disturbance = take(r.loop.Disturbance.Machine, r.loop.Disturbance.Signal)
	}
	part := in.PV
	if r.loop.Trigger != nil {
		part = take(r.loop.Trigger.Machine, r.loop.Trigger.Signal)
	}
	r.have = nil
	out := take(r.loop.Machine, r.loop.Output)
	if v := got[nameOfInput(r.loop.Machine, r.loop.Output)]; v.Good {
		r.have = &out
	}
	if why == "" {
		in.Measured = r.part != nil && part != *r.part
		r.part = &part
		r.last = in
	}
	return in, why
}

// mark notes what was seen for who looks.
func (r *runner) mark(in seen, why string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now.At, r.now.Wrong, r.now.Output = plant.Instant(r.clock), why, r.have
	if why != "" {
		return
	}
	r.now.PV = &in.PV
	if r.loop.Inner != nil {
		r.now.Inner = &in.Inner
	}
	if r.loop.Disturbance != nil {
		r.now.Disturbance = &in.Disturbance
	}
}

// stale counts how long an input is not to be had.
func (r *runner) stale(passed time.Duration, why string) {
	if r.run.Mode != Auto && r.run.Mode != Tuning {
		return
	}
	r.mu.Lock()
	r.now.Wanted = nil
	r.mu.Unlock()
	for _, heard := range r.heard {
		if passed-heard > r.loop.maxAge() {
			r.fail("inputs are stale: " + why)
			return
		}
	}
}

// show makes what was decided visible to who asks.
func (r *runner) show() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.view = r.run
	r.now.Under = ""
	if r.pending != nil {
		r.now.Under = r.pending.id
	}
	r.now.Period, r.now.Shift = r.period, r.shift
	r.now.Beats, r.now.Waiting = r.beats, r.m.ramp.Waiting && r.run.Mode == Auto
	r.now.P, r.now.I, r.now.D, r.now.InnerSP, r.now.Swings = nil, nil, nil, nil, 0
	if k := r.block.Kind; r.run.Mode == Auto && r.m.begun && (k == PID || k == Cascade) {
		part := r.m.part
		r.now.P, r.now.I, r.now.D = &part.P, &part.I, &part.D
		if sp := r.m.innerSP; k == Cascade {
			r.now.InnerSP = &sp
		}
	}
	if r.run.Mode != Auto {
		r.now.Wanted, r.now.SP = nil, nil
	}
	if r.tuning != nil {
		r.now.Swings = len(r.tuning.state.Swings)
	}
}

// beat serves the watchdog when it is time.
func (r *runner) beat(passed time.Duration) {
	w := r.loop.Watchdog
	if w == nil || r.beats > 0 && passed-r.beaten < time.Duration(w.PeriodMs)*time.Millisecond {
		return
	}
	ctx, cancel := context.WithTimeout(r.d.ctx, readPatience)
	defer cancel()
	r.beaten = passed
	if err := r.d.o.Commands.Beat(ctx, r.by(), r.loop.Machine, w.Signal, r.beats+1); err != nil {
		if r.unbeaten++; r.unbeaten >= refusedInARow && r.run.Mode != Manual {
			r.fail(fmt.Sprintf("the watchdog %s could not be served: %v", w.Signal, err))
		}
		return
	}
	r.beats++
	r.unbeaten = 0
}

// replace lets a loop go on by another revision.
func (r *runner) replace(l Loop, by string) error {
	old := r.block
	if r.tuning != nil {
		return conflict("the loop is being tuned; let it end first")
	}
	r.use(l)
	if r.have != nil && r.m.begun {
		if old.Kind == r.block.Kind {
			r.m = old.retuned(&r.block, r.m, r.last, *r.have)
		} else {
			r.m = r.block.track(memory{}, r.last, *r.have, 0)
		}
	}
	r.run.SP = min(l.SPHigh, max(l.SPLow, r.run.SP))
	r.run.Loop, r.run.Revision = l.ID, l.Revision
	r.hear()
	r.note(Event{What: WhatRevision, By: by})
	return r.change()
}
