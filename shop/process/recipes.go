package process

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"zhigai/access"
	"zhigai/fact/document"
	"zhigai/plant"
)

// Recipes lists revisions within a scope, the newest first; open ones are those that
// are not retired.
func (d *Desk) Recipes(ctx context.Context, f Filter) ([]Recipe, error) {
	f.Kind = KindRecipe
	return document.ReadAll[Recipe](d.o.Store.Documents(ctx, f))
}

// Recipe is one revision that the asker sees.
func (d *Desk) Recipe(ctx context.Context, who access.Principal, id string) (Recipe, error) {
	return d.recipe(ctx, who, id, access.Read)
}

func (d *Desk) recipe(ctx context.Context, who access.Principal, id string, right access.Permission) (Recipe, error) {
	return document.Seen[Recipe](ctx, d.o.Store, who, KindRecipe, id, right)
}

// ofItem are all revisions for an item, whoever may see them: what is in effect does
// not depend on who asks.
func (d *Desk) ofItem(ctx context.Context, tenant plant.TenantNo, item string) ([]Recipe, error) {
	all, err := d.Recipes(ctx, Filter{Scope: access.Scope{Tenant: tenant}, Of: item, Limit: maxRevisions + 1})
	if err == nil && len(all) > maxRevisions {
		err = invalid("%s has more than %d revisions of recipes; that is as many as there may be", item, maxRevisions)
	}
	return all, err
}

// SaveRecipe makes a draft: of a new recipe without a series, of the next revision
// without an id, or changes a draft whose Rev was seen.
func (d *Desk) SaveRecipe(ctx context.Context, who access.Principal, r Recipe) (Recipe, error) {
	at, err := d.machine(ctx, who, r.Place, access.Engineer)
	if err != nil {
		return Recipe{}, err
	}
	signals := at.Signals
	if at.Profile != "" {
		r.Profile = at.Profile
	} else if known, ok := d.o.Machines.Kind(r.Profile); ok {
		signals = known
	} else {
		return Recipe{}, invalid("%s is no machine: say for which kind of machine the recipe is; %q is none", at.Path, r.Profile)
	}
	if err := r.check(signals); err != nil {
		return Recipe{}, err
	}
	r.Path, r.PlaceName, r.State, r.From = at.Path, at.Name, Draft, 0
	seen := r.Rev
	if r.ID == "" {
		if r, err = d.next(ctx, who, r); err != nil {
			return Recipe{}, err
		}
		seen = 0
	} else {
		old, err := d.recipe(ctx, who, r.ID, access.Engineer)
		switch {
		case err != nil:
			return Recipe{}, err
		case old.State != Draft:
			return Recipe{}, invalid("revision %d of the recipe for %s is %s and never changes; make a new revision", old.Revision, old.Item, old.State)
		case old.Item != r.Item || old.Operation != r.Operation || old.Place != r.Place || old.Profile != r.Profile:
			return Recipe{}, invalid("a recipe stays with its item, operation and place; make another recipe")
		}
		r.Series, r.Revision, r.Authors, r.Steps = old.Series, old.Revision, old.Authors, old.Steps
	}
	if !slices.Contains(r.Authors, who.Name) {
		r.Authors = append(r.Authors, who.Name)
	}
	r.Steps = append(r.Steps, Step{State: Draft, At: d.now(), By: who.Name, Note: r.Note})
	r.Rev = seen + 1
	return r, d.saveRecipe(ctx, who, r, seen)
}

// next makes a revision that follows those of the same series.
func (d *Desk) next(ctx context.Context, who access.Principal, r Recipe) (Recipe, error) {
	all, err := d.ofItem(ctx, who.Scope.Tenant, r.Item)
	if err != nil {
		return Recipe{}, err
	}
	r.ID, r.Revision, r.Authors, r.Steps = d.o.NewID(), 1, nil, nil
	found := r.Series == ""
	for _, o := range all {
		alike := o.Operation == r.Operation && o.Place == r.Place && o.Profile == r.Profile
		switch {
		case r.Series == "" && alike && o.State != Retired:
			return Recipe{}, conflict("there is a recipe for %s at %s already; make its next revision", r.Item, r.Path)
		case o.Series != r.Series:
			continue
		case !alike:
			return Recipe{}, invalid("a recipe stays with its item, operation and place; make another recipe")
		case o.State == Draft || o.State == Checked:
			return Recipe{}, conflict("revision %d is %s; finish or retire it before the next is written", o.Revision, o.State)
		}
		found = true
		r.Revision = max(r.Revision, o.Revision+1)
	}
	if !found {
		return Recipe{}, fmt.Errorf("%w: recipe %s", access.ErrNotFound, r.Series)
	}
	if r.Series == "" {
		r.Series = r.ID
	}
	return r, nil
}

