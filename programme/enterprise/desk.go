package enterprise

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// Desk answers questions about firms and takes them in. Its methods may be
// called concurrently.
type Desk struct {
	Store  Store
	Finder *Finder
	Codes  Codes
	Now    func() time.Time
}

// List gives a page of the firms of the areas.
func (d *Desk) List(ctx context.Context, tenant plant.TenantNo, areas []access.Area, f Filter, after Place, limit int) ([]Row, error) {
	if strings.TrimSpace(f.Text) == "" {
		return d.Store.Page(ctx, tenant, areas, f, after, limit)
	}
	places, err := d.Finder.Find(ctx, tenant, areas, f, after, limit)
	if err != nil || len(places) == 0 {
		return nil, err
	}
	ids := make([]string, len(places))
	for i, p := range places {
		ids[i] = p.ID
	}
	firms, err := d.Store.Some(ctx, tenant, areas, ids)
	if err != nil {
		return nil, err
	}
	out := make([]Row, 0, len(places))
	for _, p := range places {
		if firm, ok := firms[p.ID]; ok { // else it changed meanwhile
			out = append(out, Row{firm, p})
		}
	}
	return out, nil
}

// Firm is one firm as it is now; access.ErrNotFound outside the areas.
func (d *Desk) Firm(ctx context.Context, tenant plant.TenantNo, areas []access.Area, id string) (Firm, error) {
	found, err := d.Store.Some(ctx, tenant, areas, []string{id})
	if err != nil {
		return Firm{}, err
	}
	f, ok := found[id]
	if !ok {
		return Firm{}, fmt.Errorf("firm %s: %w", id, access.ErrNotFound)
	}
	return f, nil
}

// History is what was entered of a firm, oldest first.
func (d *Desk) History(ctx context.Context, tenant plant.TenantNo, areas []access.Area, id string) ([]Change, error) {
	if _, err := d.Firm(ctx, tenant, areas, id); err != nil {
		return nil, err
	}
	return d.Store.Changes(ctx, tenant, id)
}

// Looked is a firm as it would be stored and what is to be said of it.
type Looked struct {
	Firm   Firm    `json:"firm"`
	Faults []Fault `json:"faults" nullable:"false"`
	Alike  []Firm  `json:"alike" nullable:"false" doc:"Firms of the same division with a name that is the same but for place and legal form"`
}

// Look checks a firm and looks for others that it might be; nothing is stored.
func (d *Desk) Look(ctx context.Context, tenant plant.TenantNo, areas []access.Area, f Firm) (Looked, error) {
	f, faults, err := d.check(f)
	if err != nil {
		return Looked{}, err
	}
	out := Looked{Firm: f, Faults: faults, Alike: []Firm{}}
	if out.Faults == nil {
		out.Faults = []Fault{}
	}
	found, err := d.Store.Coded(ctx, tenant, []plant.CreditCode{f.Code})
	if err != nil {
		return out, err
	}
	if other, ok := found[f.Code]; ok && other.ID != f.ID && f.Code != "" {
		out.Faults = append(out.Faults, taken(areas, other))
	}
	key := d.Codes.KeysOf(f).Similar
	alike, err := d.Store.Alike(ctx, tenant, f.Region, []string{key})
	if err != nil {
		return out, err
	}
	for _, other := range alike[key] {
		if other.ID != f.ID && other.Code != f.Code && inAreas(areas, other) {
			out.Alike = append(out.Alike, other)
		}
	}
	return out, nil
}

// taken says who has a code; of a firm outside of the areas no more than that
// there is one.
func taken(areas []access.Area, other Firm) Fault {
	if !inAreas(areas, other) {
		return faulty("code", "%[1]s 已在其他地区或行业登记，请与其管理部门联系", "%[1]s is in the registry already, in another region or sector; ask those who keep it", other.Code)
	}
	return faulty("code", "%[1]s 已登记为“%[2]s”，请修改该企业", "%[1]s is %[2]s already; change that firm", other.Code, other.Name)
}

func inAreas(areas []access.Area, f Firm) bool {
	return slices.ContainsFunc(areas, func(a access.Area) bool { return a.Allows(f.Region, f.Industry, f.ID) })
}

