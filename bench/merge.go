package bench

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// ReadGroups reads measurements that were made before or by other programs: a
// [Report] or a [Group] as JSON, or what `go test -bench` prints. The groups of a
// report say when and by which program they were measured.
func ReadGroups(r io.Reader) ([]Group, error) {
	in := bufio.NewReader(r)
	first, err := in.Peek(1)
	if err != nil {
		return nil, fmt.Errorf("bench: nothing to read: %w", err)
	}
	if first[0] != '{' {
		g, err := goBench(in)
		return []Group{g}, err
	}
	var found struct {
		Group
		Report
	}
	dec := json.NewDecoder(in)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&found); err != nil {
		return nil, fmt.Errorf("bench: group: %w", err)
	}
	if found.Quick {
		return nil, errors.New("bench: a quick report is not to be quoted; measure without --quick")
	}
	if len(found.Groups) == 0 {
		found.Groups = []Group{found.Group}
	}
	for i := range found.Groups {
		g := &found.Groups[i]
		if g.Name == "" || g.Title == "" {
			return nil, errors.New("bench: group: name and title are needed")
		}
		if m := found.Machine; m.Program != "" {
			g.Title += fmt.Sprintf(" (%s, zhigai %s, %s)", m.Date.Format(time.DateOnly), m.Program, m.CPU)
		}
	}
	return found.Groups, nil
}

// limitOf is behind the unit of a value for the limit of that value.
const limitOf = "-limit"

// goBench takes the lines of benchmarks: a name, a number of runs, then values
// with their units. A value whose unit ends with -limit is what another value of
// the line must not exceed.
func goBench(r io.Reader) (Group, error) {
	g := Group{Name: "rooms", Title: "Rooms alone, by their Go benchmarks"}
	room := ""
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		line := lines.Text()
		if name, ok := strings.CutPrefix(line, "pkg: "); ok {
			room = strings.TrimPrefix(name, "zhigai/")
		}
		f := strings.Fields(line)
		if len(f) < 4 || len(f)%2 != 0 || !strings.HasPrefix(f[0], "Benchmark") {
			continue
		}
		name, _ := cutCores(strings.TrimPrefix(f[0], "Benchmark"))
		row, err := benchRow(f[2:])
		if err != nil {
			return g, fmt.Errorf("bench: %q: %w", line, err)
		}
		row.What = room + " " + name
		g.Rows = append(g.Rows, row)
	}
	if len(g.Rows) == 0 && lines.Err() == nil {
		return g, errors.New("bench: neither a group as JSON nor the output of go test -bench")
	}
	return g, lines.Err()
}

// benchRow is a row of values and units in turn.
func benchRow(f []string) (row Row, err error) {
	values := map[string]float64{}
	var units, shown []string
	for i := 0; i < len(f); i += 2 {
		v, err := strconv.ParseFloat(f[i], 64)
		if err != nil {
			return row, err
		}
		values[f[i+1]] = v
		units = append(units, f[i+1])
	}
	var wanted []string
	for _, unit := range units {
		if of, ok := strings.CutSuffix(unit, limitOf); ok {
			v, there := values[of]
			wanted = append(wanted, "≤ "+amount(values[unit])+" "+of)
			row.Missed = row.Missed || !there || v > values[unit]
			continue
		}
		row.Value, row.Unit = values[unit], unit
		shown = append(shown, amount(values[unit])+" "+unit)
	}
	row.Shown, row.Wanted = strings.Join(shown, ", "), strings.Join(wanted, ", ")
	return row, nil
}

// cutCores takes the number of processors off a benchmark's name.
func cutCores(name string) (string, bool) {
	i := strings.LastIndexByte(name, '-')
	if i < 0 {
		return name, false
	}
	if _, err := strconv.Atoi(name[i+1:]); err != nil {
		return name, false
	}
	return name[:i], true
}
