package files

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhigai/connect"
	"zhigai/connect/document"
	"zhigai/connect/files/table"
	"zhigai/plant"
	"zhigai/plant/waveform"
)

// source turns one file into readings.
type source struct {
	settings *settings
	points   []point
	file     found
	base     time.Time // of what has no time of its own
	report   *report
	// partial says that a file need not have every name of a list: what it does
	// not have says nothing.
	partial bool
	yield   func([]connect.Reading) error
}

// errYield marks an error of who takes the readings: it says nothing about the
// file.
type errYield struct{ error }

func (e errYield) Unwrap() error { return e.error }

func (s *source) hand(readings []connect.Reading) error {
	for i := range readings {
		readings[i].Recorded = true
	}
	s.report.Values += len(readings)
	if err := s.yield(readings); err != nil {
		return errYield{err}
	}
	return nil
}

// read hands all readings of the file on, in the order in which they stand
// there. An error that is no errYield means that nothing, or nothing more, can
// be read of this file.
func (s *source) read(raw []byte) error {
	s.base = s.file.modified
	if s.settings.timeInName {
		if at, ok := s.find(s.settings.pattern, s.file.name); ok {
			s.base = at
		} else {
			s.problem(table.Problem{Line: 1, What: "the file's name has no time", Fix: "write a param time whose pattern fits the name"})
		}
	}
	switch s.settings.formatOf(s.file.name) {
	case formatText:
		return s.reports(raw)
	case formatWAV:
		return s.channels(raw)
	case formatExcel:
		t, err := table.Excel(raw, s.settings.layout)
		if err != nil {
			return err
		}
		return s.table(t)
	}
	t, err := table.CSV(raw, s.settings.layout)
	if err != nil {
		return err
	}
	return s.table(t)
}

func (s *source) problem(p table.Problem) { s.report.add(p) }

// refused are readings of points that this file can say nothing of.
func (s *source) refused(wrong func(p *point) error) []connect.Reading {
	var out []connect.Reading
	for i := range s.points {
		p := &s.points[i]
		err := p.wrong
		if err == nil {
			err = wrong(p)
		}
		if err != nil {
			out = append(out, connect.Reading{Point: i, Source: s.base, Err: err})
		}
	}
	return out
}

// columns is where in a table things stand.
type columns struct {
	time          []int
	values        []int // of each point that is a column, else −1
	names, value  int
	byName        map[string][]int // points
	waves, single bool             // there are points of this sort
}

func (s *source) columns(t *table.Table) (c columns, err error) {
	if s.settings.time != "" && !s.settings.timeInName {
		for name := range strings.SplitSeq(s.settings.time, "+") {
			at := t.Column(strings.TrimSpace(name))
			if at < 0 {
				return c, fmt.Errorf("%w: no column %q for the time; it has %s", table.ErrMalformed, name, list(t.Header))
			}
			c.time = append(c.time, at)
		}
	}
	c.names, c.value = -1, -1
	if s.settings.names != "" {
		if c.names, c.value = t.Column(s.settings.names), t.Column(s.settings.values); c.names < 0 || c.value < 0 {
			return c, fmt.Errorf("%w: no columns %q and %q of names and values; it has %s", table.ErrMalformed, s.settings.names, s.settings.values, list(t.Header))
		}
	}
	c.byName = map[string][]int{}
	for i, p := range s.points {
		at := -1
		switch p.how {
		case byColumn, byWave:
			at = t.Column(p.arg)
			c.waves, c.single = c.waves || p.how == byWave, c.single || p.how == byColumn
		case byName:
			c.byName[p.arg] = append(c.byName[p.arg], i)
		case byFile:
			c.single = true
		}
		c.values = append(c.values, at)
	}
	return c, nil
}

// list is the first names of a header for an error.
func list(names []string) string {
	const most = 12
	if len(names) > most {
		return fmt.Sprintf("%q and %d more", names[:most], len(names)-most)
	}
	return fmt.Sprintf("%q", names)
}

