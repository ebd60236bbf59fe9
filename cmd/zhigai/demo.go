package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"zhigai/access"
	"zhigai/connect/profile"
	"zhigai/data"
	"zhigai/plant"
	"zhigai/plant/file"
	"zhigai/sim"
	"zhigai/web"
)

// demoLogins are the people of the demo plant; their passwords are public.
var demoLogins = []web.Login{
	{Name: "admin", Password: "admin-demo", Role: string(access.RoleAdmin)},
	{Name: "engineer", Password: "engineer-demo", Role: string(access.RoleEngineer)},
	{Name: "planner", Password: "planner-demo", Role: "planner"},
	{Name: "operator", Password: "operator-demo", Role: string(access.RoleOperator)},
	{Name: "viewer", Password: "viewer-demo", Role: string(access.RoleViewer)},
}

// demoFlags say what is simulated beside the node.
type demoFlags struct {
	Demo    bool          `help:"Run a simulated plant beside the node, on real protocols: a bearing maker."`
	Plant   string        `help:"With --demo: plant file in place of the bearing maker; machines without their own address have one in braces, such as {modbus-hall-1}." type:"existingfile" placeholder:"FILE"`
	Orders  bool          `help:"With --demo: people order, plan and work in the bearing maker; its machines make what the plan says."`
	Hurry   time.Duration `help:"With --orders: each job takes so long: its machine neither sets up nor stops." placeholder:"TIME"`
	Past    int           `help:"With --demo and a new folder: days that the plant has lived before." placeholder:"DAYS"`
	Broken  string        `help:"With --demo: path of a machine that breaks down a minute after the start, for four hours." placeholder:"PATH"`
	Stories bool          `help:"With --demo and a new folder: a month has passed at machines of the bearing maker where something went wrong and was mended: a leak, a furnace, a bearing, a tool."`
	Seed    uint64        `help:"Seed of the simulated plant." default:"1"`
}

// demo is a simulated plant and its model, whose addresses are not filled in.
type demo struct {
	model   plant.Model
	plant   *sim.Plant
	flags   demoFlags
	begin   time.Time // of what it has lived
	stories *stories  // nil without
}

// brokenAfter lets people see the machine at work before it breaks down.
const brokenAfter, brokenFor = time.Minute, 4 * time.Hour

// Places of the demo plant that something is told of.
const (
	demoSite       = "xinchang-bearing/xinchang"
	demoLathe      = demoSite + "/turning/line-1/lathe-01"
	demoFurnace    = demoSite + "/heat-treatment/line-1/furnace-3"
	demoSpindle    = demoSite + "/grinding/line-1/grinder-05"
	demoCompressor = demoSite + "/auxiliary/wash/meter-6"
	demoRecorder   = demoSite + "/auxiliary/monitoring/recorder-1"
	// demoGaugeOff is the inspection machine whose gauge drifts.
	demoGaugeOff = demoSite + "/inspection/line-1/inspection-2"
)

// demoWastes are what the bearing maker loses without knowing: its compressed air
// leaks, and the insulation of a furnace crumbles.
func demoWastes(now time.Time) []sim.Waste {
	return []sim.Waste{
		{Machine: demoCompressor, From: now.AddDate(0, 0, -6), PerDay: 0.4, Most: 8},
		{Machine: demoFurnace, From: now.AddDate(0, 0, -9), PerDay: 0.8, Most: 20},
	}
}

// demoDrifts are gauges of the bearing maker that say what is not true.
func demoDrifts(now time.Time) []sim.Drift {
	return []sim.Drift{{Machine: demoGaugeOff, From: now.Add(-80 * time.Hour), PerDay: 0.0003, Most: 0.004}}
}

