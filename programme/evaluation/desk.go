package evaluation

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// Desk is where rounds are made, shown, objected to and settled. Its methods may
// be called concurrently.
type Desk struct {
	Book  *Book
	Store Store
	Facts Facts
	Seats Seats
	NewID func() string
	Now   func() time.Time
}

// Limits of one round.
const (
	// maxFirms is more than the firms above scale of a province (40,000 in 2018).
	maxFirms      = 60_000
	maxObjections = 2000
	maxText       = 4000 // bytes of an objection, an answer or a note
	maxNotice     = 365  // days of public notice
)

// china has had one zone without summer time since 1991; days are its days.
var china = time.FixedZone("Asia/Shanghai", 8*60*60)

func (d *Desk) today() string { return d.Now().In(china).Format(time.DateOnly) }

// Rounds gives heads, the newest first, and what to pass as Before for the next
// page. Drafts are seen by those who keep firms where the round is.
func (d *Desk) Rounds(ctx context.Context, who access.Principal, f Filter) ([]Head, string, error) {
	limit := f.Limit
	f.Limit++
	all, err := d.Store.Rounds(ctx, who.Scope.Tenant, f)
	if err != nil {
		return nil, "", err
	}
	next := ""
	if len(all) > limit {
		all = all[:limit]
		next = all[limit-1].ID
	}
	return slices.DeleteFunc(all, func(h Head) bool { return !shown(who, h.About, h.State) }), next, nil
}

// shown reports whether somebody may know of a round: those who keep it always,
// others who may see firms once its list is public.
func shown(who access.Principal, a About, s State) bool {
	return keeps(who, a) || len(who.Areas(access.ReadFirms)) > 0 && (s == Public || s == Final)
}

func keeps(who access.Principal, a About) bool {
	return slices.ContainsFunc(who.Areas(access.KeepFirms), func(in access.Area) bool { return in.Allows(a.Region, a.Sector, "") })
}

// Round is one that the asker may see, with the objections of firms that the
// asker may see; else it is not found.
func (d *Desk) Round(ctx context.Context, who access.Principal, id string) (Round, error) {
	r, err := d.round(ctx, who, id)
	if err != nil {
		return Round{}, err
	}
	areas := who.Areas(access.ReadFirms)
	r.Objections = slices.DeleteFunc(slices.Clone(r.Objections), func(o Objection) bool {
		return !slices.ContainsFunc(areas, func(a access.Area) bool { return a.Allows(o.Region, o.Sector, o.Firm) })
	})
	return r, nil
}

func (d *Desk) round(ctx context.Context, who access.Principal, id string) (Round, error) {
	steps, err := d.Store.Steps(ctx, who.Scope.Tenant, id)
	if err != nil {
		return Round{}, err
	}
	r := Fold(id, steps)
	if !shown(who, r.About, r.State) {
		return Round{}, fmt.Errorf("%w: evaluation %s", access.ErrNotFound, id)
	}
	return r, nil
}

// kept is a round that the asker keeps, at the revision that the asker saw.
func (d *Desk) kept(ctx context.Context, who access.Principal, id string, seen int64) (Round, *Standard, error) {
	r, err := d.round(ctx, who, id)
	if err != nil {
		return Round{}, nil, err
	}
	if !keeps(who, r.About) {
		return Round{}, nil, fmt.Errorf("%w: this needs the permission %q for everything that the round is about", access.ErrForbidden, access.KeepFirms)
	}
	if r.Rev != seen {
		return Round{}, nil, fmt.Errorf("evaluation %s is at revision %d, not %d: %w", id, r.Rev, seen, access.ErrConflict)
	}
	s, err := d.standard(r.About)
	return r, s, err
}

func (d *Desk) standard(a About) (*Standard, error) {
	s, ok := d.Book.Standard(a.Standard, a.Version)
	if !ok {
		return nil, invalid("there is no standard %q of version %d in this program", a.Standard, a.Version)
	}
	return s, nil
}

// Start begins a round and computes its first list from the records.
func (d *Desk) Start(ctx context.Context, who access.Principal, a About) (Round, error) {
	s, err := d.standard(a)
	if err != nil {
		return Round{}, err
	}
	a.Title, a.Version, a.Region = strings.TrimSpace(a.Title), s.Version, plant.RegionPrefix(a.Region)
	switch {
	case a.Title == "":
		return Round{}, invalid("title: it is empty")
	case a.Year > d.Now().In(china).Year():
		return Round{}, invalid("year %d has not begun", a.Year)
	case !s.Holds(fmt.Sprintf("%04d-12-31", a.Year)):
		return Round{}, invalid("year: the standard %s does not hold for %d; it holds from %s", s.ID, a.Year, s.From)
	case !keeps(who, a):
		return Round{}, fmt.Errorf("%w: the round is about firms that you do not keep; write your region", access.ErrForbidden)
	}
	r := Round{ID: d.NewID()}
	rows, rev, err := d.compute(ctx, who, a, s, 1, "")
	if err != nil {
		return Round{}, err
	}
	return d.save(ctx, who, r, rows, Step{What: StepCreated, About: &a}, Step{What: StepComputed, Revision: &rev})
}

