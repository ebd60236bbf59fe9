package rule

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"zhigai/access"
	"zhigai/calc/rule"
	"zhigai/plant"
)

// Pace of the present.
const (
	// pace is how often rules look at the clock while no sample comes: delays are over
	// and windows slide to this.
	pace = 200 * time.Millisecond
	// reloadEvery is how soon a change is seen that another process made.
	reloadEvery = 2 * time.Second
	// statesEvery is how often derived signals are asked for: more often than the grace,
	// so that what they tell counts for its own instant.
	statesEvery = 400 * time.Millisecond
	readAtOnce  = 512
	saveEvery   = 2 * time.Second
	// grace is how late a value may come and still count for its own instant where
	// nothing but time goes on: delays end and windows slide that much later.
	grace = plant.Micros(time.Second / time.Microsecond)
	// ahead is how far in the future a sample may lie that was committed before a rule
	// began: what is more is no clock that connect believes.
	ahead = plant.Micros(5 * time.Minute / time.Microsecond)
	// maxLook is how long one look at a rule that loops may take; such a rule is stopped
	// then, and others go on.
	maxLook = 5 * time.Millisecond
	// maxWaiting bounds firings of one rule that wait to be acted on.
	maxWaiting = 64
	// clockStep is how far the clock may go apart from the time that passed before what
	// windows and delays say means nothing any more.
	clockStep = 2 * time.Second
	// looksWithin is how far apart two looks may be before the node is overloaded.
	looksWithin = 3 * time.Second
)

// Cursor is the name of what runs at the feed: what it has not seen is kept.
const Cursor = "rules"

// runner is a revision that looks at samples.
type runner struct {
	tenant  plant.TenantNo
	rule    Rule
	src     sources
	fold    *rule.Fold
	loops   bool
	cancel  context.CancelFunc // ends an evaluation
	news    chan news          // for who acts; closed when the runner is
	loading bool               // what fires now is of the past
	begun   int64              // since when it looks: what was not known before is no fault
	told    []Stretch          // of each derived signal, what it was told last
	becomes []become           // what it is to be told of them, in order of time
	after   uint64             // what was committed up to here was read from history
	stopped bool               // it was suspended; nothing more comes of it
	closed  bool               // nobody hears its news any more
	acting  atomic.Bool        // somebody acts on its news
	alive   chan struct{}      // after each look, for its watchdogs; nil without
}

// news is that a rule fired, that a firing is over, or that it misbehaves.
type news struct {
	firing rule.Firing
	over   bool
	why    string // not "": it is to be suspended
}

// seen names a tag of a tenant.
type seen struct {
	tenant plant.TenantNo
	tag    plant.TagNo
}

// listener is a source of a runner.
type listener struct {
	r *runner
	s source
}

// Run lets rules look at samples as they come, until ctx ends.
func (d *Desk) Run(ctx context.Context, feed Feed) error {
	d.mu.Lock()
	d.ctx = ctx
	if d.ran { // the duty came back to this node: another one held it meanwhile
		d.born, d.resumed = d.now(), false
	}
	d.ran = true
	d.mu.Unlock()
	defer d.safety.Wait()
	for ctx.Err() == nil {
		if err := d.listen(ctx, feed); err != nil && ctx.Err() == nil {
			d.o.Logger.Error("rules: will start again", "err", err)
		}
		d.drop()
		select {
		case <-ctx.Done():
		case <-time.After(reloadEvery):
		}
	}
	return ctx.Err()
}

// drop ends all that runs, and waits until what fired before was acted on.
func (d *Desk) drop() {
	d.mu.Lock()
	for id, r := range d.runners {
		r.close()
		delete(d.runners, id)
	}
	d.mu.Unlock()
	d.work.Wait()
}

func (r *runner) close() {
	r.stopped, r.closed = true, true
	r.cancel()
	close(r.news)
	if r.alive != nil {
		close(r.alive)
	}
}

