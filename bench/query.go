package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"time"

	"zhigai/access"
	"zhigai/figure"
	"zhigai/history"
	"zhigai/plant"
)

// queries measures how long questions take: raw samples of an hour and a day,
// the trend of a year, figures that are folded and figures that are not.
func queries(ctx context.Context, e *Env) ([]Row, error) {
	rows, err := rawQueries(ctx, e)
	if err != nil {
		return rows, err
	}
	more, err := figureQueries(ctx, e)
	return append(rows, more...), err
}

const (
	trendPoints = 1000
	fillBatch   = 100_000
)

func rawQueries(ctx context.Context, e *Env) ([]Row, error) {
	days := pick(e, 365, 30, 2)
	s, err := history.Open(filepath.Join(e.Dir, "year"), history.Options{})
	if err != nil {
		return nil, err
	}
	defer s.Close()
	end := time.Now().UTC().Truncate(time.Second)
	from := end.AddDate(0, 0, -days)
	n := days * 86_400
	batch := make([]plant.Sample, 0, fillBatch)
	for i := range n {
		batch = append(batch, plant.Sample{Tag: 1, Time: plant.MicrosOf(from) + plant.Micros(i)*1_000_000, Value: value(len(signals), i)})
		if len(batch) == cap(batch) || i == n-1 {
			if _, err := s.Append(ctx, Tenant, plant.Batch{Samples: batch}); err != nil {
				return nil, err
			}
			batch = batch[:0]
		}
	}
	if err := s.Flush(); err != nil {
		return nil, err
	}
	r := rand.New(rand.NewPCG(1, 2))
	var rows []Row
	for _, span := range []struct {
		name string
		d    time.Duration
	}{{"raw samples of an hour of one tag at 1 s", time.Hour}, {"raw samples of a day", 24 * time.Hour}} {
		l, err := timed(ctx, e, func() error {
			at := from.Add(time.Duration(r.Int64N(int64(end.Sub(from) - span.d)))).Truncate(time.Second)
			got := 0
			err := s.Samples(ctx, Tenant, 1, plant.MicrosOf(at), plant.MicrosOf(at.Add(span.d)), func(plant.Sample) bool { got++; return true })
			if want := int(span.d / time.Second); err == nil && got != want {
				err = fmt.Errorf("%d samples; want %d", got, want)
			}
			return err
		})
		if err != nil {
			return rows, fmt.Errorf("%s: %w", span.name, err)
		}
		rows = append(rows, l.Row(span.name, 0))
	}
	l, err := timed(ctx, e, func() error {
		shift := plant.Micros(r.Int64N(1_000_000))
		got, err := s.Buckets(ctx, Tenant, 1, plant.MicrosOf(from)+shift, plant.MicrosOf(end), trendPoints)
		if err == nil && len(got) != trendPoints {
			err = fmt.Errorf("%d points; want %d", len(got), trendPoints)
		}
		return err
	})
	if err != nil {
		return rows, fmt.Errorf("trend: %w", err)
	}
	return append(rows, l.Row(fmt.Sprintf("%d points of a trend over %d days of one tag at 1 s (%s samples)", trendPoints, days, amount(float64(n))), 50*time.Millisecond)), nil
}

// timed repeats a question.
func timed(ctx context.Context, e *Env, ask func() error) (Latencies, error) {
	var l Latencies
	for start := time.Now(); time.Since(start) < e.span(4*time.Second, time.Second) || l.Len() < 10; {
		at := time.Now()
		if err := ask(); err != nil {
			return l, err
		}
		l.Add(time.Since(at))
		if err := ctx.Err(); err != nil {
			return l, err
		}
	}
	return l, nil
}

// plantOfQuestions is the size of a large shop.
const plantOfQuestions = 50

// figureQueries asks for the figures of two closed hours of a plant.
func figureQueries(ctx context.Context, e *Env) ([]Row, error) {
	source := NewSource(Shape{plantOfQuestions, len(signals)}, 0, false)
	node, err := e.Open(ctx, filepath.Join(e.Dir, "plant"), source.Plant(time.Now()))
	if err != nil {
		return nil, err
	}
	defer node.Close()
	if err := source.Connected(ctx); err != nil {
		return nil, err
	}
	const hours = 2
	from := time.Now().UTC().Truncate(time.Hour).Add(-(hours + 1) * time.Hour)
	if err := fillHours(ctx, node, from, hours); err != nil {
		return nil, err
	}
	lo, hi := plant.MicrosOf(from), plant.MicrosOf(from.Add(hours*time.Hour))
	ask := func(path string, ids ...string) func() error {
		return func() error {
			got, err := node.Engine.QueryMany(ctx, access.Scope{Tenant: Tenant, Path: path}, ids, figure.Hour, lo, hi, figure.ByEquipment)
			for _, id := range ids {
				want := hours * plantOfQuestions
				if path != linePath {
					want = hours
				}
				if err == nil && len(got[id]) != want {
					err = fmt.Errorf("%d figures %s; want %d", len(got[id]), id, want)
				}
			}
			return err
		}
	}
	start := time.Now()
	if err := ask(linePath, "oee")(); err != nil {
		return nil, err
	}
	first := time.Since(start)
	rows := []Row{{
		What: "figures never asked before, folded from samples, per machine and hour", Value: millis(first) / (hours * plantOfQuestions), Unit: "ms",
		Shown: digits(millis(first)/(hours*plantOfQuestions)) + " ms",
	}}
	for _, q := range []struct {
		name string
		ask  func() error
	}{
		{"one figure of one machine, two hours, folded before", ask(machinePath(0), "oee")},
		{fmt.Sprintf("three figures of %d machines, two hours, folded before", plantOfQuestions), ask(linePath, "oee", "availability", "good")},
	} {
		l, err := timed(ctx, e, q.ask)
		if err != nil {
			return rows, fmt.Errorf("%s: %w", q.name, err)
		}
		rows = append(rows, l.Row(q.name, 0))
	}
	return rows, nil
}

// fillHours lets every machine have run and counted.
func fillHours(ctx context.Context, node *Node, from time.Time, hours int) error {
	for i := range plantOfQuestions {
		var no [4]plant.TagNo
		for j, name := range append([]string{plant.LinkTag}, signals...) {
			var ok bool
			if no[j], ok = node.Tag(machinePath(i) + "/" + name); !ok {
				return fmt.Errorf("%s has no %s", machinePath(i), name)
			}
		}
		var b plant.Batch
		for d := time.Duration(0); d < time.Duration(hours)*time.Hour; d += plant.LinkRenewal {
			at := plant.MicrosOf(from.Add(d))
			b.Samples = append(b.Samples, plant.Sample{Tag: no[0], Time: at, Value: 1})
			if d%(10*time.Minute) == 0 {
				b.Samples = append(b.Samples, plant.Sample{Tag: no[1], Time: at, Value: float64(int(d/(10*time.Minute)) % 3 % 2)})
			}
			if d%(20*time.Second) == 0 {
				b.Samples = append(b.Samples, plant.Sample{Tag: no[2], Time: at, Value: d.Seconds() / 20}, plant.Sample{Tag: no[3], Time: at, Value: d.Hours() * 3})
			}
		}
		if _, err := node.History.Append(ctx, Tenant, b); err != nil {
			return err
		}
	}
	return nil
}
