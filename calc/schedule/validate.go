package schedule

import (
	"fmt"
	"math"
)

// Limits of a problem. A search holds all of it in memory, and adds times up.
const (
	maxOperations = 1_000_000
	maxMachines   = 100_000
	// maxTime leaves room for the sum of a million operations in 64 bits.
	maxTime = math.MaxInt64 >> 21
)

// Validate says what is wrong with the problem itself, with the place in it.
func (p *Problem) Validate() error {
	if len(p.Jobs) == 0 || len(p.Machines) == 0 {
		return fmt.Errorf("a problem needs machines and jobs; there are %d and %d", len(p.Machines), len(p.Jobs))
	}
	if n := p.Operations(); n > maxOperations || len(p.Machines) > maxMachines {
		return fmt.Errorf("%d operations on %d machines; no more than %d and %d are taken", n, len(p.Machines), maxOperations, maxMachines)
	}
	if err := within("horizon", p.Horizon); err != nil {
		return err
	}
	for i, m := range p.Machines {
		if err := m.validate(); err != nil {
			return fmt.Errorf("machines[%d]: %w", i, err)
		}
	}
	for i := range p.Resources {
		if err := p.Resources[i].validate(); err != nil {
			return fmt.Errorf("resources[%d].%w", i, err)
		}
	}
	v := &validator{p: p, seen: make([]int, len(p.Machines)), used: make([]int, len(p.Resources))}
	for i := range p.Jobs {
		if err := v.job(&p.Jobs[i]); err != nil {
			return fmt.Errorf("jobs[%d].%w", i, err)
		}
	}
	return nil
}

func (m *Machine) validate() error {
	if err := within("capacity", m.Capacity); err != nil {
		return err
	}
	var end int64 = -1
	for i, w := range m.Open {
		if w.From < 0 || w.To <= w.From || w.To > maxTime {
			return fmt.Errorf("open[%d]: from %d to %d is no time to work; from must be 0 or later and to after it", i, w.From, w.To)
		}
		if w.From <= end {
			return fmt.Errorf("open[%d]: begins at %d, the one before ends at %d; put windows in order and join those that touch", i, w.From, end)
		}
		end = w.To
	}
	for i, row := range m.Setup {
		if len(row) != len(m.Setup) {
			return fmt.Errorf("setup[%d]: has %d columns for %d families", i, len(row), len(m.Setup))
		}
		for j, d := range row {
			if err := within(fmt.Sprintf("setup[%d][%d]", i, j), d); err != nil {
				return err
			}
		}
	}
	if m.Setup != nil && (m.Ready < 0 || m.Ready >= len(m.Setup)) {
		return fmt.Errorf("ready: family %d is not among the %d of setup", m.Ready, len(m.Setup))
	}
	return nil
}

// validator walks the operations of a problem.
type validator struct {
	p     *Problem
	seen  []int // of each machine, the last operation that it is an alternative of
	used  []int // of each resource, the last operation that takes of it
	count int
}

func (r *Resource) validate() error {
	if err := within("units", r.Units); err != nil {
		return err
	}
	before := int64(-1)
	for i, l := range r.Levels {
		if l.From <= before || l.From > maxTime {
			return fmt.Errorf("levels[%d]: from %d is not after the one before, or beyond %d; put levels in order", i, l.From, int64(maxTime))
		}
		if err := within(fmt.Sprintf("levels[%d].units", i), l.Units); err != nil {
			return err
		}
		before = l.From
	}
	return nil
}

// most is how many there ever are.
func (r *Resource) most() int64 {
	n := r.Units
	for _, l := range r.Levels {
		n = max(n, l.Units)
	}
	return n
}

func (v *validator) uses(o *Operation) error {
	for i, u := range o.Uses {
		if u.Resource < 0 || u.Resource >= len(v.p.Resources) {
			return fmt.Errorf("uses[%d].resource: %d is none of the %d resources", i, u.Resource, len(v.p.Resources))
		}
		if v.used[u.Resource] == v.count {
			return fmt.Errorf("uses[%d].resource: %d is there twice", i, u.Resource)
		}
		v.used[u.Resource] = v.count
		if most := v.p.Resources[u.Resource].most(); u.Units < 1 || u.Units > most {
			return fmt.Errorf("uses[%d].units: %d of a resource of which there are %d at most; give 1 to that", i, u.Units, most)
		}
	}
	return nil
}

