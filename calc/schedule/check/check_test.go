package check

import (
	"slices"
	"strings"
	"testing"

	"zhigai/calc/schedule"
)

// shop has one of everything: machine 0 plain, 1 with a calendar, 2 with setups,
// 3 a furnace.
func shop() *schedule.Problem {
	longest := int64(20)
	on := func(machine int, duration int64) []schedule.Alternative {
		return []schedule.Alternative{{Machine: machine, Duration: duration}}
	}
	return &schedule.Problem{
		Horizon: 100,
		Machines: []schedule.Machine{
			{},
			{Open: []schedule.Window{{From: 0, To: 10}, {From: 15, To: 30}, {From: 40, To: 100}}},
			{Setup: [][]int64{{0, 4}, {6, 0}}, Ready: 0},
			{Capacity: 3},
		},
		Jobs: []schedule.Job{
			{Release: 2, Operations: []schedule.Operation{
				{Alternatives: append(on(0, 5), schedule.Alternative{Machine: 2, Duration: 7})},
				{Alternatives: on(1, 12), Interruptible: true, MinWait: 1, MaxWait: &longest},
				{Alternatives: on(3, 10), Family: 1, Size: 2},
			}},
			{Operations: []schedule.Operation{
				{Alternatives: on(1, 6), Material: 20},
				{Alternatives: on(3, 10), Family: 1},
				{Alternatives: on(2, 5), Family: 1},
			}},
			{Operations: []schedule.Operation{
				{Alternatives: on(0, 3)},
				{Alternatives: on(2, 5), Family: 0, Locked: &schedule.Lock{Machine: 2, Start: 10}},
			}},
		},
	}
}

// plan is a schedule of it that can be carried out.
func plan() schedule.Schedule {
	return schedule.Schedule{Operations: []schedule.Placed{
		{Job: 0, Op: 0, Machine: 0, Start: 3, End: 8},
		{Job: 0, Op: 1, Machine: 1, Start: 9, End: 26}, // 1 before the break, 11 after it
		{Job: 0, Op: 2, Machine: 3, Start: 50, End: 60},
		{Job: 1, Op: 0, Machine: 1, Start: 40, End: 46},
		{Job: 1, Op: 1, Machine: 3, Start: 50, End: 60},
		{Job: 1, Op: 2, Machine: 2, Start: 60, End: 65},
		{Job: 2, Op: 0, Machine: 0, Start: 0, End: 3},
		{Job: 2, Op: 1, Machine: 2, Start: 10, End: 15},
	}}
}

