package programme

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/uptrace/bun"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/programme/enterprise"
	"zhigai/record"
)

// Firms keeps the registry of firms; it implements enterprise.Store.
type Firms struct {
	db    *record.DB
	codes enterprise.Codes
}

var _ enterprise.Store = Firms{}

// NewFirms keeps the registry in the record. The lists of codes say where a
// firm of a division that ended goes on.
func NewFirms(db *record.DB, codes enterprise.Codes) Firms { return Firms{db, codes} }

// firmColumns are a firm as it is now: the body of the change that holds, with
// what the fold made of it.
const firmColumns = `f.id, f.rev, f.region, f.doubt, f.seq, f.sort_key, f.sales, c.body`

const firmTables = `firm f join firm_change c on c.tenant = f.tenant and c.firm = f.id and c.rev = f.now_rev`

// inFirms keeps to areas. They are not to lead to an index: those of a province
// hold nearly all firms.
func inFirms(areas []access.Area) any {
	return record.InAreas(`f.region || ''`, `f.sector || ''`, `f.id`, areas)
}

func scanFirm(rows *sql.Rows, by enterprise.Sort) (enterprise.Row, error) {
	var id, region, doubt, key, body string
	var rev, seq, sales int64
	if err := rows.Scan(&id, &rev, &region, &doubt, &seq, &key, &sales, &body); err != nil {
		return enterprise.Row{}, err
	}
	f, err := firmOf(id, rev, body)
	f.Region, f.Doubt = region, doubt
	switch by {
	case enterprise.BySales:
		key = enterprise.NumberKey(sales)
	case enterprise.ByChanged:
		key = enterprise.NumberKey(seq)
	}
	return enterprise.Row{Firm: f, Place: enterprise.Place{Key: key, ID: id}}, err
}

func firmOf(id string, rev int64, body string) (f enterprise.Firm, err error) {
	if err := json.Unmarshal([]byte(body), &f); err != nil {
		return f, fmt.Errorf("record: firm %s, revision %d: %w", id, rev, err)
	}
	f.ID, f.Rev = id, rev
	return f, nil
}

// Page implements enterprise.Store. Only the rows of the page are joined to
// what they say.
func (s Firms) Page(ctx context.Context, tenant plant.TenantNo, areas []access.Area, f enterprise.Filter, after enterprise.Place, limit int) ([]enterprise.Row, error) {
	where, args := firmsWhere(withArea(f, areas))
	if after.ID != "" {
		cond, values, err := behind(f.Sort, after)
		if err != nil {
			return nil, err
		}
		where, args = where+cond, append(args, values...)
	}
	order := ` order by f.sort_key, f.id`
	switch f.Sort {
	case enterprise.BySales:
		order = ` order by f.sales desc, f.id desc`
	case enterprise.ByChanged:
		order = ` order by f.seq desc`
	}
	rows, err := s.db.Reader().QueryContext(ctx, `select `+firmColumns+` from (select f.tenant, f.id from firm f
		where f.tenant = ? and not f.gone and ?`+where+order+` limit ?) p join firm f on f.tenant = p.tenant and f.id = p.id join firm_change c on c.tenant = f.tenant and c.firm = f.id and c.rev = f.now_rev`+order,
		append(append([]any{tenant, inFirms(areas)}, args...), limit)...)
	out, err := collect(rows, err, func(r *sql.Rows) (enterprise.Row, error) { return scanFirm(r, f.Sort) })
	if err != nil {
		return nil, err
	}
	return out, s.withYears(ctx, tenant, out)
}

// withArea narrows a filter to what a single area says too, so that its index
// leads.
func withArea(f enterprise.Filter, areas []access.Area) enterprise.Filter {
	if len(areas) != 1 {
		return f
	}
	if a := areas[0].Region; len(a) > len(f.Region) && strings.HasPrefix(a, f.Region) {
		f.Region = a
	}
	if a := areas[0].Sector; len(a) > len(f.Industry) && strings.HasPrefix(a, f.Industry) {
		f.Industry = a
	}
	return f
}

