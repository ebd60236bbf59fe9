package bench

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"runtime"
	"time"
)

// memory measures what a tag costs in memory that is connected, has a value,
// and whose samples wait for their chunk.
func memory(ctx context.Context, e *Env) ([]Row, error) {
	few, many := pick(e, Shape{10, 100}, Shape{10, 100}, Shape{1, 10}), pick(e, Shape{50, 400}, Shape{25, 200}, Shape{4, 10})
	small, err := live(ctx, e, "few", few)
	if err != nil {
		return nil, err
	}
	large, err := live(ctx, e, "many", many)
	if err != nil {
		return nil, err
	}
	per := (float64(large) - float64(small)) / float64(many.Tags()-few.Tags()) * 1000
	return []Row{
		{
			What: "live memory per 1,000 tags", Value: per, Unit: "B", Shown: digits(per/(1<<20)) + " MiB",
			Note: fmt.Sprintf("Live heap after a collection: %s MiB with %d tags, %s MiB with %d, of which the part that does not depend on tags cancels out.",
				digits(float64(small)/(1<<20)), few.Tags(), digits(float64(large)/(1<<20)), many.Tags()),
		},
	}, nil
}

// live is the heap that a node of this shape needs with one value of each tag.
func live(ctx context.Context, e *Env, name string, s Shape) (uint64, error) {
	source := NewSource(s, time.Second, false)
	node, err := e.Open(ctx, filepath.Join(e.Dir, name), source.Plant(time.Now()))
	if err != nil {
		return 0, err
	}
	defer node.Close()
	if err := source.Connected(ctx); err != nil {
		return 0, err
	}
	pause(ctx, e.span(2*time.Second, 2*time.Second)) // the board has seen every machine
	runtime.GC()
	runtime.GC() // what finalizers and pools held is free after the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	runtime.KeepAlive(node)
	return m.HeapAlloc, ctx.Err()
}

// soakLoad is what a large plant sends all day.
var soakLoad = load{"100 k samples/s", Shape{50, 200}, 100 * time.Millisecond, 0}

// soak runs a node for long and looks whether its memory grows.
func soak(ctx context.Context, e *Env) ([]Row, error) {
	source := NewSource(soakLoad.shape, soakLoad.every, false)
	node, err := e.Open(ctx, filepath.Join(e.Dir, "soak"), source.Plant(time.Now()))
	if err != nil {
		return nil, err
	}
	defer node.Close()
	every := pick(e, 5*time.Second, 500*time.Millisecond, trial/10)
	watching, stop := context.WithCancel(ctx)
	defer stop()
	seen := make(chan []memoryAt, 1)
	go func() { seen <- watchMemory(watching, every) }()
	made, took, _, err := run(ctx, node, source, e.span(20*time.Minute, 20*time.Second))
	stop()
	points := <-seen
	if err != nil {
		return nil, err
	}
	r := rate("offered "+soakLoad.name+": durable", made/took.Seconds(), "samples/s", soakLoad.rate())
	r.Missed = made/took.Seconds() < held*soakLoad.rate()
	r.Shown += " for " + took.Round(time.Second).String()
	return []Row{r, slopeRow(points)}, nil
}

// memoryAt is what the process held at an instant after the start.
type memoryAt struct {
	after time.Duration
	bytes float64
}

func watchMemory(ctx context.Context, every time.Duration) (out []memoryAt) {
	start := time.Now()
	for ctx.Err() == nil {
		pause(ctx, every)
		out = append(out, memoryAt{time.Since(start), float64(resident())})
	}
	return out
}

// slopeRow fits a line through the second half of the run, when caches and
// buffers are full, and compares its slope with what noise alone gives.
func slopeRow(points []memoryAt) Row {
	points = points[len(points)/2:]
	slope, noise, mean := line(points)
	r := Row{
		What: "growth of resident memory in the second half", Value: slope * 3600, Unit: "B/h",
		Shown:  fmt.Sprintf("%s ± %s MiB/h at %s MiB", digits(slope*3600/(1<<20)), digits(2*noise*3600/(1<<20)), digits(mean/(1<<20))),
		Wanted: "none beyond noise",
	}
	r.Missed = len(points) < 3 || slope > 2*noise
	return r
}

// line is the least-squares slope in bytes per second, its standard error and
// the mean. Neighbouring points of a garbage-collected process hang together:
// the error counts only as many of them as are independent.
func line(points []memoryAt) (slope, err, mean float64) {
	n := float64(len(points))
	if n < 3 {
		return 0, 0, 0
	}
	var mt, my float64
	for _, p := range points {
		mt += p.after.Seconds() / n
		my += p.bytes / n
	}
	var stt, sty float64
	for _, p := range points {
		dt := p.after.Seconds() - mt
		stt += dt * dt
		sty += dt * (p.bytes - my)
	}
	if stt == 0 {
		return 0, 0, my
	}
	slope = sty / stt
	var ss, lag, before float64
	for i, p := range points {
		rest := p.bytes - my - slope*(p.after.Seconds()-mt)
		ss += rest * rest
		if i > 0 {
			lag += rest * before
		}
		before = rest
	}
	if ss == 0 {
		return slope, 0, my
	}
	rho := min(max(lag/ss, 0), 0.99)
	effective := max(3, n*(1-rho)/(1+rho))
	return slope, math.Sqrt(ss / (effective - 2) / stt * n / effective), my
}
