package reporting

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"zhigai/access"
	"zhigai/plant"
)

// Desk is where reports are frozen, handed on and looked up. Its methods may be
// called concurrently; all fields are required.
type Desk struct {
	Store    Store
	Figures  Figures
	Regions  *plant.Regions
	Calendar Calendar
	Card     Card
	Now      func() time.Time
	Nodes    Nodes
	Node     string // id of this node
}

const (
	maxWords = 2000 // letters: a page
	maxSteps = 1000 // of one report
	// maxBelow bounds what is frozen at once: a province has about a hundred and
	// thirty cities and counties, the largest two hundred.
	maxBelow = 300
)

// IDOf names the report of a region for a period.
func IDOf(period, region string) string { return period + "." + region }

// place reads the name of a report; one of no division, or of a period that it was
// none in, is not found.
func (d *Desk) place(id string) (Period, plant.Region, error) {
	period, code, _ := strings.Cut(id, ".")
	p, err := PeriodOf(period)
	if err != nil {
		return p, plant.Region{}, fmt.Errorf("%w: report %.40q; reports are named 2022-05.330624", access.ErrNotFound, id)
	}
	r, err := d.Regions.At(code, (p.To - 1).Time())
	if err != nil {
		return p, r, fmt.Errorf("%w: report %.40q: %w", access.ErrNotFound, id, err)
	}
	return p, r, nil
}

// head is the report as it stands; one that nothing was done to is open.
func (d *Desk) head(ctx context.Context, tenant plant.TenantNo, p Period, r plant.Region) (Head, error) {
	id := IDOf(p.ID, r.Code)
	h, err := d.Store.Head(ctx, tenant, id)
	if errors.Is(err, access.ErrNotFound) {
		return open(p, r), nil
	}
	return h, err
}

func open(p Period, r plant.Region) Head {
	return Head{ID: IDOf(p.ID, r.Code), Period: p.ID, Region: r.Code, Level: r.Level, State: Open, Reminders: []Reminder{}}
}

// Froze is what a freezing did.
type Froze struct {
	Reports []Head `json:"reports" nullable:"false"`
	Stood   int    `json:"stood" doc:"Reports below that were frozen before and stay as they are"`
	// Elsewhere are those that are frozen at nodes of their own.
	Elsewhere int `json:"elsewhere,omitempty" doc:"Reports below that nodes of their own freeze"`
}

// FreezeAll freezes the figures of a region for a period that is over, and with
// below those of every city and county in it. What was frozen before stays; that
// the region itself was is ErrState.
func (d *Desk) FreezeAll(ctx context.Context, by access.Principal, period, region string, below bool) (Froze, error) {
	out := Froze{Reports: []Head{}}
	p, r, err := d.place(IDOf(period, region))
	if err != nil {
		return out, err
	}
	if !StandingOf(by.Areas(access.ReportFirms), r.Code).Sees() {
		return out, fmt.Errorf("%w: only %s may freeze what %s %s reports", access.ErrForbidden, who(Chain, r.Level), r.Code, r.Name)
	}
	now := d.Now()
	if now.Before(p.To.Time()) {
		return out, fmt.Errorf("%w: %s ends on %s; figures are frozen after it", ErrState, p.ID, p.LastDay())
	}
	regions := []plant.Region{r}
	if below {
		regions = slices.DeleteFunc(d.Regions.All(r.Prefix(), (p.To-1).Time()), func(o plant.Region) bool { return o.Code == r.Code })
		regions = append(regions, r) // last: who sees it frozen knows that all are
	}
	stations, err := d.Nodes.Stations(ctx, by.Scope.Tenant)
	if err != nil {
		return out, err
	}
	if own := stations.below(r.Code); own != nil {
		return out, fmt.Errorf("%w: %s %s is frozen at its node %s; sign in there", ErrState, r.Code, r.Name, own.Name)
	}
	all := len(regions)
	regions = slices.DeleteFunc(regions, func(o plant.Region) bool { return stations.below(o.Code) != nil })
	out.Elsewhere = all - len(regions)
	if len(regions) > maxBelow {
		return out, invalid("%d regions; at most %d are frozen at once: freeze city by city", len(regions), maxBelow)
	}
	fold, err := d.Figures.At(ctx, by.Scope.Tenant, p)
	if err != nil {
		return out, err
	}
	for _, one := range regions {
		h, err := d.head(ctx, by.Scope.Tenant, p, one)
		if err != nil {
			return out, err
		}
		if h.State != Open {
			if _, err := next(h, Freeze, Standing{Own: true}); one.Code == r.Code && !below {
				return out, err
			}
			out.Stood++
			continue
		}
		if h, err = d.freeze(ctx, by, h, Step{What: Freeze}, fold); err != nil {
			return out, err
		}
		out.Reports = append(out.Reports, h)
	}
	return out, nil
}

