package health_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/calc/vibration"
	"zhigai/plant"
	"zhigai/shop/health"
	"zhigai/sim"
)

// The story of the demo: a spall on an outer ring begins on the sixth day and
// grows. It is found after it began and before the velocity leaves zone B, once
// and for all; a healthy machine beside it is silent all the time.
func TestDesk_SpallFoundBeforeItIsLoud(t *testing.T) {
	w := newWorld()
	d := w.desk(t)
	const rate, n = 20480, 32768
	begins := w.now.Add(5 * 24 * time.Hour)
	bad := sim.Bearing{RPM: 1797, Order: 3.58484, Rate: rate, Seed: 1, Begins: begins, Grows: 40 * time.Hour}
	well := sim.Bearing{RPM: 1797, Order: 3.58484, Rate: rate, Seed: 2}
	var ids []string
	for tag := plant.TagNo(1); tag <= 2; tag++ {
		p, err := d.Save(t.Context(), engineer, health.Point{Name: plant.Name{ZH: "主轴前轴承", EN: "front bearing"}, Tag: tag, RPM: 1797, Bearing: "6205-2RS", Group: "2-rigid"})
		must(t, err)
		ids = append(ids, p.ID)
	}
	var found, loud time.Time
	for range 20 * 6 { // twenty days, every four hours
		w.hear(1, w.now, rate, bad.Window(w.now, n))
		w.hear(2, w.now, rate, well.Window(w.now, n))
		must(t, d.Follow(t.Context(), 1))
		s, err := d.Point(t.Context(), engineer, ids[0])
		must(t, err)
		switch {
		case s.Condition.Why == health.WhyElement && found.IsZero():
			found = w.now
			if s.Condition.Element != vibration.Outer || s.Condition.Confidence < 0.8 || s.Condition.Since < plant.InstantOf(begins) {
				t.Errorf("%+v; the spall began at %s", s.Condition, begins)
			}
		case s.Condition.Why == health.WhyElement && s.Condition.Element != vibration.Outer, !found.IsZero() && s.Condition.Why != health.WhyElement && s.Condition.Level != health.Bad:
			t.Errorf("%s: %+v", w.now, s.Condition)
		}
		if z := s.Condition.Zone; loud.IsZero() && (z == health.ZoneC || z == health.ZoneD) {
			loud = w.now
		}
		if s, err = d.Point(t.Context(), engineer, ids[1]); err != nil || s.Condition.Level != health.Good {
			t.Fatalf("the healthy one at %s: %+v, %v", w.now, s.Condition, err)
		}
		w.now = w.now.Add(4 * time.Hour)
	}
	if found.IsZero() || !found.After(begins) || loud.IsZero() || !found.Before(loud) {
		t.Errorf("began %s, found %s, zone C %s; want them in this order", begins, found, loud)
	}
	t.Logf("began %s; found %s later, shocks %.2f m/s² in noise of 0.6; zone C %s later", begins.Format(time.DateTime), found.Sub(begins), bad.Strength(found), loud.Sub(begins))
	if len(w.raised) != 1 || w.raised[ids[0]].Priority != 2 || w.raised[ids[0]].Evidence != "/health?point="+ids[0] {
		t.Errorf("alarms %+v", w.raised)
	}
	if i := slices.IndexFunc(w.told, func(s string) bool { return strings.HasPrefix(s, "cleared") && strings.Contains(s, "outer") }); i >= 0 {
		t.Errorf("told %v: what was found is not taken back", w.told)
	}
	p, err := d.Picture(t.Context(), engineer, ids[0], plant.InstantOf(w.now))
	must(t, err)
	if p.Envelope == nil || len(p.Marks) != 16 || p.Reading.Verdict != "outer" || len(p.Spectrum.Values) > 1500 {
		t.Errorf("picture: %d marks, verdict %s", len(p.Marks), p.Reading.Verdict)
	}
	at := func(hz float64) (most float64) {
		i := int(hz / p.Envelope.Step)
		return slices.Max(p.Envelope.Values[i-1 : i+2])
	}
	for _, m := range p.Marks {
		if m.Element == vibration.Outer && m.Harmonic == 1 && at(m.Hz) < 5*at(m.Hz*1.1) {
			t.Errorf("the envelope has %v at the outer ring's mark and %v beside it", at(m.Hz), at(m.Hz*1.1))
		}
	}
	fall, err := d.Waterfall(t.Context(), engineer, ids[0], 0, plant.InstantOf(w.now), 0)
	must(t, err)
	if len(fall.Rows) != 60 || len(fall.At) != 60 || len(fall.Rows[0]) != 200 {
		t.Errorf("waterfall of %d rows", len(fall.Rows))
	}
	// Examined again, the same windows give the same readings.
	before := slices.Clone(w.readings[ids[0]])
	again, err := d.Examine(t.Context(), 1, w.points[ids[0]], 0, plant.InstantOf(w.now))
	must(t, err)
	if again != len(before) || len(w.readings[ids[0]]) != len(before) || w.readings[ids[0]][100].Findings[0].LevelDB != before[100].Findings[0].LevelDB {
		t.Errorf("%d examined again, %d readings; %d were there", again, len(w.readings[ids[0]]), len(before))
	}
}

