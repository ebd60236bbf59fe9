package schedule

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// PlanOptions of a search over all of the model.
type PlanOptions struct {
	Seed      uint64
	Objective Objective
	// Current is the plan that people work by; what differs from it costs
	// Objective.Change. Operations that it does not have cost nothing.
	Current Schedule
	// Steps is how many changes are tried at most; 0 is no limit.
	Steps int64
	// Stop is asked all the time whether to end. It must come to that, or Steps
	// must be set: there is no proof that ends this search.
	Stop func() bool
	// Better is told of every schedule that is better than those before it, by its
	// cost, and of the first; nil tells nobody.
	Better func(Cost)
}

// PlanResult is what a search has found.
type PlanResult struct {
	Schedule Schedule
	Cost     Cost
	// Rules are what dispatching by each rule would come to.
	Rules map[Rule]Dispatched
	Steps int64
}

// Dispatched is a schedule made by a rule.
type Dispatched struct {
	Cost
	Schedule Schedule
}

// Plan searches for the schedule of least cost, with calendars, setups, waits,
// batches and locks. It starts from a dispatching rule, or from the current plan,
// and changes the order of operations and their machines; every schedule it looks
// at is built exactly, from the front. The first is there before Stop is asked. A
// result with Cost.Broken above 0 cannot be carried out: no better was met.
//
// Where tardiness counts at all, none is given away for setups or an early end
// that a rule would not give away: the weighted tardiness of the result is at most
// that of the best rule. Where changes count, it is at most that of the current
// plan, which is what it goes from, if that can still be carried out.
func Plan(p *Problem, o PlanOptions) (PlanResult, error) {
	if err := p.Validate(); err != nil {
		return PlanResult{}, err
	}
	if err := p.summable(o.Objective); err != nil {
		return PlanResult{}, err
	}
	s := newPlanner(newShop(p, o), o)
	r := PlanResult{Rules: map[Rule]Dispatched{}}
	var starts []start
	for _, rule := range rules {
		order, alt := s.dispatch(rule)
		s.load(order, alt)
		r.Rules[rule] = Dispatched{s.parts, s.schedule()}
		starts = append(starts, start{order, alt, s.parts})
	}
	s.bound(starts)
	if len(o.Current.Operations) > 0 {
		order, alt := s.sequence()
		s.load(order, alt)
		if starts = append(starts, start{order, alt, s.parts}); o.Objective.Change == 0 {
			s.bound(starts)
		} else if s.parts.Broken <= s.latest.Broken {
			s.latest = s.parts
		}
	}
	from := s.cheapest(starts)
	s.load(from.order, from.alt)
	s.run()
	s.load(s.best.order, s.best.alt)
	r.Cost, r.Steps, r.Schedule = s.parts, s.steps, s.schedule()
	return r, nil
}

// start is a schedule from which a search may go.
type start struct {
	order, alt []int32
	cost       Cost
}

// bound sets how late a result may be: no later than the one that is late least
// of those that come nearest to being carried out.
func (s *planner) bound(starts []start) {
	s.latest = Cost{Tardiness: math.MaxInt64, Broken: math.MaxInt64}
	for _, b := range starts {
		if b.cost.Broken < s.latest.Broken || b.cost.Broken == s.latest.Broken && b.cost.Tardiness < s.latest.Tardiness {
			s.latest = b.cost
		}
	}
}

// keeps says whether a schedule is no later than it may be. One that is less
// broken may be later: what cannot be carried out is not late.
func (s *planner) keeps(c Cost) bool {
	return s.objective.Tardiness == 0 || c.Tardiness <= s.latest.Tardiness || c.Broken < s.latest.Broken
}

// cheapest is the start of least cost among those that are not too late; that
// which set the bound is one.
func (s *planner) cheapest(starts []start) (out start) {
	least := int64(math.MaxInt64)
	for _, b := range starts {
		if cost := s.objective.Of(b.cost); s.keeps(b.cost) && cost < least {
			out, least = b, cost
		}
	}
	return out
}

// schedule is the one that is kept.
func (s *planner) schedule() (out Schedule) {
	for u := range s.ops {
		j := s.job[u]
		out.Operations = append(out.Operations, Placed{
			Job: int(j), Op: u - int(s.first[j]), Machine: s.ops[u].Alternatives[s.alt[u]].Machine, Start: s.now[u].start, End: s.now[u].end,
		})
	}
	return out
}

