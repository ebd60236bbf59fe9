package material

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"zhigai/access"
	"zhigai/connect/files/table"
	"zhigai/plant"
)

// Limits of one walk through the links. A bad heat goes into some ten thousand
// bearings; what is beyond is said, not hidden.
const (
	maxTrace = 200_000
	maxLinks = 5_000 // a tree of more is no longer looked at
)

// Genealogy is what a lot was made of, or what was made of it.
type Genealogy struct {
	Lot   string  `json:"lot"`
	Down  bool    `json:"down" doc:"What was made of it; otherwise what it was made of"`
	Lots  []Found `json:"lots" nullable:"false" doc:"The lot itself first; a lot of which something lies in several places stands there several times"`
	Links []Link  `json:"links" nullable:"false"`
	// More: the walk was cut at its limit.
	More bool `json:"more,omitempty" doc:"There is more than the answer holds; the recall list has all of it"`
}

// Genealogy walks the links from a lot, down or up. It concerns the whole plant.
func (d *Desk) Genealogy(ctx context.Context, who access.Principal, lot string, down bool) (Genealogy, error) {
	tenant := who.Scope.Tenant
	if _, err := d.o.Store.Lot(ctx, tenant, lot); err != nil {
		return Genealogy{}, err
	}
	g := Genealogy{Lot: lot, Down: down}
	var err error
	if g.Lots, err = d.o.Store.Trace(ctx, tenant, lot, down, maxLinks+1); err != nil {
		return Genealogy{}, err
	}
	if g.Links, err = d.o.Store.Links(ctx, tenant, lot, down, maxLinks+1); err != nil {
		return Genealogy{}, err
	}
	if len(g.Lots) > maxLinks {
		g.Lots, g.More = g.Lots[:maxLinks], true
	}
	if len(g.Links) > maxLinks {
		g.Links, g.More = g.Links[:maxLinks], true
	}
	return g, nil
}

// Recall lists every lot that holds something of a bad one, with where it is now.
func (d *Desk) Recall(ctx context.Context, who access.Principal, lot string) ([]Found, error) {
	tenant := who.Scope.Tenant
	if _, err := d.o.Store.Lot(ctx, tenant, lot); err != nil {
		return nil, err
	}
	found, err := d.o.Store.Trace(ctx, tenant, lot, true, maxTrace+1)
	if err == nil && len(found) > maxTrace {
		err = invalid("more than %d places hold something of lot %s; trace lots that were made of it one by one", maxTrace, lot)
	}
	return found, err
}

// Birth is how a lot was made: job, machine, people, tools, and what the machine
// measured meanwhile.
type Birth struct {
	Lot Lot  `json:"lot"`
	Run *Run `json:"run,omitempty" doc:"Left out of a lot that no job made"`
	// From and To are when it was made: from the lot of the job before it, or the
	// job's begin, to its own entry.
	From plant.Instant `json:"from,omitempty"`
	To   plant.Instant `json:"to,omitempty"`
	// Machines are those at which the job ran then.
	Machines  []MachineBirth `json:"machines" nullable:"false"`
	Operators []string       `json:"operators" nullable:"false" doc:"At work on the job then"`
}

// MachineBirth is what a machine measured while a lot was made.
type MachineBirth struct {
	Machine    plant.NodeID  `json:"equipment"`
	Path       string        `json:"path"`
	Name       plant.Name    `json:"name"`
	From       plant.Instant `json:"from"`
	To         plant.Instant `json:"to"`
	Parameters []Parameter   `json:"parameters" nullable:"false"`
}

// Birth tells how a lot was made.
func (d *Desk) Birth(ctx context.Context, who access.Principal, id string) (Birth, error) {
	tenant := who.Scope.Tenant
	l, err := d.o.Store.Lot(ctx, tenant, id)
	if err != nil {
		return Birth{}, err
	}
	b := Birth{Lot: l, Machines: []MachineBirth{}, Operators: []string{}}
	if l.Order == "" {
		return b, nil
	}
	run, err := d.o.Orders.Run(ctx, tenant, l.Order, l.Job)
	if errors.Is(err, access.ErrNotFound) {
		return b, nil // an order of before the node had orders
	}
	if err != nil {
		return Birth{}, err
	}
	b.Run, b.From, b.To = &run, l.Began, l.Since
	if b.From == 0 {
		if b.From, err = d.began(ctx, tenant, l, run); err != nil {
			return Birth{}, err
		}
	}
	for _, w := range run.Work {
		if overlaps(w.From, w.To, b.From, b.To) {
			b.Operators = appendNew(b.Operators, w.Person)
		}
	}
	for _, s := range run.Stretches {
		if !overlaps(s.From, s.To, b.From, b.To) || l.Machine != "" && s.Machine != l.Machine {
			continue
		}
		m := MachineBirth{Machine: s.Machine, Path: s.Path, Name: s.Name, From: max(s.From, b.From), To: b.To, Parameters: []Parameter{}}
		if s.To != 0 {
			m.To = min(s.To, b.To)
		}
		if m.From < m.To {
			if m.Parameters, err = d.o.Machines.Parameters(ctx, tenant, s.Machine, m.From.Micros(), m.To.Micros()); err != nil {
				return Birth{}, err
			}
		}
		b.Machines = append(b.Machines, m)
	}
	return b, nil
}

// began finds when making a lot began: with the lot of its job before it, or with
// the job.
func (d *Desk) began(ctx context.Context, tenant plant.TenantNo, l Lot, run Run) (plant.Instant, error) {
	made, err := d.o.Store.Entries(ctx, tenant, EntryFilter{Scope: access.Scope{Tenant: tenant}, Order: l.Order, Job: l.Job, What: []Kind{Produced}, Limit: maxRows})
	if err != nil {
		return 0, err
	}
	var from plant.Instant
	for _, s := range run.Stretches {
		if s.From < l.Since && (from == 0 || s.From < from) {
			from = s.From
		}
	}
	for _, e := range made {
		if e.At < l.Since && e.LotID() != l.ID {
			from = max(from, e.At)
		}
	}
	return from, nil
}

func overlaps(from, to, begin, end plant.Instant) bool {
	return from < end && (to == 0 || to > begin)
}

func appendNew(list []string, one string) []string {
	if slices.Contains(list, one) {
		return list
	}
	return append(list, one)
}

var whereZH = map[string]string{"stock": "在库", "shipped": "已发货", "scrapped": "已报废", "nowhere": "已用完"}

// recallColumns of the exported list.
var recallColumns = []string{"物料", "批号/序列号", "去向", "库位", "客户", "数量", "订单", "工序", "产生时间", "状态"}

// WriteRecall writes a recall list as a sheet.
func WriteRecall(found []Found, excel bool, w io.Writer) error {
	each := func(row func([]string) error) error {
		for _, f := range found {
			state, job, since := "", "", ""
			if f.Lot.Blocked {
				state = "冻结：" + f.Lot.Reason
			}
			if f.Lot.Job > 0 {
				job = fmt.Sprint(f.Lot.Job)
			}
			if f.Lot.Since != 0 {
				since = f.Lot.Since.Time().In(zone).Format("2006-01-02 15:04:05")
			}
			if err := row([]string{f.Lot.Item, f.Lot.Number, whereZH[f.Where], f.Location, f.Party, f.Quantity.String(), f.Lot.Order, job, since, state}); err != nil {
				return err
			}
		}
		return nil
	}
	if excel {
		return table.WriteExcel(w, "召回清单", recallColumns, each)
	}
	return table.WriteCSV(w, recallColumns, each)
}
