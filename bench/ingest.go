package bench

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"zhigai/history"
	"zhigai/plant"
)

// ingest measures how many samples become durable: by the size of a batch into
// the store alone, by the number of devices through the collector.
func ingest(ctx context.Context, e *Env) ([]Row, error) {
	var rows []Row
	for _, size := range []int{100, 1_000, 10_000, 100_000} {
		row, err := batches(ctx, filepath.Join(e.Dir, fmt.Sprint("batch", size)), size, e.span(6*time.Second, time.Second))
		if err != nil {
			return rows, fmt.Errorf("batches of %d: %w", size, err)
		}
		rows = append(rows, row)
	}
	for _, n := range pick(e, []int{1, 10, 100, 500}, []int{1, 10, 100, 500}, []int{1, 5}) {
		row, err := devices(ctx, e, n, e.span(6*time.Second, time.Second))
		if err != nil {
			return rows, fmt.Errorf("%d devices: %w", n, err)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// batches appends to the store, one batch after the other, each with its own
// fsync, while the chunk writer runs.
func batches(ctx context.Context, dir string, size int, d time.Duration) (Row, error) {
	const tags = 2000
	s, err := history.Open(dir, history.Options{})
	if err != nil {
		return Row{}, err
	}
	defer s.Close()
	batch := make([]plant.Sample, size)
	at := plant.MicrosOf(time.Now().Add(-time.Hour))
	made := 0
	var l Latencies
	cpu, start := Used(), time.Now()
	for time.Since(start) < d && ctx.Err() == nil {
		for i := range batch {
			tag, tick := made%tags, made/tags
			batch[i] = plant.Sample{Tag: plant.TagNo(tag + 1), Time: at + plant.Micros(tick)*100_000, Value: value(tag, tick)}
			made++
		}
		begun := time.Now()
		if _, err := s.Append(ctx, Tenant, plant.Batch{Samples: batch}); err != nil {
			return Row{}, err
		}
		l.Add(time.Since(begun))
	}
	took, spent := time.Since(start), Used()-cpu
	if err := ctx.Err(); err != nil {
		return Row{}, err
	}
	if err := counted(ctx, s, made); err != nil {
		return Row{}, err
	}
	r := rate(fmt.Sprintf("store alone, %d samples per fsync", size), float64(made)/took.Seconds(), "samples/s", 0)
	r.Shown += fmt.Sprintf(" (%s per CPU second), append p99 %s ms", amount(float64(made)/spent.Seconds()), digits(millis(l.Quantile(0.99))))
	return r, nil
}

// counted reads everything back and compares the number.
func counted(ctx context.Context, s *history.Store, want int) error {
	got, err := Count(ctx, s)
	if err == nil && got != want {
		err = fmt.Errorf("%d samples were acknowledged, %d are read back", want, got)
	}
	return err
}

// Count reads every sample of a store.
func Count(ctx context.Context, s *history.Store) (n int, err error) {
	tags, err := s.Tags(ctx, Tenant)
	if err != nil {
		return 0, err
	}
	for _, tag := range tags {
		if err := s.Samples(ctx, Tenant, tag, 0, ever, func(plant.Sample) bool { n++; return true }); err != nil {
			return n, err
		}
	}
	return n, nil
}

// ever is later than anything that is stored.
const ever = plant.Micros(1 << 62)

// signalsOfDevice is what a machine with a good controller gives.
const signalsOfDevice = 40

// devices lets devices speak as fast as they are acknowledged.
func devices(ctx context.Context, e *Env, n int, d time.Duration) (Row, error) {
	source := NewSource(Shape{n, signalsOfDevice}, 0, false)
	node, err := e.Open(ctx, filepath.Join(e.Dir, fmt.Sprint("devices", n)), source.Plant(time.Now()))
	if err != nil {
		return Row{}, err
	}
	defer node.Close()
	made, took, spent, err := run(ctx, node, source, d)
	if err != nil {
		return Row{}, err
	}
	lags := source.Lags()
	r := rate(fmt.Sprintf("whole node, %d devices of %d signals, each waiting for its acknowledgement", n, signalsOfDevice), made/took.Seconds(), "samples/s", 0)
	r.Shown += fmt.Sprintf(" (%s per CPU second), acknowledged p99 %s ms", amount(made/spent.Seconds()), digits(millis(lags.Quantile(0.99))))
	return r, nil
}

// run lets the devices speak for as long as d and counts what the store took
// meanwhile.
func run(ctx context.Context, node *Node, source *Source, d time.Duration) (made float64, took, spent time.Duration, err error) {
	if err := source.Connected(ctx); err != nil {
		return 0, 0, 0, err
	}
	before, cpu, start := node.History.Stats().Samples, Used(), time.Now()
	source.Begin()
	pause(ctx, d)
	source.End()
	made, took, spent = float64(node.History.Stats().Samples-before), time.Since(start), Used()-cpu
	return made, took, spent, ctx.Err()
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
