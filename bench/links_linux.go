package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"zhigai/plant"
)

// Links measures nodes as processes of their own: a hub and those below it.
type Links struct {
	// Self is the command line of such a node; it ends with the arguments of
	// [Linked].
	Self []string
	// Profiles is a folder for CPU profiles of the nodes; empty for none.
	Profiles string
}

// Roles of a [Linked] node.
const (
	RoleHub     = "hub"
	RoleEdge    = "edge"    // a lean node with devices made of memory
	RoleClients = "clients" // many nodes without a store
)

// Linked says what a node as a process of its own is to do. It prints "ready"
// and an answer, then answers one line for every line it reads.
type Linked struct {
	Role    string
	Dir     string
	Address string        // a hub's
	Shape   Shape         // of an edge's plant
	Every   time.Duration // between two rounds of its devices
	Backlog time.Duration // of samples that wait at an edge from the start
	Clients int
	Profile string // file for a CPU profile; empty for none
}

// Plant of an edge, and the devices of it. They say nothing before they are
// told to begin: what waits at the edge was said before.
func (l Linked) Plant(now time.Time) (Plant, *Source) {
	s := NewSource(l.Shape, l.Every, false)
	s.quiet = true
	p := s.Plant(now)
	p.Since = now.Add(-l.Backlog - historyOf)
	return p, s
}

// Round of values of all tags of the machines, as their devices would say it.
func (l Linked) Round(tags [][]plant.TagNo, r int, at plant.Micros) plant.Batch {
	b := plant.Batch{Samples: make([]plant.Sample, 0, l.Shape.Tags())}
	for _, machine := range tags {
		for i, tag := range machine {
			b.Samples = append(b.Samples, plant.Sample{Tag: tag, Time: at, Value: value(i, r)})
		}
	}
	return b
}

// Paths are the tags of each machine, in the order of Round.
func (l Linked) Paths() [][]string {
	out := make([][]string, l.Shape.Machines)
	for m := range out {
		for i := range l.Shape.Signals {
			out[m] = append(out[m], machinePath(m)+"/"+signalName(i))
		}
	}
	return out
}

// Arguments of a linked node, as [Links.Self] takes them.
func (l Linked) Arguments() ([]string, error) {
	raw, err := json.Marshal(l)
	return []string{string(raw)}, err
}

// Parts are the measurements of links.
func (l Links) Parts() []Part {
	return []Part{
		{Name: "link", Title: "An edge with six hours of backlog", Run: l.drain, Asked: true},
		{Name: "nodes", Title: "A thousand nodes on one hub", Run: l.nodes, Asked: true},
		{Name: "edge", Title: "Memory of an edge", Run: l.edge, Asked: true},
	}
}

func (l Links) start(dir string, what Linked) (*process, string, error) {
	if l.Profiles != "" {
		what.Profile = filepath.Join(l.Profiles, filepath.Base(dir)+"-"+what.Role+profileEnding)
	}
	args, err := what.Arguments()
	if err != nil {
		return nil, "", err
	}
	p, err := start(dir, command{name: what.Role, args: append(append([]string{}, l.Self...), args...), reads: true})
	if err != nil {
		return nil, "", err
	}
	said, err := p.line("ready")
	if err != nil {
		p.kill()
	}
	return p, said, err
}

// linked is a hub and what is below it.
type linked struct {
	hub, below *process
	what       Linked // the hub
	address    string
	began      string // what below said when it was ready
}

func (l Links) open(dir string, below Linked) (*linked, error) {
	address, err := free()
	if err != nil {
		return nil, err
	}
	r := &linked{address: address, what: Linked{Role: RoleHub, Dir: filepath.Join(dir, "hub"), Address: address, Shape: below.Shape}}
	if r.hub, _, err = l.start(dir, r.what); err != nil {
		return r, err
	}
	below.Dir = filepath.Join(dir, below.Role)
	if r.below, r.began, err = l.start(dir, below); err != nil {
		return r, err
	}
	if below.Role == RoleClients {
		return r, r.admit(filepath.Join(dir, "keys"))
	}
	code, err := r.hub.ask("invite")
	if err != nil {
		return r, err
	}
	_, err = r.below.ask("enrol %s %s", address, code)
	return r, err
}

// admit enrols many nodes at the hub: it lets only so many strangers knock in a
// minute.
func (r *linked) admit(keys string) error {
	if _, err := r.below.ask("keys %s", keys); err != nil {
		return err
	}
	pin, err := r.hub.ask("admit %s", keys)
	if err != nil {
		return err
	}
	_, err = r.below.ask("pin %s", pin)
	return err
}

func (r *linked) close() {
	r.hub.kill()
	r.below.kill()
}

