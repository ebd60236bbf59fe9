package shop

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/record"
)

// named keeps what people make under a name, one by one. It is master data like
// the plant: what it said on a day can be looked up.
type named[T any] struct {
	db   *record.DB
	kind string
	what string // one of it, in words
	most int    // how many a tenant may have
	// on tells where a value keeps its id and revision, and its name.
	on func(*T) (id *string, rev *int64, name string)
	// hide seals what is secret before it is stored, was are the versions before;
	// show opens it again. Without them nothing is secret.
	hide func(tenant plant.TenantNo, one *T, was []T) error
	show func(tenant plant.TenantNo, one *T)
}

// all are those that hold now, by name.
func (n named[T]) all(ctx context.Context, tenant plant.TenantNo) ([]T, error) {
	versions, err := NewPlants(n.db).valid(ctx, n.kind, record.InScope("m", access.Scope{Tenant: tenant}), openEnd-1)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(versions, func(a, b version) int { return strings.Compare(a.Path+"\x00"+a.ID, b.Path+"\x00"+b.ID) })
	out := make([]T, len(versions))
	for i, v := range versions {
		if out[i], err = n.of(tenant, v); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (n named[T]) of(tenant plant.TenantNo, v version) (T, error) {
	out, err := decode[T](v)
	id, rev, _ := n.on(&out)
	*id, *rev = v.ID, v.Rev
	if err == nil && n.show != nil {
		n.show(tenant, &out)
	}
	return out, err
}

// save stores one from now on; without an id it is a new one. seen is the
// revision the editor saw.
func (n named[T]) save(ctx context.Context, tenant plant.TenantNo, one T, seen int64) (T, error) {
	var saved version
	err := NewPlants(n.db).write(ctx, access.Scope{Tenant: tenant}, func(ctx context.Context, e *edit) error {
		s := e.of(n.kind)
		id, rev, name := n.on(&one)
		given := *id
		v := version{ID: given, From: int64(s.now), To: openEnd, Path: name}
		if given == "" {
			v.ID = e.newID()
			if err := n.room(ctx, s); err != nil {
				return err
			}
		}
		history, err := s.history(ctx, v.ID)
		if err != nil {
			return err
		}
		if err := n.unchanged(s, given, history, seen); err != nil {
			return err
		}
		*id, *rev = "", 0 // they have columns of their own
		v.Body, err = n.body(tenant, one, history)
		*id = given // the transaction may run again
		if err != nil {
			return fmt.Errorf("record: write %s %s: %w", n.what, name, err)
		}
		saved, err = s.put(ctx, history, v)
		return err
	})
	if err != nil {
		var none T
		return none, err
	}
	return n.of(tenant, saved)
}

// body is one as it is stored, secrets sealed.
func (n named[T]) body(tenant plant.TenantNo, one T, history []version) (string, error) {
	if n.hide != nil {
		was := make([]T, len(history))
		for i, v := range history {
			var err error
			if was[i], err = decode[T](v); err != nil {
				return "", err
			}
		}
		if err := n.hide(tenant, &one, was); err != nil {
			return "", err
		}
	}
	raw, err := json.Marshal(one)
	return string(raw), err
}

// drop ends one.
func (n named[T]) drop(ctx context.Context, tenant plant.TenantNo, id string, seen int64) error {
	return NewPlants(n.db).write(ctx, access.Scope{Tenant: tenant}, func(ctx context.Context, e *edit) error {
		s := e.of(n.kind)
		history, err := s.history(ctx, id)
		if err != nil {
			return err
		}
		if err := n.unchanged(s, id, history, seen); err != nil {
			return err
		}
		return s.retire(ctx, history, int64(s.now))
	})
}

// unchanged compares what the editor saw with what is stored; an id that is not
// stored, or has ended, is not found.
func (n named[T]) unchanged(s store, id string, history []version, seen int64) error {
	if id != "" && !slices.ContainsFunc(history, func(v version) bool { return v.To == openEnd }) {
		return fmt.Errorf("%s %s: %w", n.what, id, access.ErrNotFound)
	}
	return s.atRevision(id, history, seen)
}

// room refuses one more than there may be.
func (n named[T]) room(ctx context.Context, s store) error {
	var all int
	if err := s.tx.QueryRowContext(ctx, `select count(*) from master where tenant = ? and kind = ? and valid_to = ? and valid_from < valid_to`, s.tenant, s.kind, int64(openEnd)).Scan(&all); err != nil {
		return err
	}
	if all >= n.most {
		return invalid("%d %ss; that is as many as there may be", n.most, n.what)
	}
	return nil
}
