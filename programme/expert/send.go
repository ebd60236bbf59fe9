package expert

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"zhigai/access"
	"zhigai/plant"
)

// Request is what an officer asks a team for.
type Request struct {
	Diagnosis string
	Wanted    int
	Fields    []string
	Note      string
}

// Ask asks for a team for a diagnosis.
func (d *Desk) Ask(ctx context.Context, who access.Principal, r Request) (Dispatch, error) {
	p, err := d.Teams.Project(ctx, who.Scope.Tenant, r.Diagnosis)
	if err == nil && !p.Firm.in(who.Areas(access.ReadFirms)) {
		err = fmt.Errorf("%w: diagnosis %s", access.ErrNotFound, r.Diagnosis)
	}
	if err != nil {
		return Dispatch{}, err
	}
	r.Note = strings.TrimSpace(r.Note)
	switch {
	case !p.Firm.in(who.Areas(access.DispatchExperts)):
		return Dispatch{}, fmt.Errorf("%w: this needs the permission %q for %s", access.ErrForbidden, access.DispatchExperts, p.Firm.Name)
	case p.Ended:
		return Dispatch{}, invalid("diagnosis: it is over; nobody joins it")
	case r.Wanted < 1 || r.Wanted > maxTeam:
		return Dispatch{}, invalid("wanted: write 1 to %d", maxTeam)
	case utf8.RuneCountInString(r.Note) > maxText:
		return Dispatch{}, invalid("note: at most %d letters", maxText)
	}
	for _, f := range r.Fields {
		if !slices.Contains(Fields, f) {
			return Dispatch{}, invalid("fields %q; known are %v", f, Fields)
		}
	}
	there, err := d.Store.Dispatches(ctx, who.Scope.Tenant, DispatchFilter{Areas: []access.Area{{}}, Diagnosis: p.ID, States: OpenStates, Limit: 1})
	if err != nil {
		return Dispatch{}, err
	}
	if len(there) > 0 {
		return Dispatch{}, invalid("diagnosis: a team was asked for already; it is dispatch %s", there[0].ID)
	}
	slices.Sort(r.Fields)
	return d.save(ctx, who, Dispatch{
		Diagnosis: p.ID, Title: p.Title, Firm: p.Firm, From: p.From, To: p.To, Wanted: r.Wanted, Fields: slices.Compact(slices.Clip(r.Fields)), Note: r.Note,
		AskedBy: who.Name, AskedAt: d.instant(), State: Open, Assignments: []Assignment{}, Last: "asked",
	})
}

func (d *Desk) save(ctx context.Context, who access.Principal, one Dispatch) (Dispatch, error) {
	return d.Store.SaveDispatch(access.With(ctx, who), who.Scope.Tenant, one)
}

func (d *Desk) instant() time.Time { return d.Now().UTC().Truncate(time.Microsecond) }

// sees are the areas of firms whose dispatches the asker sees: where the asker
// sends experts, and the one firm that the asker speaks for.
func sees(who access.Principal) []access.Area {
	out := slices.Clone(who.Areas(access.DispatchExperts))
	for _, a := range who.Areas(access.ReplyFirms) {
		if a.Enterprise != "" {
			out = append(out, a)
		}
	}
	return out
}

// Dispatches that the asker sees, the newest first, and what to pass as Before
// for the next page.
func (d *Desk) Dispatches(ctx context.Context, who access.Principal, f DispatchFilter) ([]Dispatch, string, error) {
	var err error
	if f.Experts, err = d.Own(ctx, who); err != nil {
		return nil, "", err
	}
	f.Areas = sees(who)
	limit := f.Limit
	f.Limit++
	out, err := d.Store.Dispatches(ctx, who.Scope.Tenant, f)
	if err != nil || len(out) <= limit {
		return out, "", err
	}
	return out[:limit], out[limit-1].ID, nil
}

// Dispatch is one that the asker sees.
func (d *Desk) Dispatch(ctx context.Context, who access.Principal, id string) (Dispatch, error) {
	one, err := d.Store.Dispatch(ctx, who.Scope.Tenant, id)
	if err != nil || one.Firm.in(sees(who)) {
		return one, err
	}
	own, err := d.Own(ctx, who)
	if err == nil && !slices.ContainsFunc(own, func(e string) bool { return one.of(e) >= 0 }) {
		err = fmt.Errorf("%w: dispatch %s", access.ErrNotFound, id)
	}
	return one, err
}

