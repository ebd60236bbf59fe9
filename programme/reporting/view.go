package reporting

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"zhigai/access"
	"zhigai/plant"
)

// Moved is a term that is another one now.
type Moved struct {
	Term string `json:"term"`
	Was  int64  `json:"was"`
	Is   int64  `json:"is"`
}

// Row is one indicator as reported and as computed now, side by side.
type Row struct {
	Reported   *Value   `json:"reported,omitempty"`
	Recomputed *Value   `json:"recomputed,omitempty"`
	Difference *float64 `json:"difference,omitempty" doc:"Recomputed less reported; only when both have a value"`
	Same       bool     `json:"same" doc:"Nothing that it stands on changed"`
	Moved      []Moved  `json:"moved" nullable:"false"`
	// Said is what the reports below say together: their terms added up, the
	// formula applied to the sum.
	Said *Said `json:"said,omitempty"`
}

// Said is the sum of the level below.
type Said struct {
	Value      *float64         `json:"value"`
	Reason     string           `json:"reason,omitempty"`
	Terms      map[string]int64 `json:"terms"`
	Reports    int              `json:"reports"` // that are in the sum
	Difference *float64         `json:"difference,omitempty" doc:"The sum less the region's own reported value"`
	Moved      []Moved          `json:"moved" nullable:"false" doc:"Terms of the own report that differ from the sum"`
}

// Part is a report of the level below.
type Part struct {
	Head
	Name string `json:"name"`
	Held int    `json:"held" doc:"Revision that the report was handed in with; 0: without it"`
}

// Version is one revision of a report's values.
type Version struct {
	Revision int    `json:"revision"`
	At       string `json:"at"`
	Name     string `json:"name"`
	Reason   string `json:"reason,omitempty"`
	Root     string `json:"root"`
}

// View is a report with all that a reader needs to stand behind it.
type View struct {
	Line
	PeriodName string     `json:"period_name"`
	LastDay    string     `json:"last_day"`
	Rows       []Row      `json:"rows" nullable:"false"`
	Root       string     `json:"root,omitempty" doc:"Of the reported values"`
	NowRoot    string     `json:"now_root" doc:"Of the values as computed now"`
	Differs    bool       `json:"differs"`
	Declined   bool       `json:"declined" doc:"A person said that the reported values stand although these are computed now"`
	Parts      []Part     `json:"parts" nullable:"false"`
	Steps      []Step     `json:"steps" nullable:"false"`
	Versions   []Version  `json:"versions" nullable:"false"`
	Can        []Possible `json:"can" nullable:"false"`
	MadeBy     string     `json:"made_by,omitempty" doc:"Who handed it in"`
	CheckedBy  string     `json:"checked_by,omitempty" doc:"Who approved it"`
	// OwnAt and AboveAt are other nodes of the report's way.
	OwnAt   *Station `json:"own_at,omitempty" doc:"Node at which the region itself hands in; this one when left out"`
	AboveAt *Station `json:"above_at,omitempty" doc:"Node at which the level above decides; this one when left out"`
}

// View gives a report of a region that lies within the asker's areas as a whole.
// revision chooses older values; 0 is the newest.
func (d *Desk) View(ctx context.Context, by access.Principal, id string, revision int) (View, error) {
	p, r, err := d.place(id)
	if err != nil {
		return View{}, err
	}
	if !StandingOf(by.Areas(access.ReadFirms), r.Code).Sees() {
		return View{}, fmt.Errorf("%w: report %s", access.ErrNotFound, id)
	}
	tenant := by.Scope.Tenant
	h, err := d.head(ctx, tenant, p, r)
	if err != nil {
		return View{}, err
	}
	standing := StandingOf(by.Areas(access.ReportFirms), r.Code)
	v := View{Line: d.line(p, h, standing), PeriodName: p.Name(), LastDay: p.LastDay(), Rows: []Row{}, Parts: []Part{}, Steps: []Step{}, Versions: []Version{}, Can: []Possible{}}
	if err := d.addStations(ctx, tenant, standing, &v); err != nil {
		return v, err
	}
	fold, err := d.Figures.At(ctx, tenant, p)
	if err != nil {
		return v, err
	}
	now, err := fold(ctx, r.Code)
	if err != nil {
		return v, err
	}
	v.NowRoot = RootOf(now)
	if h.Rev == 0 {
		v.Rows = rows(nil, now, false)
		return v, d.addParts(ctx, tenant, p, r, &v)
	}
	if v.Steps, err = d.Store.Steps(ctx, tenant, id); err != nil {
		return v, err
	}
	var reported []Value
	if h.Revision > 0 {
		if revision == 0 {
			revision = h.Revision
		}
		f, err := d.Store.Frozen(ctx, tenant, id, revision)
		if err != nil {
			return v, err
		}
		reported, v.Root = f.Values, f.Root
	}
	v.Rows = rows(reported, now, d.elsewhere(v.Steps))
	v.Differs = h.Revision > 0 && slices.ContainsFunc(v.Rows, func(r Row) bool { return !r.Same })
	v.tell(now)
	return v, d.addParts(ctx, tenant, p, r, &v)
}

// addStations says at which nodes the report goes on, and what may be done here.
func (d *Desk) addStations(ctx context.Context, tenant plant.TenantNo, full Standing, v *View) error {
	stations, err := d.Nodes.Stations(ctx, tenant)
	if err != nil {
		return err
	}
	var here Standing
	here, v.OwnAt, v.AboveAt = stations.here(full, v.Region)
	v.Can = possible(v.Head, here)
	if stations.speaks(v.Region) { // what was refused before this node was given the division went up again
		v.Refused = ""
	}
	return nil
}

