package bulk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// Past is what is asked of the audit.
type Past interface {
	// AuditOf lists the tenant's entries of the actions, newest first.
	AuditOf(ctx context.Context, tenant plant.TenantNo, actions []string, limit int) ([]access.Entry, error)
}

// maxPast bounds the imports and undos that are listed: each import is compared
// with the plant as it was and as it is.
const maxPast = 20

// Import is an import of the past.
type Import struct {
	Applied
	File     string    `json:"file"`
	Time     time.Time `json:"time"`
	Who      string    `json:"who"`
	Undoable bool      `json:"undoable" doc:"All is as the import left it"`
	Edited   int       `json:"edited" doc:"How many of its machines and places were edited or retired since"`
	UndoneAt time.Time `json:"undone_at,omitzero"`
	UndoneBy string    `json:"undone_by,omitempty"`
}

// Name is the import of an instant as the audit's entry of its undo names it.
func Name(imported plant.Micros) string { return imported.Time().Format(time.RFC3339Nano) }

// Imports lists the newest imports, newest first. Who may see a part of the plant
// only is told of those that lie in it wholly.
func (d *Desk) Imports(ctx context.Context, scope access.Scope, at plant.Micros) ([]Import, error) {
	entries, err := d.Past.AuditOf(ctx, scope.Tenant, []string{ActionImport, ActionUndo}, maxPast)
	if err != nil {
		return nil, err
	}
	now, err := d.Plants.Model(ctx, scope, at)
	if err != nil {
		return nil, err
	}
	out := []Import{}
	undone := map[string]access.Entry{} // an undo is newer than its import
	for _, e := range entries {
		if e.Action == ActionUndo {
			undone[e.Object] = e
			continue
		}
		one := Import{File: e.Object, Time: e.At, Who: e.Who}
		if err := json.Unmarshal([]byte(e.After), &one.Applied); err != nil {
			return nil, fmt.Errorf("audit entry %d: import: %w", e.Seq, err)
		}
		imported, err := strconv.ParseInt(one.At, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("audit entry %d: import: %w", e.Seq, err)
		}
		if yes, err := d.sees(ctx, scope, plant.Micros(imported), one.Nodes); err != nil {
			return nil, err
		} else if !yes {
			continue
		}
		if u, ok := undone[Name(plant.Micros(imported))]; ok {
			one.UndoneAt, one.UndoneBy = u.At, u.Who
		} else if err := d.judge(ctx, scope, now, plant.Micros(imported), &one); err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

// sees reports whether all that an import made and changed lies in the scope.
func (d *Desk) sees(ctx context.Context, scope access.Scope, imported plant.Micros, nodes int) (bool, error) {
	if scope.Path == "" {
		return true, nil
	}
	then, err := d.Plants.Model(ctx, scope, imported)
	if err != nil {
		return false, err
	}
	for _, n := range then.Nodes {
		if n.Valid.From.Equal(imported.Time()) && scope.Allows(n.Path) {
			nodes--
		}
	}
	return nodes == 0, nil
}

// judge says whether the import can be taken back.
func (d *Desk) judge(ctx context.Context, scope access.Scope, now plant.Model, imported plant.Micros, one *Import) error {
	before, err := d.Plants.Model(ctx, scope, imported-1)
	if err != nil {
		return err
	}
	back, err := takeBack(now, before, imported, one.Nodes)
	if err != nil && !errors.Is(err, access.ErrConflict) {
		return err
	}
	one.Undoable, one.Edited = err == nil, one.Nodes-back.left
	return nil
}