// DispatchHistory are the revisions of a dispatch, oldest first.
func (d *Desk) DispatchHistory(ctx context.Context, who access.Principal, id string) ([]Change[Dispatch], error) {
	if _, err := d.Dispatch(ctx, who, id); err != nil {
		return nil, err
	}
	return d.Store.DispatchHistory(ctx, who.Scope.Tenant, id)
}

// decided is a running dispatch that the asker decides on, as the asker saw it.
func (d *Desk) decided(ctx context.Context, who access.Principal, id string, seen int64) (Dispatch, error) {
	one, err := d.running(ctx, who, id, seen)
	if err == nil && !one.Firm.in(who.Areas(access.DispatchExperts)) {
		err = fmt.Errorf("%w: this needs the permission %q for %s", access.ErrForbidden, access.DispatchExperts, one.Firm.Name)
	}
	return one, err
}

func (d *Desk) running(ctx context.Context, who access.Principal, id string, seen int64) (Dispatch, error) {
	one, err := d.Dispatch(ctx, who, id)
	switch {
	case err != nil:
		return one, err
	case one.Rev != seen:
		return one, fmt.Errorf("dispatch %s is at revision %d, not %d: %w", id, one.Rev, seen, access.ErrConflict)
	case !one.running():
		return one, invalid("the dispatch is %s; nobody is sent any more", one.State)
	}
	return one, nil
}

// Candidates are the experts that the asker sees, held against the dispatch.
func (d *Desk) Candidates(ctx context.Context, who access.Principal, id string) ([]Candidate, error) {
	one, err := d.Dispatch(ctx, who, id)
	if err != nil {
		return nil, err
	}
	if !one.Firm.in(who.Areas(access.DispatchExperts)) {
		return nil, fmt.Errorf("%w: this needs the permission %q for %s", access.ErrForbidden, access.DispatchExperts, one.Firm.Name)
	}
	experts, err := d.Experts(ctx, who, Filter{})
	if err != nil {
		return nil, err
	}
	load, err := d.load(ctx, who.Scope.Tenant)
	if err != nil {
		return nil, err
	}
	return Rank(one.need(), experts, load, one.Assignments), nil
}

func (d *Desk) load(ctx context.Context, tenant plant.TenantNo) (map[string]int, error) {
	open, err := d.Store.Dispatches(ctx, tenant, DispatchFilter{Areas: []access.Area{{}}, States: OpenStates, Limit: MaxOpen})
	return loads(open), err
}

// Assign asks an expert to go. What bars a person cannot be decided otherwise.
func (d *Desk) Assign(ctx context.Context, who access.Principal, id string, seen int64, expert, role string) (Dispatch, error) {
	one, err := d.decided(ctx, who, id, seen)
	if err != nil {
		return Dispatch{}, err
	}
	e, err := d.seen(ctx, who, expert)
	if err != nil {
		return Dispatch{}, invalid("expert: %q is not in the register, or not sent to your region", expert)
	}
	for _, r := range Rank(one.need(), []Expert{e}, nil, one.Assignments)[0].Out {
		switch {
		case r.Code == "interest":
			return Dispatch{}, fmt.Errorf("%w: %s：%s (%s)", ErrInterest, e.Name, r.Text.ZH, r.Text.EN)
		case r.Bars:
			return Dispatch{}, invalid("%s：%s (%s)", e.Name, r.Text.ZH, r.Text.EN)
		}
	}
	leads := func(a Assignment) bool { return a.Role == "lead" && (a.State == Assigned || a.State == Accepted) }
	switch {
	case role != "lead" && role != "expert":
		return Dispatch{}, invalid("role %q; write lead or expert", role)
	case role == "lead" && slices.ContainsFunc(one.Assignments, leads):
		return Dispatch{}, invalid("role: the team has a lead; withdraw that one first")
	case len(one.Assignments) == maxTeam && one.of(expert) < 0:
		return Dispatch{}, invalid("%d experts were asked; that is as many as there may be", maxTeam)
	}
	return d.save(ctx, who, one.with(Assignment{Expert: e.ID, Name: e.Name, Organisation: e.Organisation, Role: role, State: Assigned, By: who.Name, At: d.instant()}, "assigned"))
}