// wantedDrain is how many times faster than they came the samples of an outage
// are delivered, and wantedLive how late new ones are meanwhile.
const (
	wantedDrain = 500
	wantedLive  = time.Second
)

func (l Links) drain(ctx context.Context, e *Env) ([]Row, error) {
	shape, backlog := pick(e, Shape{50, 40}, Shape{50, 40}, Shape{2, 10}), pick(e, 6*time.Hour, time.Hour, 30*time.Second)
	r, err := l.open(e.Dir, Linked{Role: RoleEdge, Shape: shape, Every: time.Second, Backlog: backlog})
	defer r.close()
	if err != nil {
		return nil, err
	}
	var last, end uint64 // sequence and time of what waits
	if _, err := fmt.Sscan(r.began, &last, &end); err != nil {
		return nil, r.below.wrong(err)
	}
	if _, err := r.hub.ask("watch %d", plant.MicrosOf(time.Now())); err != nil {
		return nil, err
	}
	began := time.Now()
	if _, err := r.below.ask("join %s", r.address); err != nil {
		return nil, err
	}
	if err := r.reached(ctx, 1, last); err != nil {
		return nil, err
	}
	took := time.Since(began)
	lags, err := r.hub.ask("lags")
	if err != nil {
		return nil, err
	}
	stored, err := r.hub.ask("count %d", end+1)
	if err != nil {
		return nil, err
	}
	want := shape.Tags() * int(backlog/time.Second)
	if n, err := strconv.Atoi(stored); err != nil || n != want {
		return nil, fmt.Errorf("%d samples waited at the edge, the hub has %s of them", want, stored)
	}
	atEdge, atHub := residentOf(r.below), residentOf(r.hub)
	spent := []string{}
	for _, p := range []*process{r.below, r.hub} {
		use, err := p.end()
		if err != nil {
			return nil, err
		}
		spent = append(spent, digits(use.cpu.Seconds())+" s")
	}
	var live Latencies
	if err := json.Unmarshal([]byte(lags), &live.all); err != nil {
		return nil, r.hub.wrong(err)
	}
	row := rate(fmt.Sprintf("backlog of %s at %s samples/s into a hub that stores it and makes figures of it", backlog, amount(float64(shape.Tags()))), backlog.Seconds()/took.Seconds(), "× real time", wantedDrain)
	row.Shown += fmt.Sprintf(" (%s samples in %s, %s/s); all are read back; CPU of the edge %s with filling its log, of the hub %s", amount(float64(want)), took.Round(time.Second/10), amount(float64(want)/took.Seconds()), spent[0], spent[1])
	return []Row{
		row,
		live.Row("new samples meanwhile: from the edge to readable at the hub", pick(e, wantedLive, wantedLive, time.Hour)),
		{What: "resident memory at the end: edge, hub", Value: float64(atEdge), Unit: "B", Shown: fmt.Sprintf("%s MiB, %s MiB", mib(atEdge), mib(atHub))},
	}, nil
}

// reachedWithin is how long a measurement waits at most.
const reachedWithin = 4 * time.Minute

// reached waits until so many nodes have delivered up to a sequence.
func (r *linked) reached(ctx context.Context, nodes int, seq uint64) error {
	ctx, cancel := context.WithTimeout(ctx, reachedWithin)
	defer cancel()
	for ctx.Err() == nil {
		said, err := r.hub.ask("delivered %d", seq)
		if err != nil {
			return err
		}
		if n, err := strconv.Atoi(said); err != nil || n >= nodes {
			return err
		}
		pause(ctx, 50*time.Millisecond)
	}
	return r.hub.wrong(fmt.Errorf("not all of %d nodes have delivered: %w", nodes, ctx.Err()))
}

// Limits of a hub with many nodes.
const (
	wantedNodeMemory = 150 << 10
	wantedNodeDisk   = 2 << 10
	wantedStorm      = 30 * time.Second
)