func (d *Desk) listen(ctx context.Context, feed Feed) error {
	at := feed.LastSeq()
	_ = feed.SaveCursor(Cursor, at) // without it batches may be gone before they are read: then it starts again
	byTag := map[seen][]listener{}
	var loaded, saved, stated time.Time
	wake := make(chan struct{}, 1)
	waits, stop := context.WithCancel(ctx)
	defer stop()
	waiting := false
	last := pulse{}
	for {
		pulse, stepped := d.feel(last)
		if last = pulse; stepped {
			loaded = time.Time{}
		}
		now := last.clock
		if now.Sub(loaded) >= reloadEvery || now.Before(loaded) {
			var err error
			if byTag, err = d.load(ctx, feed); err != nil {
				return err
			}
			if loaded.IsZero() { // to begin with it takes as long as it takes
				last = d.pulse()
			}
			loaded = now
		}
		batches, err := feed.Read(ctx, at, readAtOnce)
		if err != nil {
			return err
		}
		states := now.Sub(stated) >= statesEvery || now.Before(stated)
		if states {
			stated = now
		}
		d.look(ctx, byTag, batches, plant.MicrosOf(now), states)
		if n := len(batches); n > 0 {
			at = batches[n-1].Seq
		}
		if now.Sub(saved) >= saveEvery || now.Before(saved) {
			_ = feed.SaveCursor(Cursor, at)
			saved = now
		}
		if len(batches) == readAtOnce {
			continue
		}
		if !waiting {
			waiting = true
			go func(after uint64) {
				_ = feed.Wait(waits, after) // ctx ended: who waits for it ends as well
				wake <- struct{}{}
			}(at)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-wake:
			waiting = false
		case <-d.changed:
			loaded = time.Time{}
		case <-time.After(pace):
		}
	}
}

// said is a sample or a text that some rule listens to.
type said struct {
	plant.Sample
	text   string
	isText bool
}

// heard are those of a batch to which some rule listens, in order of time.
func heard(byTag map[seen][]listener, b Entry) []said {
	var out []said
	for _, s := range b.Samples {
		if byTag[seen{b.Tenant, s.Tag}] != nil {
			out = append(out, said{Sample: s})
		}
	}
	for _, t := range b.Texts {
		if byTag[seen{b.Tenant, t.Tag}] != nil {
			out = append(out, said{plant.Sample{Tag: t.Tag, Quality: t.Quality, Time: t.Time}, t.Value, true})
		}
	}
	slices.SortStableFunc(out, func(x, y said) int { return cmp.Compare(x.Time, y.Time) })
	return out
}

// pulse is when the loop went round last.
type pulse struct {
	passed time.Duration
	clock  time.Time
}

func (d *Desk) pulse() pulse { return pulse{d.o.Passed(), d.o.Now()} }

