package shop

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"

	"zhigai/access"
	"zhigai/plant"
)

// calendar stores a calendar. It belongs to the whole plant, so that only who
// may touch the whole plant changes one.
func (e *edit) calendar(ctx context.Context, c plant.Calendar, from int64) error {
	if err := plant.CheckPath(c.Code); err != nil {
		return invalid("calendar code: %w", err)
	}
	if err := c.Check(); err != nil {
		return invalid("%w", err)
	}
	s := e.of(kindCalendar)
	v := version{ID: string(c.ID), From: from, To: toMicros(c.Valid.To), Path: c.Code}
	history, err := e.find(ctx, s, &v, fromMicros(c.Valid.From))
	if err != nil || v.To <= v.From {
		return err
	}
	if _, taken, err := e.holder(ctx, s, v.Path, v.ID, v.From, v.To); err != nil {
		return err
	} else if taken {
		return fmt.Errorf("calendar %s exists under another id: %w", c.Code, access.ErrConflict)
	}
	c.ID, c.Valid = "", plant.Validity{}
	body, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("record: write calendar %s: %w", c.Code, err)
	}
	v.Body = string(body)
	return e.putWhole(ctx, s, history, v)
}

// product stores a product; products have no validity.
func (e *edit) product(ctx context.Context, p plant.Product) error {
	if p.Code == "" || len(p.Code) > 63 || strings.ContainsFunc(p.Code, unicode.IsControl) || p.Name.ZH == "" {
		return invalid("product %.80q: a code of 1-63 printable bytes and name.zh are needed", p.Code)
	}
	s := e.of(kindProduct)
	v := version{ID: string(p.ID), From: alwaysFrom, To: openEnd, Path: p.Code}
	history, err := e.find(ctx, s, &v, alwaysFrom)
	if err != nil {
		return err
	}
	if _, taken, err := e.holder(ctx, s, v.Path, v.ID, v.From, v.To); err != nil {
		return err
	} else if taken {
		return fmt.Errorf("product %s exists under another id: %w", p.Code, access.ErrConflict)
	}
	p.ID = ""
	body, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("record: write product %s: %w", p.Code, err)
	}
	v.Body = string(body)
	return e.putWhole(ctx, s, history, v)
}

// putWhole stores what belongs to the whole plant: an unchanged line in a
// file is welcome in any scope, a change needs the whole one.
func (e *edit) putWhole(ctx context.Context, s store, history []version, v version) error {
	saved, err := s.put(ctx, history, v)
	if err == nil && saved.Rev > newest(history) && e.scope.Path != "" {
		return fmt.Errorf("%s %s belongs to the whole plant, not to %q: %w", s.kind, v.Path, e.scope.Path, access.ErrForbidden)
	}
	return err
}
