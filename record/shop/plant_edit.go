package shop

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/record"
)

// maxID bounds an id from a file; a ULID has 26 characters.
const maxID = 64

// edit is one transaction that changes the plant.
type edit struct {
	store
	scope access.Scope
	newID func() string
	made  map[string]bool // ids this transaction made: a file may hold their whole history

	secrets Secrets
}

func (e *edit) of(kind string) store {
	s := e.store
	s.kind = kind
	return s
}

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %w", access.ErrInvalid, fmt.Errorf(format, args...))
}

// node stores n. A nil rev does not ask what the editor saw (import).
func (e *edit) node(ctx context.Context, n plant.Node, from int64, rev *int64) (version, error) {
	s := e.of(kindNode)
	v := version{ID: string(n.ID), From: from, To: toMicros(n.Valid.To), Path: n.Path}
	if err := checkNode(n); err != nil {
		return v, err
	}
	inside := e.scope.Allows(n.Path)
	if !inside && rev != nil {
		return v, e.outside(n.Path)
	}
	history, err := e.find(ctx, s, &v, fromMicros(n.Valid.From))
	if err != nil {
		return v, err
	}
	if rev != nil {
		if err := e.mayEdit(s, history, v, *rev); err != nil {
			return v, err
		}
	}
	if v.To <= v.From {
		return v, nil // a past that an import does not rewrite
	}
	if err := e.checkPlace(ctx, s, n, v); err != nil {
		return v, err
	}
	if err := e.fill(&n, history, v.From); err != nil {
		return v, err
	}
	if err := e.seal(&n, v.Path, history); err != nil {
		return v, err
	}
	body, err := json.Marshal(n)
	if err != nil {
		return v, fmt.Errorf("record: write node %s: %w", n.Path, err)
	}
	v.Body = string(body)
	if !inside { // a file names the nodes that enclose its scope: welcome unchanged
		for _, old := range history {
			if old.From <= v.From && v.From < old.To && same(old, v) {
				return old, nil
			}
		}
		return v, e.outside(v.Path)
	}
	if err := e.rename(ctx, s, history, v); err != nil {
		return v, err
	}
	return s.put(ctx, history, v)
}

func (e *edit) outside(path string) error {
	return fmt.Errorf("node %s lies outside %q: %w", path, e.scope.Places(), access.ErrForbidden)
}

// checkNode looks at the node alone.
func checkNode(n plant.Node) error {
	if err := plant.CheckPath(n.Path); err != nil {
		return invalid("%w", err)
	}
	switch {
	case n.Level.Depth() < 0:
		return invalid("node %s: level %q; write one of enterprise, site, area, line, cell, equipment", n.Path, n.Level)
	case len(n.ID) > maxID:
		return invalid("node %s: id %.70q is longer than %d", n.Path, n.ID, maxID)
	case n.Name.ZH == "":
		return invalid("node %s: name.zh is missing", n.Path)
	case (n.Level == plant.LevelEquipment) != (n.Machine != nil):
		return invalid("node %s: a node of level equipment, and no other, has an equipment section", n.Path)
	case (n.Level == plant.LevelEnterprise) != (plant.ParentPath(n.Path) == ""):
		return invalid("node %s: the outermost node, and no other, is an enterprise", n.Path)
	}
	if n.Machine == nil {
		return nil
	}
	for _, c := range n.Machine.Cycles {
		if c.PRUms <= 0 || c.Product == "" {
			return invalid("node %s: cycle of product %q is %d ms; write a product code or \"*\" and a time above 0", n.Path, c.Product, c.PRUms)
		}
	}
	return nil
}

// find settles which thing v is and from when it holds: by id, else by path,
// else it is new.
func (e *edit) find(ctx context.Context, s store, v *version, dated int64) ([]version, error) {
	if v.ID == "" {
		other, ok, err := e.holder(ctx, s, v.Path, "", max(v.From, dated), v.To)
		if err != nil {
			return nil, err
		}
		if ok {
			v.ID = other.ID
		}
	}
	if v.ID == "" {
		v.ID = e.newID()
		e.made[v.ID] = true
	}
	history, err := s.history(ctx, v.ID)
	if err != nil {
		return nil, err
	}
	if len(history) == 0 {
		e.made[v.ID] = true
	}
	switch {
	case dated == alwaysFrom: // the file does not say
	case e.made[v.ID]:
		v.From = dated
	default:
		v.From = max(v.From, dated)
	}
	return history, nil
}

