package handshake

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"zhigai/access"
	calc "zhigai/calc/handshake"
	"zhigai/fact/document"
	"zhigai/plant"
)

// Handshakes lists revisions within a scope, the newest first; open ones are those that are
// not retired, and Of is a handshake's id. A handshake is seen where its giver is.
func (d *Desk) Handshakes(ctx context.Context, f Filter) ([]Handshake, error) {
	f.Kind = KindHandshake
	return document.ReadAll[Handshake](d.o.Store.Documents(ctx, f))
}

func (d *Desk) revision(ctx context.Context, who access.Principal, id string, right access.Permission) (Handshake, error) {
	return document.Seen[Handshake](ctx, d.o.Store, who, KindHandshake, id, right)
}

// ofSeries are all revisions of a handshake, the newest first.
func (d *Desk) ofSeries(ctx context.Context, scope access.Scope, series string) ([]Handshake, error) {
	all, err := d.Handshakes(ctx, Filter{Scope: access.Scope{Tenant: scope.Tenant}, Of: series, Limit: maxRunning})
	if err == nil && (len(all) == 0 || !scope.Allows(all[0].Giver.Path)) {
		err = fmt.Errorf("%w: handshake %s", access.ErrNotFound, series)
	}
	return all, err
}

// inEffect is the approved revision of a handshake.
func inEffect(all []Handshake) *Handshake {
	for i := range all {
		if all[i].State == Approved {
			return &all[i]
		}
	}
	return nil
}

// complete holds a revision against the plant, for who has a right at both machines.
func (d *Desk) complete(ctx context.Context, who access.Principal, h *Handshake, right access.Permission) error {
	giver, err := d.machine(ctx, who, h.Giver.Machine, right)
	if err != nil {
		return err
	}
	taker, err := d.machine(ctx, who, h.Taker.Machine, right)
	if err != nil {
		return err
	}
	return h.check(giver, taker)
}

// Words are the signals of a machine for who writes a handshake.
func (d *Desk) Words(ctx context.Context, who access.Principal, node plant.NodeID) ([]Signal, error) {
	m, err := d.machine(ctx, who, node, access.Read)
	return slices.DeleteFunc(m.Signals, func(s Signal) bool { return !s.Number }), err
}

// Save makes a draft: of a new handshake without a series, of the next revision without an
// id, or changes a draft whose Rev was seen.
func (d *Desk) Save(ctx context.Context, who access.Principal, h Handshake) (Handshake, error) {
	if err := d.complete(ctx, who, &h, access.Engineer); err != nil {
		return Handshake{}, err
	}
	h.State = Draft
	seen := h.Rev
	if h.ID == "" {
		var err error
		if h, err = d.next(ctx, who, h); err != nil {
			return Handshake{}, err
		}
		seen = 0
	} else {
		old, err := d.revision(ctx, who, h.ID, access.Engineer)
		switch {
		case err != nil:
			return Handshake{}, err
		case old.State != Draft:
			return Handshake{}, invalid("revision %d of the handshake is %s and never changes; make a new revision", old.Revision, old.State)
		case old.Giver.Machine != h.Giver.Machine || old.Taker.Machine != h.Taker.Machine:
			return Handshake{}, invalid("a handshake stays with its machines; make another one")
		}
		h.Series, h.Revision, h.Authors, h.Moves = old.Series, old.Revision, old.Authors, old.Moves
	}
	if !slices.Contains(h.Authors, who.Name) {
		h.Authors = append(slices.Clone(h.Authors), who.Name)
	}
	h.Moves = append(slices.Clone(h.Moves), Moved{State: Draft, At: d.now(), By: who.Name, Note: h.Note})
	h.Rev = seen + 1
	return h, d.saveRevision(ctx, who, h, seen)
}

// next makes a revision that follows those of the same series.
func (d *Desk) next(ctx context.Context, who access.Principal, h Handshake) (Handshake, error) {
	h.ID, h.Revision, h.Authors, h.Moves = d.o.NewID(), 1, nil, nil
	if h.Series == "" {
		h.Series = h.ID
		return h, nil
	}
	all, err := d.ofSeries(ctx, who.Scope, h.Series)
	if err != nil {
		return Handshake{}, err
	}
	for _, o := range all {
		switch {
		case o.Giver.Machine != h.Giver.Machine || o.Taker.Machine != h.Taker.Machine:
			return Handshake{}, invalid("a handshake stays with its machines; make another one")
		case o.State == Draft:
			return Handshake{}, conflict("revision %d is a draft; finish or retire it before the next is written", o.Revision)
		}
		h.Revision = max(h.Revision, o.Revision+1)
	}
	return h, nil
}

