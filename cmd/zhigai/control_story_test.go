package main

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"zhigai/access"
	"zhigai/calc/stat"
	"zhigai/connect/profile"
	"zhigai/data"
	"zhigai/fact/document"
	"zhigai/plant"
	"zhigai/shop/control/loop"
	"zhigai/shop/energy"
	"zhigai/sim"
)

// controlled is a simulated plant in a bubble of time, with a desk of loops at its
// panels: what they read is what the machine shows, what they write is checked by the
// limits of its profile and given to the machine.
type controlled struct {
	*testing.T
	*sim.Plant
	desk     *loop.Desk
	profiles *profile.Library
	model    plant.Model
	mu       sync.Mutex
	kept     map[string]document.Document
	orders   []loop.Order
	ids      int
	raised   []string
	tariff   *energy.Tariff
	meter    *quarters // nil: nobody asks for demand
}

// controlStory runs the machines at the paths in a bubble of time.
func controlStory(t *testing.T, seed uint64, paths []string, story func(*controlled)) {
	t.Helper()
	m, profiles := demoPlant(t)
	m.Nodes = slices.DeleteFunc(m.Nodes, func(n plant.Node) bool { return n.Machine != nil && !slices.Contains(paths, n.Path) })
	for i := range m.Nodes {
		m.Nodes[i].ID = plant.NodeID(m.Nodes[i].Path)
	}
	synctest.Test(t, func(t *testing.T) {
		p, err := sim.New(sim.Config{Seed: seed, Start: time.Now(), Model: m, Kinds: simKinds(profiles)})
		must(t, err)
		defer p.Close()
		began := time.Now()
		c := &controlled{T: t, Plant: p, profiles: profiles, model: m, kept: map[string]document.Document{}}
		c.desk = loop.NewDesk(loop.Options{
			Store: c, Machines: c, Live: c, Commands: c, Alarms: c, Period: c.period, NewID: c.newID, Now: time.Now, Passed: func() time.Duration { return time.Since(began) }, Logger: slog.New(slog.DiscardHandler),
		})
		must(t, c.desk.Resume(t.Context(), homeTenant))
		defer c.desk.Close()
		story(c)
	})
}

// live lets the plant live for a time, second by second.
func (c *controlled) live(d time.Duration) {
	for end := time.Now().Add(d); time.Now().Before(end); {
		time.Sleep(time.Second)
		c.Advance(time.Now())
		synctest.Wait()
	}
}

func (c *controlled) newID() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ids++
	return fmt.Sprintf("%08d", c.ids)
}

// hold writes a loop, has it approved, and puts it in auto.
func (c *controlled) hold(l loop.Loop, err error) string {
	c.Helper()
	must(c.T, err)
	return c.holdBy(l, c.live)
}

func (c *controlled) holdBy(l loop.Loop, live func(time.Duration)) string {
	c.Helper()
	engineer, admin := access.Node(homeTenant), access.Node(homeTenant)
	engineer.Name, admin.Name = "engineer", "admin"
	l, err := c.desk.SaveLoop(c.Context(), engineer, l)
	must(c.T, err)
	l, err = c.desk.Move(c.Context(), admin, l.ID, loop.Move{State: loop.Approved, Rev: l.Rev})
	must(c.T, err)
	v, err := c.desk.SetMode(c.Context(), engineer, l.Series, loop.Asked{Mode: loop.Manual})
	must(c.T, err)
	live(5 * time.Second)
	_, err = c.desk.SetMode(c.Context(), engineer, l.Series, loop.Asked{Mode: loop.Auto, Rev: v.Run.Rev})
	must(c.T, err)
	return l.Series
}

func (c *controlled) view(series string) loop.View {
	c.Helper()
	v, err := c.desk.View(c.Context(), access.Node(homeTenant), series)
	must(c.T, err)
	return v
}

func (c *controlled) shown(path, signal string) float64 {
	v, ok := c.Shown(path)[signal].(float64)
	if !ok {
		c.Errorf("%s shows no number for %s", path, signal)
	}
	return v
}

// Machine implements loop.Machines.
func (c *controlled) Machine(_ context.Context, _ plant.TenantNo, node plant.NodeID) (loop.Machine, error) {
	i := slices.IndexFunc(c.model.Nodes, func(n plant.Node) bool { return n.ID == node && n.Machine != nil })
	if i < 0 {
		return loop.Machine{}, fmt.Errorf("%w: machine %s", access.ErrNotFound, node)
	}
	n := c.model.Nodes[i]
	out := loop.Machine{ID: n.ID, Path: n.Path, Name: n.Name}
	kind, ok := c.profiles.Get(n.Machine.Profile)
	if !ok {
		return out, fmt.Errorf("no profile %s", n.Machine.Profile)
	}
	for i := range kind.Signals {
		out.Signals = append(out.Signals, loopSignal(&kind.Signals[i]))
	}
	if n.Machine.Class == "meter" {
		out.Signals = append(out.Signals, demandSignal)
	}
	return out, nil
}

