package programme

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"

	"github.com/uptrace/bun"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/programme/enterprise"
	"zhigai/record"
)

// atOnce is how many firms a statement names: longer ones gain nothing.
const atOnce = 200

func chunks[T any](all []T) iter.Seq[[]T] { return slices.Chunk(all, atOnce) }

// Save implements enterprise.Store.
func (s Firms) Save(ctx context.Context, tenant plant.TenantNo, action string, edits []enterprise.Edit, of *enterprise.Imported) ([]enterprise.Firm, error) {
	edits = slices.Clone(edits)
	for i, e := range edits {
		if e.Firm.ID == "" && e.Seen == 0 {
			edits[i].Firm.ID = s.db.NewID()
		}
	}
	batch := ""
	if of != nil {
		if of.ID == "" {
			of.ID = s.db.NewID()
		}
		batch = of.ID
	}
	var out []enterprise.Firm
	write := s.db.Write
	if len(edits) > atOnce {
		write = s.db.WriteLarge
	}
	err := write(ctx, func(ctx context.Context, tx bun.Tx) error {
		w, err := s.writing(ctx, tx, tenant)
		if err != nil {
			return err
		}
		out = out[:0]
		for part := range chunks(edits) {
			saved, err := w.save(ctx, part, action, batch)
			if err != nil {
				return err
			}
			out = append(out, saved...)
		}
		if of != nil {
			of.Recorded, of.Who = w.now, record.Who(ctx)
			if _, err := tx.NewRaw(`insert into firm_import (tenant, id, file, made, changed, recorded, who, undone, undone_by) values (?, ?, ?, ?, ?, ?, ?, 0, '')`,
				tenant, of.ID, of.File, of.Made, of.Changed, int64(w.now), of.Who).Exec(ctx); err != nil {
				return fmt.Errorf("record: save import %s: %w", of.File, err)
			}
		}
		return w.end(ctx)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// firmWriting is a transaction that changes firms.
type firmWriting struct {
	Firms
	tx     bun.Tx
	tenant plant.TenantNo
	now    plant.Micros
	seq    int64
}

func (s Firms) writing(ctx context.Context, tx bun.Tx, tenant plant.TenantNo) (*firmWriting, error) {
	w := &firmWriting{Firms: s, tx: tx, tenant: tenant, now: s.db.Now()}
	if err := tx.NewRaw(`select coalesce(max(seq), 0) from firm_head where tenant = ?`, tenant).Scan(ctx, &w.seq); err != nil {
		return nil, fmt.Errorf("record: head of firms: %w", err)
	}
	return w, nil
}

func (w *firmWriting) end(ctx context.Context) error {
	_, err := w.tx.NewRaw(`insert into firm_head (tenant, seq) values (?, ?) on conflict (tenant) do update set seq = excluded.seq`, w.tenant, w.seq).Exec(ctx)
	return err
}

// changes are those of several firms, oldest first.
func (w *firmWriting) changes(ctx context.Context, ids []string) (map[string][]enterprise.Change, error) {
	out := map[string][]enterprise.Change{}
	rows, err := w.tx.QueryContext(ctx, `select `+changeColumns+` from firm_change where tenant = ? and firm in (?) order by firm, rev limit ?`, w.tenant, bun.List(ids), len(ids)*maxHistory)
	all, err := collect(rows, err, scanFirmChange)
	for _, c := range all {
		out[c.Firm.ID] = append(out[c.Firm.ID], c)
	}
	return out, err
}

func (w *firmWriting) save(ctx context.Context, edits []enterprise.Edit, action, batch string) ([]enterprise.Firm, error) {
	var old []string
	for _, e := range edits {
		if e.Seen != 0 {
			old = append(old, e.Firm.ID)
		}
	}
	have := map[string][]enterprise.Change{}
	if len(old) > 0 {
		var err error
		if have, err = w.changes(ctx, old); err != nil {
			return nil, err
		}
	}
	user := record.Who(ctx)
	var rows []any
	folded := make([]foldedFirm, 0, len(edits))
	out := make([]enterprise.Firm, 0, len(edits))
	for _, e := range edits {
		f, was := e.Firm, have[e.Firm.ID]
		if err := newer("firm "+f.Name, int64(len(was)), e.Seen); err != nil {
			return nil, err
		}
		if f.Since == 0 {
			f.Since = w.now
		}
		f.Rev = e.Seen + 1
		body, err := json.Marshal(f)
		if err != nil {
			return nil, fmt.Errorf("record: firm %s: %w", f.Name, err)
		}
		rows = append(rows, row(w.tenant, f.ID, f.Rev, int64(f.Since), false, batch, action, int64(w.now), user, string(body)))
		folded = append(folded, foldedFirm{f.ID, append(was, enterprise.Change{Firm: f})})
		out = append(out, f)
	}
	if err := w.insert(ctx, `firm_change (tenant, firm, rev, valid_from, void, batch, action, recorded, who, body)`, rows); err != nil {
		return nil, fmt.Errorf("record: save firms: %w", err)
	}
	return out, w.fold(ctx, folded, old)
}

// foldedFirm is a firm with all its changes.
type foldedFirm struct {
	id      string
	changes []enterprise.Change
}

func row(values ...any) any { return bun.Tuple(values) }

func (w *firmWriting) insert(ctx context.Context, into string, rows []any) error {
	if len(rows) == 0 {
		return nil
	}
	_, err := w.tx.NewRaw(`insert into `+into+` values ?`, bun.List(rows)).Exec(ctx)
	return err
}

// fold writes what firms are and were by their changes; old are those of which
// rows exist.
func (w *firmWriting) fold(ctx context.Context, firms []foldedFirm, old []string) error {
	if len(old) > 0 {
		if err := changedFirms(ctx, w.tx, w.tenant, 0, old...); err != nil { // where they will have stood
			return err
		}
		for _, q := range [...]string{`delete from firm where tenant = ? and id in (?)`, `delete from firm_version where tenant = ? and firm in (?)`, `delete from firm_year where tenant = ? and firm in (?)`} {
			if _, err := w.tx.NewRaw(q, w.tenant, bun.List(old)).Exec(ctx); err != nil {
				return fmt.Errorf("record: fold firms: %w", err)
			}
		}
	}
	var now, versions, years []any
	for _, one := range firms {
		w.seq++
		rev := int64(len(one.changes))
		var of []enterprise.Year
		for _, c := range slices.Backward(one.changes) {
			if !c.Void {
				of = c.Firm.Years
				break
			}
		}
		folds := w.codes.Fold(one.changes)
		for _, v := range folds {
			versions = append(versions, row(w.tenant, one.id, int64(v.From), int64(v.To), v.Firm.Rev, v.Firm.Region, v.Firm.Industry, v.Firm.Doubt))
		}
		for _, y := range of {
			years = append(years, row(w.tenant, one.id, y.Year, known(y.Sales), known(y.Staff)))
		}
		f, gone := one.changes[rev-1].Firm, true
		if len(folds) > 0 {
			f = folds[len(folds)-1].Firm
			gone = f.Merged != ""
		}
		f.Years = of
		now = append(now, w.current(one.id, rev, gone, f))
	}
	if err := w.insert(ctx, `firm (tenant, id, seq, rev, gone, code, sort_key, name_key, search, spelling, region, city, sector, division, size, above_scale, backbone_from, backbone_to, cluster, doubt, sales, now_rev)`, now); err != nil {
		return fmt.Errorf("record: fold firms: %w", err)
	}
	if err := w.insert(ctx, `firm_version (tenant, firm, valid_from, valid_to, rev, region, sector, doubt)`, versions); err != nil {
		return fmt.Errorf("record: fold firms: %w", err)
	}
	if err := w.insert(ctx, `firm_year (tenant, firm, year, sales, staff)`, years); err != nil {
		return fmt.Errorf("record: fold firms: %w", err)
	}
	ids := make([]string, len(firms))
	for i, one := range firms {
		ids[i] = one.id
	}
	return changedFirms(ctx, w.tx, w.tenant, 0, ids...)
}

func known(v *int64) int64 {
	if v == nil {
		return -1
	}
	return *v
}

func (w *firmWriting) current(id string, rev int64, gone bool, f enterprise.Firm) any {
	k := w.codes.KeysOf(f)
	var mark enterprise.Mark
	if f.Backbone != nil {
		mark = *f.Backbone
	}
	return row(w.tenant, id, w.seq, rev, gone, string(f.Code), k.Sort, k.Similar, k.Search, k.Spelling, f.Region, f.Region[:min(4, len(f.Region))], f.Industry, f.Industry[:min(3, len(f.Industry))],
		string(f.Class()), f.AboveScale, string(mark.From), string(mark.To), f.Cluster, f.Doubt, f.Sales(), f.Rev)
}

// Imports implements enterprise.Store.
func (s Firms) Imports(ctx context.Context, tenant plant.TenantNo, limit int) ([]enterprise.Imported, error) {
	rows, err := s.db.Reader().QueryContext(ctx, `select `+importColumns+` from firm_import where tenant = ? order by recorded desc, id desc limit ?`, tenant, limit)
	return collect(rows, err, scanImport)
}

const importColumns = `id, file, made, changed, recorded, who, undone, undone_by`

type scanner interface{ Scan(...any) error }

func scanImport[S scanner](r S) (i enterprise.Imported, err error) {
	err = r.Scan(&i.ID, &i.File, &i.Made, &i.Changed, &i.Recorded, &i.Who, &i.Undone, &i.UndoneBy)
	return i, err
}

// Undo implements enterprise.Store.
func (s Firms) Undo(ctx context.Context, tenant plant.TenantNo, id string) (done enterprise.Imported, err error) {
	err = s.db.WriteLarge(ctx, func(ctx context.Context, tx bun.Tx) error {
		w, err := s.writing(ctx, tx, tenant)
		if err != nil {
			return err
		}
		rows, err := tx.QueryContext(ctx, `select `+importColumns+` from firm_import where tenant = ? and id = ? limit 1`, tenant, id)
		found, err := collect(rows, err, scanImport)
		switch {
		case err != nil:
			return err
		case len(found) == 0:
			return fmt.Errorf("import %s: %w", id, access.ErrNotFound)
		case found[0].Undone != 0:
			return fmt.Errorf("import %s was taken back already: %w", found[0].File, access.ErrConflict)
		}
		done = found[0]
		done.Undone, done.UndoneBy = w.now, record.Who(ctx)
		if err := w.undo(ctx, done); err != nil {
			return err
		}
		return w.end(ctx)
	})
	return done, err
}

func (w *firmWriting) undo(ctx context.Context, of enterprise.Imported) error {
	var edited int
	if err := w.tx.NewRaw(`select count(*) from firm_change b join firm f on f.tenant = b.tenant and f.id = b.firm where b.tenant = ? and b.batch = ? and f.rev <> b.rev`, w.tenant, of.ID).Scan(ctx, &edited); err != nil {
		return fmt.Errorf("record: undo import %s: %w", of.File, err)
	}
	if edited > 0 {
		return fmt.Errorf("import %s: %d of its firms were changed since: %w", of.File, edited, access.ErrConflict)
	}
	var ids []string
	if err := w.tx.NewRaw(`select firm from firm_change where tenant = ? and batch = ? order by firm`, w.tenant, of.ID).Scan(ctx, &ids); err != nil {
		return fmt.Errorf("record: undo import %s: %w", of.File, err)
	}
	if _, err := w.tx.NewRaw(`update firm_change set void = true where tenant = ? and batch = ?`, w.tenant, of.ID).Exec(ctx); err != nil {
		return fmt.Errorf("record: undo import %s: %w", of.File, err)
	}
	for part := range chunks(ids) {
		have, err := w.changes(ctx, part)
		if err != nil {
			return err
		}
		folded := make([]foldedFirm, len(part))
		for i, id := range part {
			folded[i] = foldedFirm{id, have[id]}
		}
		if err := w.fold(ctx, folded, part); err != nil {
			return err
		}
	}
	_, err := w.tx.NewRaw(`update firm_import set undone = ?, undone_by = ? where tenant = ? and id = ?`, int64(of.Undone), of.UndoneBy, w.tenant, of.ID).Exec(ctx)
	return err
}
