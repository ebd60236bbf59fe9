package connect

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"zhigai/fact"
	"zhigai/plant"
)

// ErrNotAccepted, wrapped in an error of the [Appender], means that it takes
// nothing for now: the disk is full, or it waits for a restart. Nothing is
// known of the device because of it, neither good nor bad.
var ErrNotAccepted = errors.New("not accepted")

const (
	// holdAgain is how often samples that a device waits for are offered again.
	holdAgain = time.Second
	// maxStretch and longestPeriod bound how rarely an overloaded device is
	// polled: rarer, and a minute's figure would rest on nothing.
	maxStretch    = 16
	longestPeriod = time.Minute
	// lateRounds in a row stretch the period; calmRounds that would have been in
	// time at half of it bring it back. More of these, so that it does not swing.
	lateRounds = 3
	calmRounds = 5
)

// Pressure counts what overload did to sources since the start.
type Pressure struct {
	Stretched int64 `json:"stretched"` // devices polled less often now
	Stretches int64 `json:"stretches"` // times that a period was stretched
	Refusing  int64 `json:"refusing"`  // devices whose samples are not accepted now
	Refused   int64 `json:"refused"`   // samples that were not accepted
	NotKept   int64 `json:"not_kept"`  // readings left out because the disk was low
}

type pressure struct{ stretched, stretches, refusing, refused, notKept atomic.Int64 }

// Pressure is what overload does and did.
func (c *Collector) Pressure() Pressure {
	p := &c.pressure
	return Pressure{
		Stretched: p.stretched.Load(), Stretches: p.stretches.Load(),
		Refusing: p.refusing.Load(), Refused: p.refused.Load(), NotKept: p.notKept.Load(),
	}
}

// Why a device is polled less often.
const (
	slowDevice = "the device answers slower than it is asked"
	slowStore  = "samples are stored slower than they come"
	busyLine   = "the line is busy with other devices"
)

// pace is how a device that cannot be read in its period is read instead.
type pace struct {
	factor     int64 // of the period; 0 is 1
	late, calm int   // rounds in a row
	from       plant.Micros
	reason     string
}

// period is how often a round is read now.
func (r *runner) period(one *round) time.Duration {
	if one.pulse || r.pace.factor <= 1 {
		return one.period
	}
	return stretched(one.period, r.pace.factor)
}

func stretched(period time.Duration, factor int64) time.Duration {
	return min(period*time.Duration(factor), max(period, longestPeriod))
}

// judge looks at a round that took some time of its period, part of it for
// storing, and changes the pace.
func (r *runner) judge(ctx context.Context, one *round, storing time.Duration, busy bool) {
	if one.pulse {
		return
	}
	took := r.c.o.Now().Sub(one.next) // from when it was due
	p := &r.pace
	factor := max(p.factor, 1)
	switch {
	case busy || took >= r.period(one):
		p.late, p.calm = p.late+1, 0
		if p.late < lateRounds {
			return
		}
		p.late = 0
		if factor < maxStretch {
			r.stretch(ctx, 2*factor, reasonWhy(busy, storing, took))
		}
	case factor > 1 && took < stretched(one.period, factor/2)*4/5:
		p.late, p.calm = 0, p.calm+1
		if p.calm >= calmRounds {
			p.calm = 0
			r.stretch(ctx, factor/2, p.reason)
		}
	default:
		p.late, p.calm = 0, 0
	}
}

func reasonWhy(busy bool, storing, took time.Duration) string {
	switch {
	case busy:
		return busyLine
	case 2*storing > took:
		return slowStore
	}
	return slowDevice
}