// firmsWhere is the filter in SQL, as enterprise.Filter has it over entries.
func firmsWhere(f enterprise.Filter) (where string, args []any) {
	and := func(cond string, values ...any) { where, args = where+` and `+cond, append(args, values...) }
	lead := ``
	if f.Backbone != "" || f.Sort == enterprise.ByChanged { // an index of their own leads, see [inFirms]
		lead = ` || ''`
		and(`f.gone = false`)
	}
	switch n := len(f.Region); {
	case n == 6:
		and(`f.region`+lead+` = ?`, f.Region)
	case n >= 4:
		and(`f.city`+lead+` = ?`, f.Region[:4])
	}
	if n := len(f.Region); n > 0 && n != 4 && n != 6 {
		and(`f.region || '' >= ? and f.region || '' < ?`, f.Region, f.Region+"z")
	}
	if len(f.Industry) >= 3 {
		and(`f.division`+lead+` = ?`, f.Industry[:3])
	}
	if n := len(f.Industry); n > 0 && n != 3 {
		and(`f.sector || '' >= ? and f.sector || '' < ?`, f.Industry, f.Industry+"z")
	}
	if f.Size != "" {
		and(`f.size = ?`, string(f.Size))
	}
	if f.Cluster != "" {
		and(`f.cluster <> '' and f.cluster = ?`, f.Cluster)
	}
	if f.AboveScale {
		and(`f.above_scale`)
	}
	if f.Doubt {
		and(`f.doubt <> ''`)
	}
	if f.Backbone != "" {
		and(`f.backbone_from <> '' and f.backbone_from <= ? and (f.backbone_to = '' or f.backbone_to > ?)`, string(f.Backbone), string(f.Backbone))
	}
	return where, args
}

func behind(by enterprise.Sort, after enterprise.Place) (string, []any, error) {
	if !by.Descends() {
		return ` and (f.sort_key, f.id) > (?, ?)`, []any{after.Key, after.ID}, nil
	}
	n, err := enterprise.KeyNumber(after.Key)
	if by == enterprise.ByChanged {
		return ` and f.seq < ?`, []any{n}, err
	}
	return ` and (f.sales, f.id) < (?, ?)`, []any{n, after.ID}, err
}

// withYears puts what is known of years into rows.
func (s Firms) withYears(ctx context.Context, tenant plant.TenantNo, out []enterprise.Row) error {
	if len(out) == 0 {
		return nil
	}
	ids, at := make([]string, len(out)), make(map[string]int, len(out))
	for i := range out {
		out[i].Firm.Years = nil
		ids[i], at[out[i].Firm.ID] = out[i].Firm.ID, i
	}
	rows, err := s.db.Reader().QueryContext(ctx, `select firm, year, sales, staff from firm_year where tenant = ? and firm in (?) order by firm, year limit ?`, tenant, bun.List(ids), len(ids)*maxYears)
	_, err = collect(rows, err, func(r *sql.Rows) (none struct{}, err error) {
		var id string
		var year int
		var sales, staff int64
		err = r.Scan(&id, &year, &sales, &staff)
		f := &out[at[id]].Firm
		f.Years = append(f.Years, yearOf(year, sales, staff))
		return none, err
	})
	return err
}

// maxYears bounds what a firm may say of years.
const maxYears = 60

func yearOf(year int, sales, staff int64) enterprise.Year {
	y := enterprise.Year{Year: year}
	if sales >= 0 {
		y.Sales = &sales
	}
	if staff >= 0 {
		y.Staff = &staff
	}
	return y
}

// Some implements enterprise.Store.
func (s Firms) Some(ctx context.Context, tenant plant.TenantNo, areas []access.Area, ids []string) (map[string]enterprise.Firm, error) {
	out := map[string]enterprise.Firm{}
	if len(ids) == 0 {
		return out, nil
	}
	found, err := s.those(ctx, tenant, `f.id in (?) and ?`, bun.List(ids), inFirms(areas))
	for _, f := range found {
		out[f.ID] = f
	}
	return out, err
}

