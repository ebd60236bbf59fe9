package production

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"zhigai/access"
	"zhigai/connect/files/table"
	"zhigai/figure"
	"zhigai/plant"
)

// Worked is a stretch in which one crew was at work on a job, for one of its
// people, with what was made meanwhile. What nobody was at work for stands with no
// person, so that all stretches of a job add up to what it made.
type Worked struct {
	Person  string        `json:"person" doc:"Empty: made while nobody was at work on the job"`
	OrderID string        `json:"order_id"`
	Order   string        `json:"order" doc:"Number"`
	Place   string        `json:"place" doc:"Of the order"`
	Job     int           `json:"job"`
	Name    plant.Name    `json:"name"`
	Product string        `json:"product"`
	From    plant.Instant `json:"from"`
	To      plant.Instant `json:"to"`
	Crew    int           `json:"crew" doc:"People at work on the job together: who pays divides by it, or does not"`
	Good    int64         `json:"good" doc:"Of the whole crew"`
	Scrap   int64         `json:"scrap"`
	Rework  int64         `json:"rework"`
	Counted int64         `json:"counted" doc:"Of all three, by machines"`
	// Equipment is where to look for what was counted.
	Equipment []plant.NodeID `json:"equipment" nullable:"false" doc:"Machines at which the job ran meanwhile"`
}

// china is the zone of the days of the pay office: one zone, by law.
var china = time.FixedZone("UTC+8", 8*60*60)

// worked cuts [from, to) of a job where its crew changes and where a day begins.
func (o *Order) worked(j Job, entered []Step, counted map[plant.NodeID][]figure.CountedParts, typed []Typed, from, to plant.Instant) []Worked {
	cuts := []plant.Instant{from, to}
	for _, w := range j.Work {
		cuts = append(cuts, w.From, w.To)
	}
	for day := midnight(from.Time()); day.Before(to.Time()); day = day.AddDate(0, 0, 1) {
		cuts = append(cuts, plant.InstantOf(day))
	}
	cuts = slices.DeleteFunc(cuts, func(c plant.Instant) bool { return c < from || c > to })
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	var out []Worked
	for i := range len(cuts) - 1 {
		a, b := cuts[i], cuts[i+1]
		part := Job{No: j.No}
		for _, r := range j.Runs {
			clipped := Interval{max(r.From, a), b}
			if r.To != 0 {
				clipped.To = min(r.To, b)
			}
			if clipped.From < clipped.To {
				part.Runs = append(part.Runs, MachineRun{clipped, r.Equipment})
			}
		}
		for _, s := range entered {
			if s.Job == j.No && s.At >= a && s.At < b {
				part.entered.Good += s.Good
				part.entered.Scrap += s.Scrap
				part.entered.Rework += s.Rework
			}
		}
		part.Count(o.Product, counted, typed)
		row := Worked{
			OrderID: o.ID, Order: o.Number, Place: o.Place, Job: j.No, Name: j.Name, Product: o.Product, From: a, To: b,
			Good: part.Made.Good, Scrap: part.Made.Scrap, Rework: part.Made.Rework, Counted: part.Made.Counted, Equipment: []plant.NodeID{},
		}
		for _, r := range part.Runs {
			if !slices.Contains(row.Equipment, r.Equipment) {
				row.Equipment = append(row.Equipment, r.Equipment)
			}
		}
		var crew []string
		for _, w := range j.Work {
			if w.holds(a) && !slices.Contains(crew, w.Person) {
				crew = append(crew, w.Person)
			}
		}
		row.Crew = len(crew)
		for _, person := range crew {
			row.Person = person
			out = append(out, row)
		}
		if len(crew) == 0 && part.Made.Total() != 0 {
			out = append(out, row)
		}
	}
	return out
}

func midnight(t time.Time) time.Time {
	y, m, d := t.In(china).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, china)
}

// entered are the counts of people that count: neither taken back nor in doubt.
func entered(o Order, steps []Step) []Step {
	var out []Step
	gone := map[int64]bool{}
	for _, s := range steps {
		if s.What == StepWithdrawn {
			gone[s.Step] = true
		}
	}
	for _, d := range o.Doubts {
		gone[d.Step] = true
	}
	for _, s := range steps {
		if s.What == StepCount && !gone[s.Seq] {
			out = append(out, s)
		}
	}
	return out
}