// stretch changes the pace and says so.
func (r *runner) stretch(ctx context.Context, factor int64, reason string) {
	p := &r.pace
	before := max(p.factor, 1)
	if factor == before {
		return
	}
	if before == 1 {
		p.from = r.now()
		r.c.pressure.stretched.Add(1)
	}
	if factor > before {
		r.c.pressure.stretches.Add(1)
	}
	p.factor, p.reason = factor, reason
	said := fact.Overload{Device: r.spec.Device.ID, What: fact.OverloadStretched, Reason: reason, From: p.from, Factor: factor}
	if factor == 1 {
		said.To = r.now()
		r.c.pressure.stretched.Add(-1)
		p.reason = ""
	}
	r.meter.add(func(s *DeviceStatus) { s.Stretch, s.StretchReason = factor, p.reason })
	r.event(ctx, fact.KindOverload, said)
}

// refusal is the time in which the store takes nothing of a device.
type refusal struct {
	from plant.Micros
	lost plant.Micros // when the first samples were given up; 0 while all wait
}

// refuse notes that samples were not accepted. Contact is not lost because of
// it.
func (r *runner) refuse(ctx context.Context, samples int, err error) {
	r.c.pressure.refused.Add(int64(samples))
	r.meter.add(func(s *DeviceStatus) { s.Refused += int64(samples) })
	if r.up {
		r.meter.set(StateNotAccepted, err, r.c.o.Now())
	}
	if r.refused.from != 0 {
		return
	}
	r.refused.from = r.now()
	r.c.pressure.refusing.Add(1)
	r.event(ctx, fact.KindOverload, fact.Overload{Device: r.spec.Device.ID, What: fact.OverloadRefused, Reason: err.Error(), From: r.refused.from})
}

// accept notes that samples are taken again, and from when to when they were
// not: what was read meanwhile is a gap.
func (r *runner) accept(ctx context.Context) {
	was, now := r.refused, r.answered
	r.refused = refusal{}
	r.c.pressure.refusing.Add(-1)
	if r.up {
		r.meter.set(StateUp, nil, r.c.o.Now())
	}
	r.event(ctx, fact.KindOverload, fact.Overload{Device: r.spec.Device.ID, What: fact.OverloadRefused, From: was.from, To: now, Reason: "accepted again"})
	if was.lost != 0 && was.lost < now {
		r.eventAt(ctx, fact.KindGap, was.lost.Time(), fact.Gap{From: was.lost, To: now, Reason: "samples were not accepted"})
	}
}

// giveUp is for samples that nobody will bring again: to the gates the next
// ones are news, and the time is a gap.
func (r *runner) giveUp() {
	if r.refused.from != 0 && r.refused.lost == 0 {
		r.refused.lost = r.refused.from
	}
	r.forget()
}

// forget makes the next reading of every point news.
func (r *runner) forget() {
	for i := range r.gates {
		r.gates[i].stored, r.gates[i].left = false, false
	}
}

// hold offers samples until they are accepted: the device waits for the answer
// and sends no more than it may without one. ending is done when the device is
// to be let go.
func (r *runner) hold(ctx, ending context.Context, b plant.Batch) error {
	for {
		err := r.append(ctx, b)
		if !errors.Is(err, ErrNotAccepted) {
			return err
		}
		timer := time.NewTimer(holdAgain)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return err
		case <-ending.Done():
			timer.Stop()
			return err
		}
	}
}

// leaveOut is a reading of a class of tags that is not kept now. The first is
// marked, so that nobody takes the last value for one that held on.
func (r *runner) leaveOut(i int, p *passed, batch *plant.Batch) {
	g := &r.gates[i]
	r.c.pressure.notKept.Add(1)
	r.meter.add(func(s *DeviceStatus) { s.NotKept++ })
	g.stored = false
	if g.left {
		return
	}
	g.left = true
	if p.isText {
		batch.Texts = append(batch.Texts, plant.Text{Tag: g.spec.Tag, Time: p.text.Time, Quality: plant.Bad | plant.NotKept})
		return
	}
	batch.Samples = append(batch.Samples, plant.BadSample(g.spec.Tag, p.sample.Time, plant.NotKept, nil))
}

// kept reports whether readings of a point are kept now.
func (r *runner) kept(i int) bool {
	keeps := r.c.o.Keeps
	return keeps == nil || keeps(r.spec.Points[i].Class)
}
