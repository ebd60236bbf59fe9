package main

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"sync"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/programme/machine"
	"zhigai/programme/reporting"
	"zhigai/programme/target"
	"zhigai/record/programme"
)

// reportRules are when reports are due and how they are scored.
type reportRules struct {
	calendar reporting.Calendar
	card     reporting.Card
}

func reportRulesOf(files fs.FS, book *target.Book) (r reportRules, err error) {
	const calendar, card = "reporting/calendar.yaml", "reporting/score-card.yaml"
	raw, err := fs.ReadFile(files, calendar)
	if err != nil {
		return r, err
	}
	if r.calendar, err = reporting.ParseCalendar(raw); err != nil {
		return r, fmt.Errorf("%s: %w", calendar, err)
	}
	if raw, err = fs.ReadFile(files, card); err != nil {
		return r, err
	}
	r.card, err = reporting.ParseCard(raw, func(id string) bool { _, err := book.Indicator(id); return err == nil })
	if err != nil {
		return r, fmt.Errorf("%s: %w", card, err)
	}
	return r, nil
}

// newReporting makes the desk of reports.
func (n *node) newReporting() *reporting.Desk {
	return &reporting.Desk{
		Store: programme.NewReports(n.record), Figures: reportedFigures{n}, Regions: n.codes.Regions,
		Calendar: n.reportRules.calendar, Card: n.reportRules.card, Now: time.Now,
		Nodes: reportNodes{n}, Node: n.id.ID,
	}
}

// reportedFigures folds the indicators of targets as of the end of a period.
type reportedFigures struct{ n *node }

var _ reporting.Figures = reportedFigures{}

// At implements reporting.Figures.
func (f reportedFigures) At(ctx context.Context, tenant plant.TenantNo, p reporting.Period) (reporting.Fold, error) {
	settings, err := f.n.targets.Store.Settings(ctx, tenant)
	if err != nil {
		return nil, err
	}
	facts := f.n.factsUntil(p)
	q := target.Question{Year: p.Year}
	if settings.Base < p.Year {
		q.Base = settings.Base
	}
	book := f.n.targetBook
	return func(ctx context.Context, region string) ([]reporting.Value, error) {
		q := q
		q.Region = plant.RegionPrefix(region)
		q.Areas = []access.Area{{Region: q.Region}}
		results, err := target.Fold(ctx, tenant, book.Indicators(), q, facts, target.Lists{Incentive: settings.Incentive})
		if err != nil {
			return nil, err
		}
		out := make([]reporting.Value, len(results))
		for i, r := range results {
			ind, err := book.Indicator(r.Definition.ID)
			if err != nil {
				return nil, err
			}
			out[i] = reporting.Value{
				Definition: r.Definition, Unit: r.Unit, Value: r.Value, Reason: r.Reason, Terms: r.Terms, Due: r.Known.Due, Known: r.Known.Known,
				Machine: r.Known.Basis[target.Machine], Coverage: r.Coverage, Confidence: r.Confidence, Root: r.Root, Verified: ind.Verified, Base: q.Base,
			}
		}
		return out, nil
	}, nil
}

// Sum implements reporting.Figures.
func (f reportedFigures) Sum(v reporting.Value, terms map[string]int64, year int) (value *float64, reason string, ok bool, err error) {
	ind, err := f.n.targetBook.Indicator(v.Definition.ID)
	if err != nil || ind.Version != v.Definition.Version {
		return nil, "", false, nil
	}
	out, err := ind.Value(terms, target.Question{Year: year, Base: v.Base})
	return out.Value, out.Reason, true, err
}

// Wanted implements reporting.Figures.
func (f reportedFigures) Wanted(ctx context.Context, tenant plant.TenantNo, indicator string, year int) (*float64, error) {
	settings, err := f.n.targets.Store.Settings(ctx, tenant)
	if err != nil {
		return nil, err
	}
	for _, t := range f.n.targetBook.Targets() {
		if t.Status == target.Numeric && slices.Contains(t.Indicators, indicator) {
			return target.Wanted(t, settings, year), nil
		}
	}
	return nil, nil
}

// Incentive implements reporting.Figures.
func (f reportedFigures) Incentive(ctx context.Context, tenant plant.TenantNo) ([]string, error) {
	settings, err := f.n.targets.Store.Settings(ctx, tenant)
	return settings.Incentive, err
}

// factsUntil are the facts of targets as they stood at the end of a period, by
// what is known now: firms as they were then, entries until then, machines by the
// newest month until then. A firm's return is of a year and stands for every
// period of it.
func (n *node) factsUntil(p reporting.Period) target.Facts {
	roll := programme.NewFirms(n.record, n.codes)
	return factsAt{
		Joined: target.Joined{
			Roll: rollUntil{roll, p.To}, Registers: n.registers,
			Proved: n.provedUntil(p.To),
		},
		end: p.To, whole: target.Year(p.Year).To,
	}
}

// provedUntil remembers what it read: the regions of a period are folded one by
// one, of the same machines.
func (n *node) provedUntil(end plant.Micros) func(ctx context.Context, tenant plant.TenantNo, areas []access.Area, year int) (map[string]map[string]int64, error) {
	var lock sync.Mutex
	known := map[int]map[string]map[string]int64{}
	return func(ctx context.Context, tenant plant.TenantNo, _ []access.Area, year int) (map[string]map[string]int64, error) {
		lock.Lock()
		defer lock.Unlock()
		if out, ok := known[year]; ok {
			return out, nil
		}
		out, err := provedOf(ctx, machinesUntil{n.machines, end}, tenant, n.networked, []access.Area{{}}, year)
		if err == nil {
			known[year] = out
		}
		return out, err
	}
}

// machinesUntil hides the days behind an instant.
type machinesUntil struct {
	machine.Store
	end plant.Micros
}

// Newest implements machine.Store.
func (m machinesUntil) Newest(ctx context.Context, tenant plant.TenantNo, from, to string) (string, error) {
	end := m.end.Time().In(time.FixedZone("Asia/Shanghai", 8*60*60)).Format(time.DateOnly)
	return m.Store.Newest(ctx, tenant, from, min(to, end))
}

// rollUntil shows firms as they were at the end of a period that ends before the
// year does.
type rollUntil struct {
	target.Roll
	end plant.Micros
}

// Firms implements target.Roll.
func (r rollUntil) Firms(ctx context.Context, tenant plant.TenantNo, areas []access.Area, at plant.Micros, year int, yield func(target.Firm) error) error {
	return r.Roll.Firms(ctx, tenant, areas, min(at, r.end-1), year, yield)
}

// factsAt cuts register entries off at the end of a period.
type factsAt struct {
	target.Joined
	end, whole plant.Micros // of the period, of its year
}

// Entries implements target.Facts: what began later is not there yet, what ended
// later in the year is still in force.
func (u factsAt) Entries(ctx context.Context, tenant plant.TenantNo, areas []access.Area, kinds []string) ([]target.Entry, error) {
	all, err := u.Joined.Entries(ctx, tenant, areas, kinds)
	if err != nil {
		return nil, err
	}
	out := make([]target.Entry, 0, len(all))
	for _, e := range all {
		if e.From >= u.end {
			continue
		}
		if e.To >= u.end && e.To < u.whole {
			e.To = 0
		}
		out = append(out, e)
	}
	return out, nil
}