// Recompute makes a new revision of a draft from the records as they are now.
func (d *Desk) Recompute(ctx context.Context, who access.Principal, id string, seen int64) (Round, error) {
	r, s, err := d.kept(ctx, who, id, seen)
	if err != nil {
		return Round{}, err
	}
	if r.State != Draft {
		return Round{}, fmt.Errorf("%w: the list is %s: it changes by upheld objections only", ErrState, r.State)
	}
	rows, rev, err := d.compute(ctx, who, r.About, s, r.Current().Number+1, "")
	if err != nil {
		return Round{}, err
	}
	return d.save(ctx, who, r, rows, Step{What: StepComputed, Revision: &rev})
}

// compute gathers the inputs anew and scores them.
func (d *Desk) compute(ctx context.Context, who access.Principal, a About, s *Standard, number int, objection string) ([]Row, Revision, error) {
	needed := s.Values()
	var inputs []Input
	err := d.Facts.Firms(ctx, who.Scope.Tenant, []access.Area{{Region: a.Region, Sector: a.Sector}}, a.Year, func(in Input) error {
		if !s.Fits(in) {
			return ctx.Err()
		}
		if len(inputs) == maxFirms {
			return invalid("more than %d firms; make a round for a smaller region or sector", maxFirms)
		}
		kept := make(map[string]Value, len(needed))
		for _, name := range needed {
			if v, ok := in.Values[name]; ok {
				kept[name] = v
			}
		}
		in.Values = kept
		inputs = append(inputs, in)
		return ctx.Err()
	})
	if err != nil {
		return nil, Revision{}, err
	}
	if len(inputs) == 0 {
		return nil, Revision{}, invalid("no firm fits: the standard scores %s in the region and sector of the round, and the registry has none at the end of %d", s.Name.EN, a.Year)
	}
	return d.score(who, s, inputs, number, objection)
}

func (d *Desk) score(who access.Principal, s *Standard, inputs []Input, number int, objection string) ([]Row, Revision, error) {
	out, err := s.Score(inputs)
	if err != nil {
		return nil, Revision{}, err
	}
	rows := make([]Row, len(out.Firms))
	for i, f := range out.Firms {
		rows[i] = Row{Scored: f}
	}
	slices.SortFunc(rows, func(a, b Row) int {
		switch {
		case (a.Score == nil) != (b.Score == nil):
			return map[bool]int{true: 1, false: -1}[a.Score == nil]
		case a.Score != nil && *a.Score != *b.Score:
			return cmp.Compare(*b.Score, *a.Score)
		}
		return strings.Compare(a.Firm, b.Firm)
	})
	for i := range rows {
		rows[i].Place = i + 1
	}
	out.Firms = nil
	return rows, Revision{Number: number, At: d.instant(), By: who.Name, Objection: objection, Outcome: out}, nil
}

// instant is now as the record keeps it.
func (d *Desk) instant() time.Time { return d.Now().UTC().Truncate(time.Microsecond) }

// save applies the steps and stores them; rows are those of a new revision.
func (d *Desk) save(ctx context.Context, who access.Principal, r Round, rows []Row, steps ...Step) (Round, error) {
	seen := r.Rev
	for i := range steps {
		steps[i].Seq, steps[i].At, steps[i].By = r.Rev+1, d.instant(), who.Name
		r.apply(steps[i])
	}
	return r, d.Store.Append(ctx, who.Scope.Tenant, r.head(), seen, steps, rows)
}

