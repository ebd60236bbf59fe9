package line_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/data"
	"zhigai/figure"
	"zhigai/plant"
	"zhigai/shop/line"
)

// plan is a plant of four machines in one line, told a letter a minute: w works
// (and makes a part in it), x stands without a word, d is down, u set up, s and b
// say that they starve or are blocked, a has nobody at it, o is outside of the
// plan, ? is not known.
type plan map[plant.NodeID]string

func (p plan) Model(context.Context, plant.TenantNo, plant.Micros) (plant.Model, error) {
	m := plant.Model{Nodes: []plant.Node{{ID: "LINE", Path: "firm/line", Level: plant.LevelLine, Name: plant.Name{ZH: "一线"}}}}
	for i := 1; i <= 4; i++ {
		m.Nodes = append(m.Nodes, plant.Node{
			ID: plant.NodeID(fmt.Sprint("M", i)), Path: fmt.Sprint("firm/line/m", i), Level: plant.LevelEquipment, Name: plant.Name{ZH: "机"},
			Machine: &plant.Equipment{Class: "lathe", Cycles: []plant.Cycle{{Product: "*", PRUms: int64(20_000 * i)}}},
		})
	}
	return m, nil
}

func (p plan) Did(_ context.Context, _ plant.TenantNo, id plant.NodeID, from, to plant.Micros) (out []line.Did, _ error) {
	for i, c := range p[id] {
		d := line.Did{From: minute(float64(i)).Micros(), To: minute(float64(i + 1)).Micros(), Class: "ADET", Busy: true}
		if d.From < from || d.To > to {
			continue
		}
		switch c {
		case 'w':
			d.Class = "APT"
		case 'x':
			d.Reason, d.Loss = "unassigned", "other"
		case 'm':
			d.Reason, d.Loss, d.Micro, d.SaidBy = "minor", "minor", true, "rule:micro_stop"
		case 'd':
			d.Reason, d.Loss, d.Fault, d.SaidBy = "breakdown.mechanical", "breakdown", true, "machine:alarm"
		case 'u':
			d.Class = "AUST"
		case 's':
			d.Reason, d.SaidBy = "material.missing", "machine:stop.reason"
		case 'b':
			d.Reason, d.SaidBy = "material.blocked", "person:li"
		case 'a':
			d.Reason, d.Loss, d.SaidBy = "operator.absent", "other", "person:li"
		case 'o':
			d.Class, d.Busy = "NONE", false
		case '?':
			d.Class = "UNKNOWN"
		}
		out = append(out, d)
	}
	return out, nil
}

// Counted: every minute of work ends with a part.
func (p plan) Counted(_ context.Context, _ plant.TenantNo, id plant.NodeID, from, to plant.Micros) (out []figure.CountedParts, _ error) {
	for i, c := range p[id] {
		if at := minute(float64(i + 1)).Micros(); c == 'w' && at >= from && at < to {
			out = append(out, figure.CountedParts{At: at, Product: "ring", Good: 1})
		}
	}
	return out, nil
}

func (plan) Demand(context.Context, access.Scope, plant.Instant, plant.Instant) (int64, error) {
	return 30, nil
}

type kept []line.Layout

func (k kept) SaveLayout(_ context.Context, _ plant.TenantNo, _ line.Layout, seen int64) error {
	if seen != int64(len(k)) {
		return access.ErrConflict
	}
	return nil
}
func (k kept) Layouts(context.Context, access.Scope) ([]line.Layout, error) { return k, nil }
func (k kept) Revisions(context.Context, plant.TenantNo, plant.NodeID) ([]line.Layout, error) {
	return k, nil
}

func desk(t *testing.T, p plan, layouts ...line.Layout) *line.Desk {
	t.Helper()
	defs, err := figure.Load(data.FS, "line-figures", line.TermNames())
	must(t, err)
	return line.NewDesk(line.Options{Store: kept(layouts), Plant: p, Machines: p, Orders: p, Definitions: defs, Now: func() time.Time { return minute(600).Time() }})
}

func analyse(t *testing.T, p plan, l line.Layout) line.Analysis {
	t.Helper()
	longest := 0
	for _, text := range p {
		longest = max(longest, len(text))
	}
	a, err := desk(t, p, l).Analyse(t.Context(), access.Scope{Tenant: 1}, line.Query{Line: "LINE", From: minute(0), To: minute(float64(longest))})
	must(t, err)
	return a
}