// freeze folds the figures of the report's region and keeps them with the step.
func (d *Desk) freeze(ctx context.Context, by access.Principal, h Head, s Step, fold Fold) (Head, error) {
	values, err := fold(ctx, h.Region)
	if err != nil {
		return h, err
	}
	seen := h.Rev
	s = d.sign(by, h, s)
	s.State, s.Revision = Draft, h.Revision+1
	if s.What == Revise && h.State != Draft {
		s.State = Revised
	}
	f := Frozen{Report: h.ID, Revision: s.Revision, At: s.At, Name: s.Name, Reason: s.Words, Root: RootOf(values), Values: values}
	h = h.after(s)
	return h, d.Store.Append(ctx, by.Scope.Tenant, h, seen, s, &f)
}

// sign says who does the step, when.
func (d *Desk) sign(by access.Principal, h Head, s Step) Step {
	s.Seq, s.At, s.Who = max(h.Rev, h.Last)+1, d.Now().UTC().Truncate(time.Microsecond), by.User
	s.Name, s.Organisation, s.Node = by.Person(), by.Organisation, d.Node
	return s
}

// after is the head that a step makes of it.
func (h Head) after(s Step) Head {
	h.Rev, h.Last, h.State, h.Revision = h.Rev+1, max(h.Last, s.Seq), s.State, max(h.Revision, s.Revision)
	h.Reminders = slices.Clone(h.Reminders)
	switch s.What {
	case Freeze:
		h.Frozen = s.At
	case Submit: // handing in answers reminders, too
		h.Submitted, h.Reminders = s.At, []Reminder{}
	case Return:
		h.Question = s.Words
	case Explain:
		h.Question, h.Reminders = "", []Reminder{}
	case Revise:
		h.Question, h.Frozen = "", s.At
	case Approve:
		h.Approved, h.Accepted = s.At, s.Revision
	case Remind:
		h.Reminders = append(h.Reminders, Reminder{Seq: s.Seq, At: s.At, Name: s.Name, Words: s.Words})
	case Answer:
		h.Reminders = []Reminder{}
	}
	h.Refused = ""
	if s.What == Refuse {
		h.Refused = s.Words
	}
	return h
}

// Do carries out a step of a report as it was at revision seen; freezing is
// [Desk.FreezeAll]'s.
func (d *Desk) Do(ctx context.Context, by access.Principal, id string, seen int64, what What, words string) (Head, error) {
	p, r, err := d.place(id)
	if err != nil {
		return Head{}, err
	}
	standing := StandingOf(by.Areas(access.ReportFirms), r.Code)
	if !standing.Sees() {
		return Head{}, fmt.Errorf("%w: report %s", access.ErrNotFound, id)
	}
	tenant := by.Scope.Tenant
	h, err := d.head(ctx, tenant, p, r)
	if err != nil {
		return h, err
	}
	if h.Rev != seen {
		return h, fmt.Errorf("report %s is at revision %d, not %d: %w", id, h.Rev, seen, access.ErrConflict)
	}
	stations, err := d.Nodes.Stations(ctx, tenant)
	if err != nil {
		return h, err
	}
	state, err := stations.nextHere(h, what, standing)
	if err != nil {
		return h, err
	}
	words = strings.TrimSpace(words)
	switch {
	case what == Freeze:
		return h, invalid("freezing names a period and a region: POST /reports")
	case utf8.RuneCountInString(words) > maxWords:
		return h, invalid("words: at most %d letters", maxWords)
	case words == "" && slices.Contains(needsWords, what):
		return h, invalid("words: %s needs words: a question, a reason, an answer", what)
	case h.Rev >= maxSteps:
		return h, fmt.Errorf("%w: the report has %d steps, which is as many as are kept", ErrState, h.Rev)
	}
	s := Step{What: what, Words: words, State: state, Revision: h.Revision}
	return d.carryOut(ctx, by, h, p, r, s)
}

