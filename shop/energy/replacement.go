package energy

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"zhigai/access"
	calc "zhigai/calc/energy"
	"zhigai/plant"
)

// Replacement is a machine that may be replaced to save energy: what it would cost,
// by what it would save, and what became of it. Each revision is kept with its reason.
type Replacement struct {
	Code    string       `json:"code" maxLength:"40"`
	Rev     int64        `json:"rev" doc:"The revision that was seen, 0 for a new one"`
	Place   plant.NodeID `json:"place" maxLength:"60"`
	Path    string       `json:"path" readOnly:"true"`
	Machine plant.NodeID `json:"equipment" maxLength:"60" doc:"With a meter of its own or a share of one"`
	Name    plant.Name   `json:"name" doc:"What it is to be replaced by"`
	Price   int64        `json:"price_fen" minimum:"0" maximum:"1000000000000" doc:"Of the new one, put up"`
	// From and To are the time whose use is what is saved of: before the replacement.
	From  plant.Instant    `json:"from"`
	To    plant.Instant    `json:"to"`
	By    ReplacementBasis `json:"basis" enum:"class,grade,offer" doc:"class: it comes to the lower quartile of its class; grade: a motor of a grade; offer: as the new one's data say"`
	Grade *GradeChoice     `json:"grade,omitempty" doc:"Of basis grade"`
	// Old and New are figures of the same kind: efficiencies, or use for a unit.
	Old    float64          `json:"old,omitempty" doc:"Of grade and offer: the present machine's figure"`
	New    float64          `json:"new,omitempty" doc:"Of an offer: the new one's; of a grade it is the table's"`
	Higher bool             `json:"higher_is_better,omitempty" doc:"Efficiencies are so, specific power and use for a part are not"`
	Unit   string           `json:"unit,omitempty" maxLength:"40" doc:"Of old and new"`
	Source string           `json:"source,omitempty" maxLength:"300" doc:"Where old and new were read: name plate, measurement, offer"`
	State  ReplacementState `json:"state" enum:"proposed,approved,replaced,rejected"`
	// Baseline proves what was saved once it is replaced.
	Baseline string        `json:"baseline,omitempty" maxLength:"40" doc:"Code of the baseline of the place that was made before it"`
	Note     string        `json:"note" minLength:"1" maxLength:"1000" doc:"Why it is so, or why it was changed"`
	Author   string        `json:"by" readOnly:"true"`
	At       plant.Instant `json:"at" readOnly:"true"`
}

// ReplacementBasis says by what a saving is expected.
type ReplacementBasis string

// Bases of a saving.
const (
	ByClass ReplacementBasis = "class"
	ByGrade ReplacementBasis = "grade"
	ByOffer ReplacementBasis = "offer"
)

// ReplacementState says how far it is.
type ReplacementState string

// States of a replacement.
const (
	Proposed ReplacementState = "proposed"
	Approved ReplacementState = "approved"
	Replaced ReplacementState = "replaced"
	Rejected ReplacementState = "rejected"
)

// GradeChoice is a row of a table of grades.
type GradeChoice struct {
	Table string  `json:"table" maxLength:"60"`
	Size  float64 `json:"size" doc:"Rated power as the table has it"`
	Grade int     `json:"grade" minimum:"1" maximum:"9"`
}

// ReplacementView is a replacement with what it would save.
type ReplacementView struct {
	Replacement
	MachinePath string     `json:"equipment_path"`
	MachineName plant.Name `json:"equipment_name"`
	// Used is the machine's electricity in its time before; YearKWh if a year were
	// like it.
	Used    Amount   `json:"used"`
	YearKWh *float64 `json:"year_kwh"`
	// SavedShare is of that, SavedKWh and SavedFen are expected in a year.
	SavedShare *float64   `json:"saved_share"`
	SavedKWh   *float64   `json:"saved_kwh_per_year"`
	SavedFen   *int64     `json:"saved_fen_per_year"`
	Payback    *float64   `json:"payback_years" doc:"Price ÷ saving of a year, without interest"`
	Why        string     `json:"why,omitempty" enum:",no_meter,not_all_known,no_readings,no_signal,too_few,no_tariff,saves_nothing,no_figures,no_grade" doc:"Why one of them is null"`
	GradeTable *GradeUsed `json:"grade_table,omitempty"`
	// Measured is what the baseline says was saved since, with its uncertainty.
	Measured     *calc.Saving `json:"measured"`
	MeasuredFrom int64        `json:"measured_baseline_rev,omitempty"`
}

// GradeUsed says from where a grade's figure came.
type GradeUsed struct {
	Name     plant.Name `json:"name"`
	Source   string     `json:"source"`
	Verified string     `json:"verified"`
}

