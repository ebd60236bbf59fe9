package production

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// Definitions finds definitions.
func (d *Desk) Definitions(ctx context.Context, who access.Principal, f DefinitionFilter) ([]Definition, error) {
	return d.o.Store.Definitions(ctx, who.Scope.Tenant, f)
}

// Definition is one revision of a product.
func (d *Desk) Definition(ctx context.Context, who access.Principal, product string, revision int) (Definition, error) {
	return d.o.Store.Definition(ctx, who.Scope.Tenant, product, revision)
}

// maxRevisions of one product; beyond it nobody finds the one in use.
const maxRevisions = 1000

// SaveDefinition makes a draft of the next revision (Revision 0), or changes a
// draft whose Rev was seen.
func (d *Desk) SaveDefinition(ctx context.Context, who access.Principal, def Definition) (Definition, error) {
	if !who.May(access.Engineer, "") {
		return Definition{}, access.ErrForbidden
	}
	seen := def.Rev
	def.Product = strings.TrimSpace(def.Product)
	if def.Revision == 0 {
		last, err := d.o.Store.Definitions(ctx, who.Scope.Tenant, DefinitionFilter{Product: def.Product, Limit: 1})
		if err != nil {
			return Definition{}, err
		}
		def.Revision, seen = 1, 0
		if len(last) > 0 {
			def.Revision = last[0].Revision + 1
		}
		if def.Revision > maxRevisions {
			return Definition{}, invalid("product %s has %d revisions; that is as many as there may be", def.Product, maxRevisions)
		}
	} else if old, err := d.o.Store.Definition(ctx, who.Scope.Tenant, def.Product, def.Revision); err != nil {
		return Definition{}, err
	} else if old.State != Draft {
		return Definition{}, invalid("revision %d of %s is %s and never changes; make a new revision", def.Revision, def.Product, old.State)
	}
	def.State, def.Valid, def.Reason = Draft, plant.Validity{}, ""
	if err := d.checkDefinition(ctx, who, &def); err != nil {
		return Definition{}, err
	}
	return d.keepDefinition(ctx, who, def, seen)
}

func (d *Desk) keepDefinition(ctx context.Context, who access.Principal, def Definition, seen int64) (Definition, error) {
	def.Rev, def.By, def.At = seen+1, who.Name, d.now()
	return def, d.o.Store.SaveDefinition(ctx, who.Scope.Tenant, def, seen)
}

// checkDefinition holds a definition against the plant and the other products.
func (d *Desk) checkDefinition(ctx context.Context, who access.Principal, def *Definition) error {
	if err := def.Check(); err != nil {
		return err
	}
	tenant := who.Scope.Tenant
	if ok, err := d.o.Places.HasProduct(ctx, tenant, def.Product); err != nil {
		return err
	} else if !ok {
		return invalid("there is no product %q; add it to the plant first", def.Product)
	}
	for _, s := range def.Segments {
		for _, a := range s.Alternatives {
			if err := d.checkPlace(ctx, tenant, *def, s, a); err != nil {
				return err
			}
		}
	}
	var failed error
	err := CheckBill(def.Product, def.Materials, func(item string) []Material {
		used, err := d.effective(ctx, tenant, item, d.o.Now())
		if err != nil && !errors.Is(err, access.ErrNotFound) {
			failed = err
		}
		return used.Materials
	})
	return errors.Join(failed, err)
}

// checkPlace refuses an alternative where nothing can be done.
func (d *Desk) checkPlace(ctx context.Context, tenant plant.TenantNo, def Definition, s Segment, a Alternative) error {
	machines, err := d.o.Places.Machines(ctx, tenant, a.Equipment)
	switch {
	case errors.Is(err, access.ErrNotFound) || err == nil && len(machines) == 0:
		return invalid("product %s, segment %d: there is no machine at %s now; choose another", def.Product, s.No, a.Equipment)
	case err != nil:
		return err
	}
	for _, m := range machines {
		if !m.Calendar {
			return invalid("product %s, segment %d: no calendar says when %s works; give it or a place around it one", def.Product, s.No, m.Path)
		}
	}
	return nil
}

