// Package sampling finds how many units of a lot are inspected and how many of
// them may be nonconforming: single sampling plans by attributes, indexed by
// acceptance quality limit (GB/T 2828.1, ISO 2859-1, ANSI/ASQ Z1.4), and by which
// lots inspection becomes tightened or reduced.
//
// It knows no item, no store and no clock. Start with [For] and [Switch].
package sampling

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrInvalid is a question to which the tables have no answer; the text says what
// they do have.
var ErrInvalid = errors.New("sampling: not possible")

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}

// Severity is how hard lots are looked at.
type Severity string

// Severities.
const (
	Normal    Severity = "normal"
	Tightened Severity = "tightened"
	Reduced   Severity = "reduced"
)

// Severities that there are.
var Severities = []Severity{Normal, Tightened, Reduced}

// Levels of inspection, from the one that tells good from bad least.
var Levels = []string{"S-1", "S-2", "S-3", "S-4", "I", "II", "III"}

// AQLs are the preferred acceptance quality limits: nonconforming units per 100,
// above 10 only nonconformities per 100 units (table 2 of each standard).
var AQLs = []float64{0.010, 0.015, 0.025, 0.040, 0.065, 0.10, 0.15, 0.25, 0.40, 0.65, 1.0, 1.5, 2.5, 4.0, 6.5, 10, 15, 25, 40, 65, 100, 150, 250, 400, 650, 1000}

// Plan is a single sampling plan. A lot is accepted with Ac nonconforming units in
// the sample or fewer and rejected with Re or more. Between the two, which only
// reduced inspection knows, it is accepted and the next one is inspected normally.
type Plan struct {
	Code string // letter of the lot's size and the level (table 1)
	// Of is the letter of the plan that is used, which differs where the table sends
	// to another one.
	Of     string
	N      int // size of the sample, as the table has it
	Ac, Re int
	// Inspect is how many units are looked at: the whole lot when it is not larger
	// than the sample.
	Inspect int64
}

// letters of sample sizes; there is no I and no O. S is of tightened inspection
// alone.
const letters = "ABCDEFGHJKLMNPQRS"

// sizes of samples by letter, and of reduced inspection.
var (
	sizes        = []int{2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800, 1250, 2000, 3150}
	reducedSizes = []int{2, 2, 2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800}
)

// codes are the letters by size of lot and level (table 1).
var codes = []struct {
	upTo    int64
	letters string
}{
	{8, "AAAAAAB"},
	{15, "AAAAABC"},
	{25, "AABBBCD"},
	{50, "ABBCCDE"},
	{90, "BBCCCEF"},
	{150, "BBCDDFG"},
	{280, "BCDEEGH"},
	{500, "BCDEFHJ"},
	{1_200, "CCEFGJK"},
	{3_200, "CDEGHKL"},
	{10_000, "CDFGJLM"},
	{35_000, "CDFHKMN"},
	{150_000, "DEGJLNP"},
	{500_000, "DEGJMPQ"},
}

const codesBeyond = "DEHKNQR"

// For is the plan of a lot of so many units at a level and a limit.
func For(lot int64, level string, aql float64, how Severity) (Plan, error) {
	if lot < 2 {
		return Plan{}, invalid("a lot of %d; the tables begin with two units: inspect it", lot)
	}
	l := slices.Index(Levels, level)
	if l < 0 {
		return Plan{}, invalid("level %q; write one of %s", level, strings.Join(Levels, ", "))
	}
	j := slices.Index(AQLs, aql)
	if j < 0 {
		return Plan{}, invalid("AQL %v; the tables have %s", aql, strings.Trim(fmt.Sprint(AQLs), "[]"))
	}
	row := codesBeyond
	for _, c := range codes {
		if lot <= c.upTo {
			row = c.letters
			break
		}
	}
	i := strings.IndexByte(letters, row[l])
	p, err := at(i, j, how)
	if err != nil {
		return Plan{}, err
	}
	p.Code, p.Inspect = letters[i:i+1], min(lot, int64(p.N))
	return p, nil
}