// Answer is the expert's own word: who accepts is in the team of the diagnosis,
// who declines says why.
func (d *Desk) Answer(ctx context.Context, who access.Principal, id string, seen int64, accept bool, reason string) (Dispatch, error) {
	one, err := d.running(ctx, who, id, seen)
	if err != nil {
		return Dispatch{}, err
	}
	own, err := d.Own(ctx, who)
	if err != nil {
		return Dispatch{}, err
	}
	i := slices.IndexFunc(one.Assignments, func(a Assignment) bool { return slices.Contains(own, a.Expert) })
	if i < 0 {
		return Dispatch{}, fmt.Errorf("%w: the expert who was asked answers; you are none of them", access.ErrForbidden)
	}
	a := one.Assignments[i]
	reason = strings.TrimSpace(reason)
	switch {
	case a.State != Assigned:
		return Dispatch{}, invalid("your assignment is %s; nothing is asked of you", a.State)
	case !accept && reason == "":
		return Dispatch{}, invalid("reason: say why you decline")
	case utf8.RuneCountInString(reason) > maxText:
		return Dispatch{}, invalid("reason: at most %d letters", maxText)
	}
	a.AnsweredAt, a.Reason, a.State = d.instant(), reason, Declined
	if !accept {
		return d.save(ctx, who, one.with(a, string(Declined)))
	}
	if err := d.stillFree(ctx, who.Scope.Tenant, one, a.Expert); err != nil {
		return Dispatch{}, err
	}
	// The team comes first: joining again changes nothing when the second fails.
	if err := d.Teams.Join(ctx, who, one.Diagnosis, Member{a.Expert, a.Name, a.Organisation, a.Role}); err != nil {
		return Dispatch{}, err
	}
	a.State = Accepted
	return d.save(ctx, who, one.with(a, string(Accepted)))
}

// stillFree: an interest that was entered after somebody was asked bars as well.
func (d *Desk) stillFree(ctx context.Context, tenant plant.TenantNo, one Dispatch, expert string) error {
	e, err := d.expert(ctx, tenant, expert)
	if err != nil {
		return err
	}
	if t, ok := e.tie(one.Firm, one.From, one.To); ok {
		return fmt.Errorf("%w: %s – %s (%s, %s)", ErrInterest, e.Name, one.Firm.Name, kindZH[t.Kind], t.Kind)
	}
	return nil
}

// Withdraw takes an assignment back, and the person out of the team.
func (d *Desk) Withdraw(ctx context.Context, who access.Principal, id string, seen int64, expert, reason string) (Dispatch, error) {
	one, err := d.decided(ctx, who, id, seen)
	if err != nil {
		return Dispatch{}, err
	}
	reason = strings.TrimSpace(reason)
	i := one.of(expert)
	switch {
	case i < 0 || one.Assignments[i].State != Assigned && one.Assignments[i].State != Accepted:
		return Dispatch{}, invalid("expert: %q has no assignment that stands", expert)
	case reason == "" || utf8.RuneCountInString(reason) > maxText:
		return Dispatch{}, invalid("reason: say why, in at most %d letters", maxText)
	}
	a := one.Assignments[i]
	if a.State == Accepted {
		if err := d.Teams.Leave(ctx, who, one.Diagnosis, expert); err != nil {
			return Dispatch{}, err
		}
	}
	a.State, a.Reason, a.By, a.At = Withdrawn, reason, who.Name, d.instant()
	return d.save(ctx, who, one.with(a, string(Withdrawn)))
}

// End closes a dispatch: done, when the experts have been there, or cancelled
// with a reason. Those who are in the team stay in it.
func (d *Desk) End(ctx context.Context, who access.Principal, id string, seen int64, state DispatchState, reason string) (Dispatch, error) {
	one, err := d.decided(ctx, who, id, seen)
	if err != nil {
		return Dispatch{}, err
	}
	reason = strings.TrimSpace(reason)
	switch {
	case state != Done && state != Cancelled:
		return Dispatch{}, invalid("state %q; write done or cancelled", state)
	case state == Done && !slices.ContainsFunc(one.Assignments, func(a Assignment) bool { return a.State == Accepted }):
		return Dispatch{}, invalid("state: nobody has accepted; cancel it with a reason")
	case state == Cancelled && reason == "" || utf8.RuneCountInString(reason) > maxText:
		return Dispatch{}, invalid("reason: say why, in at most %d letters", maxText)
	}
	one.State, one.Reason, one.Last = state, reason, string(state)
	return d.save(ctx, who, one)
}