// Values implements loop.Live.
func (c *controlled) Values(_ context.Context, _ plant.TenantNo, machine plant.NodeID, signals []string) ([]loop.Value, error) {
	if c.meter != nil && slices.Equal(signals, []string{demandSignal.Name}) {
		return []loop.Value{c.forecast(c.meter)}, nil
	}
	all := c.Shown(string(machine))
	out := make([]loop.Value, len(signals))
	for i, s := range signals {
		v, ok := all[s].(float64)
		out[i] = loop.Value{Number: v, Good: ok, At: plant.MicrosOf(time.Now()), Why: "no number"}
	}
	return out, nil
}

// Order implements loop.Commands: the limits of the profile hold, and one step is no
// larger than the machine takes.
func (c *controlled) Order(ctx context.Context, _ access.Principal, o loop.Order) (string, error) {
	m, err := c.Machine(ctx, homeTenant, o.Machine)
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(m.Signals, func(s loop.Signal) bool { return s.Name == o.Signal && s.Writable })
	if i < 0 {
		return "", fmt.Errorf("%s is no set point", o.Signal)
	}
	s, now := m.Signals[i], c.shown(m.Path, o.Signal)
	if s.Min != nil && o.Value < *s.Min || s.Max != nil && o.Value > *s.Max || s.MaxStep > 0 && math.Abs(o.Value-now) > s.MaxStep*(1+1e-9) {
		return "", fmt.Errorf("%s: from %v to %v is beyond its limits", o.Signal, now, o.Value)
	}
	if err := c.Write(m.Path, o.Signal, o.Value); err != nil {
		return "", err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.orders = append(c.orders, o)
	return fmt.Sprint(len(c.orders) - 1), nil
}

// Wait implements loop.Commands: the value is read back.
func (c *controlled) Wait(_ context.Context, _ plant.TenantNo, id string) (loop.Command, error) {
	var i int
	if _, err := fmt.Sscan(id, &i); err != nil {
		return loop.Command{}, err
	}
	time.Sleep(20 * time.Millisecond)
	c.mu.Lock()
	o := c.orders[i]
	c.mu.Unlock()
	if is := c.shown(string(o.Machine), o.Signal); math.Abs(is-o.Value) > 1e-6 {
		return loop.Command{State: "mismatched", Final: true, Lost: true, Why: fmt.Sprint("it is ", is)}, nil
	}
	return loop.Command{State: "confirmed", Final: true, Confirmed: true}, nil
}

// period is that of the published tariff; nil: there is none.
func (c *controlled) period(context.Context, plant.TenantNo, plant.NodeID) (string, error) {
	if c.tariff == nil {
		return "", nil
	}
	return string(c.tariff.Kind(time.Now())), nil
}

// Beat implements loop.Commands.
func (c *controlled) Beat(_ context.Context, _ access.Principal, machine plant.NodeID, signal string, count uint64) error {
	return c.Write(string(machine), signal, float64(1+count%30_000)) // as its profile lets it count
}

// Raise implements loop.Alarms.
func (c *controlled) Raise(_ context.Context, _ plant.TenantNo, n loop.Notice) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.raised = append(c.raised, n.Text.EN)
	return nil
}

// Clear implements loop.Alarms.
func (c *controlled) Clear(context.Context, plant.TenantNo, string, plant.Instant) error { return nil }

// Save implements loop.Store, in memory: the bubble's time passes no file.
func (c *controlled) Save(_ context.Context, _ plant.TenantNo, d document.Document, seen int64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	id := string(d.Kind) + " " + d.ID
	if old := c.kept[id]; old.Rev != seen {
		return fmt.Errorf("%w: %s has revision %d, not %d", access.ErrConflict, id, old.Rev, seen)
	}
	c.kept[id] = d
	return nil
}

// Document implements loop.Store.
func (c *controlled) Document(_ context.Context, _ plant.TenantNo, kind document.Kind, id string) (document.Document, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	d, ok := c.kept[string(kind)+" "+id]
	if !ok {
		return d, fmt.Errorf("%w: %s %s", access.ErrNotFound, kind, id)
	}
	return d, nil
}

