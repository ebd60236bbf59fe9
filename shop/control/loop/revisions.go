package loop

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"zhigai/access"
	"zhigai/fact/document"
	"zhigai/plant"
)

// Loops lists revisions within a scope, the newest first; open ones are those that are
// not retired, and Of is a loop's id.
func (d *Desk) Loops(ctx context.Context, f Filter) ([]Loop, error) {
	f.Kind = KindLoop
	return document.ReadAll[Loop](d.o.Store.Documents(ctx, f))
}

// Revision is one revision that the asker sees.
func (d *Desk) Revision(ctx context.Context, who access.Principal, id string) (Loop, error) {
	return d.revision(ctx, who, id, access.Read)
}

func (d *Desk) revision(ctx context.Context, who access.Principal, id string, right access.Permission) (Loop, error) {
	return document.Seen[Loop](ctx, d.o.Store, who, KindLoop, id, right)
}

// ofSeries are all revisions of a loop, the newest first.
func (d *Desk) ofSeries(ctx context.Context, tenant plant.TenantNo, series string) ([]Loop, error) {
	all, err := d.Loops(ctx, Filter{Scope: access.Scope{Tenant: tenant}, Of: series, Limit: maxLoops})
	if err == nil && len(all) == 0 {
		err = fmt.Errorf("%w: loop %s", access.ErrNotFound, series)
	}
	return all, err
}

// inEffect is the approved revision of a loop.
func inEffect(all []Loop) *Loop {
	for i := range all {
		if all[i].State == Approved {
			return &all[i]
		}
	}
	return nil
}

// signals tells those of machines, which are looked for once.
func (d *Desk) signals(ctx context.Context, tenant plant.TenantNo) func(plant.NodeID) ([]Signal, error) {
	known := map[plant.NodeID][]Signal{}
	return func(node plant.NodeID) ([]Signal, error) {
		if _, ok := known[node]; !ok {
			m, err := d.o.Machines.Machine(ctx, tenant, node)
			if err != nil {
				return nil, err
			}
			known[node] = m.Signals
		}
		return known[node], nil
	}
}

// SaveLoop makes a draft: of a new loop without a series, of the next revision without
// an id, or changes a draft whose Rev was seen.
func (d *Desk) SaveLoop(ctx context.Context, who access.Principal, l Loop) (Loop, error) {
	at, err := d.machine(ctx, who, l.Machine, access.Engineer)
	if err != nil {
		return Loop{}, err
	}
	for _, in := range l.inputs() { // what a person may not see no loop of hers reads
		if _, err := d.machine(ctx, who, in.Machine, access.Read); err != nil {
			return Loop{}, err
		}
	}
	if err := l.check(at, d.signals(ctx, who.Scope.Tenant)); err != nil {
		return Loop{}, err
	}
	l.Path, l.MachineName, l.State = at.Path, at.Name, Draft
	seen := l.Rev
	if l.ID == "" {
		seen = 0
		if l, err = d.next(ctx, who, l); err != nil {
			return Loop{}, err
		}
	} else {
		old, err := d.revision(ctx, who, l.ID, access.Engineer)
		switch {
		case err != nil:
			return Loop{}, err
		case old.State != Draft:
			return Loop{}, invalid("revision %d of the loop is %s and never changes; make a new revision", old.Revision, old.State)
		case old.Machine != l.Machine || old.Output != l.Output:
			return Loop{}, invalid("a loop stays with its machine and output; make another loop")
		}
		l.Series, l.Revision, l.Authors, l.Steps = old.Series, old.Revision, old.Authors, old.Steps
	}
	if !slices.Contains(l.Authors, who.Name) {
		l.Authors = append(slices.Clone(l.Authors), who.Name)
	}
	l.Steps = append(slices.Clone(l.Steps), Step{State: Draft, At: d.now(), By: who.Name, Note: l.Note})
	l.Rev = seen + 1
	return l, d.saveLoop(ctx, who, l, seen)
}

