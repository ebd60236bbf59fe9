package connect

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"zhigai/fact"
	"zhigai/plant"
)

// round is the points of one period.
type round struct {
	period   time.Duration
	pulse    bool  // asked for a sign of life only
	points   []int // indexes into the spec's points
	group    Group
	readings []Reading
	next     time.Time
}

// poll reads every round on its own schedule until contact is lost.
func (r *runner) poll(ctx context.Context, conn Conn) error {
	rounds, err := r.plan(conn)
	if err != nil {
		return err
	}
	for ctx.Err() == nil { // who is always late never sleeps
		if rounds, err = r.pulsed(conn, rounds); err != nil {
			return err
		}
		now := r.c.o.Now()
		for _, one := range rounds {
			if one.next.Sub(now) > r.period(one) {
				r.schedule(one) // our clock was set back: nothing is due further ahead than a period
			}
		}
		due := slices.MinFunc(rounds, func(a, b *round) int { return a.next.Compare(b.next) })
		if wait := due.next.Sub(now); wait > 0 && !sleep(ctx, wait) {
			return ctx.Err()
		}
		if err := r.read(ctx, due); err != nil {
			return err
		}
		r.schedule(due)
	}
	return ctx.Err()
}

// plan groups the points by period and spreads devices over it.
func (r *runner) plan(conn Conn) ([]*round, error) {
	byPeriod := map[time.Duration]*round{}
	for i, p := range r.spec.Points {
		one := byPeriod[p.Period]
		if one == nil {
			one = &round{period: max(p.Period, time.Millisecond)}
			byPeriod[p.Period] = one
		}
		one.points = append(one.points, i)
	}
	rounds := slices.Collect(maps.Values(byPeriod))
	now := r.c.o.Now()
	for _, one := range rounds {
		if err := r.prepare(conn, one); err != nil {
			return nil, err
		}
		// The first read comes at once; the schedule keeps its phase from then on.
		one.next = now
	}
	return rounds, nil
}

// pulsed adds a round for the sign of life where no other comes often enough,
// and takes it away where one does. Knowledge of a machine that is read once a
// minute must not end between two readings: its first point is asked for, and
// nothing made of it.
func (r *runner) pulsed(conn Conn, rounds []*round) ([]*round, error) {
	has := slices.IndexFunc(rounds, func(one *round) bool { return one.pulse })
	shortest := slices.MinFunc(rounds, func(a, b *round) int {
		return cmp.Or(order(a.pulse, b.pulse), cmp.Compare(a.period, b.period))
	})
	switch needed := r.period(shortest) > plant.LinkRenewal; {
	case needed && has < 0:
		one := &round{period: plant.LinkRenewal, pulse: true, points: shortest.points[:1], next: r.c.o.Now()}
		if err := r.prepare(conn, one); err != nil {
			return nil, err
		}
		r.schedule(one) // the first reading is a sign of life
		return append(rounds, one), nil
	case !needed && has >= 0:
		return slices.Delete(rounds, has, has+1), nil
	}
	return rounds, nil
}

// order puts false before true.
func order(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

func (r *runner) prepare(conn Conn, one *round) (err error) {
	points := make([]Point, len(one.points))
	for j, i := range one.points {
		p := r.spec.Points[i]
		points[j] = Point{Address: p.Address, Kind: p.Kind, Period: p.Period}
	}
	one.readings = make([]Reading, len(points))
	one.group, err = conn.Prepare(points)
	return err
}

// schedule sets the next time on the round's own grid. Periods that passed
// meanwhile are counted, not caught up: old values cannot be read any more.
func (r *runner) schedule(one *round) {
	now, period := r.c.o.Now(), r.period(one)
	grid := now.Truncate(period).Add(time.Duration(r.phase * float64(period)))
	for !grid.After(now) {
		grid = grid.Add(period)
	}
	if late := now.Sub(one.next); late >= period {
		r.meter.missed(int64(late / period))
	}
	one.next = grid
}

// read asks once, again as often as the spec says, and stores what came.
func (r *runner) read(ctx context.Context, one *round) error {
	var err error
	r.storing = 0
	for attempt := range r.spec.Retries + 1 {
		if err = r.ask(ctx, one); err == nil {
			break
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		r.failed(err)
		if errors.Is(err, ErrBusy) {
			r.judge(ctx, one, 0, true)
			return r.skip(err)
		}
		if failureOf(err) != failedTimeout || attempt == r.spec.Retries {
			return err
		}
	}
	if one.pulse {
		return nil
	}
	now := r.answered // storing the link's state may have taken a while since
	if err := r.append(ctx, r.batch(ctx, one, now)); err != nil {
		r.giveUp() // a poll does not come back
	}
	r.judge(ctx, one, r.storing, false)
	return nil
}

// batch is what of a round's readings is to be stored.
func (r *runner) batch(ctx context.Context, one *round, now plant.Micros) plant.Batch {
	var batch plant.Batch
	for j := range one.readings {
		r.take(ctx, one.points[j], &one.readings[j], now, &batch)
	}
	return batch
}

// skip leaves a period out because others held the line. A device that never
// gets its turn is as good as lost: nobody knows it any more.
func (r *runner) skip(err error) error {
	r.meter.missed(1)
	if !r.up || r.now()-r.answered > plant.Micros(plant.LinkSilence.Microseconds()) {
		return err
	}
	return nil
}

// patience is how long a round may take. A driver that was told the time of one
// question ends it by itself; the rest is waiting for others on its line.
func (r *runner) patience(one *round) time.Duration {
	d := r.spec.Timeout * time.Duration(1+len(one.points)/20)
	if r.spec.Device.Params["timeout"] != "" {
		d += plant.LinkSilence / 2
	}
	return d
}

func (r *runner) ask(ctx context.Context, one *round) error {
	asking, cancel := context.WithTimeout(ctx, r.patience(one))
	defer cancel()
	done, err := r.talk.round(asking)
	if err != nil {
		return err
	}
	start := r.c.o.Now()
	err = one.group.Read(asking, one.readings)
	done()
	switch {
	case err == nil:
	case failureOf(err) == failedTimeout || failureOf(err) != failedBusy && errors.Is(err, context.DeadlineExceeded):
		r.meter.timeout()
		return fmt.Errorf("no answer within %s: %w", r.spec.Timeout, err)
	default:
		return err
	}
	return r.alive(ctx, r.c.o.Now().Sub(start))
}

// take passes one reading through its gate into the batch.
func (r *runner) take(ctx context.Context, i int, reading *Reading, now plant.Micros, batch *plant.Batch) {
	p := r.gates[i].pass(reading, now)
	r.meter.saw(i, reading, &p)
	if p.clock && !r.clockSaid {
		r.clockSaid = true // once a session: a wrong clock is wrong for every sample
		r.event(ctx, fact.KindClock, fact.Clock{Device: r.spec.Device.ID, Tag: r.spec.Points[i].Name, Claimed: p.claimed, Kept: now})
	}
	if !r.kept(i) {
		r.leaveOut(i, &p, batch)
		return
	}
	r.gates[i].left = false
	switch {
	case !p.store:
	case p.isText:
		batch.Texts = append(batch.Texts, p.text)
	default:
		batch.Samples = append(batch.Samples, p.sample)
	}
}

func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