// Windows that come together after a time without contact, in which a bearing went bad
// and was replaced, raise and clear what those that came one by one would have; the
// alarm is about the machine that the recorder's sensor sits on.
func TestDesk_BadAndMendedWhileNobodyLooked(t *testing.T) {
	w := newWorld()
	d := w.desk(t)
	begins := w.now.Add(2 * 24 * time.Hour)
	b := sim.Bearing{RPM: 1797, Order: 3.58484, Rate: 20480, Seed: 1, Begins: begins, Grows: 20 * time.Hour, Mended: begins.Add(8 * 24 * time.Hour)}
	p, err := d.Save(t.Context(), engineer, health.Point{Name: plant.Name{ZH: "主轴前轴承", EN: "front bearing"}, Machine: "GRINDER", Tag: 1, RPM: 1797, Bearing: "6205-2RS"})
	must(t, err)
	if p.Machine != "GRINDER" || p.Path != "firm/site/grinder" {
		t.Errorf("%+v", p)
	}
	if _, err := d.Save(t.Context(), engineer, health.Point{Name: plant.Name{ZH: "x"}, Machine: "NOWHERE", Tag: 1, Bearing: "6205-2RS"}); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("a machine that is not there: %v", err)
	}
	for range 16 * 6 {
		w.hear(1, w.now, b.Rate, b.Window(w.now, 32768))
		w.now = w.now.Add(4 * time.Hour)
	}
	must(t, d.Follow(t.Context(), 1))
	if want := []string{"raised front bearing: bearing, outer ring is bad", "raised front bearing: louder than its baseline", "cleared front bearing: louder than its baseline"}; !slices.Equal(w.told, want) {
		t.Errorf("told %q; want %q", w.told, want)
	}
	if s, err := d.Point(t.Context(), engineer, p.ID); err != nil || s.Condition.Level != health.Good {
		t.Errorf("at the end %+v, %v", s.Condition, err)
	}
}

// Bad news about a sensor is no news about the machine, and ends with it.
func TestDesk_SensorAndSpeed(t *testing.T) {
	w := newWorld()
	d := w.desk(t)
	well := sim.Bearing{RPM: 1797, Order: 3.58484, Rate: 20480, Seed: 3}
	p, err := d.Save(t.Context(), engineer, health.Point{Name: plant.Name{ZH: "电机"}, Tag: 1, Speed: 51, Bearing: "6205-2RS"})
	must(t, err)
	look := func(values []float64) health.Condition {
		t.Helper()
		w.now = w.now.Add(time.Hour)
		w.hear(1, w.now, 20480, values)
		must(t, d.Follow(t.Context(), 1))
		s, err := d.Point(t.Context(), engineer, p.ID)
		must(t, err)
		return s.Condition
	}
	if c := look(make([]float64, 20480)); c.Level != health.Unknown || c.Why != health.WhySensor || len(w.raised) != 1 {
		t.Errorf("a dead sensor: %+v, %v", c, w.raised)
	}
	c := look(well.Window(w.now, 32768))
	if c.Level != health.Good || c.Last.Verdict != vibration.Uncertain || c.Last.Warnings[0].Code != vibration.SpeedUnknown || c.Last.RPM != nil || len(w.raised) != 0 {
		t.Errorf("nobody knows the speed: %+v, %v", c, w.raised)
	}
	w.speed = 1797
	if c := look(well.Window(w.now, 32768)); c.Last.Verdict != vibration.Healthy || *c.Last.RPM != 1797 {
		t.Errorf("the tag tells the speed: %+v", c.Last)
	}
}

