package programme

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/uptrace/bun"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/programme/enterprise"
	"zhigai/programme/target"
	"zhigai/programme/target/ledger"
	"zhigai/record"
)

var (
	_ ledger.Store = Registers{}
	_ ledger.Firms = Firms{}
)

// Robots implements ledger.Store.
func (r Registers) Robots(ctx context.Context, tenant plant.TenantNo, keys []string) (map[string]target.Entry, error) {
	out := map[string]target.Entry{}
	for part := range chunks(keys) {
		found, err := entries(r.db.Reader().QueryContext(ctx, `select `+entryColumns+` from register_entry
			where tenant = ? and latest and not void and serial <> '' and serial in (?) limit ?`, tenant, bun.List(part), len(part)))
		if err != nil {
			return nil, err
		}
		for _, e := range found {
			out[ledger.KeyOf(*e.Robot)] = e
		}
	}
	return out, nil
}

// ReturnsOfFirms implements ledger.Store.
func (r Registers) ReturnsOfFirms(ctx context.Context, tenant plant.TenantNo, firms []string) (map[string][]target.Return, error) {
	out := map[string][]target.Return{}
	for part := range chunks(firms) {
		rows, err := r.db.Reader().QueryContext(ctx, `select `+returnColumns+` from firm_return where tenant = ? and latest and firm in (?) order by firm, year desc, name limit ?`,
			tenant, bun.List(part), len(part)*maxHistory)
		found, err := collect(rows, err, scanReturn)
		if err != nil {
			return nil, err
		}
		for _, v := range found {
			out[v.Firm] = append(out[v.Firm], v)
		}
	}
	return out, nil
}

// FirmYears implements ledger.Store.
func (r Registers) FirmYears(ctx context.Context, tenant plant.TenantNo, areas []access.Area, f ledger.Filter, after string, limit int) ([]ledger.FirmYear, error) {
	where, args := `r.tenant = ? and r.latest and not r.void and not f.gone and ?`, []any{tenant, record.InAreas("f.region", "f.sector", "f.id", areas)}
	and := func(cond string, values ...any) { where, args = where+` and `+cond, append(args, values...) }
	if f.Firm != "" {
		and(`r.firm = ?`, f.Firm)
	}
	if f.Region != "" {
		and(`?`, record.InAreas("f.region", "", "", []access.Area{{Region: f.Region}}))
	}
	if f.Year != 0 {
		and(`r.year = ?`, f.Year)
	}
	if f.Basis != "" {
		and(`r.basis = ?`, string(f.Basis))
	}
	if f.Text != "" {
		and(`f.search like ? escape '!'`, "%"+strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(strings.ToLower(f.Text))+"%")
	}
	if after != "" {
		text, firm, ok := strings.Cut(after, " ")
		year, err := strconv.Atoi(text)
		if err != nil || !ok {
			return nil, fmt.Errorf("%w: the cursor is not one that this list gave", target.ErrInvalid)
		}
		and(`(r.year < ? or r.year = ? and r.firm > ?)`, year, year, firm)
	}
	rows, err := r.db.Reader().QueryContext(ctx, `select y.year, y.firm, f.code, f.region, f.sector, c.body
		from (select distinct r.year, r.firm from firm_return r join firm f on f.tenant = r.tenant and f.id = r.firm where `+where+` order by r.year desc, r.firm limit ?) y
		join firm f on f.tenant = ? and f.id = y.firm join firm_change c on c.tenant = f.tenant and c.firm = f.id and c.rev = f.now_rev
		order by y.year desc, y.firm`, append(args, limit, tenant)...)
	out, err := collect(rows, err, func(rows *sql.Rows) (y ledger.FirmYear, err error) {
		var body string
		if err := rows.Scan(&y.Year, &y.Firm.ID, &y.Firm.Code, &y.Firm.Region, &y.Firm.Sector, &body); err != nil {
			return y, err
		}
		firm, err := firmOf(y.Firm.ID, 0, body)
		y.Firm.Name, y.Values = firm.Name, []target.Return{}
		return y, err
	})
	if err != nil || len(out) == 0 {
		return out, err
	}
	ids := make([]string, len(out))
	for i, y := range out {
		ids[i] = y.Firm.ID
	}
	all, err := r.ReturnsOfFirms(ctx, tenant, ids)
	for i, y := range out {
		for _, v := range all[y.Firm.ID] {
			if v.Year == y.Year && !v.Void {
				out[i].Values = append(out[i].Values, v)
			}
		}
	}
	return out, err
}

// ReturnHistory implements ledger.Store.
func (r Registers) ReturnHistory(ctx context.Context, tenant plant.TenantNo, firm string, year int) ([]target.Return, error) {
	rows, err := r.db.Reader().QueryContext(ctx, `select `+returnColumns+` from firm_return where tenant = ? and firm = ? and year = ? order by recorded, name, rev limit ?`, tenant, firm, year, maxHistory)
	return collect(rows, err, scanReturn)
}

// SaveAll implements ledger.Store.
func (r Registers) SaveAll(ctx context.Context, tenant plant.TenantNo, entries []target.Entry, returns []target.Return) error {
	return r.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		changed := map[int][]string{} // firms by year; year 0 is every one
		for _, e := range entries {
			if _, err := r.saveEntry(ctx, tx, tenant, e); err != nil {
				return err
			}
			changed[0] = append(changed[0], e.Firm)
		}
		for _, v := range returns {
			if _, err := r.saveReturn(ctx, tx, tenant, v); err != nil {
				return err
			}
			changed[v.Year] = append(changed[v.Year], v.Firm)
		}
		return noteAll(ctx, tx, tenant, len(entries) > 0, changed)
	})
}

// noteAll notes what a sheet changed, each firm and year once.
func noteAll(ctx context.Context, tx bun.Tx, tenant plant.TenantNo, entries bool, changed map[int][]string) error {
	if entries {
		if err := changedEntry(ctx, tx, tenant, ""); err != nil {
			return err
		}
	}
	for _, year := range slices.Sorted(maps.Keys(changed)) {
		firms := changed[year]
		slices.Sort(firms)
		for part := range chunks(slices.Compact(firms)) {
			if err := changedFirms(ctx, tx, tenant, year, part...); err != nil {
				return err
			}
		}
	}
	return nil
}

// Named implements ledger.Firms.
func (s Firms) Named(ctx context.Context, tenant plant.TenantNo, areas []access.Area, ids []string) (map[string]ledger.Firm, error) {
	out := map[string]ledger.Firm{}
	for part := range chunks(ids) {
		found, err := s.those(ctx, tenant, `f.id in (?) and ?`, bun.List(part), inFirms(areas))
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			out[f.ID] = ledgerFirm(f)
		}
	}
	return out, nil
}

// ByCode implements ledger.Firms.
func (s Firms) ByCode(ctx context.Context, tenant plant.TenantNo, areas []access.Area, codes []string) (map[string]ledger.Firm, error) {
	out := map[string]ledger.Firm{}
	for part := range chunks(codes) {
		found, err := s.those(ctx, tenant, `f.code in (?) and ?`, bun.List(part), inFirms(areas))
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			out[string(f.Code)] = ledgerFirm(f)
		}
	}
	return out, nil
}

func ledgerFirm(f enterprise.Firm) ledger.Firm {
	return ledger.Firm{ID: f.ID, Code: string(f.Code), Name: f.Name, Region: f.Region, Sector: f.Industry}
}
