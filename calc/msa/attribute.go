package msa

import (
	"cmp"
	"math"
	"slices"
)

// Rating is what one operator said of a part in one trial. Known is what the part is
// known to be; "" when nobody knows.
type Rating struct {
	Part, Operator, Said, Known string
}

// Kappa is agreement beyond chance: 1 is full, 0 what chance gives (Cohen,
// Educational and Psychological Measurement 20 (1960), 37–46; Fleiss, Psychological
// Bulletin 76 (1971), 378–382).
type Kappa struct {
	Observed float64  // share that agrees
	Expected float64  // share that chance gives
	Value    *float64 // nil when all said the same, and chance agrees fully
}

// Appraiser is how one operator judges.
type Appraiser struct {
	Operator string
	Parts    int
	Same     int // parts of which it said the same in all trials
	Right    int // and what is known
	// Against is its agreement with what is known, over all trials; nil when nothing is.
	Against *Kappa
	// Shares of single ratings with two categories, the first named good: what is bad
	// and was called good (miss), what is good and was called bad (false alarm).
	Miss, FalseAlarm *float64
}

// Agreement is a study of attributes.
type Agreement struct {
	Parts      int
	Categories []string
	Appraisers []Appraiser
	// All is how many parts everybody said the same of, in all trials, and AllRight what
	// is known, too.
	All, AllRight int
	// Between are pairs of operators, by trial (Cohen), and Fleiss' over all.
	Between map[[2]string]Kappa
	Fleiss  Kappa
}

// Agree judges a study of attributes (AIAG, 4th edition, chapter III C). Each
// operator rates each part as often. Good is the category of conforming parts; with
// "" misses and false alarms are not told apart.
func Agree(all []Rating, good string) (*Agreement, error) {
	t, err := tabulate(all)
	if err != nil {
		return nil, err
	}
	a := &Agreement{Parts: len(t.parts), Categories: t.categories, Between: map[[2]string]Kappa{}}
	for k, name := range t.operators {
		a.Appraisers = append(a.Appraisers, t.appraiser(k, name, good))
	}
	for i, row := range t.said {
		first := row[0][0]
		same := true
		for _, trials := range row {
			same = same && all2(trials, first)
		}
		if same {
			a.All++
			if t.known[i] == first {
				a.AllRight++
			}
		}
	}
	for x := range t.operators {
		for y := x + 1; y < len(t.operators); y++ {
			var left, right []string
			for _, row := range t.said {
				left, right = append(left, row[x]...), append(right, row[y]...)
			}
			a.Between[[2]string{t.operators[x], t.operators[y]}] = cohen(left, right, t.categories)
		}
	}
	a.Fleiss = t.fleiss()
	return a, nil
}

func all2(said []string, what string) bool {
	return !slices.ContainsFunc(said, func(s string) bool { return s != what })
}

type ratings struct {
	parts, operators, categories []string
	said                         [][][]string // by part, by operator, by trial
	known                        []string
}

func tabulate(all []Rating) (*ratings, error) {
	t := &ratings{}
	part, operator := map[string]int{}, map[string]int{}
	for _, r := range all {
		if _, ok := part[r.Part]; !ok {
			part[r.Part] = len(t.parts)
			t.parts, t.known = append(t.parts, r.Part), append(t.known, r.Known)
		}
		if _, ok := operator[r.Operator]; !ok {
			operator[r.Operator] = len(t.operators)
			t.operators = append(t.operators, r.Operator)
		}
		if was := t.known[part[r.Part]]; was != r.Known {
			return nil, invalid("part %s is known as %q and as %q", r.Part, was, r.Known)
		}
		for _, c := range []string{r.Said, r.Known} {
			if c != "" && !slices.Contains(t.categories, c) {
				t.categories = append(t.categories, c)
			}
		}
		if r.Said == "" {
			return nil, invalid("nothing was said of part %s by %s", r.Part, r.Operator)
		}
	}
	slices.SortFunc(t.categories, cmp.Compare[string])
	if len(t.parts) < 2 || len(t.operators) < 2 {
		return nil, invalid("%d parts and %d operators; a study has two of each at least, usually fifty and three", len(t.parts), len(t.operators))
	}
	t.said = make([][][]string, len(t.parts))
	for i := range t.said {
		t.said[i] = make([][]string, len(t.operators))
	}
	for _, r := range all {
		i, k := part[r.Part], operator[r.Operator]
		t.said[i][k] = append(t.said[i][k], r.Said)
	}
	for i, row := range t.said {
		for k, trials := range row {
			if len(trials) == 0 || len(trials) != len(t.said[0][0]) {
				return nil, invalid("part %s was rated %d times by %s, part %s %d times by %s; each operator rates each part as often", t.parts[i], len(trials), t.operators[k], t.parts[0], len(t.said[0][0]), t.operators[0])
			}
		}
	}
	return t, nil
}

func (t *ratings) appraiser(k int, name, good string) Appraiser {
	a := Appraiser{Operator: name, Parts: len(t.parts)}
	var said, known []string
	goods, bads, missed, alarms := 0, 0, 0, 0
	for i, row := range t.said {
		trials := row[k]
		if all2(trials, trials[0]) {
			a.Same++
			if t.known[i] == trials[0] {
				a.Right++
			}
		}
		if t.known[i] == "" {
			continue
		}
		for _, s := range trials {
			said, known = append(said, s), append(known, t.known[i])
			switch {
			case t.known[i] == good:
				goods++
				if s != good {
					alarms++
				}
			default:
				bads++
				if s == good {
					missed++
				}
			}
		}
	}
	if len(said) > 0 {
		c := cohen(said, known, t.categories)
		a.Against = &c
	}
	if good != "" {
		a.Miss, a.FalseAlarm = share(missed, bads), share(alarms, goods)
	}
	return a
}

func share(n, of int) *float64 {
	if of == 0 {
		return nil
	}
	v := float64(n) / float64(of)
	return &v
}

// cohen is the agreement of two rows of ratings.
func cohen(left, right, categories []string) Kappa {
	n := float64(len(left))
	k := Kappa{}
	for i := range left {
		if left[i] == right[i] {
			k.Observed += 1 / n
		}
	}
	for _, c := range categories {
		k.Expected += count(left, c) / n * count(right, c) / n
	}
	return k.done()
}

func count(said []string, c string) (n float64) {
	for _, s := range said {
		if s == c {
			n++
		}
	}
	return n
}

// fleiss is the agreement of all ratings of each part.
func (t *ratings) fleiss() Kappa {
	k := Kappa{}
	shares := make([]float64, len(t.categories))
	for _, row := range t.said {
		all := slices.Concat(row...)
		n := float64(len(all))
		for j, c := range t.categories {
			m := count(all, c)
			k.Observed += m * (m - 1) / (n * (n - 1)) / float64(len(t.parts))
			shares[j] += m / n / float64(len(t.parts))
		}
	}
	for _, p := range shares {
		k.Expected += p * p
	}
	return k.done()
}

func (k Kappa) done() Kappa {
	if 1-k.Expected > 1e-12 {
		v := (k.Observed - k.Expected) / (1 - k.Expected)
		k.Value = &v
	}
	k.Observed = math.Min(1, k.Observed)
	return k
}
