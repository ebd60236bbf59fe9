package httpjson

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"zhigai/connect"
)

// recorder is a device that lists records: each is taken once, with its own
// time, as far as one process knows. After a restart what is still listed is
// taken again; history keeps one value of a tag and time.
type recorder struct {
	*conn
	until time.Time       // of the newest record that was taken
	taken map[string]bool // records of that instant, as JSON
	said  string          // of a record that cannot be read
}

var _ connect.Subscriber = (*recorder)(nil)

// minEvery is the shortest time between two questions.
const minEvery = 100 * time.Millisecond

// Subscribe implements [connect.Subscriber]: it asks in the shortest period of
// the points.
func (r *recorder) Subscribe(ctx context.Context, points []connect.Point, sink connect.Sink, alive func()) error {
	every := time.Minute
	for _, p := range points {
		every = min(every, p.Period)
	}
	tick := time.NewTicker(max(every, minEvery))
	defer tick.Stop()
	parsed := parsePoints(points)
	for {
		if err := r.take(ctx, parsed, sink); err != nil {
			return err
		}
		alive()
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// sinkAtOnce bounds the readings that become durable together.
const sinkAtOnce = 5000

// take hands on the records that are new. What the sink did not keep stays new.
func (r *recorder) take(ctx context.Context, points []point, sink connect.Sink) error {
	doc, err := r.ask(ctx)
	if err != nil {
		return err
	}
	records, wrong, err := r.timed(doc)
	if err != nil {
		return fmt.Errorf("http-json %s: %w", r.url, err)
	}
	var batch []connect.Reading
	until, taken := r.until, maps.Clone(r.taken)
	for _, one := range records {
		text, err := json.Marshal(one.doc)
		if err != nil || one.at.Before(until) || one.at.Equal(until) && taken[string(text)] {
			continue
		}
		if one.at.After(until) {
			until, taken = one.at, map[string]bool{}
		}
		taken[string(text)] = true
		if batch = append(batch, r.readings(one.doc, points, one.at, true)...); len(batch) >= sinkAtOnce {
			if err := sink(ctx, batch); err != nil {
				return err
			}
			r.until, r.taken, batch = until, maps.Clone(taken), nil
		}
	}
	batch = append(batch, r.complaint(points, wrong)...)
	if len(batch) > 0 {
		if err := sink(ctx, batch); err != nil {
			return err
		}
	}
	r.until, r.taken = until, taken
	return nil
}

// complaint marks every point when records begin to be unreadable, once and not
// with every question.
func (r *recorder) complaint(points []point, wrong error) []connect.Reading {
	if wrong == nil {
		r.said = ""
		return nil
	}
	if r.said == wrong.Error() {
		return nil
	}
	r.said = wrong.Error()
	out := make([]connect.Reading, len(points))
	for i := range out {
		out[i] = connect.Reading{Point: i, Err: wrong}
	}
	return out
}
