package tenant

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// Change is what is to change of a tenant; nil stays.
type Change struct {
	Name   *plant.Name `json:"name,omitempty"`
	Code   *string     `json:"code,omitempty" maxLength:"18"`
	Limits *Limits     `json:"limits,omitempty"`
	Term   *int64      `json:"term_days,omitempty" minimum:"1" maximum:"366" doc:"With state leaving: days until everything is deleted, counted from now; 30 when left out"`
	State  *State      `json:"state,omitempty" enum:"active,suspended,leaving" doc:"leaving: everything is deleted after the term; active takes that back"`
}

// steps are the ways from state to state; deleted is reached by time alone.
var steps = map[State][]State{Active: {Suspended, Leaving}, Suspended: {Active, Leaving}, Leaving: {Active, Suspended}}

// Change changes a tenant.
func (d *Desk) Change(ctx context.Context, by access.Principal, id string, rev int64, c Change) (Tenant, error) {
	was, err := d.o.Store.Tenant(ctx, id)
	if err != nil {
		return Tenant{}, err
	}
	t := was
	t.Rev = rev
	if was.State == Deleted {
		return Tenant{}, fmt.Errorf("%w: %s is deleted", ErrState, id)
	}
	if c.Name != nil {
		t.Name = *c.Name
	}
	if c.Code != nil {
		t.Code = strings.TrimSpace(*c.Code)
	}
	if c.Limits != nil {
		t.Limits = *c.Limits
	}
	if c.State != nil && *c.State != was.State {
		if !slices.Contains(steps[was.State], *c.State) {
			return Tenant{}, fmt.Errorf("%w: %s is %s and cannot become %s", ErrState, id, was.State, *c.State)
		}
		t.State, t.Ends = *c.State, time.Time{}
		if t.State == Leaving {
			if err := d.o.Parts.CanDelete(); err != nil {
				return Tenant{}, fmt.Errorf("%w: %w", ErrState, err)
			}
			t.Ends = d.o.Now().UTC().Add(d.o.Term).Truncate(time.Microsecond)
		}
	}
	if c.Term != nil {
		term := time.Duration(*c.Term) * 24 * time.Hour
		switch {
		case t.State != Leaving:
			return Tenant{}, fmt.Errorf("%w: a term is of a firm that leaves; %s is %s", ErrInvalid, id, t.State)
		case term <= 0 || term > MaxTerm:
			return Tenant{}, fmt.Errorf("%w: a term of %d days; write 1 to %d", ErrInvalid, *c.Term, MaxTerm/(24*time.Hour))
		}
		t.Ends = d.o.Now().UTC().Add(term).Truncate(time.Microsecond)
	}
	if err := t.check(); err != nil {
		return Tenant{}, err
	}
	saved, err := d.o.Store.SaveTenant(ctx, t)
	if err != nil {
		return Tenant{}, err
	}
	if err := d.o.Audit(ctx, by, "tenant.change", "tenant/"+id, was, saved); err != nil {
		return Tenant{}, err
	}
	return saved, d.changed(ctx)
}

// DeleteDue deletes tenants whose term is over, and one whose deletion did not
// come to its end.
func (d *Desk) DeleteDue(ctx context.Context, by access.Principal) error {
	all, err := d.o.Store.Tenants(ctx, Filter{State: Leaving}, maxTenants)
	if err != nil {
		return err
	}
	var failed []error
	for _, t := range all {
		if !t.Ends.After(d.o.Now()) {
			if err := d.delete(ctx, by, t); err != nil {
				failed = append(failed, fmt.Errorf("tenant %s is not deleted yet: %w", t.ID, err))
			}
		}
	}
	return errors.Join(failed...)
}

// Delete deletes a tenant that leaves, before its term is over. confirmed is its
// id, typed by a person.
func (d *Desk) Delete(ctx context.Context, by access.Principal, id, confirmed string) error {
	t, err := d.o.Store.Tenant(ctx, id)
	switch {
	case err != nil:
		return err
	case confirmed != id:
		return fmt.Errorf("%w: to delete %s write its id as the confirmation", ErrInvalid, id)
	case t.State != Leaving:
		return fmt.Errorf("%w: %s is %s; let it leave first", ErrState, id, t.State)
	}
	return d.delete(ctx, by, t)
}

// delete first ends what runs for the tenant: the row says so before the first
// thing goes, and the audit when the last is gone.
func (d *Desk) delete(ctx context.Context, by access.Principal, t Tenant) error {
	if err := d.o.Parts.CanDelete(); err != nil {
		return fmt.Errorf("%w: %w", ErrState, err)
	}
	ending := t
	if ending.Ends.After(d.o.Now()) {
		ending.Ends = d.o.Now().UTC().Truncate(time.Microsecond)
		var err error
		if ending, err = d.o.Store.SaveTenant(ctx, ending); err != nil {
			return err
		}
	}
	if err := d.changed(ctx); err != nil {
		return err
	}
	if err := d.o.Parts.Delete(ctx, ending); err != nil {
		return err
	}
	gone := Tenant{No: t.No, ID: t.ID, Name: t.Name, State: Deleted, Created: t.Created, Ends: d.o.Now().UTC().Truncate(time.Microsecond), Rev: ending.Rev}
	if _, err := d.o.Store.SaveTenant(ctx, gone); err != nil {
		return err
	}
	if err := d.o.Audit(ctx, by, "tenant.delete", "tenant/"+t.ID, t, gone); err != nil {
		return err
	}
	return d.changed(ctx)
}