// feel suspends rules that command when the clock stepped, or when the loop went round
// too late: what a window or a delay says then is not what happened. Where the clock
// stepped the others begin anew.
func (d *Desk) feel(last pulse) (now pulse, stepped bool) {
	if now = d.pulse(); last.clock.IsZero() {
		return now, false
	}
	dt := now.passed - last.passed
	step := now.clock.Round(0).Sub(last.clock.Round(0)) - dt
	why := ""
	switch {
	case step.Abs() > clockStep:
		why, stepped = fmt.Sprintf("the clock of the node stepped by %s", step.Round(time.Millisecond)), true
	case dt > looksWithin:
		why = fmt.Sprintf("the node is overloaded: %s between two looks, %s are wanted", dt.Round(time.Millisecond), pace)
	default:
		return now, false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for id, r := range d.runners {
		switch {
		case r.stopped:
		case r.rule.State == Active && r.rule.commands():
			r.say(news{why: why})
		case stepped:
			r.close()
			delete(d.runners, id)
		}
	}
	return now, stepped
}

// look tells rules what was committed and lets time go on.
func (d *Desk) look(ctx context.Context, byTag map[seen][]listener, batches []Entry, now plant.Micros, states bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range d.runners {
		if !r.stopped {
			d.askDerived(ctx, r, now, states)
		}
	}
	for _, b := range batches {
		all := heard(byTag, b)
		for len(all) > 0 {
			n := 1
			for n < len(all) && all[n].Time == all[0].Time {
				n++
			}
			instant(byTag, b, all[:n])
			all = all[n:]
		}
	}
	for _, r := range d.runners {
		if r.stopped {
			continue
		}
		r.tellDerived(now)
		r.within(func() {
			r.fold.Settle()
			r.fold.Advance(int64(now - grace))
		})
		d.judge(r, int64(now))
		r.live()
	}
}

// instant tells rules what was said of one instant, contact first, as history is read.
func instant(byTag map[seen][]listener, b Entry, all []said) {
	for _, link := range []bool{true, false} {
		for _, s := range all {
			for _, l := range byTag[seen{b.Tenant, s.Tag}] {
				if l.s.link == link && !l.r.stopped && b.Seq > l.r.after {
					l.r.tellDerived(s.Time)
					l.r.within(func() { l.hear(s) })
				}
			}
		}
	}
}

func (l listener) hear(s said) {
	switch {
	case s.isText && l.s.text:
		l.s.tellText(l.r.fold, textOf(plant.Text{Time: s.Time, Quality: s.Quality, Value: s.text}))
	case !s.isText && !l.s.text:
		l.s.tell(l.r.fold, s.Sample)
	}
}

// within lets a rule that loops work no longer than it may.
func (r *runner) within(do func()) {
	if !r.loops {
		do()
		return
	}
	t := time.AfterFunc(maxLook, r.cancel)
	defer t.Stop()
	do()
}

// judge suspends a rule that was stopped at its limit, or is blind for too long.
func (d *Desk) judge(r *runner, now int64) {
	if err := r.fold.Broken(); err != nil {
		r.say(news{why: fmt.Sprintf("it was stopped: %v. Say the condition with less to calculate", err)})
		return
	}
	if since, why, blind := r.fold.Blind(); blind && r.rule.State == Active && now-max(since, r.begun) > r.rule.stale() {
		r.say(news{why: fmt.Sprintf("its inputs were not known for %s: %s. See to the device, then let the rule be allowed again", time.Duration(r.rule.stale())*time.Microsecond, why)})
	}
}

// say hands news to who acts. A rule that fires faster than that is suspended.
func (r *runner) say(n news) {
	if r.closed {
		return
	}
	if n.why == "" && len(r.news) >= maxWaiting {
		n = news{why: fmt.Sprintf("%d of its firings wait to be acted on: it fires faster than what it does", maxWaiting)}
	}
	r.stopped = r.stopped || n.why != ""
	r.acting.Store(true)
	select {
	case r.news <- n:
	default: // the last place is for this
	}
}

// load makes what runs that which the store says.
func (d *Desk) load(ctx context.Context, feed Feed) (map[seen][]listener, error) {
	tenants, err := d.o.Tenants(ctx)
	if err != nil {
		return nil, err
	}
	want := map[string]bool{}
	for _, t := range tenants {
		if err := d.leftFirings(ctx, t); err != nil {
			return nil, err
		}
		all, err := d.inUse(ctx, t)
		if err != nil && !errors.Is(err, ErrInvalid) {
			return nil, err
		}
		for _, r := range all {
			if r.unsafe() {
				d.secure(t, r, "")
			}
			if d.leftBehind(r) {
				if err := d.trip(ctx, t, r, "the node started anew while the rule acted"); err != nil {
					d.o.Logger.Error("the suspension of a rule is not kept", "rule", r.ID, "err", err)
				}
				continue
			}
			if !r.runs() {
				continue
			}
			want[r.ID] = true
			d.mu.Lock()
			was := d.runners[r.ID]
			d.mu.Unlock()
			if was != nil && was.rule.State == r.State && was.rule.since() == r.since() { // also while it is being suspended
				continue
			}
			one, err := d.begin(ctx, t, r, feed.LastSeq())
			if err != nil {
				d.o.Logger.Error("a rule does not run", "rule", r.ID, "err", err) // it is tried again with the next look
				continue
			}
			d.mu.Lock()
			if was != nil {
				was.close()
			}
			d.runners[r.ID] = one
			d.mu.Unlock()
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.resumed = true
	byTag := map[seen][]listener{}
	for id, r := range d.runners {
		if !want[id] {
			r.say(news{firing: rule.Firing{To: int64(plant.MicrosOf(d.o.Now())), Lost: true}, over: true})
			r.close()
			delete(d.runners, id)
			continue
		}
		for _, s := range r.src.tags {
			key := seen{r.tenant, s.tag}
			byTag[key] = append(byTag[key], listener{r, s})
		}
	}
	return byTag, nil
}

// leftBehind says whether a rule acted when the node ended, and does not act on by
// itself.
func (d *Desk) leftBehind(r Rule) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return !d.resumed && r.State == Active && r.commands() && !r.GoesOn && r.since() < d.born
}

// lookBack is how far back a rule begins beyond its windows and delays: how long its
// inputs may hold a value that began before.
const lookBack = 10 * time.Minute

// begin makes a runner that knows what was before, and lets it act from now on.
func (d *Desk) begin(ctx context.Context, tenant plant.TenantNo, r Rule, after uint64) (*runner, error) {
	program, err := rule.Compile(r.spec())
	if err != nil {
		return nil, err
	}
	src, err := d.sources(ctx, tenant, r.Definition)
	if err != nil {
		return nil, err
	}
	fired, err := d.recent(ctx, tenant, r)
	if err != nil {
		return nil, err
	}
	looks, cancel := context.WithCancel(context.Background())
	one := &runner{tenant: tenant, rule: r, src: src, after: after, begun: int64(plant.MicrosOf(d.o.Now())), loops: program.Loops(), cancel: cancel, news: make(chan news, maxWaiting+1), loading: true}
	one.fold = rule.NewFold(looks, program, func(f rule.Firing) {
		if !one.loading {
			one.say(news{firing: f})
		}
	}, func(f rule.Firing) {
		if !one.loading {
			one.say(news{firing: f, over: true})
		}
	})
	s := r.spec()
	now := plant.MicrosOf(d.o.Now())
	begin := now - plant.Micros(program.Longest()+s.OnDelay+s.OffDelay+lookBack.Microseconds())
	p := d.past(tenant, src, now)
	if err = p.seed(ctx, begin, one.fold); err == nil {
		err = p.read(ctx, begin, now+ahead, one.fold)
	}
	if err != nil {
		cancel()
		return nil, err
	}
	one.fold.Settle()
	one.loading, one.told = false, p.told
	for i := range one.told {
		one.told[i].From = max(one.told[i].From, begin)
	}
	var open *Fired
	var acted []int64
	for i := range fired {
		if fired[i].Mode == r.State && fired[i].Rule == r.ID && fired[i].To == 0 && open == nil {
			open = &fired[i]
		}
		if fired[i].Mode == Active && !fired[i].Withheld {
			acted = append(acted, int64(fired[i].From))
		}
	}
	slices.Sort(acted)
	one.fold.Recall(acted)
	act := d.actor(tenant, one, open)
	switch f, stands := one.fold.Standing(); {
	case stands && open == nil:
		one.say(news{firing: f})
	case !stands && open != nil:
		one.say(news{firing: rule.Firing{From: int64(open.From), To: int64(now)}, over: true})
	}
	d.work.Go(func() { act(context.WithoutCancel(ctx)) })
	if r.State == Active && slices.ContainsFunc(r.Actions, func(a Action) bool { return a.Watchdog != nil }) {
		one.alive = make(chan struct{}, 1)
		d.work.Go(func() { d.beat(one) })
	}
	return one, nil
}

// recent are the last firings of a rule, the newest first.
func (d *Desk) recent(ctx context.Context, tenant plant.TenantNo, r Rule) ([]Fired, error) {
	return d.Firings(ctx, Filter{Scope: access.Scope{Tenant: tenant}, Of: r.Series, Limit: r.MaxPerHour + 10})
}

// Status is how a revision does that looks at samples.
type Status struct {
	Running  bool          `json:"running"`
	Standing plant.Instant `json:"standing,omitempty" doc:"It fired then and stands"`
	Blind    plant.Instant `json:"blind,omitempty" doc:"Since when its condition cannot be told"`
	Why      string        `json:"why,omitempty"`
	Late     int           `json:"late" doc:"Values that came for an instant that it had left behind"`
}

// Status is how a revision does now.
func (d *Desk) Status(id string) Status {
	d.mu.Lock()
	defer d.mu.Unlock()
	r := d.runners[id]
	if r == nil {
		return Status{}
	}
	out := Status{Running: !r.stopped, Late: r.fold.Late()}
	if f, ok := r.fold.Standing(); ok {
		out.Standing = floorMs(f.From)
	}
	if since, why, ok := r.fold.Blind(); ok {
		out.Blind, out.Why = floorMs(since), why
	}
	return out
}