func (l Links) nodes(ctx context.Context, e *Env) ([]Row, error) {
	n := pick(e, 1000, 200, 3)
	r, err := l.open(e.Dir, Linked{Role: RoleClients, Clients: n, Shape: Shape{1, len(signals)}})
	defer func() { r.close() }()
	if err != nil {
		return nil, err
	}
	empty, err := l.empty(e.Dir)
	if err != nil {
		return nil, err
	}
	// A hub that has started anew holds nothing that enrolling left behind.
	if err := r.restart(l, e.Dir); err != nil {
		return nil, err
	}
	pause(ctx, e.span(3*time.Second, 3*time.Second))
	before := residentOf(r.hub)
	if _, err := r.below.ask("join %s", r.address); err != nil {
		return nil, err
	}
	if err := r.reached(ctx, n, 1); err != nil {
		return nil, err
	}
	pause(ctx, e.span(20*time.Second, 5*time.Second))
	after := residentOf(r.hub)
	begun := time.Now()
	if err := r.restart(l, e.Dir); err != nil {
		return nil, err
	}
	said, err := r.below.ask("say")
	if err != nil {
		return nil, err
	}
	seq, err := strconv.ParseUint(said, 10, 64)
	if err != nil {
		return nil, r.below.wrong(err)
	}
	if err := r.reached(ctx, n, seq); err != nil {
		return nil, err
	}
	storm := time.Since(begun)
	pause(ctx, e.span(5*time.Second, time.Second))
	again := residentOf(r.hub)
	r.below.kill()
	data, err := r.hub.ask("data")
	if err != nil {
		return nil, err
	}
	payload, err := strconv.ParseFloat(data, 64)
	if err != nil {
		return nil, r.hub.wrong(err)
	}
	if _, err := r.hub.end(); err != nil {
		return nil, err
	}
	full := diskOf(filepath.Join(e.Dir, "hub"))
	memory, disk := float64(after-min(before, after))/float64(n), (float64(full)-float64(empty)-payload)/float64(n)
	return []Row{
		limited("memory of the hub per connected node", memory, "B", kib(memory)+" KiB", wantedNodeMemory, "≤ 150 KiB", e,
			fmt.Sprintf("Resident memory of the hub's process: %s MiB before %d nodes connected, %s MiB after; %s MiB after the hub's restart. The nodes are in one other process.", mib(before), n, mib(after), mib(again))),
		limited("disk of the hub per node, beyond data", disk, "B", kib(disk)+" KiB", wantedNodeDisk, "≤ 2 KiB", e,
			fmt.Sprintf("The stopped hub's folder: %s KiB without nodes, %s KiB with %d that were enrolled and delivered %s KiB of events.", kib(float64(empty)), kib(float64(full)), n, kib(payload))),
		limited(fmt.Sprintf("storm after a restart of the hub: until each of %d nodes has delivered what is new", n), storm.Seconds(), "s", digits(storm.Seconds())+" s", wantedStorm.Seconds(), "< 30 s", e, ""),
	}, nil
}

// empty is the size of the folder of a stopped hub without nodes.
func (l Links) empty(dir string) (int64, error) {
	address, err := free()
	if err != nil {
		return 0, err
	}
	what := Linked{Role: RoleHub, Dir: filepath.Join(dir, "empty"), Address: address, Shape: Shape{1, len(signals)}}
	p, _, err := l.start(dir, what)
	if err != nil {
		return 0, err
	}
	_, err = p.end()
	return diskOf(what.Dir), err
}

// limited is a row that must not be above the limit; a trial only shows that
// it is measured.
func limited(what string, value float64, unit, shown string, limit float64, wanted string, e *Env, note string) Row {
	return Row{What: what, Value: value, Unit: unit, Shown: shown, Wanted: wanted, Missed: value > limit && e.Length != Trial, Note: note}
}

func (r *linked) restart(l Links, dir string) error {
	if _, err := r.hub.end(); err != nil {
		return err
	}
	var err error
	r.hub, _, err = l.start(dir, r.what)
	return err
}

// wantedEdge is the memory of an edge at 5,000 tags a second.
const wantedEdge = 120 << 20

func (l Links) edge(ctx context.Context, e *Env) ([]Row, error) {
	shape := pick(e, Shape{50, 100}, Shape{50, 100}, Shape{2, 10})
	r, err := l.open(e.Dir, Linked{Role: RoleEdge, Shape: shape, Every: time.Second})
	defer r.close()
	if err != nil {
		return nil, err
	}
	if _, err := r.below.ask("join %s", r.address); err != nil {
		return nil, err
	}
	var most uint64
	for end := time.Now().Add(e.span(90*time.Second, 15*time.Second)); time.Now().Before(end) && ctx.Err() == nil; pause(ctx, time.Second) {
		most = max(most, residentOf(r.below))
	}
	said, err := r.below.ask("say")
	if err != nil {
		return nil, err
	}
	seq, err := strconv.ParseUint(said, 10, 64)
	if err != nil {
		return nil, r.below.wrong(err)
	}
	if err := r.reached(ctx, 1, seq); err != nil {
		return nil, err
	}
	use, err := r.below.end()
	if err != nil {
		return nil, err
	}
	return []Row{limited(fmt.Sprintf("resident memory of an edge with %d tags, each new every second, sent to a hub", shape.Tags()), float64(use.peak), "B",
		fmt.Sprintf("%s MiB at its peak, %s MiB while it runs", mib(use.peak), mib(most)), wantedEdge, "≤ 120 MiB", e, "")}, ctx.Err()
}

func mib(bytes uint64) string  { return digits(float64(bytes) / (1 << 20)) }
func kib(bytes float64) string { return digits(bytes / (1 << 10)) }
