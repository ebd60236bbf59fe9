package programme

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"zhigai/calc/anonymity"
	"zhigai/plant"
	"zhigai/programme/evaluation/benchmark"
	"zhigai/record"
)

// Benchmarks keeps what was published of groups of firms; it implements
// benchmark.Store.
type Benchmarks struct{ db *record.DB }

var _ benchmark.Store = Benchmarks{}

// NewBenchmarks keeps benchmarks in the record.
func NewBenchmarks(db *record.DB) Benchmarks { return Benchmarks{db} }

const (
	// maxCells bounds the groups of one issue: 105 regions of a province by 600
	// sectors, few of which have firms, and a country's as much again.
	maxCells = 500_000
	// maxMembers is what one issue may hold.
	maxMembers = 200_000
)

// Save implements benchmark.Store.
func (b Benchmarks) Save(ctx context.Context, tenant plant.TenantNo, i benchmark.Issue, cells []benchmark.Cell, members []anonymity.Member) error {
	body, err := json.Marshal(i)
	if err != nil {
		return fmt.Errorf("record: issue of %s: %w", i.Measure, err)
	}
	return b.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		var has int64
		if err := tx.NewRaw(`select coalesce(max(number), 0) from benchmark_issue where tenant = ? and measure = ? and year = ?`, tenant, i.Measure, i.Year).Scan(ctx, &has); err != nil {
			return fmt.Errorf("record: read issues of %s: %w", i.Measure, err)
		}
		if err := newer(fmt.Sprintf("the benchmark of %s in %d", i.Measure, i.Year), has, int64(i.Number-1)); err != nil {
			return err
		}
		if _, err := tx.NewRaw(`insert into benchmark_issue (tenant, measure, year, number, body, recorded, who) values (?, ?, ?, ?, ?, ?, ?)`,
			tenant, i.Measure, i.Year, i.Number, string(body), int64(b.db.Now()), record.Who(ctx)).Exec(ctx); err != nil {
			return fmt.Errorf("record: save issue of %s: %w", i.Measure, err)
		}
		if _, err := tx.NewRaw(`delete from benchmark_cell where tenant = ? and measure = ? and year = ?`, tenant, i.Measure, i.Year).Exec(ctx); err != nil {
			return fmt.Errorf("record: cells of %s: %w", i.Measure, err)
		}
		if err := insertMany(ctx, tx, `benchmark_cell (tenant, measure, year, region, sector, body)`, cells, func(c benchmark.Cell) ([]any, error) {
			raw, err := json.Marshal(c)
			return []any{tenant, i.Measure, i.Year, c.Region, c.Sector, string(raw)}, err
		}); err != nil {
			return err
		}
		return insertMany(ctx, tx, `benchmark_member (tenant, measure, year, number, firm, body)`, members, func(m anonymity.Member) ([]any, error) {
			raw, err := json.Marshal(m)
			return []any{tenant, i.Measure, i.Year, i.Number, m.ID, string(raw)}, err
		})
	})
}

// insertMany inserts rows, several with one statement.
func insertMany[T any](ctx context.Context, tx bun.Tx, into string, all []T, values func(T) ([]any, error)) error {
	for part := range slices.Chunk(all, scoresAtOnce) {
		var rows []string
		var args []any
		for _, one := range part {
			v, err := values(one)
			if err != nil {
				return fmt.Errorf("record: %s: %w", into, err)
			}
			rows, args = append(rows, `(?`+strings.Repeat(`, ?`, len(v)-1)+`)`), append(args, v...)
		}
		if _, err := tx.NewRaw(`insert into `+into+` values `+strings.Join(rows, `, `), args...).Exec(ctx); err != nil {
			return fmt.Errorf("record: %s: %w", into, err)
		}
	}
	return nil
}

// Issues implements benchmark.Store.
func (b Benchmarks) Issues(ctx context.Context, tenant plant.TenantNo, measure string, year, limit int) ([]benchmark.Issue, error) {
	where, args := `tenant = ?`, []any{tenant}
	if measure != "" {
		where, args = where+` and measure = ?`, append(args, measure)
	}
	if year != 0 {
		where, args = where+` and year = ?`, append(args, year)
	}
	return ofJSON[benchmark.Issue](b.db.Reader().QueryContext(ctx, `select body from benchmark_issue where `+where+` order by recorded desc, number desc limit ?`, append(args, limit)...))
}

// Cells implements benchmark.Store.
func (b Benchmarks) Cells(ctx context.Context, tenant plant.TenantNo, measure string, year int, at benchmark.Within) ([]benchmark.Cell, error) {
	where, args := `tenant = ? and measure = ? and year = ?`, []any{tenant, measure, year}
	for _, c := range []struct {
		column, begins string
		long           int
	}{{"region", at.Region, at.RegionLong}, {"sector", at.Sector, at.SectorLong}} {
		if c.begins != "" { // codes are digits and capitals: a small z comes behind them
			where, args = where+` and `+c.column+` >= ? and `+c.column+` < ?`, append(args, c.begins, c.begins+"z")
		}
		if c.long >= 0 {
			where, args = where+` and length(`+c.column+`) = ?`, append(args, c.long)
		}
	}
	return ofJSON[benchmark.Cell](b.db.Reader().QueryContext(ctx, `select body from benchmark_cell where `+where+` order by region, sector limit ?`, append(args, maxCells)...))
}

// Members implements benchmark.Store.
func (b Benchmarks) Members(ctx context.Context, tenant plant.TenantNo, measure string, year, number int) ([]anonymity.Member, error) {
	return ofJSON[anonymity.Member](b.db.Reader().QueryContext(ctx, `select body from benchmark_member where tenant = ? and measure = ? and year = ? and number = ? order by firm limit ?`, tenant, measure, year, number, maxMembers))
}
