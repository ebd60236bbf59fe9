package shop

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/record"
	"zhigai/shop/equipment"
)

// Kinds of master data.
const (
	kindNode     = "node"
	kindCalendar = "calendar"
	kindProduct  = "product"
)

// maxModel bounds one plant: a group with 30 plants of 1,000 nodes each.
const maxModel = 30_000

// Plants keeps the plant model; it implements equipment.Plants.
type Plants struct {
	db      *record.DB
	secrets Secrets
}

var _ equipment.Plants = Plants{}

// NewPlants keeps the plant model in the record; secrets that come in clear are
// stored so.
func NewPlants(db *record.DB) Plants { return Plants{db: db} }

// Sealed keeps the plant model with the secrets of devices sealed.
func (p Plants) Sealed(s Secrets) Plants { return Plants{p.db, s} }

// Model is the plant as valid at the instant. See equipment.Plants.
func (p Plants) Model(ctx context.Context, scope access.Scope, at plant.Micros) (plant.Model, error) {
	var m plant.Model
	inside := record.InScope("m", scope)
	var up []string
	for _, path := range scope.Places() {
		up = append(up, record.Ancestors(path)...)
	}
	if len(up) > 0 {
		inside.Query = `(` + inside.Query + ` or (m.tenant = ? and m.path in (?)))`
		inside.Args = append(inside.Args, scope.Tenant, bun.List(up))
	}
	nodes, err := p.valid(ctx, kindNode, inside, at)
	if err != nil {
		return m, err
	}
	whole := record.InScope("m", access.Scope{Tenant: scope.Tenant})
	calendars, err := p.valid(ctx, kindCalendar, whole, at)
	if err != nil {
		return m, err
	}
	products, err := p.valid(ctx, kindProduct, whole, at)
	if err != nil {
		return m, err
	}
	if m.Nodes, err = decodeNodes(nodes); err != nil {
		return m, err
	}
	for _, v := range calendars {
		c, err := decode[plant.Calendar](v)
		if err != nil {
			return m, err
		}
		c.ID, c.Valid = plant.CalendarID(v.ID), v.validity()
		m.Calendars = append(m.Calendars, c)
	}
	for _, v := range products {
		product, err := decode[plant.Product](v)
		if err != nil {
			return m, err
		}
		product.ID = plant.ProductID(v.ID)
		m.Products = append(m.Products, product)
	}
	return m, nil
}

// valid lists the versions of a kind that hold at the instant, by path.
func (p Plants) valid(ctx context.Context, kind string, inside schema.QueryWithArgs, at plant.Micros) ([]version, error) {
	rows, err := p.db.Reader().QueryContext(ctx, `select `+versionColumns+` from master m
		where m.kind = ? and ? and m.valid_from <= ? and m.valid_to > ? limit ?`,
		kind, inside, int64(at), int64(at), maxModel+1)
	if err != nil {
		return nil, fmt.Errorf("record: read plant: %w", err)
	}
	out, err := scanVersions(rows)
	if err != nil {
		return nil, fmt.Errorf("record: read plant: %w", err)
	}
	if len(out) > maxModel {
		return nil, fmt.Errorf("%w: more than %d %ss in one plant; ask for a smaller scope", access.ErrInvalid, maxModel, kind)
	}
	slices.SortFunc(out, func(a, b version) int { return strings.Compare(a.Path, b.Path) })
	return out, nil
}

// Retired lists the nodes that are no more at the instant, as they were last. See
// discovery.Plants.
func (p Plants) Retired(ctx context.Context, scope access.Scope, at plant.Micros) ([]plant.Node, error) {
	rows, err := p.db.Reader().QueryContext(ctx, `select `+versionColumns+` from master m
		where m.kind = ? and ? and m.valid_to <= ? and m.valid_from < m.valid_to and not exists (
			select 1 from master n where n.tenant = m.tenant and n.kind = m.kind and n.id = m.id and n.valid_from >= m.valid_to and n.valid_from <= ?)
		order by m.path limit ?`,
		kindNode, record.InScope("m", scope), int64(at), int64(at), maxModel)
	if err != nil {
		return nil, fmt.Errorf("record: read what is retired: %w", err)
	}
	versions, err := scanVersions(rows)
	if err != nil {
		return nil, fmt.Errorf("record: read what is retired: %w", err)
	}
	return decodeNodes(versions)
}

func decode[T any](v version) (T, error) {
	var out T
	if err := json.Unmarshal([]byte(v.Body), &out); err != nil {
		return out, fmt.Errorf("record: master data %s (%s) cannot be read: %w", v.Path, v.ID, err)
	}
	return out, nil
}

// decodeNodes gives nodes their place: the path is a column of its own, so
// that renaming a plant rewrites no bodies, and parents follow from paths.
func decodeNodes(versions []version) ([]plant.Node, error) {
	ids := make(map[string]plant.NodeID, len(versions))
	out := make([]plant.Node, 0, len(versions))
	for _, v := range versions { // a parent's path sorts before its children's
		n, err := decode[plant.Node](v)
		if err != nil {
			return nil, err
		}
		n.ID, n.Path, n.Valid = plant.NodeID(v.ID), v.Path, v.validity()
		n.Parent = ids[plant.ParentPath(v.Path)]
		ids[v.Path] = n.ID
		out = append(out, n)
	}
	return out, nil
}

