// Package experiment plans experiments and reads their results: which settings to
// try in which order, what each factor does, and where the best settings lie. It
// is pure: runs are done by people and machines.
//
// Factors are coded: -1 is the low setting, +1 the high one, 0 the middle.
// Start with [TwoLevel], [CentralComposite] and [Fit].
package experiment

import (
	"errors"
	"fmt"
	"math/rand/v2"
)

// ErrInvalid is wrapped by every refusal; its text says what is wrong and what
// would do.
var ErrInvalid = errors.New("this experiment cannot be made")

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}

// Design is what to try: a row for each run, a coded setting for each factor.
type Design struct {
	Runs [][]float64
	// Words are the products of factors that are the same in all runs, by which
	// effects cannot be told apart (Box & Hunter 1961); none of a full design.
	Words []Word
	// Resolution is the length of the shortest word; 0 of a full design and of
	// those that have none.
	Resolution int
}

// Factors is how many there are.
func (d *Design) Factors() int {
	if len(d.Runs) == 0 {
		return 0
	}
	return len(d.Runs[0])
}

// Point is one run as it is to be done.
type Point struct {
	Run   int // of the design, from 0
	Block int // from 0
}

// Order shuffles runs within their blocks, the same for the same seed: what
// changes with time is not taken for the work of a factor. blocks says of each run
// which it is of; nil takes all for one.
func (d *Design) Order(seed uint64, blocks []int) ([]Point, error) {
	if blocks == nil {
		blocks = make([]int, len(d.Runs))
	}
	if len(blocks) != len(d.Runs) {
		return nil, invalid("%d blocks for %d runs; say of each run which it is of", len(blocks), len(d.Runs))
	}
	most := 0
	for _, b := range blocks {
		if b < 0 {
			return nil, invalid("block %d; blocks are counted from 0", b)
		}
		most = max(most, b)
	}
	r := rand.New(rand.NewPCG(seed, 0))
	var out []Point
	for b := range most + 1 {
		from := len(out)
		for i, of := range blocks {
			if of == b {
				out = append(out, Point{Run: i, Block: b})
			}
		}
		of := out[from:]
		r.Shuffle(len(of), func(i, j int) { of[i], of[j] = of[j], of[i] })
	}
	return out, nil
}

// Repeat has each run n times, and centres so many runs at the middle of all
// factors besides: these tell pure error from lack of fit, and bending from none.
func (d *Design) Repeat(n, centres int) (*Design, error) {
	if n < 1 || centres < 0 {
		return nil, invalid("%d replicates and %d centre points; take 1 or more and 0 or more", n, centres)
	}
	out := &Design{Words: d.Words, Resolution: d.Resolution}
	for range n {
		out.Runs = append(out.Runs, d.Runs...)
	}
	for range centres {
		out.Runs = append(out.Runs, make([]float64, d.Factors()))
	}
	return out, nil
}

// mostRuns keeps a design that nobody could carry out from being made.
const mostRuns = 4096

// Full tries every combination of so many levels of each factor, evenly spaced
// from -1 to 1, the first factor changing fastest.
func Full(levels []int) (*Design, error) {
	if len(levels) == 0 {
		return nil, invalid("there is no factor")
	}
	runs := 1
	for i, n := range levels {
		if n < 2 {
			return nil, invalid("factor %d has %d levels; take 2 or more", i+1, n)
		}
		if runs *= n; runs > mostRuns {
			return nil, invalid("more than %d runs; take a fraction, or fewer levels", mostRuns)
		}
	}
	d := &Design{Runs: make([][]float64, runs)}
	for i := range d.Runs {
		row, rest := make([]float64, len(levels)), i
		for k, n := range levels {
			row[k] = 2*float64(rest%n)/float64(n-1) - 1
			rest /= n
		}
		d.Runs[i] = row
	}
	return d, nil
}