// check says what is wrong with a replacement in itself.
func (r *Replacement) check(t *Tables) error {
	switch {
	case !meterCode.MatchString(r.Code):
		return invalid("code %.60q; write a small letter, then small letters, digits and _", r.Code)
	case r.Name.ZH == "" || len(r.Name.ZH) > maxName || len(r.Name.EN) > maxName:
		return invalid("a Chinese name of at most %d bytes is needed", maxName)
	case strings.TrimSpace(r.Note) == "" || len(r.Note) > maxNote:
		return invalid("say why it is so, in at most %d bytes", maxNote)
	case r.Price < 0:
		return invalid("a price of %d fen; write what it costs", r.Price)
	case r.To <= r.From:
		return invalid("the time before the replacement ends before it begins")
	case r.To.Time().Sub(r.From.Time()) > maxAllocation:
		return invalid("the time before the replacement is longer than %d days; write a usual month", int(maxAllocation.Hours()/24))
	case !slices.Contains([]ReplacementState{Proposed, Approved, Replaced, Rejected}, r.State):
		return invalid("state %.20q; write proposed, approved, replaced or rejected", r.State)
	case r.By != ByClass && r.By != ByGrade && r.By != ByOffer:
		return invalid("basis %.20q; write class, grade or offer", r.By)
	case r.By == ByGrade && r.Grade == nil:
		return invalid("choose table, size and grade")
	case r.By != ByClass && (strings.TrimSpace(r.Source) == "" || len(r.Source) > maxName*2):
		return invalid("say where the figures were read: name plate, measurement or offer")
	}
	if r.By == ByClass {
		return nil
	}
	if r.By == ByGrade {
		g, v, ok := t.grade(*r.Grade)
		if !ok {
			return invalid("table %.60q has no size %v with grade %d", r.Grade.Table, r.Grade.Size, r.Grade.Grade)
		}
		r.New, r.Higher, r.Unit = v, g.Higher(), g.Unit
	}
	if _, ok := calc.SavedShare(r.Old, r.New, r.Higher); !ok {
		return invalid("old %v and new %v are compared; write numbers above 0", r.Old, r.New)
	}
	return nil
}

// SaveReplacement keeps a replacement as the next revision of its code.
func (d *Desk) SaveReplacement(ctx context.Context, who access.Principal, r Replacement) (Replacement, error) {
	model, place, err := d.place(ctx, who.Scope, r.Place)
	if err != nil {
		return Replacement{}, err
	}
	if !who.May(access.Engineer, place.Path) {
		return Replacement{}, fmt.Errorf("%w: the replacements of %s", access.ErrForbidden, place.Path)
	}
	if err := r.check(d.o.Tables); err != nil {
		return Replacement{}, err
	}
	if !slices.ContainsFunc(model.Nodes, func(n plant.Node) bool {
		return n.ID == r.Machine && n.Machine != nil && plant.Within(n.Path, place.Path)
	}) {
		return Replacement{}, invalid("no machine %.60q stands in %s", r.Machine, place.Path)
	}
	if r.Baseline != "" {
		all, err := d.o.Store.BaselineRevisions(ctx, who.Scope.Tenant, r.Place, r.Baseline)
		if err != nil {
			return Replacement{}, err
		}
		if len(all) == 0 {
			return Replacement{}, invalid("there is no baseline %.40q; make it of the time before the replacement first", r.Baseline)
		}
	}
	seen := r.Rev
	r.Note = strings.TrimSpace(r.Note)
	r.Rev, r.Path, r.Author, r.At = seen+1, place.Path, who.Name, d.now()
	return r, d.o.Store.SaveReplacement(ctx, who.Scope.Tenant, r, seen)
}

// Replacements are those of a place with what they would save, the shortest pay-back
// first; those that have none stand last.
func (d *Desk) Replacements(ctx context.Context, scope access.Scope, place plant.NodeID) ([]ReplacementView, error) {
	if _, _, err := d.place(ctx, scope, place); err != nil {
		return nil, err
	}
	all, err := d.o.Store.Replacements(ctx, scope.Tenant, place)
	if err != nil {
		return nil, err
	}
	out := make([]ReplacementView, 0, len(all))
	compared := comparisons{}
	for _, r := range all {
		v, err := d.replacement(ctx, scope, r, compared)
		if err != nil {
			return nil, fmt.Errorf("replacement %s: %w", r.Code, err)
		}
		out = append(out, v)
	}
	years := func(v ReplacementView) float64 {
		if v.Payback == nil {
			return math.Inf(1)
		}
		return *v.Payback
	}
	slices.SortStableFunc(out, func(a, b ReplacementView) int { return cmp.Compare(years(a), years(b)) })
	return out, nil
}