// demo makes the simulated plant; in a new folder it has lived before, and the
// folder holds what was kept of that.
func (f demoFlags) demo(ctx context.Context, at place) (*demo, error) {
	if !f.Demo {
		if f.Plant != "" || f.Past != 0 || f.Orders || f.Broken != "" || f.Stories {
			return nil, errors.New("--plant, --past, --broken, --stories and --orders go with --demo")
		}
		return nil, nil
	}
	if f.Stories && (f.Plant != "" || f.Past != 0) {
		return nil, errors.New("--stories goes with the bearing maker, not with --plant, and has a past of its own, so without --past")
	}
	if f.Orders && f.Plant != "" || f.Hurry != 0 && !f.Orders {
		return nil, errors.New("--orders goes with the bearing maker, not with --plant; --hurry goes with --orders")
	}
	profiles, err := profile.Load(data.FS, "profiles", checkersOf(throwawayDrivers().List))
	if err != nil {
		return nil, err
	}
	name, read := "demo/plant.yaml", data.FS.ReadFile
	if f.Plant != "" {
		name, read = f.Plant, os.ReadFile
	}
	src, err := read(name)
	if err != nil {
		return nil, err
	}
	d := &demo{flags: f}
	if d.model, err = file.Read(name, src, file.Options{Profiles: profiles.IDs()}); err != nil {
		return nil, err
	}
	// Not cut to the second: a plant started again within it would tell another
	// value for an instant already told, as no machine does.
	now := time.Now()
	start := now
	_, statErr := os.Stat(filepath.Join(at.Data, "history"))
	if f.Past < 0 || f.Past > maxPast {
		return nil, fmt.Errorf("--past %d: 0 to %d days are simulated", f.Past, maxPast)
	}
	fresh, how := errors.Is(statErr, fs.ErrNotExist) && f.Past > 0, wholePast
	if fresh {
		start = now.AddDate(0, 0, -f.Past).Truncate(time.Second)
	}
	c := sim.Config{Seed: f.Seed, Start: start, Kinds: simKinds(profiles)}
	if f.Plant == "" {
		c.Wastes, c.Drifts = demoWastes(now), demoDrifts(now)
	}
	if f.Plant == "" {
		if d.model, err = withMore(d.model, profiles, "demo/handling.yaml"); err != nil {
			return nil, err
		}
	}
	if f.Stories {
		d.stories = newStories(now)
		if d.model, err = withMore(d.model, profiles, "demo/monitoring.yaml"); err != nil {
			return nil, err
		}
		if fresh = errors.Is(statErr, fs.ErrNotExist); fresh {
			c.Start, how = d.stories.begin, storiesPast
		}
		c.Wastes, c.Records, c.Offsets, c.Drifts = d.stories.wastes, d.stories.records, d.stories.offsets, d.stories.drifts
	}
	c.Model, d.begin = d.model, c.Start
	if f.Broken != "" {
		c.Broken = []sim.Breakdown{{Machine: f.Broken, From: now.Add(brokenAfter), To: now.Add(brokenAfter + brokenFor)}}
	}
	if d.plant, err = sim.New(c); err != nil || !fresh {
		return d, err
	}
	if err := past(ctx, at, d.model, profiles, d.plant, now, how); err != nil {
		return nil, fmt.Errorf("--past: %w", err)
	}
	return d, nil
}

