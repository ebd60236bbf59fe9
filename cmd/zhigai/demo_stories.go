package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhigai/access"
	calc "zhigai/calc/energy"
	"zhigai/connect/profile"
	"zhigai/data"
	"zhigai/plant"
	"zhigai/plant/file"
	"zhigai/shop/energy"
	"zhigai/shop/health"
	"zhigai/shop/quality"
	"zhigai/sim"
)

// storyMeters feed the machines that take compressed air.
var storyMeters = []string{demoSite + "/utilities/meters/meter-1", demoSite + "/utilities/meters/meter-3", demoSite + "/utilities/meters/meter-4"}

// storyStations measure finished parts; the gauge of the second one drifts.
var storyStations = []string{demoSite + "/inspection/line-1/inspection-1", demoGaugeOff, demoSite + "/inspection/line-1/inspection-3"}

// storiesPast is of the machines of the stories alone: a month in a quarter of a
// minute.
var storiesPast = manner{
	batch: time.Hour, windows: 4 * time.Hour,
	pace: sim.Pace{
		Step: 5 * time.Second, Slow: 5 * time.Minute,
		Only: slices.Concat([]string{demoCompressor, demoFurnace, demoRecorder, demoLathe}, storyMeters, storyStations),
	},
}

// stories are what went wrong in the month before the demo began, and when it was
// mended: two weeks pass without anything, of which baselines are made.
type stories struct {
	begin   time.Time // midnight in the plant's zone
	normal  time.Time // until when nothing is wrong but the bearing, which is young
	wastes  []sim.Waste
	records []sim.Recording
	offsets []sim.Offset
	drifts  []sim.Drift
	gauged  time.Time // from when on finished parts are measured
}

// storyTariff is the tariff of the plant, as it was published.
const storyTariff = "zj-large-industry-2024"

// storyBearing is what turns in the spindle of grinder 5: 9 balls of 7.94 mm on 39.04
// mm.
const storyBearing, storyRPM, storyOrder = "6205-2RS", 1797, 3.58484

func newStories(now time.Time) *stories {
	local := now.In(time.FixedZone("Asia/Shanghai", 8*3600))
	today := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, local.Location())
	day := func(before int) time.Time { return today.AddDate(0, 0, -before) }
	return &stories{
		begin: day(30), normal: day(16),
		wastes: []sim.Waste{
			{Machine: demoCompressor, From: day(15), PerDay: 0.4, Most: 8, Mended: day(5)},
			{Machine: demoFurnace, From: day(14), PerDay: 0.8, Most: 20, Mended: day(4)},
		},
		records: []sim.Recording{{Machine: demoRecorder, Bearing: sim.Bearing{
			RPM: storyRPM, Order: storyOrder, Rate: 20480, Seed: 7, Begins: day(22), Grows: 40 * time.Hour, Mended: day(12),
		}}},
		offsets: []sim.Offset{{Machine: demoLathe, From: now.Add(-2 * time.Hour)}},
		drifts:  []sim.Drift{{Machine: demoGaugeOff, From: day(8), PerDay: 0.0003, Most: 0.004, Mended: day(3)}},
		gauged:  day(10),
	}
}

// withMore adds what another file has to the demo plant.
func withMore(m plant.Model, profiles *profile.Library, name string) (plant.Model, error) {
	src, err := data.FS.ReadFile(name)
	if err != nil {
		return m, err
	}
	more, err := file.Read(name, src, file.Options{Profiles: profiles.IDs(), Existing: m})
	m.Nodes = append(slices.Clone(m.Nodes), more.Nodes...)
	return m, err
}

// tellStories enters what engineers would have entered: meters and baselines, a
// measuring point, and the limits of a chart. What is found by them is found by the
// rooms themselves.
func (n *node) tellStories(ctx context.Context, s *stories) error {
	who := access.Node(homeTenant)
	model, err := n.plants.Model(ctx, who.Scope, plant.MicrosOf(time.Now()))
	if err != nil {
		return err
	}
	ids := map[string]plant.NodeID{}
	for _, one := range model.Nodes {
		ids[one.Path] = one.ID
	}
	networks, err := n.newEnergy().Networks(ctx, who.Scope)
	if err != nil || len(networks) > 0 {
		return err // it was told before
	}
	return errors.Join(n.storyOfEnergy(ctx, who, s, ids), n.storyOfBearing(ctx, who, ids), n.storyOfTool(ctx, who, ids[demoLathe]))
}

