package health

import (
	"bufio"
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"zhigai/calc/life"
)

// ParseRuns reads runs to failure as C-MAPSS writes them: a line for each cycle,
// columns parted by spaces or commas: which thing, which cycle of it, then its
// settings and signals. A first line of names is passed over. Cycles of a thing
// stand together and rise by one.
func ParseRuns(raw []byte) ([]life.Run, error) {
	var runs []life.Run
	lines := bufio.NewScanner(bytes.NewReader(raw))
	lines.Buffer(nil, maxRunsLine)
	seen := map[string]bool{}
	for n := 1; lines.Scan(); n++ {
		words := strings.FieldsFunc(lines.Text(), func(r rune) bool { return r == ' ' || r == ',' || r == '\t' || r == '\r' })
		if len(words) == 0 {
			continue
		}
		values, err := numbers(words)
		switch {
		case err != nil && n == 1:
			continue
		case err != nil:
			return nil, fmt.Errorf("line %d: %w", n, err)
		case len(words) < 3:
			return nil, fmt.Errorf("line %d: %d columns; a thing, its cycle and a signal at the least", n, len(words))
		}
		id := words[0]
		if len(runs) == 0 || runs[len(runs)-1].ID != id {
			if seen[id] {
				return nil, fmt.Errorf("line %d: %s comes again; put its cycles together", n, id)
			}
			seen[id] = true
			runs = append(runs, life.Run{ID: id})
		}
		r := &runs[len(runs)-1]
		if want := float64(len(r.Values) + 1); values[1] != want {
			return nil, fmt.Errorf("line %d: cycle %v of %s follows cycle %v; put in what is missing, or number cycles from 1", n, values[1], id, want-1)
		}
		r.Values = append(r.Values, values[2:])
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if len(runs) == 0 {
		return nil, fmt.Errorf("there is no cycle in it")
	}
	return runs, nil
}

// maxRunsLine bounds a line: a thousand signals of twenty digits.
const maxRunsLine = 1 << 16

func numbers(words []string) ([]float64, error) {
	out := make([]float64, len(words))
	for i, w := range words {
		v, err := strconv.ParseFloat(w, 64)
		if err != nil {
			return nil, fmt.Errorf("column %d: %q is no number", i+1, w)
		}
		out[i] = v
	}
	return out, nil
}