// at is the plan of a letter and a limit, both by their place. The tables are made
// of diagonals: from one letter to the next a plan moves by one limit.
func at(i, j int, how Severity) (Plan, error) {
	var of, ac, re int
	n := sizes
	switch how {
	case Normal:
		of, ac = normal(i, j)
		re = ac + 1
	case Tightened:
		of, ac = tightened(i, j)
		re = ac + 1
	case Reduced:
		of, ac, re = reduced(i, j)
		n = reducedSizes
	default:
		return Plan{}, invalid("inspection %q; write one of %v", how, Severities)
	}
	return Plan{Of: letters[of : of+1], N: n[of], Ac: ac, Re: re}, nil
}

// Acceptance numbers along a diagonal; the first three are the plan that accepts
// none, and the two arrows after it.
var (
	normalNumbers    = []int{0, 0, 1, 1, 2, 3, 5, 7, 10, 14, 21, 30, 44}
	tightenedNumbers = []int{0, 1, 1, 1, 2, 3, 5, 8, 12, 18, 27, 41}
	reducedNumbers   = [][2]int{{0, 1}, {0, 1}, {0, 2}, {0, 2}, {1, 3}, {1, 4}, {2, 5}, {3, 6}, {5, 8}, {7, 10}, {10, 13}, {14, 17}, {21, 24}}
	// reducedB are those of letter B, whose samples are as small as A's.
	reducedB = map[int][2]int{5: {2, 4}, 6: {3, 5}, 7: {5, 6}, 8: {7, 8}, 9: {10, 11}, 10: {14, 15}, 11: {21, 22}, 12: {30, 31}}
)

// within steps letters back until the acceptance number is one that the column has:
// the last is at the given place, one more at AQL 150 and two beyond.
func within(i, s, j, last int) (int, int) {
	switch {
	case j > 21:
		last += 2
	case j == 21:
		last++
	}
	if s > last {
		i, s = i-(s-last), last
	}
	return i, s
}

// normal is table 2-A.
func normal(i, j int) (of, ac int) {
	s := i + j - 14
	switch {
	case s < 0:
		return 14 - j, 0
	case s == 0:
		return i, 0
	case s == 1 && i == 0:
		return 2, 1
	case s == 1:
		return i - 1, 0
	case s == 2 && i == 15:
		return 13, 0
	case s == 2:
		return i + 1, 1
	}
	i, s = within(i, s, j, 10)
	return i, normalNumbers[s]
}

// tightened is table 2-B.
func tightened(i, j int) (of, ac int) {
	s := i + j - 15
	switch {
	case s < 0:
		return 15 - j, 0
	case i == 0 && s == 0:
		return 3, 1
	case s == 0:
		return i, 0
	case s == 1 && i == 15:
		return 14, 0
	case s == 1:
		return i + 2, 1
	case s == 2:
		return i + 1, 1
	}
	i, s = within(i, s, j, 9)
	return i, tightenedNumbers[s]
}

// reduced is table II-C of ANSI/ASQ Z1.4.
func reduced(i, j int) (of, ac, re int) {
	s := i + j - 14
	switch {
	case s < 0:
		return 14 - j, 0, 1
	case s == 0:
		return i, 0, 1
	case s == 1 && i == 0:
		return 2, 0, 2
	case s == 1:
		return i - 1, 0, 1
	case s == 2 && i == 15:
		return 13, 0, 1
	case s == 2:
		return i + 1, 0, 2
	}
	if i, s = within(i, s, j, 10); s > 12 {
		i, s = i-(s-12), 12
	}
	if i == 0 && s > 2 { // as normal inspection, of the same two units
		ac := normalNumbers[s]
		return i, ac, ac + 1
	}
	if of, ok := reducedB[s]; ok && i == 1 {
		return i, of[0], of[1]
	}
	return i, reducedNumbers[s][0], reducedNumbers[s][1]
}