// holder is another thing than id that has the path some time in [from, to).
func (e *edit) holder(ctx context.Context, s store, path, id string, from, to int64) (version, bool, error) {
	rows, err := s.tx.QueryContext(ctx, `select `+versionColumns+` from master
		where tenant = ? and kind = ? and path = ? and id <> ? and valid_from < ? and valid_to > ? and valid_to > valid_from
		order by valid_from limit 1`, s.tenant, s.kind, path, id, to, from)
	if err != nil {
		return version{}, false, fmt.Errorf("record: read %s %s: %w", s.kind, path, err)
	}
	found, err := scanVersions(rows)
	if err != nil || len(found) == 0 {
		return version{}, false, err
	}
	return found[0], true, nil
}

// mayEdit compares what the editor saw with what is stored.
func (e *edit) mayEdit(s store, history []version, v version, rev int64) error {
	if len(history) > 0 && !e.scope.Allows(history[len(history)-1].Path) {
		return fmt.Errorf("node %s: %w", v.ID, access.ErrNotFound)
	}
	if len(history) == 0 && rev != 0 {
		return fmt.Errorf("node %s: %w", v.ID, access.ErrNotFound)
	}
	return s.atRevision(v.Path, history, rev)
}

// checkPlace looks at the node among the others.
func (e *edit) checkPlace(ctx context.Context, s store, n plant.Node, v version) error {
	other, taken, err := e.holder(ctx, s, v.Path, v.ID, v.From, v.To)
	if err != nil {
		return err
	}
	if taken {
		return fmt.Errorf("path %s belongs to node %s: %w", v.Path, other.ID, access.ErrConflict)
	}
	if up := plant.ParentPath(v.Path); up != "" {
		parent, ok, err := s.at(ctx, up, v.From)
		if err != nil {
			return err
		}
		if !ok {
			return invalid("node %s: its parent %s does not exist at %s; add it before", n.Path, up, plant.Micros(v.From).Time().Format("2006-01-02"))
		}
		above, err := decode[plant.Node](parent)
		if err != nil {
			return err
		}
		if above.Level.Depth() >= n.Level.Depth() {
			return invalid("node %s: level %s cannot stand below %s %s; levels go enterprise, site, area, line, cell, equipment", n.Path, n.Level, above.Level, up)
		}
	}
	if n.Calendar != "" {
		if _, ok, err := e.of(kindCalendar).at(ctx, n.Calendar, v.From); err != nil {
			return err
		} else if !ok {
			return invalid("node %s: calendar %q does not exist at %s; add it first", n.Path, n.Calendar, plant.Micros(v.From).Time().Format("2006-01-02"))
		}
	}
	return e.checkBelow(ctx, s, n, v)
}

// checkBelow refuses a level that its children do not allow.
func (e *edit) checkBelow(ctx context.Context, s store, n plant.Node, v version) error {
	below, err := e.below(ctx, s, v.Path, v.From)
	if err != nil {
		return err
	}
	for _, d := range below {
		child, err := decode[plant.Node](d)
		if err != nil {
			return err
		}
		if d.ID != v.ID && child.Level.Depth() <= n.Level.Depth() {
			return invalid("node %s: level %s is not above %s %s, which stands below it", n.Path, n.Level, child.Level, d.Path)
		}
	}
	return nil
}

// below lists versions under path that hold at the instant or later.
func (e *edit) below(ctx context.Context, s store, path string, from int64) ([]version, error) {
	rows, err := s.tx.QueryContext(ctx, `select `+versionColumns+` from master
		where tenant = ? and kind = ? and path like ? escape '!' and valid_to > ? and valid_to > valid_from
		order by id, valid_from limit ?`, s.tenant, s.kind, record.Below(path), from, maxModel)
	if err != nil {
		return nil, fmt.Errorf("record: read below %s: %w", path, err)
	}
	return scanVersions(rows)
}