// those are the firms of a condition, of which there are few.
func (s Firms) those(ctx context.Context, tenant plant.TenantNo, cond string, args ...any) ([]enterprise.Firm, error) {
	rows, err := s.db.Reader().QueryContext(ctx, `select `+firmColumns+` from `+firmTables+` where f.tenant = ? and not f.gone and `+cond+` limit ?`, append(append([]any{tenant}, args...), maxThose)...)
	found, err := collect(rows, err, func(r *sql.Rows) (enterprise.Row, error) { return scanFirm(r, enterprise.ByName) })
	if err == nil {
		err = s.withYears(ctx, tenant, found)
	}
	out := make([]enterprise.Firm, len(found))
	for i := range found {
		out[i] = found[i].Firm
	}
	return out, err
}

// maxThose bounds what is read by ids, codes or names: callers ask in parts.
const maxThose = 20_000

// Coded implements enterprise.Store.
func (s Firms) Coded(ctx context.Context, tenant plant.TenantNo, codes []plant.CreditCode) (map[plant.CreditCode]enterprise.Firm, error) {
	out := map[plant.CreditCode]enterprise.Firm{}
	for part := range chunks(codes) {
		found, err := s.those(ctx, tenant, `f.code in (?)`, bun.List(part))
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			out[f.Code] = f
		}
	}
	return out, nil
}

// Alike implements enterprise.Store.
func (s Firms) Alike(ctx context.Context, tenant plant.TenantNo, region string, like []string) (map[string][]enterprise.Firm, error) {
	out := map[string][]enterprise.Firm{}
	for part := range chunks(like) {
		found, err := s.those(ctx, tenant, `f.region = ? and f.name_key in (?)`, region, bun.List(part))
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			key := s.codes.KeysOf(f).Similar
			out[key] = append(out[key], f)
		}
	}
	return out, nil
}

// Entries implements enterprise.Store.
func (s Firms) Entries(ctx context.Context, tenant plant.TenantNo, after int64, limit int) ([]enterprise.Entry, error) {
	rows, err := s.db.Reader().QueryContext(ctx, `select id, seq, gone, region, sector, cluster, size, backbone_from, backbone_to, above_scale, doubt <> '', sales, sort_key, search, spelling
		from firm where tenant = ? and seq > ? order by seq limit ?`, tenant, after, limit)
	return collect(rows, err, func(r *sql.Rows) (e enterprise.Entry, err error) {
		err = r.Scan(&e.ID, &e.Seq, &e.Gone, &e.Region, &e.Sector, &e.Cluster, &e.Size, &e.BackboneFrom, &e.BackboneTo, &e.AboveScale, &e.Doubt, &e.Sales, &e.Sort, &e.Search, &e.Spelling)
		return e, err
	})
}

const changeColumns = `firm, rev, valid_from, void, batch, action, recorded, who, body`

func scanFirmChange(rows *sql.Rows) (c enterprise.Change, err error) {
	var id, body string
	var rev int64
	var since plant.Micros
	if err := rows.Scan(&id, &rev, &since, &c.Void, &c.Batch, &c.Action, &c.Recorded, &c.Who, &body); err != nil {
		return c, err
	}
	c.Firm, err = firmOf(id, rev, body)
	c.Firm.Since = since
	return c, err
}

// Changes implements enterprise.Store.
func (s Firms) Changes(ctx context.Context, tenant plant.TenantNo, id string) ([]enterprise.Change, error) {
	rows, err := s.db.Reader().QueryContext(ctx, `select `+changeColumns+` from firm_change where tenant = ? and firm = ? order by rev limit ?`, tenant, id, maxHistory)
	return collect(rows, err, scanFirmChange)
}

// Seat implements target.Firms.
func (s Firms) Seat(ctx context.Context, tenant plant.TenantNo, areas []access.Area, firm string) (region, sector string, err error) {
	err = s.db.Reader().QueryRowContext(ctx, `select f.region, f.sector from firm f where f.tenant = ? and f.id = ? and not f.gone and ?`, tenant, firm, inFirms(areas)).Scan(&region, &sector)
	if errors.Is(err, sql.ErrNoRows) {
		err = fmt.Errorf("firm %s: %w", firm, access.ErrNotFound)
	}
	return region, sector, err
}