// Release lets orders be made by a draft from the instant on.
func (d *Desk) Release(ctx context.Context, who access.Principal, product string, revision int, valid plant.Validity, seen int64) (Definition, error) {
	return d.changeDefinition(ctx, who, product, revision, seen, func(def *Definition) error {
		if def.State != Draft {
			return invalid("revision %d of %s is %s already", revision, product, def.State)
		}
		def.State, def.Valid = Released, valid
		if err := d.checkDocuments(ctx, who.Scope.Tenant, def); err != nil {
			return err
		}
		return d.checkDefinition(ctx, who, def)
	})
}

// checkDocuments refuses to release what names a document that nobody has.
func (d *Desk) checkDocuments(ctx context.Context, tenant plant.TenantNo, def *Definition) error {
	if d.o.Files == nil {
		return nil
	}
	for _, s := range def.Segments {
		for _, doc := range s.Documents {
			n, err := d.o.Files.Kept(ctx, tenant, doc.SHA256)
			switch {
			case errors.Is(err, access.ErrNotFound):
				return invalid("product %s, segment %d: document %q is not kept here; add the file again", def.Product, s.No, doc.Title)
			case err != nil:
				return err
			case n != doc.Bytes:
				return invalid("product %s, segment %d: document %q has %d bytes, and %d are kept; add the file again", def.Product, s.No, doc.Title, doc.Bytes, n)
			}
		}
	}
	return nil
}

// Block lets no more orders begin by a revision; Unblock lets them again.
func (d *Desk) Block(ctx context.Context, who access.Principal, product string, revision int, reason string, seen int64) (Definition, error) {
	return d.changeDefinition(ctx, who, product, revision, seen, func(def *Definition) error {
		if reason = strings.TrimSpace(reason); reason == "" || len(reason) > maxNote {
			return invalid("say in 1 to %d bytes why it is blocked", maxNote)
		}
		if def.State != Released {
			return invalid("revision %d of %s is %s; a released one can be blocked", revision, product, def.State)
		}
		def.State, def.Reason = Blocked, reason
		return nil
	})
}

// Unblock takes a block back.
func (d *Desk) Unblock(ctx context.Context, who access.Principal, product string, revision int, seen int64) (Definition, error) {
	return d.changeDefinition(ctx, who, product, revision, seen, func(def *Definition) error {
		if def.State != Blocked {
			return invalid("revision %d of %s is not blocked", revision, product)
		}
		def.State, def.Reason = Released, ""
		return nil
	})
}

func (d *Desk) changeDefinition(ctx context.Context, who access.Principal, product string, revision int, seen int64, change func(*Definition) error) (Definition, error) {
	if !who.May(access.Engineer, "") {
		return Definition{}, access.ErrForbidden
	}
	def, err := d.o.Store.Definition(ctx, who.Scope.Tenant, product, revision)
	if err != nil {
		return Definition{}, err
	}
	if err := change(&def); err != nil {
		return Definition{}, err
	}
	return d.keepDefinition(ctx, who, def, seen)
}

// effective is the revision by which a product is made at an instant: of those
// released and valid the one that began last.
func (d *Desk) effective(ctx context.Context, tenant plant.TenantNo, product string, at time.Time) (Definition, error) {
	all, err := d.o.Store.Definitions(ctx, tenant, DefinitionFilter{Product: product, State: Released, Limit: maxRevisions})
	if err != nil {
		return Definition{}, err
	}
	all = slices.DeleteFunc(all, func(o Definition) bool { return !o.Valid.At(at) })
	if len(all) == 0 {
		return Definition{}, access.ErrNotFound
	}
	return slices.MaxFunc(all, func(a, b Definition) int {
		if c := a.Valid.From.Compare(b.Valid.From); c != 0 {
			return c
		}
		return a.Revision - b.Revision
	}), nil
}