// signature is a person as a printed report names one.
func (s Step) signature() string {
	if s.Organisation == "" {
		return s.Name
	}
	return s.Name + "（" + s.Organisation + "）"
}

// tell reads from the steps what the head does not hold.
func (v *View) tell(now []Value) {
	root := RootOf(now)
	for _, s := range v.Steps {
		switch s.What {
		case Submit:
			v.MadeBy = s.signature()
		case Approve:
			v.CheckedBy = s.signature()
		case Freeze, Revise:
			v.Versions = append(v.Versions, Version{Revision: s.Revision, At: s.At.Format("2006-01-02T15:04:05Z07:00"), Name: s.Name, Reason: s.Words})
			v.Declined = false
		case Decline:
			v.Declined = s.Root == root
		}
	}
}

// elsewhere reports whether the newest values were frozen at another node.
func (d *Desk) elsewhere(steps []Step) bool {
	for _, s := range slices.Backward(steps) {
		if s.What == Freeze || s.What == Revise {
			return s.Node != d.Node
		}
	}
	return false
}

// rows lays what was reported beside what is computed now. Values that were frozen
// at another node are held against ours by their terms: their roots name firms as
// the registry there does.
func rows(reported, now []Value, elsewhere bool) []Row {
	were, are := map[string]*Value{}, map[string]*Value{}
	ids := map[string]bool{}
	for i := range reported {
		were[reported[i].Definition.ID], ids[reported[i].Definition.ID] = &reported[i], true
	}
	for i := range now {
		are[now[i].Definition.ID], ids[now[i].Definition.ID] = &now[i], true
	}
	out := []Row{}
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		row := Row{Reported: were[id], Recomputed: are[id], Moved: []Moved{}}
		if row.Reported != nil && row.Recomputed != nil {
			row.Same = row.Reported.Definition.Version == row.Recomputed.Definition.Version && (row.Reported.Root == row.Recomputed.Root || elsewhere && maps.Equal(row.Reported.Terms, row.Recomputed.Terms))
			row.Difference = less(row.Recomputed.Value, row.Reported.Value)
			row.Moved = moved(row.Reported.Terms, row.Recomputed.Terms)
		}
		out = append(out, row)
	}
	return out
}

func less(a, b *float64) *float64 {
	if a == nil || b == nil {
		return nil
	}
	d := *a - *b
	return &d
}

// moved are the terms that differ, by name.
func moved(was, is map[string]int64) []Moved {
	names := maps.Clone(was)
	if names == nil {
		names = map[string]int64{}
	}
	maps.Copy(names, is)
	out := []Moved{}
	for _, term := range slices.Sorted(maps.Keys(names)) {
		if was[term] != is[term] {
			out = append(out, Moved{term, was[term], is[term]})
		}
	}
	return out
}

// addParts adds the reports below and what they say together: those that the
// report was handed in with, or while it was not, those that are approved.
func (d *Desk) addParts(ctx context.Context, tenant plant.TenantNo, p Period, r plant.Region, v *View) error {
	heads, err := d.below(ctx, tenant, p, r)
	if err != nil || len(heads) == 0 {
		return err
	}
	held := map[string]int{}
	for _, s := range v.Steps {
		if s.What == Submit {
			for _, one := range s.Held {
				held[one.Region] = one.Revision
			}
		}
	}
	in := map[string]int{}
	for _, h := range heads {
		one, _ := d.Regions.Get(h.Region)
		v.Parts = append(v.Parts, Part{Head: h, Name: one.Name, Held: held[h.Region]})
		revision := held[h.Region]
		if v.Submitted.IsZero() {
			revision = h.Accepted
		}
		if revision > 0 {
			in[h.ID] = revision
		}
	}
	frozen, err := d.Store.FrozenOf(ctx, tenant, in)
	if err != nil {
		return err
	}
	for i := range v.Rows {
		if err := d.addUp(&v.Rows[i], frozen, p.Year); err != nil {
			return err
		}
	}
	return nil
}

// addUp adds the terms of one indicator over the reports below and applies its
// formula to the sum.
func (d *Desk) addUp(row *Row, frozen []Frozen, year int) error {
	own := row.Reported
	if own == nil {
		own = row.Recomputed
	}
	said := &Said{Terms: map[string]int64{}, Moved: []Moved{}}
	row.Said = said
	for _, f := range frozen {
		i := slices.IndexFunc(f.Values, func(v Value) bool { return v.Definition.ID == own.Definition.ID })
		if i < 0 {
			continue
		}
		one := f.Values[i]
		if one.Definition.Version != own.Definition.Version || one.Base != own.Base {
			said.Reason = "definition_changed"
			return nil
		}
		said.Reports++
		for term, n := range one.Terms {
			said.Terms[term] += n
		}
	}
	if said.Reports == 0 {
		said.Reason = "no_reports"
		return nil
	}
	value, reason, ok, err := d.Figures.Sum(*own, said.Terms, year)
	if err != nil {
		return err
	}
	if !ok {
		value, reason = nil, "definition_changed"
	}
	said.Value, said.Reason = value, reason
	said.Difference, said.Moved = less(said.Value, own.Value), moved(own.Terms, said.Terms)
	return nil
}
