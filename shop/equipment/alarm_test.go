package equipment

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// said is what can be said of one alarm at one instant.
func (h byHand) alarm(id string, t plant.Micros) string {
	linked := false
	for _, s := range h.samples[tagLink] {
		if s.Time <= t {
			linked = s.Value == 1 && t < s.Time+15_000_000
		}
	}
	needs := map[string][]plant.TagNo{"broken": {tagAlarm}, "runs-in-setup": {tagRunning, tagMode}}[id]
	stands := linked
	for _, tag := range needs {
		v, ok := h.value(tag, t)
		if !linked || !ok {
			return "unknown"
		}
		stands = stands && v == map[plant.TagNo]float64{tagAlarm: 1, tagRunning: 1, tagMode: 2}[tag]
	}
	if stands {
		return "stands"
	}
	return "normal"
}

// alarms asks at every instant at which anything can change.
func (h byHand) alarms(id string, from, to plant.Micros) []Alarm {
	cuts := []plant.Micros{from, to}
	for tag, list := range h.samples {
		for _, s := range list {
			cuts = append(cuts, s.Time)
			if tag == tagLink {
				cuts = append(cuts, s.Time+15_000_000)
			}
		}
	}
	slices.Sort(cuts)
	var out []Alarm
	open := Alarm{}
	back := map[plant.Micros]bool{} // where contact came back
	for _, s := range h.samples[tagLink] {
		before := s.Time - 1
		contact := false
		for _, b := range h.samples[tagLink] {
			if b.Time <= before {
				contact = b.Value == 1 && before < b.Time+15_000_000
			}
		}
		back[floorMs(s.Time)] = back[floorMs(s.Time)] || s.Value == 1 && !contact
	}
	for _, t := range slices.Compact(cuts) {
		if t < from || t > to {
			continue
		}
		now := h.alarm(id, t)
		switch {
		case t == to || now != "stands":
			if open.ID == "" {
				continue
			}
			open.To, open.Open, open.Lost = floorMs(t), t == to && now == "stands", now == "unknown"
			if t == to { // what comes at the end is not in the range
				open.Open, open.Lost = true, false
			}
			if open.To > open.From && (open.Open || open.Lost || !back[open.From] || t-open.From >= 2_000_000) {
				out = append(out, open)
			}
			open = Alarm{}
		case open.ID == "":
			open = Alarm{ID: id, From: floorMs(t)}
		}
	}
	return out
}