// Each way to break the schedule is found, by its name and for its operation,
// and what is whole gives no word.
func TestSchedule_EveryKindOfBreakage(t *testing.T) {
	if found := Schedule(shop(), plan()); len(found) > 0 {
		t.Fatalf("the plan is whole: %v", found)
	}
	move := func(i int, start int64) func(*schedule.Problem, *schedule.Schedule) {
		return func(_ *schedule.Problem, s *schedule.Schedule) {
			o := &s.Operations[i]
			o.Start, o.End = start, start+o.End-o.Start
		}
	}
	for name, c := range map[string]struct {
		spoil func(p *schedule.Problem, s *schedule.Schedule)
		want  Kind
		job   int
		op    int
	}{
		"an operation is not there":       {func(_ *schedule.Problem, s *schedule.Schedule) { s.Operations = s.Operations[1:] }, Missing, 0, 0},
		"an operation is there twice":     {func(_ *schedule.Problem, s *schedule.Schedule) { s.Operations = append(s.Operations, s.Operations[5]) }, Twice, 1, 2},
		"nobody knows the operation":      {func(_ *schedule.Problem, s *schedule.Schedule) { s.Operations[0].Op = 9 }, Unknown, 0, 9},
		"nobody knows the job":            {func(_ *schedule.Problem, s *schedule.Schedule) { s.Operations[0].Job = -1 }, Unknown, -1, 0},
		"the machine cannot do it":        {func(_ *schedule.Problem, s *schedule.Schedule) { s.Operations[0].Machine = 1 }, Machine, 0, 0},
		"there is no such machine":        {func(_ *schedule.Problem, s *schedule.Schedule) { s.Operations[0].Machine = 77 }, Machine, 0, 0},
		"it is too short":                 {func(_ *schedule.Problem, s *schedule.Schedule) { s.Operations[0].End-- }, Duration, 0, 0},
		"it has the other machine's time": {func(_ *schedule.Problem, s *schedule.Schedule) { s.Operations[0].Machine = 2 }, Duration, 0, 0},
		"the break is not counted":        {func(_ *schedule.Problem, s *schedule.Schedule) { s.Operations[1].End = 21 }, Duration, 0, 1},
		"it starts in a break":            {move(1, 11), Calendar, 0, 1},
		"it runs into a break":            {move(3, 26), Calendar, 1, 0},
		"it starts before the job's last": {move(7, 2), Order, 2, 1},
		"it does not wait":                {move(0, 5), Order, 0, 1},
		"it waits too long":               {func(p *schedule.Problem, _ *schedule.Schedule) { *p.Jobs[0].Operations[1].MaxWait = 0 }, Late, 0, 1},
		"the job is not released":         {move(0, 1), Release, 0, 0},
		"the material is not there":       {func(p *schedule.Problem, _ *schedule.Schedule) { p.Jobs[1].Operations[0].Material = 41 }, Material, 1, 0},
		"two run at once":                 {move(6, 1), Overlap, 0, 0},
		"a batch does not start together": {func(_ *schedule.Problem, s *schedule.Schedule) { s.Operations[4].Start, s.Operations[4].End = 49, 59 }, Batch, 0, 2},
		"two families in one batch":       {func(p *schedule.Problem, _ *schedule.Schedule) { p.Jobs[1].Operations[1].Family = 0 }, Batch, 1, 1},
		"too much in a batch":             {func(p *schedule.Problem, _ *schedule.Schedule) { p.Jobs[1].Operations[1].Size = 2 }, Capacity, 0, 2},
		"no time to set up":               {func(p *schedule.Problem, _ *schedule.Schedule) { p.Machines[2].Setup[0][1] = 46 }, Setup, 1, 2},
		"not set up at the beginning": {func(p *schedule.Problem, _ *schedule.Schedule) {
			p.Machines[2].Ready, p.Machines[2].Setup[1][0] = 1, 11
		}, Setup, 2, 1},
		"it ends after the horizon":      {func(p *schedule.Problem, _ *schedule.Schedule) { p.Horizon = 64 }, Horizon, 1, 2},
		"it is not where it is locked":   {move(7, 11), Locked, 2, 1},
		"it starts before the beginning": {move(6, -1), BeforeAll, 2, 0},
	} {
		t.Run(name, func(t *testing.T) {
			p, s := shop(), plan()
			c.spoil(p, &s)
			found := Schedule(p, s)
			at := slices.IndexFunc(found, func(v Violation) bool { return v.Kind == c.want && v.Job == c.job && v.Op == c.op })
			if at < 0 {
				t.Fatalf("found %v; want %s of job %d operation %d", found, c.want, c.job, c.op)
			}
			if !strings.Contains(found[at].Text, "operation") {
				t.Errorf("%q does not say where", found[at].Text)
			}
		})
	}
}

// The second may begin 6 before the end of the first, and not 7.
func TestSchedule_Overlap(t *testing.T) {
	p := &schedule.Problem{Machines: make([]schedule.Machine, 2), Jobs: []schedule.Job{{Operations: []schedule.Operation{
		{Alternatives: []schedule.Alternative{{Machine: 0, Duration: 10}}}, {Alternatives: []schedule.Alternative{{Machine: 1, Duration: 10}}, MinWait: -6},
	}}}}
	for start, want := range map[int64]int{4: 0, 3: 1} {
		found := Schedule(p, schedule.Schedule{Operations: []schedule.Placed{{End: 10}, {Op: 1, Machine: 1, Start: start, End: start + 10}}})
		if len(found) != want || want > 0 && found[0].Kind != Order {
			t.Errorf("beginning at %d: %v", start, found)
		}
	}
}
