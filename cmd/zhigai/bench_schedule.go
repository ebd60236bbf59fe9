package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"zhigai/bench"
	"zhigai/calc/schedule"
	"zhigai/calc/schedule/check"
	"zhigai/calc/schedule/file"
)

// scheduleBench measures how near the search comes to the best schedules that
// are known of published instances.
type scheduleBench struct {
	root string // of the reference data; "" has none
	kept string // file of the searches of the whole run; "" keeps none
}

const (
	// benchParallel instances are searched at once, a core each.
	benchParallel = 2
	// largestBench is 30 jobs on 20 machines: beyond it 10 seconds are not what
	// anybody compares.
	largestBench = 600
	benchSeeds   = 3 // of the whole run
	// sampleShop and sampleFlexible: every so-manieth instance is in the sample,
	// and all of Brandimarte, so that it takes three minutes.
	sampleShop     = 5
	sampleFlexible = 16
)

func (b scheduleBench) parts() []bench.Part {
	return []bench.Part{
		{Name: "schedule", Title: "Schedules of published job shops: a sample, one seed", Run: func(ctx context.Context, e *bench.Env) ([]bench.Row, error) {
			return scheduleBench{root: b.root}.run(ctx, e, 1, func(i int, of *published) bool {
				return of.kind == "job shop" && i%sampleShop == 0 || of.kind != "job shop" && (of.Family == brandimarte || i%sampleFlexible == 0)
			})
		}},
		{Name: "schedule-all", Title: fmt.Sprintf("Schedules of published job shops: all, %d seeds", benchSeeds), Asked: true, Run: func(ctx context.Context, e *bench.Env) ([]bench.Row, error) {
			return b.run(ctx, e, benchSeeds, func(int, *published) bool { return true })
		}},
	}
}

const brandimarte = "brandimarte"

// published is an instance with what is known of it.
type published struct {
	Name, File, Family string
	Operations         int
	Jobs, Machines     int
	Lower              int64 `json:"lower_bound"`
	Upper              int64 `json:"upper_bound"`
	// Disagree: sources contradict each other, so that nothing can be held
	// against them.
	Disagree bool `json:"sources_disagree"`
	CPSAT    *struct {
		Upper int64 `json:"ub"`
	} `json:"cpsat_10min"`
	kind, dir string
}

// instances are those of one kind that can be measured by.
func (b scheduleBench) instances(kind, dir string) ([]published, error) {
	raw, err := os.ReadFile(filepath.Join(b.root, dir, "reference.json"))
	if err != nil {
		return nil, err
	}
	var all []published
	if err := json.Unmarshal(raw, &all); err != nil {
		return nil, fmt.Errorf("%s/reference.json: %w", dir, err)
	}
	for i := range all {
		p := &all[i]
		p.kind, p.dir = kind, dir
		if p.File == "" {
			p.File, p.Operations = "instances/"+p.Name+".txt", p.Jobs*p.Machines
			p.Family = strings.TrimRight(p.Name, "0123456789")
		}
	}
	return slices.DeleteFunc(all, func(p published) bool { return p.Disagree || p.Operations > largestBench }), nil
}

func (p *published) read(root string) (*schedule.Problem, error) {
	text, err := os.ReadFile(filepath.Join(root, p.dir, filepath.FromSlash(p.File)))
	if err != nil {
		return nil, err
	}
	if p.kind == "job shop" {
		return file.JobShop(text)
	}
	return file.FlexibleJobShop(text)
}

// searched is what one search of an instance has come to.
type searched struct {
	of   *published
	seed uint64
	gap  float64 // to the best known, in percent
}

func (b scheduleBench) run(ctx context.Context, e *bench.Env, seeds uint64, in func(i int, of *published) bool) ([]bench.Row, error) {
	if b.root == "" {
		return []bench.Row{{What: "not measured", Shown: "skipped", Note: "ZHIGAI_REFDATA does not say where the published instances are"}}, nil
	}
	span := 10 * time.Second
	switch e.Length {
	case bench.Quick:
		span = time.Second
	case bench.Trial:
		span = 20 * time.Millisecond
	}
	var work []searched
	for _, k := range [][2]string{{"job shop", "jobshop"}, {"flexible job shop", "flexible-jobshop"}} {
		found, err := b.instances(k[0], k[1])
		if err != nil {
			return nil, err
		}
		for i := range found {
			for seed := range seeds {
				if in(i, &found[i]) {
					work = append(work, searched{of: &found[i], seed: seed + 1})
				}
			}
		}
	}
	kept, err := openSearches(b.kept, version, span)
	if err != nil {
		return nil, err
	}
	if err := b.search(ctx, e, kept, work); err != nil {
		return nil, err
	}
	return scheduleRows(work, span), nil
}

