package bench

import (
	"context"
	"fmt"
	"path/filepath"
	"time"
)

// Starts measures how long a node takes to start after it was killed, and to
// stop when it is told to.
type Starts struct {
	// Self is the command line of a node as a process of its own; it ends with
	// the arguments of [Grown].
	Self []string
}

// Parts are the measurements of starts.
func (s Starts) Parts() []Part {
	return []Part{{Name: "start", Title: "Start after kill -9, and stop", Run: s.run, Asked: true}}
}

const (
	startLimit = 5 * time.Second
	// growthLimit is what ten times the history may add: noise of the machine.
	growthLimit = time.Second
)

func (s Starts) run(ctx context.Context, e *Env) ([]Row, error) {
	small, large := pick(e, int64(100e6), 25e6, 1e6), pick(e, int64(1000e6), 250e6, 2e6)
	var rows []Row
	var medians []time.Duration
	for i, g := range []Grown{{Bytes: small}, {Bytes: large}, {Bytes: large, Kept: true}} {
		what := fmt.Sprintf("%d MB of history", g.Bytes/1e6)
		if g.Kept {
			what += ", with the log that a parent lacks"
		}
		fmt.Fprintf(e.Log, "  %s …\n", what)
		g.Dir, g.Shape = filepath.Join(e.Dir, fmt.Sprint(i)), Shape{Machines: 50, Signals: 20}
		starts, stop, err := s.killed(ctx, e, g)
		if err != nil {
			return nil, err
		}
		medians = append(medians, starts.Quantile(0.5))
		rows = append(rows,
			within(what+": from the start of the process to the first durable samples, median", starts.Quantile(0.5), startLimit),
			within(fmt.Sprintf("the same, longest of %d", starts.Len()), starts.Quantile(1), startLimit),
			within("from SIGTERM to the end", stop, startLimit))
	}
	return append(rows, within("added to the start by ten times the history", max(0, medians[1]-medians[0]), growthLimit)), nil
}

// killed fills a node, kills it again and again, and stops it at last.
func (s Starts) killed(ctx context.Context, e *Env, g Grown) (starts Latencies, stop time.Duration, err error) {
	p, _, err := s.start(e.Dir, g)
	if err != nil {
		return starts, 0, err
	}
	g.Bytes = 0
	for range pick(e, 7, 5, 2) {
		p.kill() // -9, while its devices speak
		if ctx.Err() != nil {
			return starts, 0, ctx.Err()
		}
		var took time.Duration
		if p, took, err = s.start(e.Dir, g); err != nil {
			return starts, 0, err
		}
		starts.Add(took)
	}
	begun := time.Now()
	_, err = p.end()
	return starts, time.Since(begun), err
}

// start runs the node and waits until it is ready.
func (s Starts) start(dir string, g Grown) (*process, time.Duration, error) {
	args, err := g.Arguments()
	if err != nil {
		return nil, 0, err
	}
	begun := time.Now()
	p, err := start(dir, command{name: "grown", args: append(append([]string{}, s.Self...), args...), reads: true})
	if err != nil {
		return nil, 0, err
	}
	if _, err := p.line("ready"); err != nil {
		p.kill()
		return nil, 0, err
	}
	return p, time.Since(begun), nil
}

// within is a row of a duration that must not be above the limit.
func within(what string, d, limit time.Duration) Row {
	return Row{
		What: what, Value: float64(d.Microseconds()) / 1e3, Unit: "ms", Shown: d.Round(time.Millisecond).String(),
		Wanted: "≤ " + limit.String(), Missed: d > limit,
	}
}
