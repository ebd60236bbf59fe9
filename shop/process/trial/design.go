package trial

import (
	"math"
	"math/bits"

	"zhigai/calc/experiment"
)

// mostRuns of an experiment: nobody does more on a machine.
const mostRuns = 256

// plan makes the runs of a design in random order within blocks.
func (e *Experiment) plan() error {
	d, err := e.design()
	if err != nil {
		return invalid("%v", err)
	}
	repeat, centres := max(1, e.Design.Repeat), e.Design.Centres
	single := len(d.Runs)
	inside := e.Design.Kind == Composite || e.Design.Kind == BoxBehnken // they place their centres themselves
	if inside {
		centres = 0
	}
	whole, err := d.Repeat(repeat, centres)
	if err != nil {
		return invalid("%v", err)
	}
	if len(whole.Runs) > mostRuns {
		return invalid("%d runs; %d are allowed: take a fraction, or fewer repeats", len(whole.Runs), mostRuns)
	}
	blocks, err := e.blocks(d, single, len(whole.Runs))
	if err != nil {
		return err
	}
	order, err := whole.Order(e.Design.Seed, blocks)
	if err != nil {
		return invalid("%v", err)
	}
	e.Resolution, e.Words = d.Resolution, nil
	for _, w := range d.Words {
		e.Words = append(e.Words, w.String())
	}
	e.Runs = nil
	for i, p := range order {
		r := e.run(RunKind(Designed), whole.Runs[p.Run])
		r.No, r.Design, r.Block = i+1, p.Run+1, p.Block
		for k, v := range r.Planned {
			f := e.Factors[k]
			if v < f.SafeLow || v > f.SafeHigh {
				return invalid("%s would be set to %v, outside of its safe limits %v to %v: take face-centred axial points, or low and high nearer to the middle", label(f.Name), v, f.SafeLow, f.SafeHigh)
			}
		}
		e.Runs = append(e.Runs, r)
	}
	return nil
}

// run is one that is to be done.
func (e *Experiment) run(kind RunKind, coded []float64) Run {
	r := Run{Kind: kind, Coded: coded, Planned: make([]float64, len(coded)), Actual: make([]*float64, len(coded)), Results: make([]*float64, len(e.Responses))}
	for k, c := range coded {
		r.Planned[k] = e.Factors[k].setting(c)
	}
	return r
}

func (e *Experiment) design() (*experiment.Design, error) {
	k, o := len(e.Factors), e.Design
	switch o.Kind {
	case Full:
		return experiment.TwoLevel(k, 0)
	case Fraction:
		return experiment.TwoLevel(k, max(1, o.Fraction))
	case Screening:
		return experiment.PlackettBurman(k)
	case Composite:
		alpha := experiment.Alpha(o.Alpha)
		if alpha == "" {
			alpha = experiment.FaceCentred
		}
		return experiment.CentralComposite(k, o.Centres, alpha)
	case BoxBehnken:
		return experiment.BoxBehnken(k, o.Centres)
	}
	return nil, invalid("a design %q; say full, fraction, screening, composite or box-behnken", o.Kind)
}

// blocks says of each run which block it is of: repeats are blocks of their own, or a
// full design is confounded with products of as many factors as can be. Centre runs
// are dealt out to all.
func (e *Experiment) blocks(d *experiment.Design, single, whole int) ([]int, error) {
	n, repeat := e.Design.Blocks, max(1, e.Design.Repeat)
	if n <= 1 {
		return nil, nil
	}
	out := make([]int, whole)
	deal := func(from int) {
		for i := from; i < whole; i++ {
			out[i] = (i - from) % n
		}
	}
	if n == repeat {
		for i := range single * repeat {
			out[i] = i / single
		}
		deal(single * repeat)
		return out, nil
	}
	if e.Design.Kind != Full || n != 2 && n != 4 && n != 8 {
		return nil, invalid("%d blocks; a full design can be done in 2, 4 or 8, any design in as many as it is repeated", n)
	}
	words := confounded(len(e.Factors), bits.Len(uint(n))-1)
	if words == nil {
		return nil, invalid("%d blocks of %d factors would hide single factors; take fewer blocks", n, len(e.Factors))
	}
	of, err := d.Blocks(words)
	if err != nil {
		return nil, invalid("%v", err)
	}
	for i := range single * repeat {
		out[i] = of[i%single]
	}
	deal(single * repeat)
	return out, nil
}

// confounded are b products of factors whose own products are as long as can be, so
// that blocks hide nothing of interest; nil when single factors would be hidden.
func confounded(k, b int) []experiment.Word {
	var best, chosen []experiment.Word
	longest := 1
	var choose func(from experiment.Word)
	choose = func(from experiment.Word) {
		if len(chosen) == b {
			shortest := math.MaxInt
			for pick := 1; pick < 1<<b; pick++ {
				var w experiment.Word
				for i, c := range chosen {
					if pick>>i&1 == 1 {
						w ^= c
					}
				}
				shortest = min(shortest, w.Len())
			}
			if shortest > longest {
				longest, best = shortest, append([]experiment.Word(nil), chosen...)
			}
			return
		}
		for w := from; w < 1<<k; w++ {
			if w.Len() > 1 {
				chosen = append(chosen, w)
				choose(w + 1)
				chosen = chosen[:len(chosen)-1]
			}
		}
	}
	const mostSearched = 7 // factors: beyond it a search of three words takes seconds
	if k > mostSearched && b > 1 {
		return nil
	}
	choose(1)
	return best
}