// search does the work, several at a time, and fails when a schedule is not
// valid or better than can be.
func (b scheduleBench) search(ctx context.Context, e *bench.Env, kept *searches, work []searched) error {
	var wait sync.WaitGroup
	var mu sync.Mutex
	var failed error
	next := make(chan *searched)
	for range benchParallel {
		wait.Go(func() {
			for w := range next {
				r, err := b.one(ctx, kept.span, w)
				if err == nil && ctx.Err() == nil {
					err = kept.keep(w, r.Makespan, r.Steps)
				}
				mu.Lock()
				if err != nil {
					failed = errors.Join(failed, fmt.Errorf("%s: %w", w.of.Name, err))
				} else {
					fmt.Fprintf(e.Log, "  %s, seed %d: %d, best known %d, %.2f M steps\n", w.of.Name, w.seed, r.Makespan, w.of.Upper, float64(r.Steps)/1e6)
				}
				mu.Unlock()
			}
		})
	}
	for i := range work {
		if ctx.Err() != nil {
			break
		}
		if makespan, ok := kept.of(&work[i]); ok {
			work[i].reached(makespan)
			continue
		}
		next <- &work[i]
	}
	close(next)
	wait.Wait()
	return errors.Join(failed, ctx.Err())
}

func (b scheduleBench) one(ctx context.Context, span time.Duration, w *searched) (schedule.Result, error) {
	p, err := w.of.read(b.root)
	if err != nil {
		return schedule.Result{}, err
	}
	var used func() time.Duration // asked by the one thread that searches
	r, err := schedule.Makespan(p, schedule.Options{Seed: w.seed, Stop: func() bool {
		if used == nil {
			used = bench.OnCore()
		}
		return ctx.Err() != nil || used() >= span
	}})
	if err != nil {
		return r, err
	}
	if found := check.Schedule(p, r.Schedule); len(found) > 0 {
		return r, fmt.Errorf("BUG: the schedule is not valid: %s", found[0].Text)
	}
	if r.Makespan < w.of.Lower || r.LowerBound > w.of.Upper {
		return r, fmt.Errorf("BUG: makespan %d with bound %d; from %d to %d is proved", r.Makespan, r.LowerBound, w.of.Lower, w.of.Upper)
	}
	w.reached(r.Makespan)
	return r, nil
}

func (w *searched) reached(makespan int64) {
	w.gap = 100 * float64(makespan-w.of.Upper) / float64(w.of.Upper)
}

// gaps sums up searches.
type gaps struct {
	n, atBest           int
	sum, worst          float64
	worstName           string
	compared, cpsatGaps float64
}

func (g *gaps) add(w *searched) {
	g.n++
	g.sum += w.gap
	if w.gap <= 0 {
		g.atBest++
	}
	if w.gap > g.worst || g.worstName == "" {
		g.worst, g.worstName = w.gap, w.of.Name
	}
	if c := w.of.CPSAT; c != nil {
		g.compared++
		g.cpsatGaps += 100 * float64(c.Upper-w.of.Upper) / float64(w.of.Upper)
	}
}

func (g *gaps) mean() float64 { return g.sum / float64(g.n) }

func (g *gaps) row(what string) bench.Row {
	shown := fmt.Sprintf("mean %.2f %%, worst %.2f %% (%s), %d of %d at the best known", g.mean(), g.worst, g.worstName, g.atBest, g.n)
	if g.compared > 0 {
		shown += fmt.Sprintf("; CP-SAT in 10 min: mean %.2f %%", g.cpsatGaps/g.compared)
	}
	return bench.Row{What: what, Value: g.mean(), Unit: "%", Shown: shown}
}

// notAbove is a row of percent with its limit.
func notAbove(what string, value, limit float64) bench.Row {
	return bench.Row{What: what, Value: value, Unit: "%", Shown: fmt.Sprintf("%.2f %%", value), Wanted: fmt.Sprintf("≤ %.1f %%", limit), Missed: value > limit}
}

// scheduleRows are a row for each family and those with the limits.
func scheduleRows(work []searched, span time.Duration) (rows []bench.Row) {
	families, kinds := map[string]*gaps{}, map[string]*gaps{}
	var order []string
	for i := range work {
		w := &work[i]
		family := w.of.kind + " " + w.of.Family
		if families[family] == nil {
			families[family] = &gaps{}
			order = append(order, family)
		}
		if kinds[w.of.kind] == nil {
			kinds[w.of.kind] = &gaps{}
		}
		families[family].add(w)
		kinds[w.of.kind].add(w)
	}
	slices.Sort(order)
	for _, f := range order {
		rows = append(rows, families[f].row(fmt.Sprintf("%s, gap to the best known after %s on a core", f, span)))
	}
	if g := kinds["job shop"]; g != nil {
		rows = append(rows, notAbove("job shop: mean gap", g.mean(), 0.5), notAbove("job shop: worst gap, "+g.worstName, g.worst, 2.5))
	}
	if g := kinds["flexible job shop"]; g != nil {
		rows = append(rows, notAbove("flexible job shop: mean gap", g.mean(), 0.6))
	}
	if g := families["flexible job shop "+brandimarte]; g != nil {
		share := bench.Row{What: "Brandimarte: at the best known", Value: float64(g.atBest), Shown: fmt.Sprintf("%d of %d", g.atBest, g.n), Wanted: "≥ 9 of 10", Missed: 10*g.atBest < 9*g.n}
		rows = append(rows, share, notAbove("Brandimarte: mean gap", g.mean(), 0.3))
	}
	return rows
}
