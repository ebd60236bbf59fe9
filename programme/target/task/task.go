// Package task divides the policy's targets into tasks: by responsible unit,
// division and year, each with a planned value, who answers for it and by when;
// and keeps the register of the units with their successors.
//
// What was reached is never typed in: it is the target's own fold for the task's
// division. A target without a number gets no number and no light.
//
// Start with [Task], [Unit] and [Desk.List].
package task

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/programme/target"
)

// Task is a target's part of one unit, division and year.
type Task struct {
	ID     string `json:"id"`
	Rev    int64  `json:"rev"`
	Parent string `json:"parent,omitempty" doc:"Id of the task that it is a part of"`
	Target string `json:"target" maxLength:"20"`
	Unit   string `json:"unit" maxLength:"60" doc:"Id of the responsible unit"`
	Region string `json:"region" pattern:"^[0-9]{6}$"`
	Year   int    `json:"year"`
	// Planned is in the indicator's unit; only numeric targets have one.
	Planned *float64 `json:"planned,omitempty"`
	// Progress is what people say of a target without a number.
	Progress Progress `json:"progress,omitempty" enum:"open,running,done"`
	Duty     string   `json:"duty,omitempty" maxLength:"500" doc:"What is to be done"`
	Person   string   `json:"person,omitempty" maxLength:"60"`
	Deadline string   `json:"deadline,omitempty" maxLength:"10" doc:"Day, 2022-12-31; left out: the year's end"`
	Remark   string   `json:"remark,omitempty" maxLength:"500"`
	Void     bool     `json:"void,omitempty" doc:"Taken back"`
}

// Progress is how far a task without a number is.
type Progress string

// How far a task is.
const (
	Open    Progress = "open"
	Running Progress = "running"
	Done    Progress = "done"
)

// Change is one revision of a task.
type Change struct {
	Task
	At  plant.Micros `json:"at"`
	Who string       `json:"who"`
}

// Light is how a task stands against its plan.
type Light string

// Lights. Our rule: before the deadline a task should have come as far along the
// line from last year's value to what is planned as the year has passed; green
// is that far, yellow at least nine tenths of it. From the deadline on it is
// reached or not.
const (
	Green  Light = "green"
	Yellow Light = "yellow"
	Red    Light = "red"
	Grey   Light = "grey" // no value is known
)

// near is how much of what was to be expected is still yellow.
const near = 0.9

// Row is a task with what was reached.
type Row struct {
	Task
	Status   target.Status `json:"status" enum:"numeric,directional,judged"`
	Name     plant.Name    `json:"name" doc:"Of the target"`
	Measure  string        `json:"measure" doc:"Unit of planned and actual"`
	Digits   int           `json:"digits"`
	UnitName string        `json:"unit_name" doc:"As the unit was called at the year's end, or now"`
	Actual   *float64      `json:"actual" doc:"The target's own value for the division"`
	Reason   string        `json:"reason,omitempty" doc:"Why there is no value"`
	Expected *float64      `json:"expected,omitempty" doc:"What the plan asks for today"`
	Gap      *float64      `json:"gap,omitempty" doc:"Actual less planned"`
	Light    Light         `json:"light,omitempty" enum:"green,yellow,red,grey" doc:"Of numeric targets"`
	Coverage *float64      `json:"coverage"`
	// Parts is how many tasks it was divided into, and Divided the sum of their
	// planned values where those of parts add up.
	Parts   int      `json:"parts,omitempty"`
	Divided *float64 `json:"divided,omitempty"`
}

// Filter narrows the list; zero values are not asked. Year is needed.
type Filter struct {
	Year   int
	Target string
	Region string // beginning of a division code
	Unit   string
}

// Store keeps tasks and units with every revision. Methods may be called
// concurrently.
type Store interface {
	// Tasks lists those of a filter in order of target, division and id, without
	// those taken back.
	Tasks(ctx context.Context, tenant plant.TenantNo, f Filter, limit int) ([]Task, error)
	// Task is the newest revision; access.ErrNotFound when there is none.
	Task(ctx context.Context, tenant plant.TenantNo, id string) (Task, error)
	TaskHistory(ctx context.Context, tenant plant.TenantNo, id string) ([]Change, error)
	// SaveTasks stores all or nothing: new ones (no id), or new revisions of those
	// that were read at their Rev; access.ErrConflict when one has a newer one.
	SaveTasks(ctx context.Context, tenant plant.TenantNo, tasks []Task) ([]Task, error)
	// Units are the newest revisions, by id.
	Units(ctx context.Context, tenant plant.TenantNo) ([]Unit, error)
	UnitHistory(ctx context.Context, tenant plant.TenantNo, id string) ([]UnitChange, error)
	SaveUnit(ctx context.Context, tenant plant.TenantNo, u Unit) (Unit, error)
}

// Desk keeps tasks and units.
type Desk struct {
	Targets *target.Desk
	Store   Store
	// Given are the units that come with the product, until somebody changes them.
	Given []Unit
	Now   func() time.Time
}

// maxTasks bounds one list: every target for every county of a province, twice.
const maxTasks = 6000

// maxSaved bounds what is stored at once: a target for every county.
const maxSaved = 200

// Visible reports whether somebody with the areas sees, or keeps, all of a
// division: a task's value is that of the whole division.
func Visible(areas []access.Area, region string) bool {
	return slices.ContainsFunc(areas, func(a access.Area) bool { return a.Sector == "" && a.Enterprise == "" && a.Allows(region, "", "") })
}