// maxWorked is how much of the past one question covers: two months of wages.
const maxWorked = 62 * 24 * time.Hour

// lookBack is how long before a window a job may have begun that is still at work
// without any step since.
const lookBack = 31 * 24 * time.Hour

// WorkedQuery chooses hours and parts. Zero fields after To do not filter.
type WorkedQuery struct {
	From   time.Time
	To     time.Time
	Person string
	Place  string // of the orders: with all below it
}

// Worked lists hours and parts by person in [From, To), from what machines counted
// while each was at work on a job. It concerns the whole plant.
func (d *Desk) Worked(ctx context.Context, who access.Principal, q WorkedQuery) ([]Worked, error) {
	if !who.May(access.Plan, "") {
		return nil, fmt.Errorf("%w: hours and parts of people", access.ErrForbidden)
	}
	from, to := q.From, q.To
	if now := d.o.Now(); to.After(now) {
		to = now
	}
	if !from.Before(to) || to.Sub(from) > maxWorked {
		return nil, invalid("ask for a time in the past of at most %d days", int(maxWorked.Hours()/24))
	}
	tenant := who.Scope.Tenant
	ids, err := d.o.Store.Touched(ctx, tenant, plant.InstantOf(from.Add(-lookBack)), plant.InstantOf(d.o.Now().Add(clockSlack)))
	if err != nil {
		return nil, err
	}
	begin, end := plant.InstantOf(from), plant.InstantOf(to)
	var orders []*Order
	var done [][]Step
	for _, id := range ids {
		steps, err := d.o.Store.Steps(ctx, tenant, id)
		if err != nil {
			return nil, err
		}
		o := Fold(id, steps)
		if q.Place != "" && !plant.Within(o.Place, q.Place) {
			continue
		}
		if o.Began == 0 || o.Began >= end || o.Ended != 0 && o.Ended <= begin && !slices.ContainsFunc(steps, func(s Step) bool { return s.At >= begin && s.At < end }) {
			continue
		}
		orders, done = append(orders, &o), append(done, entered(o, steps))
	}
	counted, typed, err := d.countsOf(ctx, tenant, orders...)
	if err != nil {
		return nil, err
	}
	out := []Worked{}
	for i, o := range orders {
		for _, j := range o.Jobs {
			out = append(out, o.worked(j, done[i], counted, typed, begin, end)...)
		}
	}
	out = slices.DeleteFunc(out, func(w Worked) bool { return q.Person != "" && w.Person != q.Person })
	slices.SortStableFunc(out, func(a, b Worked) int {
		return cmp.Or(cmp.Compare(a.Person, b.Person), cmp.Compare(a.From, b.From), cmp.Compare(a.Order, b.Order), cmp.Compare(a.Job, b.Job))
	})
	return out, nil
}

var workedColumns = []string{"日期", "人员", "开始", "结束", "工时（小时）", "订单", "工序号", "工序", "产品", "班组人数", "合格（全组）", "报废（全组）", "返工（全组）", "其中设备计数", "地点"}

// WriteWorked writes hours and parts as a sheet for the pay office.
func WriteWorked(rows []Worked, excel bool, w io.Writer) error {
	each := func(write func([]string) error) error {
		for _, r := range rows {
			person := r.Person
			if person == "" {
				person = "（无人登录）"
			}
			from, to := r.From.Time().In(china), r.To.Time().In(china)
			hours := strconv.FormatFloat(to.Sub(from).Hours(), 'f', 3, 64)
			if r.Person == "" {
				hours = "0.000"
			}
			if err := write([]string{
				from.Format(time.DateOnly), person, from.Format(time.TimeOnly), to.Format(time.TimeOnly), hours, r.Order, strconv.Itoa(r.Job), r.Name.ZH, r.Product,
				strconv.Itoa(r.Crew), strconv.FormatInt(r.Good, 10), strconv.FormatInt(r.Scrap, 10), strconv.FormatInt(r.Rework, 10), strconv.FormatInt(r.Counted, 10), r.Place,
			}); err != nil {
				return err
			}
		}
		return nil
	}
	if excel {
		return table.WriteExcel(w, "工时与计件", workedColumns, each)
	}
	return table.WriteCSV(w, workedColumns, each)
}