// fill gives the device an id and takes out of the body what columns hold.
func (e *edit) fill(n *plant.Node, history []version, from int64) error {
	n.ID, n.Parent, n.Path, n.Valid = "", "", "", plant.Validity{}
	if n.Machine == nil {
		return nil
	}
	machine := *n.Machine
	for _, old := range history {
		if machine.Device.ID != "" || old.From > from {
			break
		}
		was, err := decode[plant.Node](old)
		if err != nil {
			return err
		}
		if was.Machine != nil {
			machine.Device.ID = was.Machine.Device.ID
		}
	}
	if machine.Device.ID == "" {
		machine.Device.ID = plant.DeviceID(e.newID())
	}
	n.Machine = &machine
	return nil
}

// seal puts the secrets of the device out of sight.
func (e *edit) seal(n *plant.Node, path string, history []version) error {
	if n.Machine == nil || e.secrets.Vault == nil || len(n.Machine.Device.Params) == 0 {
		return nil
	}
	was := make([]plant.Node, len(history))
	for i, v := range history {
		var err error
		if was[i], err = decode[plant.Node](v); err != nil {
			return err
		}
	}
	if err := e.secrets.device(e.tenant, n, was); err != nil {
		return fmt.Errorf("node %s: %w", path, err)
	}
	return nil
}

// rename moves everything below a node whose path changes, from the same
// instant on.
func (e *edit) rename(ctx context.Context, s store, history []version, v version) error {
	old := ""
	for _, h := range history {
		if h.From > v.From && h.To > h.From && h.Path != v.Path {
			return fmt.Errorf("node %s has a version from %s under another path; rename from then on: %w",
				v.Path, plant.Micros(h.From).Time().Format("2006-01-02"), access.ErrConflict)
		}
		if h.From <= v.From && v.From < h.To {
			old = h.Path
		}
	}
	if old == "" || old == v.Path {
		return nil
	}
	switch {
	case !e.scope.Allows(old):
		return e.outside(old)
	case plant.Within(v.Path, old):
		return invalid("node %s cannot move below itself to %s", old, v.Path)
	}
	below, err := e.below(ctx, s, old, v.From)
	if err != nil {
		return err
	}
	for _, d := range below {
		d.Path = v.Path + strings.TrimPrefix(d.Path, old)
		if err := plant.CheckPath(d.Path); err != nil {
			return invalid("%w", err)
		}
		d.From = max(d.From, v.From)
		its, err := s.history(ctx, d.ID)
		if err != nil {
			return err
		}
		if _, err := s.put(ctx, its, d); err != nil {
			return err
		}
	}
	// Tags have one path, the latest; their numbers stay.
	if _, err := s.tx.NewRaw(`update tag set path = ? || substr(path, ?) where tenant = ? and path like ? escape '!'`,
		v.Path, len(old)+1, s.tenant, record.Below(old)).Exec(ctx); err != nil {
		return fmt.Errorf("record: move tags of %s: %w", old, err)
	}
	return tagsChanged(ctx, s.tx, s.tenant)
}

func (e *edit) retire(ctx context.Context, id string, rev int64, at int64) error {
	s := e.of(kindNode)
	history, err := s.history(ctx, id)
	if err != nil {
		return err
	}
	if len(history) == 0 || !e.scope.Allows(history[len(history)-1].Path) {
		return fmt.Errorf("node %s: %w", id, access.ErrNotFound)
	}
	last := history[len(history)-1]
	if err := s.atRevision(last.Path, history, rev); err != nil {
		return err
	}
	if last.To <= at {
		return fmt.Errorf("node %s has already ended: %w", last.Path, access.ErrConflict)
	}
	ids := []string{id}
	for _, h := range history {
		if h.To <= at {
			continue
		}
		below, err := e.below(ctx, s, h.Path, at)
		if err != nil {
			return err
		}
		for _, d := range below {
			if d.ID != ids[len(ids)-1] {
				ids = append(ids, d.ID)
			}
		}
	}
	for _, each := range ids {
		its, err := s.history(ctx, each)
		if err != nil {
			return err
		}
		if err := s.retire(ctx, its, at); err != nil {
			return err
		}
	}
	return nil
}