// List gives the tasks of a year that lie in divisions of the areas, with what
// was reached.
func (d *Desk) List(ctx context.Context, tenant plant.TenantNo, areas []access.Area, f Filter) ([]Row, error) {
	tasks, err := d.Store.Tasks(ctx, tenant, f, maxTasks+1)
	if err != nil {
		return nil, err
	}
	if len(tasks) > maxTasks {
		return nil, fmt.Errorf("%w: more than %d tasks; ask for one target or one city", target.ErrInvalid, maxTasks)
	}
	tasks = slices.DeleteFunc(tasks, func(t Task) bool { return !Visible(areas, t.Region) })
	units, err := d.Units(ctx, tenant)
	if err != nil {
		return nil, err
	}
	book := map[string]target.Target{}
	for _, t := range d.Targets.Book.Targets() {
		book[t.ID] = t
	}
	v, err := d.values(ctx, tenant, areas, f.Year, tasks, book)
	if err != nil {
		return nil, err
	}
	out := make([]Row, 0, len(tasks))
	for _, t := range tasks {
		g := book[t.Target]
		row := Row{Task: t, Status: g.Status, Name: g.Name, UnitName: units.Called(t.Unit, min(target.DayOf(plant.MicrosOf(d.Now())), fmt.Sprintf("%04d-12-31", t.Year)))}
		if len(g.Indicators) > 0 {
			row.reach(v.now[g.Indicators[0]][t.Region], v.before[g.Indicators[0]][t.Region].Value, g, d.Now())
		}
		out = append(out, row)
	}
	d.divided(out, book)
	return out, nil
}

// values are those of the year and of the one before.
type values struct {
	now, before map[string]map[string]target.Local
}

func (d *Desk) values(ctx context.Context, tenant plant.TenantNo, areas []access.Area, year int, tasks []Task, book map[string]target.Target) (v values, err error) {
	var ids, past, regions []string
	for _, t := range tasks {
		g := book[t.Target]
		if len(g.Indicators) == 0 {
			continue
		}
		ids, regions = append(ids, g.Indicators[0]), append(regions, t.Region)
		if fromLastYear(g) {
			past = append(past, g.Indicators[0])
		}
	}
	once := func(all []string) []string { slices.Sort(all); return slices.Compact(all) }
	ids, past, regions = once(ids), once(past), once(regions)
	if v.now, err = d.Targets.Locals(ctx, tenant, ids, target.Question{Year: year, Areas: areas}, regions); err != nil {
		return v, err
	}
	// What is over needs no line that leads there.
	if year < d.Now().Year() {
		return v, nil
	}
	v.before, err = d.Targets.Locals(ctx, tenant, past, target.Question{Year: year - 1, Areas: areas}, regions)
	return v, err
}

// fromLastYear reports whether a target goes on from the value of the year
// before: neither what begins anew in every year nor growth does.
func fromLastYear(g target.Target) bool {
	return g.Status == target.Numeric && g.Every == "" && g.BaseYear == ""
}

func (r *Row) reach(now target.Local, before *float64, g target.Target, at time.Time) {
	r.Measure, r.Digits, r.Actual, r.Reason, r.Coverage = now.Unit, now.Digits, now.Value, now.Reason, now.Coverage
	if g.Status != target.Numeric || r.Planned == nil {
		return
	}
	r.Light = Grey
	want := *r.Planned
	if share := r.passed(at); share < 1 {
		switch {
		case g.BaseYear != "":
		case g.Every != "":
			want *= share
		case before != nil:
			want = *before + (want-*before)*share
		}
	}
	r.Expected = &want
	if r.Actual == nil {
		return
	}
	gap := *r.Actual - *r.Planned
	r.Gap = &gap
	r.Light = light(*r.Actual, want, r.passed(at) >= 1)
}

// light judges a value; sums of floating point may miss by their last bits.
func light(actual, want float64, over bool) Light {
	slack := 1e-9 * math.Abs(want)
	switch {
	case actual >= want-slack:
		return Green
	case !over && actual >= near*want:
		return Yellow
	}
	return Red
}

// passed is the share of the time from the year's begin to the deadline that is
// over.
func (t Task) passed(at time.Time) float64 {
	from, to := target.Year(t.Year).From, target.Year(t.Year).To
	if day, err := time.Parse(time.DateOnly, t.Deadline); err == nil {
		to = target.Midnight(day.AddDate(0, 0, 1))
	}
	if to <= from {
		return 1
	}
	return max(0, min(1, float64(plant.MicrosOf(at)-from)/float64(to-from)))
}

// divided tells each row of its parts.
func (d *Desk) divided(rows []Row, book map[string]target.Target) {
	at := map[string]int{}
	for i, r := range rows {
		at[r.ID] = i
	}
	for _, r := range rows {
		i, ok := at[r.Parent]
		if !ok {
			continue
		}
		whole := &rows[i]
		whole.Parts++
		g := book[r.Target]
		if r.Planned == nil || g.Status != target.Numeric {
			continue
		}
		if ind, err := d.Targets.Book.Indicator(g.Indicators[0]); err == nil && ind.Additive() {
			sum := *r.Planned
			if whole.Divided != nil {
				sum += *whole.Divided
			}
			whole.Divided = &sum
		}
	}
}