// check checks a firm as of the instant from which it is to hold.
func (d *Desk) check(f Firm) (Firm, []Fault, error) {
	now := plant.MicrosOf(d.Now())
	if f.Since == 0 {
		f.Since = now
	}
	if f.Since > now {
		return f, nil, fmt.Errorf("%w: since: %s is to come; enter it when it holds", ErrInvalid, f.Since.Time().Format(time.RFC3339))
	}
	f, faults := d.Codes.Check(f, f.Since)
	return f, faults, nil
}

// Save stores a new firm, or one that was changed since revision seen. A
// warning must have been confirmed; areas are those in which the asker keeps firms.
func (d *Desk) Save(ctx context.Context, tenant plant.TenantNo, areas []access.Area, f Firm, seen int64) (was *Firm, saved Firm, err error) {
	action := "add"
	if f.ID != "" {
		old, err := d.Firm(ctx, tenant, areas, f.ID)
		if err != nil {
			return nil, Firm{}, err
		}
		was, action = &old, "change"
	}
	looked, err := d.Look(ctx, tenant, areas, f)
	if err != nil {
		return nil, Firm{}, err
	}
	for _, fault := range looked.Faults {
		if !fault.Warning || fault.Field == "code" {
			return nil, Firm{}, fmt.Errorf("%w: %s: %s", ErrInvalid, fault.Field, fault.Text.EN)
		}
	}
	f = looked.Firm
	f.Formers = nil
	if was != nil {
		f.Formers = formers(*was, f)
	}
	if f.ID == "" && !inAreas(areas, f) || f.ID != "" && !inAreas(areas, withID(f, was.ID)) {
		return nil, Firm{}, fmt.Errorf("%w: %s and %s lie outside of the region or sector in which you keep firms", access.ErrForbidden, f.Region, f.Industry)
	}
	out, err := d.Store.Save(ctx, tenant, action, []Edit{{f, seen}}, nil)
	if err != nil {
		return nil, Firm{}, err
	}
	return was, out[0], nil
}

func withID(f Firm, id string) Firm {
	f.ID = id
	return f
}

// formers are the names a firm had when it takes the name of f.
func formers(was, f Firm) []Former {
	out := slices.Clone(was.Formers)
	if was.Name == f.Name {
		return out
	}
	out = slices.DeleteFunc(out, func(o Former) bool { return o.Name == f.Name || o.Name == was.Name })
	return append(out, Former{was.Name, DayOf(f.Since)})
}

// Merge says that a firm is another one that was entered twice: the other gets
// its name among its former ones and the years it does not have, and the firm
// is shown no longer. Both revisions are those that were seen.
func (d *Desk) Merge(ctx context.Context, tenant plant.TenantNo, areas []access.Area, id string, seen int64, into string, intoSeen int64) (Firm, error) {
	from, err := d.Firm(ctx, tenant, areas, id)
	if err != nil {
		return Firm{}, err
	}
	to, err := d.Firm(ctx, tenant, areas, into)
	if err != nil {
		return Firm{}, err
	}
	if id == into {
		return Firm{}, fmt.Errorf("%w: a firm cannot be merged with itself", ErrInvalid)
	}
	now := plant.MicrosOf(d.Now())
	if from.Name != to.Name && !slices.ContainsFunc(to.Formers, func(o Former) bool { return o.Name == from.Name }) {
		to.Formers = append(slices.Clone(to.Formers), Former{from.Name, DayOf(now)})
	}
	to.Years = mergeYears(from.Years, to.Years)
	to.Computed = newest(to.Years)
	from.Merged, from.Since, to.Since = to.ID, now, now
	saved, err := d.Store.Save(ctx, tenant, "merge", []Edit{{from, seen}, {to, intoSeen}}, nil)
	if err != nil {
		return Firm{}, err
	}
	return saved[1], nil
}

// same reports whether an edit would change nothing.
func same(a, b Firm) bool {
	a.Rev, a.Since, a.ID, a.Formers, a.Doubt = 0, 0, "", nil, ""
	b.Rev, b.Since, b.ID, b.Formers, b.Doubt = 0, 0, "", nil, ""
	x, err := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err == nil && err2 == nil && string(x) == string(y)
}