func (s *source) table(t *table.Table) error {
	c, err := s.columns(t)
	if err != nil {
		return err
	}
	for _, p := range t.Problems {
		s.problem(p)
	}
	found := map[string]bool{}
	if c.names >= 0 && !s.partial {
		for _, row := range t.Rows {
			found[row.Cell(c.names)] = true
		}
	}
	if err := s.hand(s.refused(func(p *point) error { return s.missing(p, t, c, found) })); err != nil {
		return err
	}
	if c.waves {
		if err := s.waves(t, c); err != nil {
			return err
		}
	}
	for n, row := range t.Rows {
		if err := s.row(t, c, n, row); err != nil {
			return err
		}
	}
	return nil
}

// missing says why a table has nothing for a point.
func (s *source) missing(p *point, t *table.Table, c columns, found map[string]bool) error {
	switch p.how {
	case byColumn, byWave:
		if at := t.Column(p.arg); at < 0 {
			return fmt.Errorf("%w: %s has no column %q; it has %s", connect.ErrUnconfigured, s.file.name, p.arg, list(t.Header))
		}
		if p.how == byWave && s.settings.rate == 0 {
			return fmt.Errorf("%w: how many values a second a waveform has is not known; write the param rate", connect.ErrUnconfigured)
		}
	case byName:
		if c.names < 0 {
			return fmt.Errorf("%w: where names stand is not known; write the params names and values", connect.ErrUnconfigured)
		}
		if !s.partial && !found[p.arg] {
			return fmt.Errorf("%w: %s has no line named %q", connect.ErrUnconfigured, s.file.name, p.arg)
		}
	case byFile:
	default:
		return fmt.Errorf("%w: %s is a table; a %s stands in other files", connect.ErrUnconfigured, s.file.name, p.how)
	}
	return nil
}

// row hands on what one line says.
func (s *source) row(t *table.Table, c columns, n int, row table.Row) error {
	byName := c.byName[row.Cell(c.names)]
	if !c.single && len(byName) == 0 {
		return nil
	}
	at, ok := s.timeOf(t, c, n, row)
	if !ok {
		return nil
	}
	var out []connect.Reading
	if c.single {
		for i := range s.points {
			p := &s.points[i]
			switch {
			case p.wrong != nil:
			case p.how == byFile:
				out = append(out, connect.Reading{Point: i, Source: at, Text: s.file.name})
			case p.how == byColumn && c.values[i] >= 0:
				out = s.cell(out, i, row.Line, p.arg, row.Cell(c.values[i]), at)
			}
		}
	}
	for _, i := range byName {
		out = s.cell(out, i, row.Line, s.settings.values, row.Cell(c.value), at)
	}
	return s.hand(out)
}

// timeOf is when a line was measured. A line whose time cannot be read says
// nothing: a value at a wrong time is worse than none.
func (s *source) timeOf(t *table.Table, c columns, n int, row table.Row) (time.Time, bool) {
	if len(c.time) == 0 {
		return s.base.Add(time.Duration(n) * time.Microsecond), true // in order, and the same the next time
	}
	cells := make([]string, len(c.time))
	for i, at := range c.time {
		cells[i] = row.Cell(at)
	}
	text := strings.Join(cells, " ")
	if at, ok := t.SerialOf(cells, s.settings.zone); ok {
		return at, true
	}
	if at, ok := document.ParseTime(text, s.settings.zone); ok {
		return at, true
	}
	s.problem(table.Problem{Line: row.Line, Column: s.settings.time, What: fmt.Sprintf("%q is no time", text), Fix: "write for example 2026-03-02 08:00:00"})
	return time.Time{}, false
}

// words for yes and no in inspection lists.
var words = map[string]float64{
	"ok": 1, "pass": 1, "go": 1, "yes": 1, "y": 1, "合格": 1, "是": 1, "√": 1, "开": 1,
	"ng": 0, "fail": 0, "nogo": 0, "no": 0, "n": 0, "不合格": 0, "否": 0, "×": 0, "关": 0,
}

