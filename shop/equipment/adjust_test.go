package equipment

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/connect/profile"
	"zhigai/figure"
	"zhigai/plant"
)

// clampWorld is a machine that says by its current alone what it does: 0 A off
// for a quarter of an hour, 1 A idle, 8 A running, and so on. At three hours a
// person raises run_above from 0.5 to 4.
func clampWorld(t *testing.T) (*world, *Desk) {
	t.Helper()
	model := testModel()
	node := &model.Nodes[2]
	changed := monday.Add(3*time.Hour + 20*time.Minute)
	node.Machine = &plant.Equipment{Class: "machine", Profile: "clamp", Device: plant.Device{Params: map[string]string{"run_above": "0.5"}}}
	node.Valid = plant.Validity{To: changed}
	later := *node
	later.Machine = &plant.Equipment{Class: "machine", Profile: "clamp", Device: plant.Device{Params: map[string]string{"run_above": "4"}}}
	later.Valid = plant.Validity{From: changed}
	model.Nodes = append(model.Nodes, later)
	tags := []plant.Tag{
		{No: tagLink, Node: "01MACHINE", Path: "firm/turning/l1/" + plant.LinkTag, Name: plant.LinkTag, Kind: plant.KindBoolean},
		{No: tagRunning, Node: "01MACHINE", Path: "firm/turning/l1/current.a", Name: "current.a", Kind: plant.KindNumber, Unit: "A"},
	}
	w := &world{memory: newMemory(model, tags), clock: &clock{t: monday.Add(6 * time.Hour)}}
	kind, err := KindOf(&profile.Profile{
		ID: "clamp", Version: 1,
		Params: []profile.Param{
			{Name: "run_above", Kind: profile.ParamNumber, Default: "2"},
			{Name: "idle_above", Kind: profile.ParamNumber, Default: "0.2"},
			{Name: "unit", Kind: profile.ParamNumber, Default: "1"},
		},
		Signals: []profile.Signal{{Name: "current.a", Kind: plant.KindNumber}},
		States: []profile.State{
			{When: "current.a > param.run_above", Item: "EXECUTING", Mode: "PROCESSING"},
			{When: "current.a > param.idle_above", Item: "NOT_EXECUTING", Mode: "NONE"},
			{When: "true", Item: "NOT_AVAILABLE", Mode: "NONE"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	fleet := NewFleet(w.memory, w.memory, KindMap{"clamp": kind}, w.clock.now)
	w.folder = NewFolder(fleet, w.memory, Reader{Journal: w.memory, Settings: settings(t)})
	if w.engine, err = figure.New(figure.Options{Folder: w.folder, Store: w.memory, Journal: w.memory, Definitions: definitions(t), Now: w.clock.now}); err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	var b plant.Batch
	for s := range 6 * 3600 {
		if s%10 == 0 && !silent(s) {
			b.Samples = append(b.Samples, sample(tagLink, time.Duration(s)*time.Second, 1))
		}
		level := []float64{0, 1, 8, 8}[s/900%4]
		if s%5 == 0 && !silent(s) {
			b.Samples = append(b.Samples, sample(tagRunning, time.Duration(s)*time.Second, max(0, level*(1+0.05*r.NormFloat64()))))
		}
	}
	w.add(b)
	return w, &Desk{Fleet: fleet, Reader: w.folder.Reader, Totals: w.engine, Now: w.clock.now}
}

// silent is twenty minutes without contact, while the machine is idle and runs.
func silent(second int) bool { return second >= 3600+900+300 && second < 3600+900+1500 }

func TestLearn_ProposesWhatAClampSees(t *testing.T) {
	_, desk := clampWorld(t)
	got, err := desk.Learn(context.Background(), scopeAll, node, "", at(0), at(6*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	p := got.Proposal
	if len(p.Thresholds) != 2 || p.Thresholds[0] < 0.01 || p.Thresholds[0] > 0.8 || p.Thresholds[1] < 1.3 || p.Thresholds[1] > 6 || !p.Clear {
		t.Errorf("thresholds %v, %q, valley %v", p.Thresholds, p.Why, p.Valley)
	}
	// Contact is believed for LinkSilence after its last word.
	if want := (20*time.Minute - plant.LinkSilence + 10*time.Second).Milliseconds(); p.MissingMs != want || p.ObservedMs+p.MissingMs != 6*3_600_000 {
		t.Errorf("missing %d ms, observed %d ms; want %d missing", p.MissingMs, p.ObservedMs, want)
	}
	if len(got.Thresholds) != 2 || got.Thresholds[0].Param.Name != "idle_above" || *got.Thresholds[0].Value != 0.2 || *got.Thresholds[1].Value != 4 ||
		*got.Thresholds[0].Proposed != p.Thresholds[0] || *got.Thresholds[1].Proposed != p.Thresholds[1] || len(got.Signals) != 1 {
		t.Errorf("parameters %+v of %v", got.Thresholds, got.Signals)
	}
	for name, f := range map[string]func() error{
		"a signal no rule compares": func() error {
			_, err := desk.Learn(context.Background(), scopeAll, node, "voltage.a", at(0), at(time.Hour))
			return err
		},
		"a parameter that decides nothing": func() error {
			_, err := desk.Preview(context.Background(), scopeAll, node, at(0), at(time.Hour), map[string]string{"unit": "9"})
			return err
		},
	} {
		if err := f(); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := desk.Learn(context.Background(), access.Scope{Tenant: 1, Path: "firm/other"}, node, "", at(0), at(time.Hour)); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("outside the scope: %v", err)
	}
}

// running is how long the machine runs in the intervals.
func runningMs(in []Interval) (ms int64) {
	for _, i := range in {
		if i.State.Item == Executing && i.State.Known {
			ms += i.Ms()
		}
	}
	return ms
}

// A threshold that changes leaves the hours before as they were; the running hour
// goes by the new one, for the strip and for figures alike.
func TestTimeline_ThresholdsOfTheirTime(t *testing.T) {
	w, desk := clampWorld(t)
	ctx := context.Background()
	whole, err := desk.Timeline(ctx, scopeAll, node, at(0), at(6*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	var sum int64
	for h := range 6 {
		from, to := at(time.Duration(h)*time.Hour), at(time.Duration(h+1)*time.Hour)
		base := figure.Base{From: from, To: to, Shift: "early"}
		folded, err := w.folder.Evidence(ctx, 1, node, base, to)
		if err != nil {
			t.Fatal(err)
		}
		ms := int64(0)
		for _, i := range folded.Intervals {
			if i.State == "EXECUTING/PROCESSING" {
				ms += int64(i.To-i.From) / 1000
			}
		}
		switch want := int64(1_800_000); { // 8 A
		case h < 3 && h != 1:
			want += 900_000 // and 1 A
			fallthrough
		case h >= 3:
			if off := ms - want; off < -1000 || off > 1000 {
				t.Errorf("hour %d: runs %d ms; want %d", h, ms, want)
			}
		}
		sum += ms
	}
	if got := runningMs(whole); got != sum {
		t.Errorf("the strip says %d ms of running, the figures %d", got, sum)
	}
	for i := 1; i < len(whole); i++ {
		if whole[i].From != whole[i-1].To {
			t.Errorf("a gap between %+v and %+v", whole[i-1], whole[i])
		}
	}
	before, err := desk.Preview(ctx, scopeAll, node, at(0), at(time.Hour), map[string]string{"run_above": "4"})
	if err != nil {
		t.Fatal(err)
	}
	if got := runningMs(before); got < 1_799_000 || got > 1_801_000 {
		t.Errorf("with 4 A the first hour would have run %d ms; want 1,800,000", got)
	}
	versions := map[string]bool{}
	for _, h := range []time.Duration{0, 5} {
		v, err := w.folder.Version(ctx, 1, node, figure.Base{From: at(h * time.Hour), To: at((h + 1) * time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		versions[v] = true
	}
	if len(versions) != 2 {
		t.Errorf("the rules of the first and the last hour have one name: %v", versions)
	}
}
