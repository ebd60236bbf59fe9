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
	var rows []Row
	var medians []time.Duration
	for _, mb := range pick(e, []int64{100, 1000}, []int64{25, 250}, []int64{1, 2}) {
		fmt.Fprintf(e.Log, "  %d MB of history …\n", mb)
		g := Grown{Dir: filepath.Join(e.Dir, fmt.Sprintf("%d", mb)), Shape: Shape{Machines: 50, Signals: 20}, Bytes: mb * 1e6}
		p, _, err := s.start(e.Dir, g)
		if err != nil {
			return nil, err
		}
		g.Bytes = 0
		var starts Latencies
		for range pick(e, 7, 5, 2) {
			if ctx.Err() != nil {
				p.kill()
				return nil, ctx.Err()
			}
			p.kill() // -9, while its devices speak
			var took time.Duration
			if p, took, err = s.start(e.Dir, g); err != nil {
				return nil, err
			}
			starts.Add(took)
		}
		begun := time.Now()
		if _, err := p.end(); err != nil {
			return nil, err
		}
		stop := time.Since(begun)
		medians = append(medians, starts.Quantile(0.5))
		rows = append(rows,
			within(fmt.Sprintf("from the start of the process to the first durable samples, %d MB of history, median", mb), starts.Quantile(0.5), startLimit),
			within(fmt.Sprintf("the same, longest of %d", starts.Len()), starts.Quantile(1), startLimit),
			within(fmt.Sprintf("from SIGTERM to the end, %d MB of history", mb), stop, startLimit))
	}
	return append(rows, within("added by ten times the history", max(0, medians[1]-medians[0]), growthLimit)), nil
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