// Twice as loud as at the same speed before is a change; at another speed it is not.
func TestDesk_LouderThanItsBaseline(t *testing.T) {
	w := newWorld()
	d := w.desk(t)
	w.speed = 1500
	p, err := d.Save(t.Context(), engineer, health.Point{Name: plant.Name{ZH: "风机"}, Tag: 1, Speed: 51, Bearing: "6205-2RS"})
	must(t, err)
	well := sim.Bearing{RPM: 1500, Order: 3.58484, Rate: 20480, Seed: 4}
	hear := func(times int, factor float64) health.Condition {
		t.Helper()
		for range times {
			w.now = w.now.Add(time.Hour)
			values := well.Window(w.now, 20480)
			for i := range values {
				values[i] *= factor
			}
			w.hear(1, w.now, 20480, values)
		}
		must(t, d.Follow(t.Context(), 1))
		s, err := d.Point(t.Context(), engineer, p.ID)
		must(t, err)
		return s.Condition
	}
	if c := hear(40, 1); c.Level != health.Good || c.Change == nil || c.Change.Changed {
		t.Fatalf("as ever: %+v", c)
	}
	w.speed, well.RPM = 2400, 2400
	if c := hear(3, 2); c.Change != nil || c.Level != health.Good {
		t.Errorf("louder at a speed of which little is known: %+v", c)
	}
	w.speed, well.RPM = 1500, 1500
	if c := hear(1, 2); c.Why != health.WhyChanged || c.Level != health.Watch || c.Change.Ratio < 1.8 || c.Change.Ratio > 2.2 {
		t.Errorf("twice as loud at the old speed: %+v, %+v", c, c.Change)
	}
}

func TestDesk_Refusals(t *testing.T) {
	w := newWorld()
	d := w.desk(t)
	good := health.Point{Name: plant.Name{ZH: "轴承"}, Tag: 1, RPM: 1500, Bearing: "6205-2RS"}
	saved, err := d.Save(t.Context(), engineer, good)
	must(t, err)
	for name, change := range map[string]func(*health.Point){
		"no name":       func(p *health.Point) { p.Name.ZH = " " },
		"two speeds":    func(p *health.Point) { p.Speed = 51 },
		"no bearing":    func(p *health.Point) { p.Bearing = "6999" },
		"no group":      func(p *health.Point) { p.Group = "9" },
		"no window":     func(p *health.Point) { p.Tag = 51 },
		"no number":     func(p *health.Point) { p.RPM, p.Speed = 0, 2 },
		"no such tag":   func(p *health.Point) { p.Tag = 101 },
		"changed since": func(p *health.Point) { p.ID, p.Rev = saved.ID, 5 },
		"no such point": func(p *health.Point) { p.ID = "P99" },
	} {
		p := good
		change(&p)
		if _, err := d.Save(t.Context(), engineer, p); !errors.Is(err, health.ErrInvalid) && !errors.Is(err, access.ErrNotFound) && !errors.Is(err, access.ErrConflict) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := d.Picture(t.Context(), engineer, saved.ID, plant.InstantOf(w.now)); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("a picture before any window: %v", err)
	}
	saved.Ended = true
	if _, err := d.Save(t.Context(), engineer, saved); err != nil {
		t.Errorf("it ends: %v", err)
	}
	if all, err := d.Points(t.Context(), engineer, health.Filter{Scope: access.Scope{Tenant: 1}, Limit: 9}); err != nil || len(all) != 0 {
		t.Errorf("one that ended is not listed: %+v, %v", all, err)
	}
}