// ReplacementRevisions are those of one, the newest first.
func (d *Desk) ReplacementRevisions(ctx context.Context, scope access.Scope, place plant.NodeID, code string) ([]Replacement, error) {
	if _, _, err := d.place(ctx, scope, place); err != nil {
		return nil, err
	}
	return d.o.Store.ReplacementRevisions(ctx, scope.Tenant, place, code)
}

// comparisons are those that a list has made, by the time that they are of and the
// machine, "" for all machines: each is made once.
type comparisons map[comparison]Benchmark

type comparison struct {
	from, to plant.Instant
	machine  plant.NodeID
}

// compared holds a machine against its class, or looks at it alone where its class
// does not matter.
func (d *Desk) compared(ctx context.Context, scope access.Scope, r Replacement, done comparisons) (Benchmark, error) {
	key, only := comparison{r.From, r.To, ""}, map[plant.NodeID]bool(nil)
	if r.By != ByClass {
		key.machine, only = r.Machine, map[plant.NodeID]bool{r.Machine: true}
	}
	if b, ok := done[key]; ok {
		return b, nil
	}
	b, err := d.compare(ctx, scope, r.Place, r.From, r.To, only)
	if errors.Is(err, ErrInvalid) || errors.Is(err, access.ErrNotFound) { // of a time that has not come, or without meters
		err = nil
	}
	if err == nil {
		done[key] = b
	}
	return b, err
}

// replacement computes what one would save, and what it did.
func (d *Desk) replacement(ctx context.Context, scope access.Scope, r Replacement, done comparisons) (ReplacementView, error) {
	v := ReplacementView{Replacement: r}
	b, err := d.compared(ctx, scope, r, done)
	if err != nil {
		return v, err
	}
	class, machine := b.find(r.Machine)
	switch {
	case machine == nil:
		v.Why = "no_meter"
	case machine.Value == nil:
		v.Why, v.Used = machine.Reason, machine.Amount
	case machine.Coverage < enough:
		v.Why, v.Used = notAll, machine.Amount
	default:
		v.Used = machine.Amount
		v.expect(class, machine, b.To.Micros()-b.From.Micros())
	}
	if machine != nil {
		v.MachinePath, v.MachineName = machine.Path, machine.Name
	}
	if r.Grade != nil {
		if g, _, ok := d.o.Tables.grade(*r.Grade); ok {
			v.GradeTable = &GradeUsed{g.Name, g.Source, g.Verified}
		}
	}
	if r.State != Replaced || r.Baseline == "" {
		return v, nil
	}
	rep, err := d.Report(ctx, scope, r.Place, r.Baseline, 0, 0, 0, savingConfidence)
	if err != nil && !errors.Is(err, access.ErrNotFound) && !errors.Is(err, ErrInvalid) {
		return v, err
	}
	v.Measured, v.MeasuredFrom = rep.Saving, rep.Baseline.Rev
	return v, nil
}

// savingConfidence is that with which a measured saving is told in the list.
const savingConfidence = 0.9

func (b *Benchmark) find(id plant.NodeID) (*ClassCompare, *MachineCompare) {
	for i := range b.Classes {
		for k := range b.Classes[i].Machines {
			if m := &b.Classes[i].Machines[k]; m.Machine == id {
				return &b.Classes[i], m
			}
		}
	}
	return nil, nil
}

// expect says what a replacement would save in a year like the time before it.
func (v *ReplacementView) expect(class *ClassCompare, m *MachineCompare, span plant.Micros) {
	v.YearKWh = new(*m.Value * yearsIn(span))
	share, ok := 0.0, false
	if v.By == ByClass {
		if class.Standing == nil || m.Specific == nil {
			v.Why = tooFew
			return
		}
		share, ok = calc.SavedShare(*m.Specific, class.Standing.Lower, false)
	} else {
		share, ok = calc.SavedShare(v.Old, v.New, v.Higher)
	}
	if !ok {
		v.Why = "no_figures"
		return
	}
	v.SavedShare = &share
	if share <= 0 {
		v.Why = "saves_nothing"
		return
	}
	v.SavedKWh = new(*v.YearKWh * share)
	if m.Mean == nil {
		v.Why = noTariff
		return
	}
	v.SavedFen = new(int64(math.Round(*v.SavedKWh * *m.Mean)))
	if years, ok := calc.Payback(float64(v.Price), float64(*v.SavedFen)); ok {
		v.Payback = &years
	}
}