// join connects the node to the simulated plant through the same doors as to a
// real one: its machines answer on sockets, its plant file is imported.
func (d *demo) join(ctx context.Context, n *node) ([]web.Login, error) {
	d.plant.Advance(time.Now())
	endpoints, err := d.plant.Listen("127.0.0.1")
	if err != nil {
		return nil, err
	}
	if err := d.plant.Attach(ctx, n.broker.Addr().String()); err != nil {
		return nil, err
	}
	n.workers.Go(func() {
		d.plant.Advance(time.Now()) // its clock is ours, however long the doors took to open
		d.plant.Run(ctx, 1)
		d.plant.Close()
	})
	m := d.model
	for i := range m.Nodes {
		if e := m.Nodes[i].Machine; e != nil {
			e.Device.Address = sim.Fill(e.Device.Address, endpoints)
			at := m.Nodes[i].Path
			e.Device.Writing = e.Device.Writing || slices.Contains(demoWritten, at) || slices.Contains(demoHands, at) || d.stories != nil && slices.Contains(demoShed, at)
		}
	}
	admin := access.With(ctx, access.Node(homeTenant))
	if err := n.plants.Import(admin, access.Scope{Tenant: homeTenant}, m, plant.MicrosOf(time.Now())); err != nil {
		return nil, fmt.Errorf("demo plant: %w", err)
	}
	if err := n.demoUsers(ctx); err != nil {
		return nil, err
	}
	if err := n.reconcile(ctx); err != nil {
		return nil, err
	}
	if d.flags.Plant == "" {
		except, from := "", d.begin
		if d.stories != nil {
			except, from = demoLathe, d.stories.gauged
		}
		if err := n.planDemoInspection(ctx, except, from); err != nil {
			return nil, fmt.Errorf("demo plant: %w", err)
		}
		if err := n.planDemoRecipes(ctx); err != nil {
			return nil, fmt.Errorf("demo plant: %w", err)
		}
	}
	if d.stories != nil {
		if err := n.tellStories(ctx, d.stories); err != nil {
			return nil, fmt.Errorf("demo plant: %w", err)
		}
	}
	if d.flags.Plant == "" { // of the past, where there is one
		if err := n.planDemoProcess(ctx); err != nil {
			return nil, fmt.Errorf("demo plant: %w", err)
		}
		n.workers.Go(func() { n.adjustDemoGauges(ctx, d.plant) })
		if err := n.planDemoLoop(ctx, d.stories != nil); err != nil {
			return nil, fmt.Errorf("demo plant: %w", err)
		}
		if err := n.planDemoHandshakes(ctx); err != nil {
			return nil, fmt.Errorf("demo plant: %w", err)
		}
	}
	if d.flags.Orders {
		people, err := n.newFloor(ctx, d.plant, m, d.flags)
		if err != nil {
			return nil, fmt.Errorf("demo plant: %w", err)
		}
		n.workers.Go(func() { people.run(ctx) })
	}
	return demoLogins, nil
}

func (n *node) demoUsers(ctx context.Context) error {
	users, err := n.access.Users(ctx, access.Node(homeTenant))
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, u := range users {
		known[u.Name] = true
	}
	for _, l := range demoLogins {
		if known[l.Name] {
			continue
		}
		if _, err := n.access.CreateUser(ctx, access.Node(homeTenant), access.NewUser{Name: l.Name, Display: l.Name, Role: access.Role(l.Role), Password: l.Password}); err != nil {
			return fmt.Errorf("demo user %s: %w", l.Name, err)
		}
	}
	return nil
}

// simKinds hands the simulator what it must know of the profiles.
func simKinds(l *profile.Library) map[string]sim.Kind {
	out := map[string]sim.Kind{}
	for _, p := range l.List() {
		out[p.ID] = simKind(p, "")
	}
	return out
}

// simKind is a machine as its profile knows it, that says of itself what the
// profile's rules look for.
func simKind(p *profile.Profile, serial string) sim.Kind {
	k := sim.Kind{ID: p.ID, Class: p.Class, Protocol: p.Protocol, Params: p.Defaults()}
	for _, s := range p.Signals {
		one := sim.Signal{Name: s.Name, Kind: s.Kind, At: s.At, Writable: s.Write != nil, Min: s.Min, Max: s.Max}
		one.Scale, one.Offset = s.Scaling()
		if s.Write != nil { // the machine refuses what the real one would
			one.Min, one.Max = s.Write.Min, s.Write.Max
		}
		if len(s.Values) > 0 {
			one.Names = make(map[int64]string, len(s.Values))
			for code, name := range s.Values {
				one.Names[code] = name.EN
			}
		}
		k.Signals = append(k.Signals, one)
	}
	for i, rule := range p.Identify {
		fixed := rule.Example(serial)
		if at := slices.IndexFunc(k.Signals, func(s sim.Signal) bool { return s.At == rule.At }); at >= 0 {
			k.Signals[at].Fixed = fixed
			continue
		}
		k.Signals = append(k.Signals, sim.Signal{Name: fmt.Sprintf("identity.%d", i+1), Kind: rule.Kind, At: rule.At, Fixed: fixed})
	}
	return k
}
