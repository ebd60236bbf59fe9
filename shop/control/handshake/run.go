package handshake

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"zhigai/access"
	calc "zhigai/calc/handshake"
	"zhigai/fact/document"
	"zhigai/plant"
)

// askEvery is how often signals that are not known are asked for.
const askEvery = time.Second

// runner follows one handshake. Only its goroutine touches what is not guarded.
type runner struct {
	d      *Desk
	tenant plant.TenantNo
	called string
	inputs []input
	tags   map[plant.TagNo][]listener
	tagOf  []plant.TagNo // by input
	moves  map[place]bool
	news   chan news
	ops    chan func()
	over   chan struct{} // closed when it ended
	asked  chan func()   // what follows from answers of devices

	missed atomic.Int32 // samples

	h      Handshake
	run    Run
	fold   *calc.Fold
	said   []plant.Micros // by input: when the machine said so
	passed time.Duration  // at the last look
	clock  plant.Micros
	failed int  // hand-overs in a row
	asking bool // a question is under way
	askAt  time.Duration
	left   *leftover // of a hand-over that a restart cut, while nobody knows how machines stand

	handover *Handover
	kept     int64 // revision of the hand-over that the store has
	unkept   bool  // the store has not the newest
	told     time.Duration
	seen     time.Duration
	pending  *pending
	undo     []undo
	undoAt   time.Duration
	backs    int // commands that took something back
	retry    time.Duration
	raised   bool

	mu   sync.Mutex
	view Run
	now  Now
}

func newRunner(d *Desk, tenant plant.TenantNo, h Handshake, run Run) *runner {
	r := &runner{
		d: d, tenant: tenant, called: h.Name.ZH, inputs: h.inputs(), tags: map[plant.TagNo][]listener{}, moves: map[place]bool{}, news: make(chan news, maxNews),
		ops: make(chan func()), over: make(chan struct{}), asked: make(chan func(), 1), h: h, run: run, view: run, raised: run.Mode == Suspended,
	}
	for _, p := range h.tells() {
		r.moves[p] = true
	}
	r.passed, r.clock = d.o.Passed(), plant.MicrosOf(d.o.Now())
	r.said, r.tagOf = make([]plant.Micros, len(r.inputs)), make([]plant.TagNo, len(r.inputs))
	r.fold = calc.NewFold(h.spec(), r.at())
	r.fold.Pause(run.Mode == Suspended, r.at())
	r.now = Now{At: d.now(), Phase: calc.Idle, Inputs: []Heard{}}
	return r
}

// listen finds the tags of what it listens to.
func (r *runner) listen(ctx context.Context) error {
	for _, p := range []calc.Party{calc.Giver, calc.Taker} {
		m, err := r.d.o.Machines.Machine(ctx, r.tenant, r.h.side(p).Machine)
		if err != nil {
			return err
		}
		for i, in := range r.inputs {
			if in.party != p {
				continue
			}
			s, err := read(m, in.signal)
			if err != nil {
				return err
			}
			r.tagOf[i] = s.Tag
			r.tags[s.Tag] = append(r.tags[s.Tag], listener{r, i, false})
			if m.Link != 0 {
				r.tags[m.Link] = append(r.tags[m.Link], listener{r, i, true})
			}
		}
	}
	return nil
}

// at is the present of the fold.
func (r *runner) at() int64 { return r.d.o.Passed().Microseconds() }

// do lets the runner do something between its looks.
func (r *runner) do(ctx context.Context, what func() error) error {
	done := make(chan error, 1)
	select {
	case r.ops <- func() { done <- what() }:
		return <-done
	case <-r.over:
		return conflict("the handshake was switched off meanwhile")
	case <-ctx.Done():
		return ctx.Err()
	}
}

// by is who gives the commands: the node, for the person who switched it on.
func (r *runner) by() access.Principal {
	p := access.Node(r.tenant)
	p.Name = r.run.By
	return p
}

// serve follows the handshake until it is switched off or the desk is closed.
func (r *runner) serve(left *Handover) {
	defer close(r.over)
	r.resume(left)
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for r.run.Mode != Off {
		select {
		case <-r.d.ctx.Done():
			return
		case op := <-r.ops:
			op()
		case n := <-r.news:
			r.take(n)
		case c := <-r.outcome():
			r.ended(c)
		case answered := <-r.asked:
			r.asking = false
			answered()
		case <-tick.C:
			r.look()
		}
		r.show()
	}
	r.d.drop(r)
}