func (d *Desk) saveRecipe(ctx context.Context, who access.Principal, r Recipe, seen int64) error {
	return d.save(ctx, who.Scope.Tenant, Document{Kind: KindRecipe, ID: r.ID, Place: r.Place, Path: r.Path, Of: r.Item, Open: r.State != Retired, By: who.Name}, r, seen)
}

// Move is a step of a revision that somebody makes.
type Move struct {
	State State         `json:"state" enum:"draft,checked,approved,retired"`
	Note  string        `json:"note,omitempty" maxLength:"1000" doc:"Why; needed to give it back or to retire it"`
	From  plant.Instant `json:"from,omitempty" doc:"Of an approval: in effect from then on; now when left out"`
	Rev   int64         `json:"rev" doc:"Revision of the document that was seen"`
}

// Move checks, approves, gives back or retires a revision. Whoever wrote it neither
// checks nor approves it: two people stand for what goes to a machine.
func (d *Desk) Move(ctx context.Context, who access.Principal, id string, m Move) (Recipe, error) {
	r, err := d.recipe(ctx, who, id, access.Engineer)
	if err != nil {
		return Recipe{}, err
	}
	now := d.now()
	m.Note = strings.TrimSpace(m.Note)
	switch {
	case m.Rev != r.Rev:
		return Recipe{}, conflict("the recipe has revision %d, not %d", r.Rev, m.Rev)
	case !slices.Contains(ways[r.State], m.State):
		return Recipe{}, invalid("the revision is %s and cannot become %s; it can become %v", r.State, m.State, ways[r.State])
	case (m.State == Checked || m.State == Approved) && slices.Contains(r.Authors, who.Name):
		return Recipe{}, invalid("%s wrote this revision; another person checks and approves it", who.Name)
	case (m.State == Draft || m.State == Retired) && m.Note == "" || len(m.Note) > maxNote:
		return Recipe{}, invalid("say in 1 to %d bytes why", maxNote)
	}
	if m.State == Approved {
		if r.From = m.From; r.From == 0 {
			r.From = now
		}
		if r.From < now { // what ran before did not run by it
			return Recipe{}, invalid("a recipe that was in effect before it was approved; choose an instant from now on")
		}
		at, err := d.o.Machines.Machine(ctx, who.Scope.Tenant, r.Place)
		if err != nil {
			return Recipe{}, err
		}
		signals := at.Signals
		if at.Profile == "" {
			signals, _ = d.o.Machines.Kind(r.Profile)
		}
		if err := r.check(signals); err != nil {
			return Recipe{}, err
		}
	}
	r.State = m.State
	r.Steps = append(r.Steps, Step{State: m.State, At: now, By: who.Name, Note: m.Note})
	seen := r.Rev
	r.Rev++
	return r, d.saveRecipe(ctx, who, r, seen)
}

// Compared are two revisions with what is not alike.
type Compared struct {
	Before      Recipe       `json:"before"`
	After       Recipe       `json:"after"`
	Differences []Difference `json:"differences" nullable:"false"`
}

// Compare holds a revision against another; without one against that before it in its
// series, and the first against nothing.
func (d *Desk) Compare(ctx context.Context, who access.Principal, id, other string) (Compared, error) {
	after, err := d.recipe(ctx, who, id, access.Read)
	if err != nil {
		return Compared{}, err
	}
	before := Recipe{Series: after.Series, Item: after.Item, Parameters: []Parameter{}}
	if other != "" {
		if before, err = d.recipe(ctx, who, other, access.Read); err != nil {
			return Compared{}, err
		}
	} else {
		all, err := d.ofItem(ctx, who.Scope.Tenant, after.Item)
		if err != nil {
			return Compared{}, err
		}
		for _, o := range all {
			if o.Series == after.Series && o.Revision < after.Revision && o.Revision > before.Revision {
				before = o
			}
		}
	}
	return Compared{before, after, Differences(&before, &after)}, nil
}