func (d *Desk) carryOut(ctx context.Context, by access.Principal, h Head, p Period, r plant.Region, s Step) (Head, error) {
	tenant := by.Scope.Tenant
	var err error
	switch s.What {
	case Revise, Decline:
		return d.answerLateFact(ctx, by, h, p, s)
	case Submit:
		err = d.hold(ctx, tenant, p, r, &s)
	case Approve:
		err = d.fourEyes(ctx, by, h)
	}
	if err != nil {
		return h, err
	}
	seen := h.Rev
	s = d.sign(by, h, s)
	h = h.after(s)
	return h, d.Store.Append(ctx, tenant, h, seen, s, nil)
}

// answerLateFact makes a revision of what is computed now, or says that the
// reported values stand. When both are the same there is nothing to answer.
func (d *Desk) answerLateFact(ctx context.Context, by access.Principal, h Head, p Period, s Step) (Head, error) {
	tenant := by.Scope.Tenant
	fold, err := d.Figures.At(ctx, tenant, p)
	if err != nil {
		return h, err
	}
	values, err := fold(ctx, h.Region)
	if err != nil {
		return h, err
	}
	was, err := d.Store.Frozen(ctx, tenant, h.ID, h.Revision)
	if err != nil {
		return h, err
	}
	root := RootOf(values)
	if root == was.Root {
		return h, fmt.Errorf("%w: what is computed now is what was reported, there is nothing to %s", ErrState, s.What)
	}
	if s.What == Revise {
		return d.freeze(ctx, by, h, s, func(context.Context, string) ([]Value, error) { return values, nil })
	}
	seen := h.Rev
	s.Root = root
	s = d.sign(by, h, s)
	h = h.after(s)
	return h, d.Store.Append(ctx, tenant, h, seen, s, nil)
}

// hold notes the approved reports below that a report is handed in with. One that
// goes without some says why.
func (d *Desk) hold(ctx context.Context, tenant plant.TenantNo, p Period, r plant.Region, s *Step) error {
	parts, err := d.below(ctx, tenant, p, r)
	if err != nil {
		return err
	}
	var missing []string
	for _, part := range parts {
		if part.Accepted == 0 {
			missing = append(missing, part.Region)
			continue
		}
		s.Held = append(s.Held, Held{part.Region, part.Accepted})
	}
	if len(missing) > 0 && s.Words == "" {
		return fmt.Errorf("%w: %d of %d reports below are not approved: %s; have them approved first, or say in words why it goes without them",
			ErrState, len(missing), len(parts), strings.Join(missing[:min(5, len(missing))], " "))
	}
	return nil
}

// fourEyes: who handed the values in does not approve them.
func (d *Desk) fourEyes(ctx context.Context, by access.Principal, h Head) error {
	steps, err := d.Store.Steps(ctx, by.Scope.Tenant, h.ID)
	if err != nil {
		return err
	}
	for _, s := range slices.Backward(steps) {
		if s.What == Submit || s.What == Revise || s.What == Explain {
			if s.Who == by.User {
				return fmt.Errorf("%w: you handed it in yourself; somebody else of the level above approves it", access.ErrForbidden)
			}
			return nil
		}
	}
	return nil
}

// below are the reports of the level right below a region, those that nobody began
// too.
func (d *Desk) below(ctx context.Context, tenant plant.TenantNo, p Period, r plant.Region) ([]Head, error) {
	if r.Level == plant.County {
		return nil, nil
	}
	level := plant.County
	if r.Level == plant.Province {
		level = plant.City
	}
	heads, err := d.Store.Heads(ctx, tenant, Filter{Period: p.ID, Level: level, Areas: []access.Area{{Region: r.Prefix()}}})
	if err != nil {
		return nil, err
	}
	by := byRegion(heads)
	var out []Head
	for _, one := range d.Regions.All(r.Prefix(), (p.To - 1).Time()) {
		if one.Level != level {
			continue
		}
		h, ok := by[one.Code]
		if !ok {
			h = open(p, one)
		}
		out = append(out, h)
	}
	return out, nil
}

func byRegion(heads []Head) map[string]Head {
	out := map[string]Head{}
	for _, h := range heads {
		out[h.Region] = h
	}
	return out
}