// letters writes what a machine did a letter a minute; capitals are derived.
func letters(all []line.Stretch) string {
	words := map[string]string{
		"working": "w", "starved": "s", "blocked": "b", "down": "d", "setup": "u", "minor": "m", "delay": "x", "off": "o", "unknown": "?", "service": "v", "planned": "p",
	}
	var out strings.Builder
	for _, s := range all {
		c := words[s.State.String()]
		if s.Source == line.ByNeighbours {
			c = strings.ToUpper(c)
		}
		out.WriteString(strings.Repeat(c, int(math.Round(float64(s.To-s.From)/60e6))))
	}
	return out.String()
}

func TestAnalyse_NeighboursExplainStanding(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		told plan
		want [3]string
	}{
		// The first breaks down; what it left behind is used up, then the others
		// starve one after the other.
		{
			"starved behind a breakdown",
			plan{"M1": "wwwdddddwww", "M2": "xwwwxxxxxww", "M3": "xxwwwxxxxxw"},
			[3]string{"wwwdddddwww", "SwwwSSSSSww", "SSwwwSSSSSw"},
		},
		// The last breaks down: two parts fit before it, three before the second.
		{
			"blocked before a breakdown",
			plan{"M1": "wwwwwwwwxxxxw", "M2": "xwwwwxxxxxxxw", "M3": "xxwwddddddddd"},
			[3]string{"wwwwwwwwBBBBw", "SwwwwBBBBBBBw", "SSwwddddddddd"},
		},
		{
			"what is said wins over what would be derived",
			plan{"M1": "wwwdddddwww", "M2": "xwwwaassuww", "M3": "xxwwwbbdxxw"},
			[3]string{"wwwdddddwww", "Swwwxxssuww", "SSwwwbbdSSw"},
		},
		{
			"unknown stays unknown, and standing with parts at hand is its own",
			plan{"M1": "wwwww????ww", "M2": "xwxxxwwwwaa", "M3": "xxwmmmwwwws"},
			[3]string{"wwwww????ww", "Swxxxwwwwxx", "SSwSSSwwwws"},
		},
	} {
		a := analyse(t, c.told, three())
		for i, s := range a.Stations {
			if got := letters(s.Stretches); got != c.want[i] {
				t.Errorf("%s: station %s did %s; want %s (told %s)", c.name, s.Code, got, c.want[i], c.told[s.Machines[0].ID])
			}
		}
	}
}

// A buffer before a bottleneck never runs empty: that it is full is seen by who
// stands before it.
func TestAnalyse_AnchorOfABuffer(t *testing.T) {
	t.Parallel()
	// The second takes a part every other minute and never waits; the first waits for
	// it every other minute. Five fit, and no more than three came and went.
	l := three()
	l.Links[0].Capacity = new(int64(5))
	a := analyse(t, plan{"M1": "wwwwxwxwxwxw", "M2": "waaawawawawa", "M3": "xwxxxwxwxwxw"}, l)
	if got := letters(a.Stations[0].Stretches); strings.Count(got, "B") < 3 || strings.Contains(got, "S") {
		t.Errorf("the first did %s; want it blocked while the buffer is full", got)
	}
	if b := a.Buffers[0]; b.Anchor != line.AnchorFull || *b.Highest != 5 {
		t.Errorf("%+v; want it anchored full", b)
	}
	if b := a.Buffers[1]; b.Anchor != line.AnchorEmpty {
		t.Errorf("%+v; want it anchored empty", b)
	}
}

// Where a station has two ways out nobody counts what went where: its neighbours
// are judged by whether they stand.
func TestAnalyse_SeveralWaysOut(t *testing.T) {
	t.Parallel()
	l := three()
	l.Stations = append(l.Stations, line.Station{Code: "op25", Name: plant.Name{ZH: "另"}, Function: line.Handling, Machines: []plant.NodeID{"M4"}})
	l.Links = append(l.Links, line.Link{From: "op10", To: "op25", Transfer: line.AGV, Take: 1})
	a := analyse(t, plan{"M1": "wwddww", "M2": "wwxxww", "M3": "wwwwww", "M4": "wxxwww"}, l)
	if got := letters(a.Stations[1].Stretches); got != "wwSSww" {
		t.Errorf("the second did %s", got)
	}
	if got := letters(a.Stations[3].Stretches); got != "wxSwww" {
		t.Errorf("the fourth did %s", got)
	}
	if a.Buffers[0].Anchor != line.AnchorNone || a.Buffers[0].Content != nil || a.Buffers[1].Anchor == line.AnchorNone {
		t.Errorf("%+v", a.Buffers)
	}
}

