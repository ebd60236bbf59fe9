package programme

import (
	"context"
	"database/sql"
	"strings"

	"github.com/uptrace/bun"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/programme/expert"
	"zhigai/record"
)

// Experts keeps the register of experts, who was sent and who is stationed; it
// implements expert.Store.
type Experts struct {
	db         *record.DB
	experts    revised[expert.Expert]
	dispatches revised[expert.Dispatch]
	stations   revised[expert.Station]
	visits     revised[expert.Visit]
}

var _ expert.Store = Experts{}

// NewExperts keeps them in the record.
func NewExperts(db *record.DB) Experts {
	return Experts{
		db: db,
		experts: revised[expert.Expert]{db, "expert", "", func(e expert.Expert) (string, int64, filed) {
			return e.ID, e.Rev, filed{region: e.Region, words: e.Name + "\n" + e.Organisation}
		}, func(e *expert.Expert, id string, rev int64) { e.ID, e.Rev = id, rev }},
		dispatches: revised[expert.Dispatch]{db, "expert_dispatch", "", func(d expert.Dispatch) (string, int64, filed) {
			var words strings.Builder
			words.WriteString(d.Title + "\n" + d.Firm.Name)
			for _, a := range d.Assignments {
				words.WriteString("\n" + a.Name)
			}
			return d.ID, d.Rev, filed{parent: d.Diagnosis, firm: d.Firm.ID, region: d.Firm.Region, sector: d.Firm.Sector, state: string(d.State), words: words.String()}
		}, func(d *expert.Dispatch, id string, rev int64) { d.ID, d.Rev = id, rev }},
		stations: revised[expert.Station]{db, "expert_station", "", func(s expert.Station) (string, int64, filed) {
			return s.ID, s.Rev, filed{parent: s.Expert, region: s.Region, words: s.Name}
		}, func(s *expert.Station, id string, rev int64) { s.ID, s.Rev = id, rev }},
		visits: revised[expert.Visit]{db, "expert_visit", "", func(v expert.Visit) (string, int64, filed) {
			state := ""
			if v.Void {
				state = "void"
			}
			return v.ID, v.Rev, filed{parent: v.Station, firm: v.Firm, state: state, words: v.Called}
		}, func(v *expert.Visit, id string, rev int64) { v.ID, v.Rev = id, rev }},
	}
}

// Experts implements expert.Store.
func (r Experts) Experts(ctx context.Context, tenant plant.TenantNo) ([]expert.Expert, error) {
	return r.experts.list(ctx, tenant, ``, nil, `id`, expert.MaxExperts)
}

// SaveExpert implements expert.Store.
func (r Experts) SaveExpert(ctx context.Context, tenant plant.TenantNo, e expert.Expert) (expert.Expert, error) {
	return r.experts.save(ctx, tenant, e)
}

// ExpertHistory implements expert.Store.
func (r Experts) ExpertHistory(ctx context.Context, tenant plant.TenantNo, id string) ([]expert.Change[expert.Expert], error) {
	return changes(ctx, r.experts, tenant, id)
}

func changes[T any](ctx context.Context, r revised[T], tenant plant.TenantNo, id string) (out []expert.Change[T], err error) {
	err = r.past(ctx, tenant, id, func(is T, at plant.Micros, who string) { out = append(out, expert.Change[T]{Is: is, At: at, Who: who}) })
	return out, err
}

// Dispatches implements expert.Store.
func (r Experts) Dispatches(ctx context.Context, tenant plant.TenantNo, f expert.DispatchFilter) ([]expert.Dispatch, error) {
	where, args := ` and (?`, []any{record.InAreas("region", "sector", "firm", f.Areas)}
	if len(f.Experts) > 0 {
		// Who is in a dispatch stands in its body: few dispatches have a person, who
		// is found by the id in quotes, which is nobody else's.
		for _, id := range f.Experts {
			where, args = where+` or body like ?`, append(args, `%"expert":"`+id+`"%`)
		}
	}
	where += `)`
	if len(f.States) > 0 {
		where, args = where+` and state in (?)`, append(args, bun.List(f.States))
	}
	if f.Region != "" {
		where, args = where+` and ?`, append(args, record.InAreas("region", "", "", []access.Area{{Region: f.Region}}))
	}
	if f.Diagnosis != "" {
		where, args = where+` and parent = ?`, append(args, f.Diagnosis)
	}
	if f.Text != "" {
		cond, arg := saying(f.Text)
		where, args = where+cond, append(args, arg)
	}
	if f.Before != "" {
		where, args = where+` and id < ?`, append(args, f.Before)
	}
	return r.dispatches.list(ctx, tenant, where, args, `id desc`, f.Limit)
}

// Dispatch implements expert.Store.
func (r Experts) Dispatch(ctx context.Context, tenant plant.TenantNo, id string) (expert.Dispatch, error) {
	return r.dispatches.one(ctx, tenant, id)
}

// SaveDispatch implements expert.Store.
func (r Experts) SaveDispatch(ctx context.Context, tenant plant.TenantNo, d expert.Dispatch) (expert.Dispatch, error) {
	return r.dispatches.save(ctx, tenant, d)
}

// DispatchHistory implements expert.Store.
func (r Experts) DispatchHistory(ctx context.Context, tenant plant.TenantNo, id string) ([]expert.Change[expert.Dispatch], error) {
	return changes(ctx, r.dispatches, tenant, id)
}

// Stations implements expert.Store.
func (r Experts) Stations(ctx context.Context, tenant plant.TenantNo) ([]expert.Station, error) {
	return r.stations.list(ctx, tenant, ``, nil, `id desc`, expert.MaxStations)
}

// SaveStation implements expert.Store.
func (r Experts) SaveStation(ctx context.Context, tenant plant.TenantNo, s expert.Station) (expert.Station, error) {
	return r.stations.save(ctx, tenant, s)
}

// StationHistory implements expert.Store.
func (r Experts) StationHistory(ctx context.Context, tenant plant.TenantNo, id string) ([]expert.Change[expert.Station], error) {
	return changes(ctx, r.stations, tenant, id)
}

// Visits implements expert.Store.
func (r Experts) Visits(ctx context.Context, tenant plant.TenantNo, station string, limit int) ([]expert.Visit, error) {
	return r.visits.list(ctx, tenant, ` and parent = ?`, []any{station}, `id desc`, limit)
}

// SaveVisit implements expert.Store.
func (r Experts) SaveVisit(ctx context.Context, tenant plant.TenantNo, v expert.Visit) (expert.Visit, error) {
	return r.visits.save(ctx, tenant, v)
}

// VisitCounts implements expert.Store.
func (r Experts) VisitCounts(ctx context.Context, tenant plant.TenantNo) (map[string]int64, error) {
	out := map[string]int64{}
	rows, err := r.db.Reader().QueryContext(ctx, `select parent, count(*) from expert_visit where tenant = ? and latest and state = '' group by parent limit ?`, tenant, expert.MaxStations)
	_, err = collect(rows, err, func(rows *sql.Rows) (none struct{}, err error) {
		var station string
		var n int64
		err = rows.Scan(&station, &n)
		out[station] = n
		return none, err
	})
	return out, err
}
