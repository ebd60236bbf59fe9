package ledger

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/programme/target"
)

// List is one of the lists that sheets are of.
type List string

// The lists.
const (
	Robots  List = "robots"
	Returns List = "returns"
)

// Status says what becomes of a row.
type Status string

// What can become of a row.
const (
	New       Status = "new"
	Changed   Status = "changed"
	Unchanged Status = "unchanged"
	Wrong     Status = "error"
)

// Planned is a row and what becomes of it.
type Planned struct {
	Line   int     `json:"line"`
	Status Status  `json:"status" enum:"new,changed,unchanged,error"`
	Firm   string  `json:"firm" doc:"Its name, or its code when it is not known"`
	What   string  `json:"what" doc:"Serial number of the robot, or year and basis of the return"`
	Faults []Fault `json:"faults" nullable:"false"`

	entry   *target.Entry
	returns []target.Return
}

// Counts are how many rows become what.
type Counts struct {
	Rows      int `json:"rows"`
	New       int `json:"new"`
	Changed   int `json:"changed"`
	Unchanged int `json:"unchanged"`
	Wrong     int `json:"error"`
	Warned    int `json:"warned" doc:"Rows that can be taken over and should be looked at"`
}

// Plan says what becomes of every row of a sheet.
type Plan struct {
	// Digest is of all that would be stored and of what stands there now.
	Digest  string    `json:"digest"`
	Counts  Counts    `json:"counts"`
	Rows    []Planned `json:"rows" nullable:"false" doc:"Those to be mended first, then those to be looked at"`
	More    int       `json:"more" doc:"Rows that are not shown"`
	Applied bool      `json:"applied" doc:"It was stored"`
}

// maxShown bounds the rows of one answer: who has more to mend mends these first.
const maxShown = 1000

// Plan reads a file and says what becomes of each row; nothing is stored.
func (d *Desk) Plan(ctx context.Context, tenant plant.TenantNo, areas []access.Area, of List, file string, raw []byte) (Plan, error) {
	p, _, err := d.plan(ctx, tenant, areas, of, file, raw)
	return p, err
}

// Apply plans anew and stores all rows of the sheet or none: those that were
// looked at, by the plan's digest. Warnings must be confirmed.
func (d *Desk) Apply(ctx context.Context, tenant plant.TenantNo, areas []access.Area, of List, file string, raw []byte, digest string, confirmed bool) (Plan, error) {
	p, all, err := d.plan(ctx, tenant, areas, of, file, raw)
	switch {
	case err != nil:
		return Plan{}, err
	case p.Digest != digest:
		return Plan{}, fmt.Errorf("%w: the file or the list is another than the one you looked at; check it again", ErrChanged)
	case p.Counts.Wrong > 0:
		return Plan{}, fmt.Errorf("%w: %d rows are to be mended first; nothing was stored", ErrFaulty, p.Counts.Wrong)
	case p.Counts.New+p.Counts.Changed == 0:
		return Plan{}, fmt.Errorf("%w: no row is new or changed", ErrFaulty)
	case p.Counts.Warned > 0 && !confirmed:
		return Plan{}, fmt.Errorf("%w: %d rows have warnings; look at them and confirm", ErrFaulty, p.Counts.Warned)
	}
	var entries []target.Entry
	var returns []target.Return
	for _, row := range all {
		if row.Status == Unchanged {
			continue
		}
		if row.entry != nil {
			entries = append(entries, *row.entry)
		}
		returns = append(returns, row.returns...)
	}
	if err := d.Store.SaveAll(ctx, tenant, entries, returns); err != nil {
		return Plan{}, err
	}
	p.Applied = true
	return p, nil
}

func (d *Desk) plan(ctx context.Context, tenant plant.TenantNo, areas []access.Area, of List, file string, raw []byte) (Plan, []Planned, error) {
	var rows []Planned
	var err error
	switch of {
	case Robots:
		rows, err = d.planRobots(ctx, tenant, areas, file, raw)
	case Returns:
		rows, err = d.planReturns(ctx, tenant, areas, file, raw)
	default:
		err = fmt.Errorf("%w: %q; known are robots and returns", ErrSheet, of)
	}
	if err != nil {
		return Plan{}, nil, err
	}
	p := Plan{}
	sum := sha256.New()
	for _, r := range rows {
		p.Counts.add(r)
		one, err := json.Marshal([]any{r.Line, r.Status, r.entry, r.returns, r.Faults})
		if err != nil {
			return Plan{}, nil, fmt.Errorf("line %d: %w", r.Line, err)
		}
		sum.Write(one)
	}
	p.Digest = hex.EncodeToString(sum.Sum(nil))
	p.Rows = slices.Clone(rows)
	slices.SortStableFunc(p.Rows, func(a, b Planned) int { return b.urgency() - a.urgency() })
	if p.More = max(0, len(p.Rows)-maxShown); p.More > 0 {
		p.Rows = p.Rows[:maxShown]
	}
	return p, rows, nil
}

func (p Planned) urgency() int {
	switch {
	case p.Status == Wrong:
		return 2
	case len(p.Faults) > 0:
		return 1
	}
	return 0
}

func (c *Counts) add(p Planned) {
	c.Rows++
	switch p.Status {
	case New:
		c.New++
	case Changed:
		c.Changed++
	case Unchanged:
		c.Unchanged++
	case Wrong:
		c.Wrong++
	}
	if len(p.Faults) > 0 && (p.Status == New || p.Status == Changed) {
		c.Warned++
	}
}

// firmOf finds the firm of a row by its code.
func (l *lineOf) firmOf(known map[string]Firm) (Firm, bool) {
	code := l.cell(colCode)
	f, ok := known[code]
	switch {
	case code == "":
		l.wrong(colCode, "请填写统一社会信用代码", "write the unified social credit code")
	case !ok:
		l.wrong(colCode, "名录中没有代码为“%[1]s”的企业，或不在您管理的范围内", "no firm of the registry has the code %[1]q, or it lies outside of what you keep", code)
	}
	return f, ok
}

// firmsOf looks the firms of all rows up together.
func (d *Desk) firmsOf(ctx context.Context, tenant plant.TenantNo, areas []access.Area, s *sheet) (map[string]Firm, error) {
	var codes []string
	for _, r := range s.rows {
		if code := s.line(r).cell(colCode); code != "" {
			codes = append(codes, code)
		}
	}
	slices.Sort(codes)
	return d.Firms.ByCode(ctx, tenant, areas, slices.Compact(codes))
}