// Move brings a round into another state.
func (d *Desk) Move(ctx context.Context, who access.Principal, id string, seen int64, to Step) (Round, error) {
	r, _, err := d.kept(ctx, who, id, seen)
	if err != nil {
		return Round{}, err
	}
	step := Step{What: StepMoved, State: to.State, Note: strings.TrimSpace(to.Note)}
	if len(step.Note) > maxText {
		return Round{}, invalid("note: at most %d bytes", maxText)
	}
	switch {
	case to.State == Public && r.State == Draft:
		if err := d.checkNotice(to.From, to.To); err != nil {
			return Round{}, err
		}
		step.From, step.To = to.From, to.To
	case to.State == Final && r.State == Public:
		if r.open() > 0 {
			return Round{}, fmt.Errorf("%w: %d objections have no answer yet", ErrState, r.open())
		}
		if d.today() <= r.To {
			return Round{}, fmt.Errorf("%w: the list is on public notice until %s; it can be settled the day after", ErrState, r.To)
		}
	case to.State == Cancelled && (r.State == Draft || r.State == Public):
		if step.Note == "" {
			return Round{}, invalid("note: say why the round is cancelled")
		}
	default:
		return Round{}, fmt.Errorf("%w: a round that is %s does not become %s", ErrState, r.State, to.State)
	}
	return d.save(ctx, who, r, nil, step)
}

func (d *Desk) checkNotice(from, to string) error {
	first, err1 := time.Parse(time.DateOnly, from)
	last, err2 := time.Parse(time.DateOnly, to)
	switch {
	case err1 != nil || err2 != nil || last.Before(first):
		return invalid("public notice from %q to %q; write two days, the first not after the last", from, to)
	case to < d.today():
		return invalid("public notice to %s: that day is over", to)
	case last.Sub(first) > maxNotice*24*time.Hour:
		return invalid("public notice of more than %d days", maxNotice)
	}
	return nil
}

// Rows gives a page of a revision's list that the asker may see, and the place
// to go on from; 0 is the end. Revision 0 is the newest.
func (d *Desk) Rows(ctx context.Context, who access.Principal, f ScoreFilter) (Round, []Row, int, error) {
	r, err := d.round(ctx, who, f.Round)
	if err != nil {
		return Round{}, nil, 0, err
	}
	if f.Revision == 0 {
		f.Revision = r.Current().Number
	}
	if f.Revision < 1 || f.Revision > r.Current().Number {
		return Round{}, nil, 0, fmt.Errorf("%w: revision %d of evaluation %s", access.ErrNotFound, f.Revision, r.ID)
	}
	if f.Areas = who.Areas(access.ReadFirms); len(f.Areas) == 0 {
		return r, nil, 0, nil
	}
	limit := f.Limit
	f.Limit++
	rows, err := d.Store.Rows(ctx, who.Scope.Tenant, f)
	if err != nil || len(rows) <= limit {
		return r, rows, 0, err
	}
	return r, rows[:limit], rows[limit-1].Place, nil
}

// Detail is a firm in a round with what every revision said of it.
type Detail struct {
	Row   Row    `json:"row"`
	Pasts []Past `json:"pasts" nullable:"false"`
}

// Firm is one row of a list; outside of what the asker may see it is not found.
func (d *Desk) Firm(ctx context.Context, who access.Principal, round, firm string, revision int) (Detail, error) {
	_, rows, _, err := d.Rows(ctx, who, ScoreFilter{Round: round, Revision: revision, Firm: firm, Limit: 1})
	if err != nil {
		return Detail{}, err
	}
	if len(rows) == 0 {
		return Detail{}, fmt.Errorf("%w: firm %s in evaluation %s", access.ErrNotFound, firm, round)
	}
	out := Detail{Row: rows[0]}
	out.Pasts, err = d.Store.Pasts(ctx, who.Scope.Tenant, round, firm)
	return out, err
}

// ClassOf answers which class a firm has by a standard at an instant, or why none.
// It is what policies ask: funds, quotas, prices. It is the answer to the caller's
// right to know, so the caller says for whom it asks.
func (d *Desk) ClassOf(ctx context.Context, tenant plant.TenantNo, areas []access.Area, firm, standard string, at time.Time) (Standing, error) {
	if _, ok := d.Book.Standard(standard, 0); !ok {
		return Standing{}, invalid("standard %q is not known", standard)
	}
	if _, _, err := d.Seats.Seat(ctx, tenant, areas, firm); err != nil {
		return Standing{}, err
	}
	h, row, ok, some, err := d.Store.Settled(ctx, tenant, firm, standard, at)
	if err != nil {
		return Standing{}, err
	}
	out := Standing{Firm: firm, Standard: standard}
	if !ok {
		out.Why = map[bool]string{true: "not_in_round", false: "no_round"}[some]
		return out, nil
	}
	out.Round, out.Title, out.Version, out.Revision, out.Year, out.Settled = h.ID, h.Title, h.Version, h.Revision, h.Year, h.Settled
	out.Class, out.Score, out.Rank, out.Of = row.Class, row.Score, row.Rank, row.Of
	if row.Score == nil {
		out.Why, out.Detail = "unscored", row.Why
	}
	return out, nil
}