// Keyed implements loop.Store.
func (c *controlled) Keyed(context.Context, plant.TenantNo, document.Kind, string, string) (document.Document, error) {
	return document.Document{}, access.ErrNotFound
}

// Documents implements loop.Store.
func (c *controlled) Documents(_ context.Context, f document.Filter) (out []document.Document, _ error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, d := range c.kept {
		if d.Kind == f.Kind && (f.Of == "" || d.Of == f.Of) && (!f.Open || d.Open) {
			out = append(out, d)
		}
	}
	slices.SortFunc(out, func(a, b document.Document) int { return -compareText(a.ID, b.ID) })
	return out[:min(len(out), f.Limit)], nil
}

func compareText(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// capable is the Ppk of sizes against the bore's tolerance: how far the mean is from the
// nearer limit, over three overall standard deviations (ISO 22514-2, Pp and Ppk).
func capable(t *testing.T, parts []sim.Sized) (ppk, mean, sd float64) {
	t.Helper()
	sizes := make([]float64, len(parts))
	for i, p := range parts {
		sizes[i] = p.Size
	}
	s, err := stat.Of(sizes)
	must(t, err)
	return min(demoBore+demoBoreWithin-s.Mean, s.Mean-demoBore+demoBoreWithin) / (3 * s.SD), s.Mean, s.SD
}

// made are the true sizes of the parts of a time; what the machine made before the story
// began is not of it.
func (c *controlled) made(d time.Duration) []sim.Sized {
	began := time.Now()
	c.live(d)
	return slices.DeleteFunc(c.Sizes(demoCorrected), func(s sim.Sized) bool { return s.At.Before(began) })
}

// TestControlStory_Offset: the grinder's wheel wears, and its bores grow. The same
// grinder lives the same day twice, by itself and with the demo's loop; its true bores
// are held against their tolerance. Handed back, the offset is what it was before.
func TestControlStory_Offset(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	var alone, corrected []sim.Sized
	controlStory(t, 5, []string{demoCorrected}, func(c *controlled) {
		alone = c.made(day)
	})
	controlStory(t, 5, []string{demoCorrected}, func(c *controlled) {
		must(c.T, c.Write(demoCorrected, "tool.offset", 0.002)) // as somebody left it
		series := c.hold(demoOffset(demoCorrected))
		corrected = c.made(day - 5*time.Second)
		v := c.view(series)
		if v.Run.Mode != loop.Auto || len(c.raised) > 0 {
			t.Errorf("after a day the loop is in %s: %s %q", v.Run.Mode, v.Run.Reason, c.raised)
		}
		if v.Run.Before == nil || *v.Run.Before != 0.002 {
			t.Errorf("before it there was %v; want 0.002", v.Run.Before)
		}
		writes := len(c.orders)
		who := access.Node(homeTenant)
		who.Name = "engineer"
		v, err := c.desk.HandBack(c.Context(), who, series, loop.Back{Rev: v.Run.Rev})
		must(t, err)
		if is := c.shown(demoCorrected, "tool.offset"); is != 0.002 || v.Run.Mode != loop.Off {
			t.Errorf("handed back: the offset is %v and the loop in %s; want 0.002 and off", is, v.Run.Mode)
		}
		c.live(time.Hour)
		if is := c.shown(demoCorrected, "tool.offset"); is != 0.002 {
			t.Errorf("an hour later the offset is %v", is)
		}
		t.Logf("%d writes in a day", writes)
	})
	if len(alone) < 1000 || len(corrected) < 1000 {
		t.Fatalf("%d and %d parts in a day; want 1000", len(alone), len(corrected))
	}
	before, meanB, sdB := capable(t, alone)
	after, meanA, sdA := capable(t, corrected)
	t.Logf("%d parts alone: mean %+.4f mm, sd %.4f, Ppk %.2f; %d corrected: mean %+.4f mm, sd %.4f, Ppk %.2f", len(alone), meanB-demoBore, sdB, before, len(corrected), meanA-demoBore, sdA, after)
	if after < 1.33 || before > 1 || after < before+0.5 {
		t.Errorf("Ppk %.2f alone and %.2f corrected; want 1.33 and more with the loop, and less than 1 without", before, after)
	}
}

// furnaceDay is a day of the furnace whose zone the demo holds.
type furnaceDay struct {
	kwh      map[energy.Hours]float64 // by the furnace's own counter
	mean     map[energy.Hours]float64 // Cel of the zone, while the furnace had current
	hours    map[energy.Hours]float64
	outside  float64 // share of the time with current in which the zone was outside of its window
	low, hot float64
}

// heats lives a day with the furnace, second by second; what an hour counted belongs to
// the kind of hours that it lies in.
func (c *controlled) heats(t *energy.Tariff, begin time.Time) furnaceDay {
	d := furnaceDay{kwh: map[energy.Hours]float64{}, mean: map[energy.Hours]float64{}, hours: map[energy.Hours]float64{}, low: math.Inf(1), hot: math.Inf(-1)}
	n, all := map[energy.Hours]float64{}, 0.0
	read := c.shown(demoHeld, "energy.active")
	for time.Since(begin) < 24*time.Hour {
		kind := t.Kind(time.Now())
		for minute := time.Now().Add(time.Minute); time.Now().Before(minute); {
			c.live(time.Second)
			v := c.shown(demoHeld, "temperature.zone2")
			n[kind]++
			all++
			d.mean[kind] += v
			if v < demoSoakLow || v > demoSoakHigh {
				d.outside++
			}
			d.low, d.hot = min(d.low, v), max(d.hot, v)
		}
		now := c.shown(demoHeld, "energy.active")
		d.kwh[kind] += now - read
		read = now
		d.hours[kind] += 1.0 / 60
	}
	for kind := range n {
		d.mean[kind] /= n[kind]
	}
	d.outside /= all
	return d
}

// TestControlStory_Tariff: the furnace lives the same day twice, its zone held at one
// set point, and held through the peaks of the published tariff: less is drawn while
// energy is dear, and the zone stays within the window of its product. At the end the
// furnace takes its zone back.
func TestControlStory_Tariff(t *testing.T) {
	t.Parallel()
	tables, err := energy.ReadTables(data.FS)
	must(t, err)
	tariff, ok := tables.Tariff(storyTariff)
	if !ok {
		t.Fatal("no tariff")
	}
	var days [2]furnaceDay
	for i := range days {
		controlStory(t, 1, []string{demoHeld}, func(c *controlled) {
			must(c.T, c.Write(demoHeld, "heater.remote", 1))
			if i == 1 {
				c.tariff = tariff
			}
			series := c.hold(demoZone(demoHeld))
			c.live(time.Hour) // the zone settles
			days[i] = c.heats(tariff, time.Now())
			v := c.view(series)
			if v.Run.Mode != loop.Auto || len(c.raised) > 0 {
				c.Fatalf("after a day the loop is in %s: %s %q", v.Run.Mode, v.Run.Reason, c.raised)
			}
			who := access.Node(homeTenant)
			who.Name = "engineer"
			v, err := c.desk.HandBack(c.Context(), who, series, loop.Back{Rev: v.Run.Rev})
			must(c.T, err)
			c.live(time.Hour)
			if own, zone := c.shown(demoHeld, "heater.remote"), c.shown(demoHeld, "temperature.zone2"); own != 0 || v.Run.Mode != loop.Off || math.Abs(zone-820) > 5 {
				c.Errorf("handed back: remote %v, loop in %s, zone at %v; want the furnace's own 820", own, v.Run.Mode, zone)
			}
		})
	}
	one, by := days[0], days[1]
	for _, kind := range []energy.Hours{energy.Peak, energy.Valley} {
		if by.hours[kind] < 1 {
			t.Fatalf("%v hours of %s in the day", by.hours[kind], kind)
		}
		t.Logf("%s, %.1f h: zone %.1f Cel and %.2f kWh at one set point; %.1f Cel and %.2f kWh by the tariff", kind, by.hours[kind], one.mean[kind], one.kwh[kind], by.mean[kind], by.kwh[kind])
	}
	t.Logf("outside of %v..%v Cel: %.2f %% of the day at one set point, %.2f %% by the tariff (%.1f to %.1f)", demoSoakLow, demoSoakHigh, 100*one.outside, 100*by.outside, by.low, by.hot)
	if saved := one.kwh[energy.Peak] - by.kwh[energy.Peak]; saved < 1 || by.mean[energy.Peak] > one.mean[energy.Peak]-8 {
		t.Errorf("in the peak %.2f kWh less at %.1f instead of %.1f Cel; want less energy and a cooler zone", saved, by.mean[energy.Peak], one.mean[energy.Peak])
	}
	if more := by.kwh[energy.Valley] - one.kwh[energy.Valley]; more > 0.5 { // the way back up
		t.Errorf("%.2f kWh more in the valley", more)
	}
	if by.outside > one.outside+0.001 {
		t.Errorf("the window is left for %.4f of the day, without the tariff for %.4f", by.outside, one.outside)
	}
}