// summable makes sure that no cost overflows.
func (p *Problem) summable(o Objective) error {
	latest, overdue, weights := float64(p.Horizon), 0.0, 1.0
	for _, m := range p.Machines {
		if n := len(m.Open); n > 0 {
			latest = max(latest, float64(m.Open[n-1].To))
		}
	}
	var work, setup int64
	for _, m := range p.Machines {
		for _, row := range m.Setup {
			setup = max(setup, slices.Max(row))
		}
	}
	for _, j := range p.Jobs {
		weights += float64(j.Weight)
		latest = max(latest, float64(j.Release))
		if j.Due != nil {
			overdue = max(overdue, -float64(*j.Due))
		}
		for _, op := range j.Operations {
			latest = max(latest, float64(op.Material))
			if op.Locked != nil {
				latest = max(latest, float64(op.Locked.Start))
			}
			longest := int64(0)
			for _, a := range op.Alternatives {
				longest = max(longest, a.Duration)
			}
			wait := max(op.MinWait, 0)
			for _, f := range op.After {
				wait = max(wait, f.MinWait)
			}
			work += longest + wait + setup
		}
	}
	latest += float64(work) + overdue
	if most := latest * (weights*float64(o.Tardiness) + float64(o.Makespan) + float64(o.Setup)); most > 1<<61 || latest > maxTime/2 {
		return fmt.Errorf("times up to %.3g and weights of %.3g in all are too large to be added up; give them in larger units", latest, weights)
	}
	return nil
}

// planner changes one schedule by simulated annealing, cycle after cycle.
type planner struct {
	*shop
	o     PlanOptions
	rnd   *rand.PCG
	steps int64

	// the schedule that is kept
	order, pos, alt []int32
	now             []placed
	cost            int64
	parts           Cost    // of which cost is made
	marks           []state // before every every-th unit of the order
	every           int

	// the one that is looked at
	st       state
	next     []placed
	newMarks []state
	keep     []line
	saved    []int32 // a part of the order, to put back
	tried    change

	best struct {
		cost       int64
		order, alt []int32
	}
	latest Cost // by which a result is held to be no later
}

// markEvery units a schedule that is built is kept, so that it can be built on
// from there. Where resources make that large there are no more than maxMarks.
const (
	markEvery = 32
	maxMarks  = 64
)

func newPlanner(s *shop, o PlanOptions) *planner {
	n, units := len(s.ops), len(s.units)
	p := &planner{
		shop: s, o: o, rnd: rand.NewPCG(o.Seed, 0x91a2), order: make([]int32, units), pos: make([]int32, units), alt: make([]int32, n),
		now: make([]placed, n), next: make([]placed, n), keep: make([]line, n), saved: make([]int32, units), st: s.newState(),
	}
	p.every = markEvery
	if len(s.left) > 0 {
		p.every = max(markEvery, units/maxMarks+1)
	}
	for i := 0; i <= units/p.every; i++ {
		p.marks, p.newMarks = append(p.marks, s.newState()), append(p.newMarks, s.newState())
	}
	p.best.order, p.best.alt = make([]int32, units), make([]int32, n)
	return p
}

// load takes a schedule as the one that is kept.
func (s *planner) load(order, alt []int32) {
	copy(s.order, order)
	copy(s.alt, alt)
	for i, u := range s.order {
		s.pos[u] = int32(i)
	}
	s.cost, _ = s.look(0, -1)
	s.accept(0)
}

// look builds the schedule from a place of the order on. It gives up, with
// false, when the cost is above a limit; a negative one is none.
func (s *planner) look(from int, limit int64) (int64, bool) {
	k := from / s.every
	s.st.set(&s.marks[k])
	for i := k * s.every; i < len(s.order); i++ {
		if i%s.every == 0 && i > k*s.every {
			s.newMarks[i/s.every].set(&s.st)
			if limit >= 0 && s.objective.Of(s.st.cost) > limit {
				return 0, false
			}
		}
		s.add(&s.st, s.order[i], s.alt, s.next, s.keep)
	}
	cost := s.objective.Of(s.st.cost)
	return cost, limit < 0 || cost <= limit
}