// look lets time go on.
func (r *runner) look() {
	passed, clock := r.d.o.Passed(), plant.MicrosOf(r.d.o.Now())
	dt := passed - r.passed
	step := time.Duration(clock-r.clock)*time.Microsecond - dt
	r.passed, r.clock = passed, clock
	switch {
	case step.Abs() > clockStep:
		r.lose(calc.Clock, fmt.Sprintf("the clock of the node stepped by %s", step.Round(time.Millisecond)))
	case dt > overloaded:
		r.lose(calc.Overload, fmt.Sprintf("the node is overloaded: %s between two looks", dt.Round(time.Millisecond)))
	}
	if missed := r.missed.Swap(missedNothing); missed != missedNothing {
		for i := range r.inputs {
			r.fold.Miss(i, calc.Stale, r.at())
		}
		if missed == flooded {
			r.lose(calc.Overload, "samples came faster than they were looked at")
		}
	}
	r.ask(passed)
	r.apply(r.fold.Advance(r.at()))
	r.takeBack(passed)
	r.catchUp()
}

// catchUp offers what the store did not take again. No hand-over begins before it does.
func (r *runner) catchUp() {
	if !r.unkept || r.handover == nil || r.keep() != nil {
		return
	}
	if r.handover.Cleared != 0 {
		r.handover = nil
	}
	r.apply(r.fold.Pause(r.run.Mode != On, r.at()))
}

func (r *runner) lose(loss calc.Loss, why string) {
	r.apply(r.fold.Lose(loss, r.at()), why)
}

// apply does what follows from an event. Why is the reason of an end in more words.
func (r *runner) apply(effects []calc.Effect, why ...string) {
	for _, e := range effects {
		switch e.What {
		case calc.Began:
			r.handover, r.kept, r.told = &Handover{ID: r.d.o.NewID(), Handshake: r.h.Series, RevisedID: r.h.ID, Revision: r.h.Revision, Begun: r.d.now(), Steps: []Taken{}}, 0, r.d.o.Passed()
		case calc.Seen:
			r.saw(e.Step)
		case calc.Tell:
			r.tell(e.Step)
		case calc.Ended:
			r.end(e, why)
		case calc.Reset:
			r.reset()
		case calc.Late:
			r.handover.Late = plant.Instant(r.said[r.inputOf(e.Step)])
			_ = r.keep()
		case calc.Stuck:
			r.alarm(plant.Name{ZH: "双方未在规定时间内回到空闲", EN: "the machines do not go back to idle"})
		case calc.Cleared:
			r.cleared()
		}
	}
}

func (r *runner) inputOf(step int) int { return r.h.spec().Steps[step].Signal }

// saw notes a step.
func (r *runner) saw(step int) {
	s, in := r.h.Steps[step], r.inputOf(step)
	r.seen = r.d.o.Passed()
	t := Taken{Name: s.Name, Party: s.Party, Machine: r.h.side(s.Party).Machine, Signal: s.Signal, Tag: r.tagOf[in], Value: s.Value, At: plant.Instant(r.said[in])}
	if step > 0 {
		t.WaitedMs = msOf(r.seen - r.told)
	}
	if s.Tell == nil {
		r.told = r.seen
	} else {
		t.Told = &Told{Machine: r.h.side(s.Party.Other()).Machine, Signal: s.Tell.Signal, Value: s.Tell.Value, Idle: s.Tell.Idle}
	}
	r.handover.Steps = append(r.handover.Steps, t)
	if t.Told == nil || step == 0 { // others are kept beside their order
		_ = r.keep()
		r.follow()
	}
}

// follow lets the follower hear of the hand-over as it is.
func (r *runner) follow() {
	if r.d.o.Follower == nil || r.unkept {
		return
	}
	select {
	case r.d.handed <- handed{r.tenant, r.h, *r.copied()}:
	default:
		r.d.o.Logger.Error("a hand-over is not followed: too many wait", "handshake", r.h.Series, "id", r.handover.ID)
	}
}

// copied is the hand-over at hand for who reads it beside its runner.
func (r *runner) copied() *Handover {
	one := *r.handover
	one.Steps = append([]Taken{}, one.Steps...)
	for i := range one.Steps {
		if t := one.Steps[i].Told; t != nil {
			told := *t
			one.Steps[i].Told = &told
		}
	}
	return &one
}