func (d *Desk) saveRevision(ctx context.Context, who access.Principal, h Handshake, seen int64) error {
	return d.save(ctx, who.Scope.Tenant, document.Document{Kind: KindHandshake, ID: h.ID, Place: h.Giver.Machine, Path: h.Giver.Path, Of: h.Series, Open: h.State != Retired, By: who.Name}, h, seen)
}

// Move is a step of a revision that somebody makes.
type Move struct {
	State State  `json:"state" enum:"approved,retired"`
	Note  string `json:"note,omitempty" maxLength:"1000" doc:"Why; needed to retire it"`
	Rev   int64  `json:"rev" doc:"Revision of the document that was seen"`
}

// Move approves or retires a revision. Whoever wrote it does not approve it: two people
// stand for what moves machines. An approved one takes the place of that before it, which
// must not run then.
func (d *Desk) Move(ctx context.Context, who access.Principal, id string, m Move) (Handshake, error) {
	h, err := d.revision(ctx, who, id, access.Engineer)
	if err != nil {
		return Handshake{}, err
	}
	m.Note = strings.TrimSpace(m.Note)
	switch {
	case m.Rev != h.Rev:
		return Handshake{}, conflict("the handshake has revision %d, not %d", h.Rev, m.Rev)
	case m.State == Approved && h.State != Draft, m.State == Retired && h.State == Retired, m.State != Approved && m.State != Retired:
		return Handshake{}, invalid("the revision is %s and cannot become %s", h.State, m.State)
	case m.State == Approved && slices.Contains(h.Authors, who.Name):
		return Handshake{}, invalid("%s wrote this revision; another person approves it", who.Name)
	case m.State == Retired && m.Note == "" || len(m.Note) > maxNote:
		return Handshake{}, invalid("say in 1 to %d bytes why", maxNote)
	case d.runner(who.Scope.Tenant, h.Series) != nil && (m.State == Approved || h.State == Approved):
		return Handshake{}, invalid("the handshake runs; switch it off first")
	}
	if m.State == Approved {
		if err := d.complete(ctx, who, &h, access.Engineer); err != nil { // the plant may be another one now
			return Handshake{}, err
		}
	}
	if h, err = d.step(ctx, who, h, m.State, m.Note); err != nil || m.State != Approved {
		return h, err
	}
	all, err := d.ofSeries(ctx, who.Scope, h.Series)
	if err != nil {
		return Handshake{}, err
	}
	for _, o := range all {
		if o.ID != h.ID && o.State == Approved {
			if _, err := d.step(ctx, who, o, Retired, fmt.Sprintf("revision %d took its place", h.Revision)); err != nil {
				return Handshake{}, err
			}
		}
	}
	return h, nil
}

func (d *Desk) step(ctx context.Context, who access.Principal, h Handshake, to State, note string) (Handshake, error) {
	seen := h.Rev
	h.State, h.Rev = to, seen+1
	h.Moves = append(slices.Clone(h.Moves), Moved{State: to, At: d.now(), By: who.Name, Note: note})
	return h, d.saveRevision(ctx, who, h, seen)
}

// Checked is what a definition comes to while it is written.
type Checked struct {
	OK        bool       `json:"ok"`
	What      string     `json:"what,omitempty" doc:"What is wrong, and how to mend it"`
	Handshake *Handshake `json:"handshake,omitempty" doc:"With what machines and signals are called"`
}

// Check says what is wrong with a handshake that somebody writes.
func (d *Desk) Check(ctx context.Context, who access.Principal, h Handshake) (Checked, error) {
	switch err := d.complete(ctx, who, &h, access.Read); {
	case err == nil:
		return Checked{OK: true, Handshake: &h}, nil
	case errors.Is(err, ErrInvalid):
		what := strings.TrimPrefix(err.Error(), ErrInvalid.Error()+": ")
		return Checked{What: strings.TrimPrefix(what, calc.ErrInvalid.Error()+": ")}, nil
	default:
		return Checked{}, err
	}
}