// Revision is the node's current version number.
func (p Plants) Revision(ctx context.Context, scope access.Scope, id plant.NodeID) (int64, error) {
	rows, err := p.db.Reader().QueryContext(ctx, `select `+versionColumns+` from master
		where tenant = ? and kind = ? and id = ? order by valid_from limit ?`, scope.Tenant, kindNode, string(id), maxVersions)
	if err != nil {
		return 0, fmt.Errorf("record: read node %s: %w", id, err)
	}
	history, err := scanVersions(rows)
	if err != nil {
		return 0, fmt.Errorf("record: read node %s: %w", id, err)
	}
	if len(history) == 0 || !scope.Allows(history[len(history)-1].Path) {
		return 0, fmt.Errorf("node %s: %w", id, access.ErrNotFound)
	}
	return newest(history), nil
}

// SaveCalendar stores a calendar under its code, valid from the instant.
func (p Plants) SaveCalendar(ctx context.Context, scope access.Scope, c plant.Calendar, from plant.Micros) error {
	return p.write(ctx, scope, func(ctx context.Context, e *edit) error { return e.calendar(ctx, c, int64(from)) })
}

// SaveProduct stores a product under its code.
func (p Plants) SaveProduct(ctx context.Context, scope access.Scope, product plant.Product) error {
	return p.write(ctx, scope, func(ctx context.Context, e *edit) error { return e.product(ctx, product) })
}

// SaveNode stores one node, valid from the instant. See equipment.Plants.
func (p Plants) SaveNode(ctx context.Context, scope access.Scope, n plant.Node, rev int64, from plant.Micros) (plant.Node, int64, error) {
	n.Valid = plant.Validity{}
	var saved, parent version
	err := p.write(ctx, scope, func(ctx context.Context, e *edit) (err error) {
		if saved, err = e.node(ctx, n, int64(from), &rev); err != nil {
			return err
		}
		parent, _, err = e.of(kindNode).at(ctx, plant.ParentPath(saved.Path), saved.From)
		return err
	})
	if err != nil {
		return plant.Node{}, 0, err
	}
	out, err := decode[plant.Node](saved)
	if err != nil {
		return plant.Node{}, 0, err
	}
	out.ID, out.Parent, out.Path, out.Valid = plant.NodeID(saved.ID), plant.NodeID(parent.ID), saved.Path, saved.validity()
	return out, saved.Rev, nil
}

// Retire ends a node and all below it. See equipment.Plants.
func (p Plants) Retire(ctx context.Context, scope access.Scope, id plant.NodeID, rev int64, from plant.Micros) error {
	return p.write(ctx, scope, func(ctx context.Context, e *edit) error { return e.retire(ctx, string(id), rev, int64(from)) })
}

// Import stores what the file names in one transaction. See equipment.Plants.
//
// A thing that is new begins when the file says so, else at from; a change of
// a thing that is there begins at from, however old the file's dates are.
func (p Plants) Import(ctx context.Context, scope access.Scope, m plant.Model, from plant.Micros) error {
	if n := len(m.Nodes) + len(m.Calendars) + len(m.Products); n > maxModel {
		return fmt.Errorf("%w: %d nodes, calendars and products in one import; %d are allowed; split the file", access.ErrInvalid, n, maxModel)
	}
	nodes := parentsFirst(m.Nodes)
	return p.write(ctx, scope, func(ctx context.Context, e *edit) error { return e.take(ctx, m, nodes, from) })
}

// take stores what a file names; nodes stand parents first.
func (e *edit) take(ctx context.Context, m plant.Model, nodes []plant.Node, from plant.Micros) error {
	for _, product := range m.Products {
		if err := e.product(ctx, product); err != nil {
			return err
		}
	}
	for _, c := range m.Calendars {
		if err := e.calendar(ctx, c, int64(from)); err != nil {
			return err
		}
	}
	for _, n := range nodes {
		if _, err := e.node(ctx, n, int64(from), nil); err != nil {
			return err
		}
	}
	return nil
}

// Replace makes the plant what the file says from the instant on: what it does
// not name ends. Calendars and products stay, because the past needs them.
func (p Plants) Replace(ctx context.Context, m plant.Model, tenant plant.TenantNo, from plant.Micros) error {
	scope := access.Scope{Tenant: tenant}
	now, err := p.Model(ctx, scope, from)
	if err != nil {
		return err
	}
	named := map[string]bool{}
	for _, n := range m.Nodes {
		named[n.Path] = true
	}
	nodes := parentsFirst(m.Nodes)
	return p.write(ctx, scope, func(ctx context.Context, e *edit) error {
		// Ends come first: what begins may take their place on a device.
		for _, n := range now.Nodes {
			if named[n.Path] || n.Parent != "" && !named[plant.ParentPath(n.Path)] {
				continue // stays, or ends with what encloses it
			}
			history, err := e.of(kindNode).history(ctx, string(n.ID))
			if err != nil {
				return err
			}
			if err := e.retire(ctx, string(n.ID), newest(history), int64(from)); err != nil {
				return err
			}
		}
		return e.take(ctx, m, nodes, from)
	})
}

func parentsFirst(list []plant.Node) []plant.Node {
	nodes := slices.Clone(list)
	slices.SortStableFunc(nodes, func(a, b plant.Node) int {
		return strings.Count(a.Path, "/") - strings.Count(b.Path, "/")
	})
	return nodes
}

func (p Plants) write(ctx context.Context, scope access.Scope, f func(ctx context.Context, e *edit) error) error {
	by := record.Who(ctx)
	if scope.Tenant == 0 {
		return fmt.Errorf("%w: tenant is 0; the first tenant is 1", access.ErrInvalid)
	}
	return p.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		return f(ctx, &edit{
			store: store{tx: tx, tenant: scope.Tenant, now: p.db.Now(), who: by}, scope: scope, newID: p.db.NewID,
			made: map[string]bool{}, secrets: p.secrets,
		})
	})
}