// next makes a revision that follows those of the same series.
func (d *Desk) next(ctx context.Context, who access.Principal, l Loop) (Loop, error) {
	l.ID, l.Revision, l.Authors, l.Steps = d.o.NewID(), 1, nil, nil
	if l.Series == "" {
		l.Series = l.ID
		return l, nil
	}
	all, err := d.ofSeries(ctx, who.Scope.Tenant, l.Series)
	if err != nil {
		return Loop{}, err
	}
	for _, o := range all {
		switch {
		case o.Machine != l.Machine || o.Output != l.Output:
			return Loop{}, invalid("a loop stays with its machine and output; make another loop")
		case o.State == Draft:
			return Loop{}, conflict("revision %d is a draft; finish or retire it before the next is written", o.Revision)
		}
		l.Revision = max(l.Revision, o.Revision+1)
	}
	return l, nil
}

func (d *Desk) saveLoop(ctx context.Context, who access.Principal, l Loop, seen int64) error {
	return d.save(ctx, who.Scope.Tenant, document.Document{Kind: KindLoop, ID: l.ID, Place: l.Machine, Path: l.Path, Of: l.Series, Open: l.State != Retired, By: who.Name}, l, seen)
}

// Move is a step of a revision that somebody makes.
type Move struct {
	State State  `json:"state" enum:"approved,retired"`
	Note  string `json:"note,omitempty" maxLength:"1000" doc:"Why; needed to retire it"`
	Rev   int64  `json:"rev" doc:"Revision of the document that was seen"`
}

// Move approves or retires a revision. Whoever wrote it does not approve it: two people
// stand for what moves a machine. An approved one takes the place of that before it; a
// loop that runs goes on with it, without a jump of its output.
func (d *Desk) Move(ctx context.Context, who access.Principal, id string, m Move) (Loop, error) {
	l, err := d.revision(ctx, who, id, access.Engineer)
	if err != nil {
		return Loop{}, err
	}
	m.Note = strings.TrimSpace(m.Note)
	switch {
	case m.Rev != l.Rev:
		return Loop{}, conflict("the loop has revision %d, not %d", l.Rev, m.Rev)
	case m.State == Approved && l.State != Draft, m.State == Retired && l.State == Retired, m.State != Approved && m.State != Retired:
		return Loop{}, invalid("the revision is %s and cannot become %s", l.State, m.State)
	case m.State == Approved && slices.Contains(l.Authors, who.Name):
		return Loop{}, invalid("%s wrote this revision; another person approves it", who.Name)
	case m.State == Retired && m.Note == "" || len(m.Note) > maxNote:
		return Loop{}, invalid("say in 1 to %d bytes why", maxNote)
	}
	tenant := who.Scope.Tenant
	running := d.runner(tenant, l.Series)
	if m.State == Retired && l.State == Approved && running != nil {
		return Loop{}, invalid("the loop runs by this revision; switch it off first")
	}
	if m.State == Approved {
		at, err := d.o.Machines.Machine(ctx, tenant, l.Machine)
		if err == nil {
			err = l.check(at, d.signals(ctx, tenant))
		}
		if err != nil {
			return Loop{}, err
		}
	}
	if l, err = d.step(ctx, who, l, m.State, m.Note); err != nil || m.State != Approved {
		return l, err
	}
	all, err := d.ofSeries(ctx, tenant, l.Series)
	if err != nil {
		return Loop{}, err
	}
	for _, o := range all {
		if o.ID != l.ID && o.State == Approved {
			if _, err := d.step(ctx, who, o, Retired, fmt.Sprintf("revision %d took its place", l.Revision)); err != nil {
				return Loop{}, err
			}
		}
	}
	if running != nil {
		err = running.do(ctx, func() error { return running.replace(l, who.Name) })
	}
	return l, err
}

func (d *Desk) step(ctx context.Context, who access.Principal, l Loop, to State, note string) (Loop, error) {
	seen := l.Rev
	l.State, l.Rev = to, seen+1
	l.Steps = append(slices.Clone(l.Steps), Step{State: to, At: d.now(), By: who.Name, Note: note})
	return l, d.saveLoop(ctx, who, l, seen)
}
