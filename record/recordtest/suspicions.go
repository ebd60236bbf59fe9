package recordtest

import (
	"errors"
	"fmt"
	"reflect"
	"testing"

	"zhigai/access"
	"zhigai/calc/authenticity"
	"zhigai/fact"
	"zhigai/plant"
	proved "zhigai/programme/machine"
	"zhigai/programme/suspicion"
)

// Suspecting keeps suspicions, sketches and the machine days that they are of.
type Suspecting interface {
	proved.Store
	suspicion.Store
	suspicion.Sketches
}

// Suspicions is what every keeper of suspicions must do, beside a registry.
func Suspicions(t *testing.T, s Suspecting, roll FirmStore) {
	ctx := t.Context()
	firms := [2]string{
		saved(t, roll, firm(1, "新昌轴承有限公司", "330624", "C3451", 3)).ID, saved(t, roll, firm(2, "嵊州机械厂", "330683", "C3451", 3)).ID,
	}
	var days []proved.Day
	for i, owner := range []string{"a", "b", "c"} {
		d := machineDay(owner, "m-"+owner, "2022-05-30", 1000, 900, 1, 1)
		d.Sketch = authenticity.Sketch{Shapes: []uint64{1, 2, 3, uint64(10 + i)}, Clocks: []uint64{7}}.Text()
		days = append(days, d)
	}
	_, err := s.SaveDays(ctx, 1, days)
	must(t, err)
	for i, owner := range []plant.NodeID{"a", "b"} {
		_, err := s.SaveLink(ctx, 1, proved.Link{Owner: owner, Firm: firms[i]})
		must(t, err)
	}
	one := func(id, machine, date, other string, state suspicion.State) suspicion.Suspicion {
		return suspicion.Suspicion{ID: id, Machine: plant.NodeID(machine), Suspicion: fact.Suspicion{Kind: "copied_firm", Date: date, Other: plant.NodeID(other), OtherDate: date}, State: state, Said: []suspicion.Said{}}
	}
	must(t, s.PutSuspicions(ctx, 1, []suspicion.Suspicion{
		one("1", "m-a", "2022-05-30", "m-b", suspicion.Open), one("2", "m-b", "2022-05-30", "m-a", suspicion.Open),
		one("3", "m-a", "2022-05-29", "m-c", suspicion.Open), one("4", "m-c", "2022-05-31", "m-a", suspicion.Open),
	}))
	upheld := one("2", "m-b", "2022-05-30", "m-a", suspicion.Upheld)
	upheld.Said = []suspicion.Said{{At: 5, By: "officer", What: suspicion.Upheld, Text: "属实"}}
	must(t, s.PutSuspicions(ctx, 1, []suspicion.Suspicion{upheld}))

	xinchang := []access.Area{{Region: "330624"}}
	list := func(areas []access.Area, f suspicion.Filter, after suspicion.Place, limit int, want ...string) []suspicion.Row {
		t.Helper()
		rows, err := s.Suspicions(ctx, 1, areas, f, after, limit)
		must(t, err)
		var got []string
		for _, r := range rows {
			like := ""
			if r.Like != nil {
				like = string(r.Like.Machine)
			}
			got = append(got, fmt.Sprintf("%s %s %s%s like=%s", r.ID, r.State, r.Party.Region, r.Party.Path, like))
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%+v in %+v: %q; want %q", f, areas, got, want)
		}
		return rows
	}
	rows := []string{"4 open c/site/m-c like=m-a", "1 open 330624a/site/m-a like=m-b", "2 upheld 330683b/site/m-b like=m-a", "3 open 330624a/site/m-a like=m-c"}
	list(everywhere, suspicion.Filter{}, suspicion.Place{}, 10, rows...)
	list(everywhere, suspicion.Filter{}, suspicion.Place{}, 2, rows[:2]...)
	list(everywhere, suspicion.Filter{}, suspicion.Place{Date: "2022-05-30", ID: "1"}, 10, rows[2:]...)
	list(everywhere, suspicion.Filter{Region: "3306", States: []suspicion.State{suspicion.Upheld}}, suspicion.Place{}, 10, rows[2])
	list(everywhere, suspicion.Filter{Machine: "m-a", From: "2022-05-30", To: "2022-05-31"}, suspicion.Place{}, 10, rows[1])
	list(everywhere, suspicion.Filter{Kinds: []string{"flat_line"}}, suspicion.Place{}, 10)
	list(everywhere, suspicion.Filter{Firm: firms[1]}, suspicion.Place{}, 10, rows[2])
	own := list(xinchang, suspicion.Filter{}, suspicion.Place{}, 10, "1 open 330624a/site/m-a like=", "3 open 330624a/site/m-a like=")
	if own[0].Other != "" {
		t.Errorf("who may see one firm is told of another's machine: %+v", own[0])
	}
	list(nil, suspicion.Filter{}, suspicion.Place{}, 10)
	if counts, err := s.SuspicionCounts(ctx, 1, everywhere, suspicion.Filter{}); err != nil || !reflect.DeepEqual(counts, map[suspicion.State]int64{suspicion.Open: 3, suspicion.Upheld: 1}) {
		t.Errorf("counts %v, %v", counts, err)
	}
	if r, err := s.Suspicion(ctx, 1, everywhere, "2"); err != nil || !reflect.DeepEqual(r.Suspicion, upheld) || r.Party.Firm != firms[1] || r.Party.Company == "" {
		t.Errorf("one: %+v, %v", r, err)
	}
	for _, c := range []struct {
		tenant plant.TenantNo
		areas  []access.Area
		id     string
	}{{1, xinchang, "2"}, {2, everywhere, "2"}, {1, everywhere, "9"}} {
		if _, err := s.Suspicion(ctx, c.tenant, c.areas, c.id); !errors.Is(err, access.ErrNotFound) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	briefs(t, s)
}

// briefs: what came with the days is there to be compared, and forgotten when
// it is old and not of this node's own machines.
func briefs(t *testing.T, s Suspecting) {
	t.Helper()
	ctx := t.Context()
	dates, head, err := s.DatesAfter(ctx, 1, 0, "2022-05-01")
	if err != nil || !reflect.DeepEqual(dates, []string{"2022-05-30"}) || head != 3 {
		t.Errorf("days that came: %v %d %v", dates, head, err)
	}
	if dates, head, err := s.DatesAfter(ctx, 1, 3, "2022-05-01"); err != nil || len(dates) != 0 || head != 3 {
		t.Errorf("nothing came: %v %d %v", dates, head, err)
	}
	if n, err := s.SketchCount(ctx, 1, "2022-05-30", "2022-05-30"); err != nil || n != 3 {
		t.Errorf("%d sketches, %v", n, err)
	}
	var got []string
	must(t, s.EachSketch(ctx, 1, "2022-05-29", "2022-05-30", func(l authenticity.Labelled) error {
		got = append(got, fmt.Sprint(l.Owner, l.Machine, l.Day, l.Shapes, l.Clocks))
		return nil
	}))
	if want := []string{"am-a2022-05-30[1 2 3 10] [7]", "bm-b2022-05-30[1 2 3 11] [7]", "cm-c2022-05-30[1 2 3 12] [7]"}; !reflect.DeepEqual(got, want) {
		t.Errorf("sketches %q; want %q", got, want)
	}
	b := proved.Link{Owner: "b", Rev: 1, Ways: []string{"UNODE"}, Firm: ""}
	_, err = s.SaveLink(ctx, 1, b)
	must(t, err)
	must(t, s.DropForeign(ctx, 1, "2022-05-30"))
	if n, err := s.SketchCount(ctx, 1, "2022-05-01", "2022-05-31"); err != nil || n != 3 {
		t.Errorf("%d are left of days that are not old, %v", n, err)
	}
	must(t, s.DropForeign(ctx, 1, "2022-05-31"))
	if n, err := s.SketchCount(ctx, 1, "2022-05-01", "2022-05-31"); err != nil || n != 2 {
		t.Errorf("%d are left; want the two of this node's own, %v", n, err)
	}
}