// accept keeps what was looked at from a place on.
func (s *planner) accept(from int) {
	s.parts = s.st.cost
	k := from / s.every
	for m := k + 1; m*s.every < len(s.order); m++ {
		s.marks[m], s.newMarks[m] = s.newMarks[m], s.marks[m]
	}
	for _, unit := range s.order[k*s.every:] {
		f, t := s.units[unit][0], s.units[unit][1]
		copy(s.now[f:t], s.next[f:t])
	}
}

const (
	// firstCycle steps cool down once; each warm cycle after it takes twice as many
	// as the one before, and is followed by a hot one of a quarter.
	firstCycle = 10_000
	// probes are changes that tell how much worse things get by one.
	probes = 60
	// warm and hot times what changes make worse is the first temperature. Of 1,
	// 0.3, 0.1 and 0.03 warm did best on plants of 500 operations; hot leads away
	// from a schedule that all small changes make worse.
	warm, hot = 0.1, 1
	// coldest is the share of the first temperature that is left at the end.
	coldest = 0.003
	// askEvery steps the caller is asked whether to end.
	askEvery = 32
)

// run searches until it has to end. The best schedule is in s.best.
func (s *planner) run() {
	s.remember()
	for cycle := firstCycle; ; cycle *= 2 {
		if !s.anneal(cycle, warm) || !s.anneal(cycle/4, hot) {
			return
		}
	}
}

// anneal goes from the best through one cycle; false ends the search.
func (s *planner) anneal(steps int, heat float64) bool {
	s.load(s.best.order, s.best.alt)
	temperature := heat * s.worsening()
	cool := math.Pow(coldest, 1/float64(steps))
	for range steps {
		if s.ended() {
			return false
		}
		s.step(s.cost + int64(temperature*s.exponential()))
		if s.cost < s.best.cost && s.keeps(s.parts) {
			s.remember()
		}
		temperature *= cool
	}
	return true
}

func (s *planner) ended() bool {
	return s.best.cost == 0 || s.o.Steps > 0 && s.steps >= s.o.Steps || s.steps%askEvery == 0 && s.o.Stop != nil && s.o.Stop()
}

// worsening is by how much a change makes the schedule worse, when it does.
func (s *planner) worsening() float64 {
	var worse []int64
	for range probes {
		if s.ended() {
			break
		}
		before := s.cost
		if cost, ok := s.try(math.MaxInt64); ok {
			s.back()
			if cost > before {
				worse = append(worse, cost-before)
			}
		}
	}
	if len(worse) == 0 {
		return 1
	}
	slices.Sort(worse)
	return float64(worse[len(worse)/2])
}

// exponential is a random number with mean 1.
func (s *planner) exponential() float64 {
	return -math.Log(1 - float64(s.rnd.Uint64()>>11)/(1<<53))
}

// remember keeps the schedule that was accepted last as the best.
func (s *planner) remember() {
	if s.o.Better != nil {
		s.o.Better(s.parts)
	}
	s.best.cost = s.cost
	copy(s.best.order, s.order)
	copy(s.best.alt, s.alt)
}

// step tries one change and takes it back when it costs more than a limit.
func (s *planner) step(limit int64) {
	if cost, ok := s.try(limit); ok {
		s.cost = cost
		s.accept(s.tried.from)
	} else {
		s.back()
	}
}

// try makes a change and looks at what it costs.
func (s *planner) try(limit int64) (int64, bool) {
	s.steps++
	var ok bool
	if s.tried, ok = s.propose(); !ok {
		s.tried.none = true
		return 0, false
	}
	copy(s.saved, s.order[s.tried.from:s.tried.to+1])
	s.turn(&s.tried)
	return s.look(s.tried.from, limit)
}

// back takes the change that was tried last back.
func (s *planner) back() {
	c := &s.tried
	if c.none {
		return
	}
	copy(s.order[c.from:c.to+1], s.saved)
	if c.op >= 0 {
		s.alt[c.op] = c.oldAlt
	}
	s.number(c.from, c.to)
}

// number brings the places of a part of the order up to date.
func (s *planner) number(from, to int) {
	for i := from; i <= to; i++ {
		s.pos[s.order[i]] = int32(i)
	}
}

func (s *planner) below(n int) int { return int((s.rnd.Uint64() >> 32) * uint64(n) >> 32) }