// Machines side by side: while one works the station does; one that waits stands
// for the station before one that is down.
func TestAnalyse_MachinesTogether(t *testing.T) {
	t.Parallel()
	l := three()
	l.Stations[1].Machines = append(l.Stations[1].Machines, "M4")
	a := analyse(t, plan{"M1": "wwwwww", "M2": "wdds?o", "M4": "dwdddd", "M3": "wwwwww"}, l)
	if got := letters(a.Stations[1].Stretches); got != "wwds?d" {
		t.Errorf("the station did %s", got)
	}
	if s := a.Stations[1]; s.BusyMs != 11*60_000 || s.KnownMs != 10*60_000 {
		t.Errorf("known %d of %d ms; want 10 of 11 min", s.KnownMs, s.BusyMs)
	}
}

func TestAnalyse_Figures(t *testing.T) {
	t.Parallel()
	a := analyse(t, plan{"M1": "wwwdddddww", "M2": "xwwwxxxxxw", "M3": "xxwwwxxxxx"}, three())
	values := map[string]float64{}
	for _, f := range a.Figures {
		if f.Value != nil {
			values[f.Definition.ID] = *f.Value
		}
	}
	// Cycles of 20, 40 and 60 s: the third is the slowest. It made 3 parts in 10
	// minutes; 30 were wanted.
	for id, want := range map[string]float64{"line-oee": 3 * 60. / 600, "line-takt": 20, "line-balance": 120. / 180, "line-throughput": 18} {
		if math.Abs(values[id]-want) > 1e-9 {
			t.Errorf("%s is %v; want %v", id, values[id], want)
		}
	}
	// The first was active throughout.
	if b := a.Bottleneck; b.Main != "op10" || b.Now != "op10" || b.Since != minute(0) || b.Shares[0].SoleMs != 600_000 {
		t.Errorf("%+v", b)
	}
	// In ten minutes 30 parts of 20 s: 15 lost to the breakdown; in five minutes of
	// work 4 were counted, so that 11 are lost to speed; one is still between.
	w := a.Waterfall
	lost := map[string]float64{}
	for _, s := range w.Steps {
		lost[string(s.Loss)] = s.Parts
	}
	if w.Station != "op10" || w.Possible != 30 || w.Good != 3 || lost["breakdown"] != 15 || lost["speed"] != 11 || lost["between"] != 1 {
		t.Errorf("%+v", w)
	}
}

func TestAnalyse_Refuses(t *testing.T) {
	t.Parallel()
	d := desk(t, plan{}, three())
	all := access.Scope{Tenant: 1}
	for name, c := range map[string]struct {
		scope access.Scope
		q     line.Query
		want  error
	}{
		"no such line":      {all, line.Query{Line: "NONE", From: minute(0), To: minute(9)}, access.ErrNotFound},
		"a machine":         {all, line.Query{Line: "M1", From: minute(0), To: minute(9)}, line.ErrInvalid},
		"elsewhere":         {access.Scope{Tenant: 1, Path: "firm/other"}, line.Query{Line: "LINE", From: minute(0), To: minute(9)}, access.ErrNotFound},
		"before it began":   {all, line.Query{Line: "LINE", From: minute(-9), To: minute(-1)}, access.ErrNotFound},
		"eight days":        {all, line.Query{Line: "LINE", From: minute(-8 * 24 * 60), To: minute(9)}, line.ErrInvalid},
		"not begun":         {all, line.Query{Line: "LINE", From: minute(700), To: minute(800)}, line.ErrInvalid},
		"a negative demand": {all, line.Query{Line: "LINE", From: minute(0), To: minute(9), Demand: -1}, line.ErrInvalid},
	} {
		if _, err := d.Analyse(t.Context(), c.scope, c.q); !errors.Is(err, c.want) {
			t.Errorf("%s: %v; want %v", name, err, c.want)
		}
	}
	who := access.Node(1)
	save := func(change func(l *line.Layout)) error {
		l := three()
		l.Rev = 1
		change(&l)
		_, err := d.Save(t.Context(), who, l)
		return err
	}
	must(t, save(func(*line.Layout) {}))
	if err := save(func(l *line.Layout) { l.Rev = 0 }); !errors.Is(err, access.ErrConflict) {
		t.Errorf("an old revision: %v", err)
	}
	if err := save(func(l *line.Layout) { l.Stations[0].Machines[0] = "M9" }); !errors.Is(err, line.ErrInvalid) {
		t.Errorf("a machine that is not there: %v", err)
	}
	viewer := who
	viewer.Scope.Path = "firm/other"
	if _, err := d.Save(t.Context(), viewer, three()); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("from elsewhere: %v", err)
	}
}