func (v *validator) job(j *Job) error {
	if len(j.Operations) == 0 {
		return fmt.Errorf("operations: there are none")
	}
	if err := within("release", j.Release); err != nil {
		return err
	}
	if err := within("weight", j.Weight); err != nil {
		return err
	}
	if j.Due != nil {
		if *j.Due < -maxTime || *j.Due > maxTime {
			return fmt.Errorf("due: %d is not between %d and %d", *j.Due, int64(-maxTime), int64(maxTime))
		}
	}
	before := int64(0) // the operation before takes at least
	for i := range j.Operations {
		o := &j.Operations[i]
		if err := v.operation(o); err != nil {
			return fmt.Errorf("operations[%d].%w", i, err)
		}
		if err := j.validateAfter(i); err != nil {
			return fmt.Errorf("operations[%d].%w", i, err)
		}
		least := o.least()
		if -o.MinWait > min(before, least) {
			return fmt.Errorf("operations[%d].min_wait: it may start %d before the end of the operation before it, which takes %d at least, and itself %d; give no more than either takes", i, -o.MinWait, before, least)
		}
		before = least
	}
	return nil
}

func (v *validator) operation(o *Operation) error {
	v.count++
	if len(o.Alternatives) == 0 {
		return fmt.Errorf("alternatives: no machine can do it")
	}
	for i, a := range o.Alternatives {
		if a.Machine < 0 || a.Machine >= len(v.p.Machines) {
			return fmt.Errorf("alternatives[%d].machine: %d is none of the machines 0 to %d", i, a.Machine, len(v.p.Machines)-1)
		}
		if err := within(fmt.Sprintf("alternatives[%d].duration", i), a.Duration); err != nil {
			return err
		}
		if v.seen[a.Machine] == v.count {
			return fmt.Errorf("alternatives[%d].machine: %d is there twice", i, a.Machine)
		}
		v.seen[a.Machine] = v.count
		m := &v.p.Machines[a.Machine]
		if m.Setup != nil && (o.Family < 0 || o.Family >= len(m.Setup)) {
			return fmt.Errorf("family: %d is not among the %d that machine %d is set up for", o.Family, len(m.Setup), a.Machine)
		}
		if m.Capacity > 1 && o.size() > m.Capacity {
			return fmt.Errorf("size: %d does not fit into machine %d, which takes %d", o.size(), a.Machine, m.Capacity)
		}
	}
	if err := v.uses(o); err != nil {
		return err
	}
	if err := within("size", o.Size); err != nil {
		return err
	}
	if err := within("material", o.Material); err != nil {
		return err
	}
	if o.MinWait < -maxTime || o.MinWait > maxTime {
		return fmt.Errorf("min_wait: %d is not between %d and %d", o.MinWait, int64(-maxTime), int64(maxTime))
	}
	if o.MaxWait != nil && (*o.MaxWait < o.MinWait || *o.MaxWait > maxTime) {
		return fmt.Errorf("max_wait: %d is less than min_wait %d, or beyond %d", *o.MaxWait, o.MinWait, int64(maxTime))
	}
	return o.validateLock()
}

func (o *Operation) validateLock() error {
	if o.Locked == nil {
		return nil
	}
	for _, a := range o.Alternatives {
		if a.Machine == o.Locked.Machine {
			return within("locked.start", o.Locked.Start)
		}
	}
	return fmt.Errorf("locked.machine: %d is none of its alternatives", o.Locked.Machine)
}

// least is what it takes on the machine that is quickest.
func (o *Operation) least() int64 {
	d := o.Alternatives[0].Duration
	for _, a := range o.Alternatives {
		d = min(d, a.Duration)
	}
	return d
}

func (o *Operation) size() int64 { return max(o.Size, 1) }

func within(what string, v int64) error {
	if v < 0 || v > maxTime {
		return fmt.Errorf("%s: %d is not between 0 and %d", what, v, int64(maxTime))
	}
	return nil
}