func (n *node) storyOfEnergy(ctx context.Context, who access.Principal, s *stories, ids map[string]plant.NodeID) error {
	desk, site := n.newEnergy(), ids[demoSite]
	net, err := desk.Propose(ctx, who.Scope, site)
	if err != nil {
		return err
	}
	code := func(path string) string {
		i := slices.IndexFunc(net.Meters, func(m energy.Meter) bool { return m.Machine == ids[path] })
		if i < 0 {
			err = errors.Join(err, fmt.Errorf("no meter at %s", path))
			return ""
		}
		return net.Meters[i].Code
	}
	var taking []string
	for _, path := range storyMeters {
		taking = append(taking, code(path))
	}
	air, heat := code(demoCompressor), code(demoFurnace)
	if err != nil {
		return err
	}
	net.Meters = append(net.Meters, energy.Meter{Code: "machines", Name: plant.Name{ZH: "用气设备用电", EN: "Machines that take air"}, Medium: energy.Electricity, Aside: true, Formula: strings.Join(taking, " + ")})
	// By which the furnace that the demo holds is a little cooler while energy is dear.
	net.Tariffs = append(net.Tariffs, energy.TariffUse{Tariff: storyTariff, Day: s.begin.Format(time.DateOnly), Base: 650_000})
	net.From, net.Note = plant.InstantOf(s.begin), "由工厂模型生成"
	if _, err := desk.SaveNetwork(ctx, who, net); err != nil {
		return err
	}
	for _, a := range []energy.Ask{
		{Code: "air", Name: plant.Name{ZH: "压缩空气用电", EN: "Compressed air"}, Meter: air, Variables: []energy.Variable{{Name: "machines", Kind: energy.MeterUse, Meter: "machines"}}},
		{Code: "heat", Name: plant.Name{ZH: "3号网带炉用电", EN: "Furnace 3"}, Meter: heat, Variables: []energy.Variable{{Name: "worked", Kind: energy.BusyHours, Place: ids[demoFurnace]}}},
	} {
		a.Place, a.Every, a.Kind, a.Note = site, energy.EveryDay, calc.Linear, "改造前两周，设备状况良好"
		a.From, a.To = plant.InstantOf(s.begin), plant.InstantOf(s.normal)
		if _, err := desk.SaveBaseline(ctx, who, a); err != nil {
			return fmt.Errorf("baseline %s: %w", a.Code, err)
		}
	}
	return nil
}

func (n *node) storyOfBearing(ctx context.Context, who access.Principal, ids map[string]plant.NodeID) error {
	tag, err := n.storyTag(ctx, ids[demoRecorder], "vibration.waveform")
	if err != nil {
		return err
	}
	_, err = n.newHealth().Save(ctx, who, health.Point{
		Name: plant.Name{ZH: "5号磨床主轴前轴承", EN: "front bearing of grinder 5"}, Machine: ids[demoSpindle], Tag: tag.No,
		RPM: storyRPM, Bearing: storyBearing, Group: "2-rigid",
	})
	return err
}

func (n *node) storyTag(ctx context.Context, machine plant.NodeID, signal string) (*plant.Tag, error) {
	now, err := n.fleet.At(ctx, homeTenant, plant.MicrosOf(time.Now()))
	if err != nil {
		return nil, err
	}
	if m, ok := now.Machines[machine]; ok && m.Tags[signal] != nil {
		return m.Tags[signal], nil
	}
	return nil, fmt.Errorf("no signal %s of machine %s", signal, machine)
}

const (
	// storyChart is how far back the chart of lathe 1 begins: several lives of a tool.
	storyChart = 36 * time.Hour
	// storyPhase is of how many parts of a new tool its limits are made.
	storyPhase = 60
	// newTool is by how much the shown wear falls when a tool is changed, %.
	newTool = 20
)

// storyOfTool makes limits of the first parts of a new tool; the machine is read from
// then on, and judged as all are.
func (n *node) storyOfTool(ctx context.Context, who access.Principal, lathe plant.NodeID) error {
	desk := n.newQuality()
	measured := demoDiameter(lathe)
	alone := measured
	alone.Tag, alone.Trigger = "", "" // nobody reads it before there are limits
	c, err := desk.SaveCharacteristic(ctx, who, alone)
	if err != nil {
		return err
	}
	wear, err := n.storyTag(ctx, lathe, "tool.wear")
	if err != nil {
		return err
	}
	now := time.Now()
	worn, err := n.readingsOf(ctx, homeTenant, wear.No, plant.MicrosOf(now.Add(-storyChart)), plant.MicrosOf(now), 1<<20)
	if err != nil {
		return err
	}
	changed := 1
	for changed < len(worn) && worn[changed].value > worn[changed-1].value-newTool {
		changed++
	}
	if changed >= len(worn) {
		return fmt.Errorf("no tool of lathe 1 was changed within %s", storyChart)
	}
	fleet, err := n.fleet.At(ctx, homeTenant, plant.MicrosOf(now))
	if err != nil {
		return err
	}
	measured.ID, measured.Rev = c.ID, c.Rev
	tags := fleet.Machines[lathe].Tags
	var first []quality.Subgroup
	for to := worn[changed].at; len(first) < storyPhase && to < plant.MicrosOf(now); {
		from := to
		to += plant.Micros(10 * time.Minute / time.Microsecond)
		more, err := n.subgroupsOf(ctx, homeTenant, measured, tags, from, to)
		if err != nil {
			return err
		}
		first = append(first, more...)
	}
	if len(first) < storyPhase {
		return fmt.Errorf("lathe 1 made %d parts with its new tool", len(first))
	}
	first = first[:storyPhase]
	if err := desk.Read(ctx, homeTenant, c, first); err != nil {
		return err
	}
	if _, err := desk.SetLimits(ctx, who, c.ID, quality.NewLimits{From: first[0].At, To: first[storyPhase-1].At + 1, Reason: "新刀首批零件"}); err != nil {
		return err
	}
	_, err = desk.SaveCharacteristic(ctx, who, measured)
	return err
}