func msOf(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// end keeps how a hand-over ended.
func (r *runner) end(e calc.Effect, why []string) {
	h := r.handover
	h.End, h.EndBy, h.Why, h.Loss, h.At, h.Ended = e.End, e.By, e.Why, e.Loss, r.h.Steps[e.Step].Name, r.d.now()
	if len(why) > 0 && h.Reason == "" {
		h.Reason = why[0]
	}
	phase, _, _ := r.fold.Phase()
	h.Held = phase == calc.Held
	h.delay(msOf(r.d.o.Passed() - max(r.told, r.seen)))
	_ = r.keep()
	r.follow()
	switch {
	case e.End == calc.Done:
		r.failed = 0
		r.settle()
		return
	case e.Why != calc.ByAPerson:
		r.failed++
	}
	r.d.o.Logger.Warn("a hand-over did not come to its end", "handshake", h.Handshake, "id", h.ID, "end", h.End, "by", h.EndBy, "reason", h.Why)
	switch {
	case h.Held:
		r.suspend(plant.Name{ZH: "一次交接已中止，信号保持原状，请到现场查看", EN: "a hand-over was given up and everything left as it is: look at the machines"})
	case r.failed >= failedInARow:
		r.suspend(plant.Name{ZH: fmt.Sprintf("连续%d次交接未完成", r.failed), EN: fmt.Sprintf("%d hand-overs in a row did not come to their end", r.failed)})
	}
}

// cleared closes the books of a hand-over.
func (r *runner) cleared() {
	if r.handover != nil {
		r.handover.Cleared = r.d.now()
		if r.keep() == nil {
			r.handover = nil
		}
	}
	if r.run.Mode == On && r.failed < failedInARow {
		r.settle()
	}
}

// keep offers the hand-over to the store. One that it does not take is offered again.
func (r *runner) keep() error { return r.keepBeside(func() {}) }

// keepBeside keeps the hand-over as it is while something else is done, which does not
// change it: the two share a commit.
func (r *runner) keepBeside(do func()) error {
	h, stored := *r.handover, make(chan error, 1)
	h.Rev = r.kept + 1
	doc := document.Document{Kind: KindHandover, ID: h.ID, Place: r.h.Giver.Machine, Path: r.h.Giver.Path, Of: h.Handshake, Open: h.Cleared == 0, By: r.run.By}
	go func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.d.ctx), keepPatience)
		defer cancel()
		stored <- r.d.save(ctx, r.tenant, doc, h, h.Rev-1)
	}()
	do()
	err := <-stored
	if r.unkept = err != nil; err != nil {
		r.fold.Pause(true, r.at())
		r.d.o.Logger.Error("a hand-over is not kept", "handshake", h.Handshake, "id", h.ID, "err", err)
		return err
	}
	r.kept, r.handover.Rev = h.Rev, h.Rev
	return nil
}

// keepRun offers the mode to the store.
func (r *runner) keepRun() error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.d.ctx), keepPatience)
	defer cancel()
	run := r.run
	run.Rev++
	err := r.d.save(ctx, r.tenant, document.Document{Kind: KindRun, ID: run.ID, Place: r.h.Giver.Machine, Path: r.h.Giver.Path, Of: run.ID, Open: run.Mode != Off, By: run.By}, run, r.run.Rev)
	if err == nil {
		r.run.Rev = run.Rev
		r.show()
	}
	return err
}

// show makes where it stands visible to who asks.
func (r *runner) show() {
	phase, step, since := r.fold.Phase()
	now := Now{At: r.d.now(), Phase: phase, SinceMs: float64(r.at()-since) / 1000, Inputs: make([]Heard, len(r.inputs))}
	switch s := r.h.Steps[step]; phase {
	case calc.Waiting:
		now.Step, now.Party, now.WithinMs = s.Name, s.Party, s.WithinMs
	case calc.Telling:
		now.Step, now.Party = s.Name, s.Party.Other()
	case calc.Clearing:
		now.WithinMs = r.h.ClearMs
	case calc.Idle:
		now.Step, now.Party = r.h.Steps[0].Name, r.h.Steps[0].Party
		if b := r.fold.Blocked(); b >= 0 {
			now.Blocked = r.inputs[b].signal
		}
	}
	for i, in := range r.inputs {
		now.Inputs[i] = Heard{Party: in.party, Signal: in.signal, Tag: r.tagOf[i]}
		if v, known := r.fold.Value(i); known {
			now.Inputs[i].Value, now.Inputs[i].At = &v, plant.Instant(r.said[i])
		}
	}
	if r.handover != nil {
		now.Handover = r.copied()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.view, r.now = r.run, now
}

func (r *runner) shown() (Run, *Now) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now
	return r.view, &now
}