// TestAlarms_EqualRawSamplesByHand: occurrences are those that a person would
// read off the raw samples.
func TestAlarms_EqualRawSamplesByHand(t *testing.T) {
	lost, ended := 0, 0
	for day := range 12 {
		samples, texts, _ := randomFacts(rand.New(rand.NewPCG(uint64(day), 8)))
		w := newWorld(t)
		w.add(plant.Batch{Samples: samples, Texts: texts})
		from, to := at(37*time.Minute), at(randomDay-time.Second)
		w.clock.set(to.Time())
		desk := &Desk{Fleet: w.folder.Fleet, Reader: w.folder.Reader, Now: w.clock.now}
		s, err := desk.Fleet.At(t.Context(), 1, to)
		if err != nil {
			t.Fatal(err)
		}
		all, err := desk.alarmsOf(t.Context(), s.Machines[node], from, to)
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{"broken", "runs-in-setup"} {
			want := byHand{samples: w.samples}.alarms(id, from, to)
			var got []Alarm
			for _, a := range all {
				if a.ID == id {
					got = append(got, Alarm{ID: a.ID, From: a.From, To: a.To, Open: a.Open, Lost: a.Lost})
				}
			}
			for _, a := range got {
				if a.Lost {
					lost++
				} else {
					ended++
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("day %d, %s:\n got %+v\nwant %+v", day, id, got, want)
			}
		}
	}
	if lost < 10 || ended < 10 {
		t.Errorf("%d lost, %d ended: the test shows little", lost, ended)
	}
}

func TestAlarms_List(t *testing.T) {
	w := newWorld(t)
	w.add(plant.Batch{Samples: append(link(0, 2*time.Hour),
		sample(tagRunning, 0, 1), sample(tagMode, 0, 2), sample(tagAlarm, 0, 0),
		sample(tagAlarm, time.Hour, 1), sample(tagAlarm, 70*time.Minute, 0), sample(tagAlarm, 100*time.Minute, 1),
	)})
	w.clock.set(at(110 * time.Minute).Time())
	desk := &Desk{Fleet: w.folder.Fleet, Reader: w.folder.Reader, Now: w.clock.now}
	all, err := desk.Alarms(t.Context(), scopeAll, "", at(0), at(3*time.Hour))
	if err != nil || len(all) != 3 || all[0].ID != "runs-in-setup" || all[1].To != at(70*time.Minute) || all[1].Open || all[2].From != at(100*time.Minute) || !all[2].Open {
		t.Fatalf("alarms %+v, %v", all, err)
	}
	if none, err := desk.Alarms(t.Context(), access.Scope{Tenant: 1, Path: "elsewhere"}, "", at(0), at(3*time.Hour)); err != nil || len(none) != 0 {
		t.Errorf("from elsewhere: %+v, %v", none, err)
	}
	if _, err := desk.Alarms(t.Context(), scopeAll, "", at(-500*24*time.Hour), at(0)); !errors.Is(err, ErrInvalid) {
		t.Errorf("a question without bounds: %v", err)
	}
}

// TestAlarms_KeepTheirEnds: a narrow look shows the whole occurrence, in the
// past as closed.
func TestAlarms_KeepTheirEnds(t *testing.T) {
	w := newWorld(t)
	w.add(plant.Batch{Samples: append(link(0, 8*time.Hour),
		sample(tagRunning, 0, 0), sample(tagMode, 0, 3), sample(tagAlarm, 0, 0), sample(tagAlarm, 10*time.Minute, 1), sample(tagAlarm, 7*time.Hour, 0),
	)})
	w.clock.set(at(8 * time.Hour).Time())
	desk := &Desk{Fleet: w.folder.Fleet, Reader: w.folder.Reader, Now: w.clock.now}
	all, err := desk.Alarms(t.Context(), scopeAll, node, at(5*time.Hour), at(5*time.Hour+time.Minute))
	if err != nil || len(all) != 1 {
		t.Fatalf("%+v, %v", all, err)
	}
	if a := all[0]; a.From != at(10*time.Minute) || a.To != at(7*time.Hour) || a.Open || a.Earlier || a.Lost {
		t.Errorf("%+v", a)
	}
}

// TestAlarms_GapsAreNotKnown: what a gap hides did not stand there.
func TestAlarms_GapsAreNotKnown(t *testing.T) {
	stood := []Alarm{{ID: "a", From: at(0), To: at(time.Hour)}, {ID: "b", From: at(2 * time.Hour), To: at(3 * time.Hour), Open: true}}
	got := cutAlarms(stood, plant.Span{From: at(30 * time.Minute), To: at(40 * time.Minute)})
	got = cutAlarms(got, plant.Span{From: at(150 * time.Minute), To: at(4 * time.Hour)})
	want := []Alarm{
		{ID: "a", From: at(0), To: at(30 * time.Minute), Lost: true},
		{ID: "a", From: at(40 * time.Minute), To: at(time.Hour)},
		{ID: "b", From: at(2 * time.Hour), To: at(150 * time.Minute), Lost: true},
	}
	if !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
}

// TestBoard_AlarmsStandAndEndBySilence: what nobody hears any more does not
// stand.
func TestBoard_AlarmsStandAndEndBySilence(t *testing.T) {
	w := newWorld(t)
	s, err := w.folder.Fleet.At(t.Context(), 1, at(0))
	if err != nil {
		t.Fatal(err)
	}
	c := newCell(s.Machines[node])
	c.load(w.folder.Reader.Settings, Facts{}, map[string]newest{}, at(0), at(0))
	for _, x := range append([]plant.Sample{sample(tagLink, time.Hour, 1)}, sample(tagAlarm, time.Hour, 1)) {
		i := slices.IndexFunc(c.tags, func(f *follow) bool { return f.tag.No == x.Tag })
		c.take(c.tags[i], x)
	}
	c.refresh(w.folder.Reader.Settings, at(time.Hour+10*time.Second))
	if len(c.live.Alarms) != 1 || c.live.Alarms[0].ID != "broken" || c.live.Alarms[0].Since != at(time.Hour) {
		t.Fatalf("standing %+v", c.live.Alarms)
	}
	c.refresh(w.folder.Reader.Settings, at(time.Hour+16*time.Second))
	if len(c.live.Alarms) != 0 {
		t.Errorf("after contact ran out %+v", c.live.Alarms)
	}
}