// cell adds what one cell says of a point; an empty one says nothing.
func (s *source) cell(out []connect.Reading, i, line int, column, cell string, at time.Time) []connect.Reading {
	if cell == "" {
		return out
	}
	r := connect.Reading{Point: i, Source: at, Raw: []byte(cell[:min(len(cell), 8)])}
	p := &s.points[i]
	if p.kind == plant.KindText {
		r.Text = cell
		return append(out, r)
	}
	if v, ok := words[strings.ToLower(cell)]; ok && p.kind == plant.KindBoolean {
		r.Number = v
		return append(out, r)
	}
	if r.Number, r.Err = connect.ParseNumber(table.Decimal(cell, s.settings.comma)); r.Err != nil {
		fix := "write digits, with a point before the decimals"
		if s.settings.comma {
			fix = "write digits, with a comma before the decimals"
		}
		s.problem(table.Problem{Line: line, Column: column, What: fmt.Sprintf("%.40q is no number", cell), Fix: fix})
	}
	return append(out, r)
}

// waves makes each column that is a waveform one.
func (s *source) waves(t *table.Table, c columns) error {
	if s.settings.rate == 0 || len(t.Rows) == 0 {
		return nil
	}
	start, ok := s.timeOf(t, c, 0, t.Rows[0])
	if !ok {
		return nil
	}
	for i := range s.points {
		p := &s.points[i]
		if p.how != byWave || p.wrong != nil || c.values[i] < 0 {
			continue
		}
		w, err := s.recording(t, c.values[i], p.arg)
		if err != nil {
			err = s.hand([]connect.Reading{{Point: i, Source: start, Err: err}})
		} else {
			err = s.wave(i, w, start)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// recording is all values of a column. With one missing the others would stand
// at wrong times: then there is none.
func (s *source) recording(t *table.Table, column int, name string) (waveform.Window, error) {
	w := waveform.Window{Rate: s.settings.rate, Values: make([]float64, 0, len(t.Rows))}
	for _, row := range t.Rows {
		v, err := connect.ParseNumber(table.Decimal(row.Cell(column), s.settings.comma))
		if err != nil {
			p := table.Problem{Line: row.Line, Column: name, What: fmt.Sprintf("%.40q is no number, so that the waveform cannot be kept", row.Cell(column)), Fix: "write a number in every line"}
			s.problem(p)
			return w, fmt.Errorf("%w: %s", connect.ErrMalformed, p)
		}
		w.Values = append(w.Values, v)
	}
	return w, nil
}

// wave hands a recording on, in as many windows as it needs.
func (s *source) wave(i int, w waveform.Window, start time.Time) error {
	for _, part := range w.Split(start) {
		r := connect.Reading{Point: i, Source: part.Start}
		if err := part.Check(); err != nil {
			r.Err = fmt.Errorf("%w: %w", connect.ErrMalformed, err)
		} else {
			r.Text = part.Encode()
		}
		if err := s.hand([]connect.Reading{r}); err != nil {
			return err
		}
	}
	return nil
}

// channels of a WAVE file.
func (s *source) channels(raw []byte) error {
	all, err := waveform.ParseWAV(raw)
	if err != nil {
		return err
	}
	if err := s.hand(s.refused(func(p *point) error {
		if p.how == byFile || p.how == byChannel && p.channel < len(all) {
			return nil
		}
		return fmt.Errorf("%w: %s is a WAVE file of %d channels", connect.ErrUnconfigured, s.file.name, len(all))
	})); err != nil {
		return err
	}
	for i := range s.points {
		p := &s.points[i]
		switch {
		case p.wrong != nil:
		case p.how == byFile:
			err = s.hand([]connect.Reading{{Point: i, Source: s.base, Text: s.file.name}})
		case p.how == byChannel && p.channel < len(all):
			err = s.wave(i, all[p.channel], s.base)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// whole reports whether an error is of the file and not of who takes it.
func whole(err error) bool {
	var yield errYield
	return err != nil && !errors.As(err, &yield)
}

// names of the points that a report is searched for.
func (s *source) patterns() []int {
	var out []int
	for i := range s.points {
		if p := &s.points[i]; p.wrong == nil && (p.how == byPattern || p.how == byFile) {
			out = append(out, i)
		}
	}
	return slices.Clip(out)
}
