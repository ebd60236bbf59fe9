package sheet

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"zhigai/connect/files/frame"
)

// term is a variable of a model: a number of each row, and how rows of a longer
// period are put together.
type term struct {
	name string
	// of a row; false where it has no value.
	of func(row int) (float64, bool, error)
	// mean takes the mean of rows instead of their sum.
	mean bool
	// hours counts hours in which it is 1.
	hours bool
	// amount is what adds up: something that energy can be told per unit of.
	amount bool
}

// terms reads what explains the energy: COL, COL=LEVEL (1 where the column says so;
// hours of a period), COL/60 (divided), mean:COL, and weekend, hour, days where no
// column has that name. A column of words becomes a term of each but the first.
func (f *Frame) terms(asked []string, in *intervals, n *notes) (out []term, err error) {
	for _, x := range asked {
		more, err := f.term(strings.TrimSpace(x), in, n)
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	return out, nil
}

func (f *Frame) term(x string, in *intervals, n *notes) ([]term, error) {
	if c := f.Column(x); c >= 0 && c < len(f.Header) {
		if f.text(c) {
			return f.levels(x, c, n), nil
		}
		return []term{{name: x, amount: true, of: func(row int) (float64, bool, error) { return f.Number(row, c) }}}, nil
	}
	if name, ok := strings.CutPrefix(x, "mean:"); ok {
		c, err := f.Named(name)
		return []term{{name: x, mean: true, of: func(row int) (float64, bool, error) { return f.Number(row, c) }}}, err
	}
	if name, level, ok := strings.Cut(x, "="); ok {
		c, err := f.Named(name)
		if err != nil {
			return nil, err
		}
		return []term{f.level(c, level)}, nil
	}
	if name, by, ok := cutLast(x, "/"); ok {
		d, err := strconv.ParseFloat(by, 64)
		if err == nil && d != 0 {
			c, err := f.Named(name)
			return []term{{name: x, amount: true, of: func(row int) (float64, bool, error) {
				v, ok, err := f.Number(row, c)
				return v / d, ok, err
			}}}, err
		}
	}
	switch x {
	case "weekend":
		return []term{{name: x, mean: true, of: func(row int) (float64, bool, error) { return weekend(in.from[row].In(in.zone)), true, nil }}}, nil
	case "hour":
		return []term{{name: x, mean: true, of: func(row int) (float64, bool, error) {
			h, m, s := in.from[row].In(in.zone).Clock()
			return float64(h) + float64(m)/60 + float64(s)/3600, true, nil
		}}}, nil
	case "days":
		return []term{{name: x, of: func(row int) (float64, bool, error) { return in.to[row].Sub(in.from[row]).Hours() / 24, true, nil }}}, nil
	}
	_, err := f.Named(x)
	return nil, err
}

func cutLast(s, by string) (string, string, bool) {
	i := strings.LastIndex(s, by)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(by):], true
}

func weekend(t time.Time) float64 {
	if d := t.Weekday(); d == time.Saturday || d == time.Sunday {
		return 1
	}
	return 0
}

func (f *Frame) level(c int, level string) term {
	return term{name: f.Header[c] + "=" + level, hours: true, of: func(row int) (float64, bool, error) {
		cell := f.Rows[row].Cell(c)
		if frame.Missing(cell) {
			return 0, false, nil
		}
		if cell == level {
			return 1, true, nil
		}
		return 0, true, nil
	}}
}

// levels of a column of words; the first in order of letters is what the others are
// compared with.
func (f *Frame) levels(name string, c int, n *notes) (out []term) {
	seen := map[string]bool{}
	for row := range f.Rows {
		if cell := f.Rows[row].Cell(c); !frame.Missing(cell) {
			seen[cell] = true
		}
	}
	all := slices.Sorted(maps.Keys(seen))
	for _, l := range all[1:] {
		out = append(out, f.level(c, l))
	}
	n.say("column %s has words: each is compared with %q", name, all[0])
	return out
}
