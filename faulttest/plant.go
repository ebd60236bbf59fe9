package faulttest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"zhigai/access"
	"zhigai/connect/profile"
	"zhigai/fact"
	"zhigai/figure"
	"zhigai/history"
	"zhigai/plant"
	"zhigai/record"
	"zhigai/record/shop"
	"zhigai/shop/equipment"
	"zhigai/space"
)

const tenant plant.TenantNo = 1

var everything = access.Scope{Tenant: tenant}

// Lanes are the sources of a plant, a machine each.
const Lanes = 3

// signals of each machine, in the order of their numbers.
var signals = []string{plant.LinkTag, "machine.running", "count.good", "energy.active", "script.step", "machine.program"}

// Clock is the plant's; scripts set it, backwards too.
type Clock struct {
	mu sync.Mutex
	at time.Time
}

// NewClock begins where scripts begin.
func NewClock() *Clock { return &Clock{at: begin} }

// Now is the instant by the clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

// Set sets it.
func (c *Clock) Set(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = at
}

// Plant is a node's stores and folds with a few machines.
type Plant struct {
	History *history.Store
	Record  *record.DB

	clock  *Clock
	access *access.Service
	engine *figure.Engine
	tags   [Lanes][]plant.TagNo // as signals
	nodes  [Lanes]plant.NodeID

	complaints complaints // of the folds
}

// Places say where the stores lie: on a Disk, or in folders of this machine.
type Places struct {
	History, Record string
	Disk            *Disk // nil: the folders are real ones
}

// On is a plant's place on the disk.
func On(d *Disk) Places { return Places{"history", d.Folder(), d} }

// Open opens the stores and, the first time, makes the plant. product holds the
// embedded files of the product.
func Open(ctx context.Context, at Places, clock *Clock, product fs.FS) (_ *Plant, err error) {
	p := &Plant{clock: clock, complaints: make(complaints, 1)}
	h := history.Options{Now: clock.Now, MinFree: 1}
	r := record.Options{Now: clock.Now, Usage: func(string) (space.Usage, error) { return space.Usage{}, errors.New("not told") }}
	if at.Disk != nil {
		h.FS, r.VFS = at.Disk.Files(), at.Disk.VFS()
	}
	if p.History, err = history.Open(at.History, h); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.Close())
		}
	}()
	if p.Record, err = record.Open(ctx, at.Record, r); err != nil {
		return nil, err
	}
	if p.access, err = access.New(p.Record.Access(), plantRoles, nil, clock.Now); err != nil {
		return nil, err
	}
	plants, tags := shop.NewPlants(p.Record), shop.NewTags(p.Record)
	if err := p.settle(ctx, plants, tags); err != nil {
		return nil, err
	}
	return p, p.fold(plants, tags, product)
}

// Close closes what is open.
func (p *Plant) Close() error {
	var errs []error
	if p.History != nil {
		errs = append(errs, p.History.Close())
	}
	if p.Record != nil {
		errs = append(errs, p.Record.Close())
	}
	return errors.Join(errs...)
}

// settle makes the machines and their tags, or finds them.
func (p *Plant) settle(ctx context.Context, plants shop.Plants, tags shop.Tags) error {
	since := plant.MicrosOf(begin.Add(-24 * time.Hour))
	m, err := plants.Model(ctx, everything, since)
	if err != nil {
		return err
	}
	if len(m.Nodes) == 0 {
		if err := plants.Import(ctx, everything, model(), since); err != nil {
			return err
		}
		if m, err = plants.Model(ctx, everything, since); err != nil {
			return err
		}
	}
	lane := 0
	for _, n := range m.Nodes {
		if n.Machine == nil {
			continue
		}
		var want []plant.Tag
		for _, s := range signals {
			kind := plant.KindNumber
			if s == "machine.program" {
				kind = plant.KindText
			}
			want = append(want, plant.Tag{Node: n.ID, Path: n.Path + "/" + s, Name: s, Kind: kind, Retention: plant.RetainLong})
		}
		got, err := tags.EnsureTags(ctx, tenant, want)
		if err != nil {
			return err
		}
		for _, t := range got {
			p.tags[lane] = append(p.tags[lane], t.No)
		}
		p.nodes[lane] = n.ID
		lane++
	}
	return nil
}

func model() plant.Model {
	m := plant.Model{
		Nodes: []plant.Node{
			{Path: "firm", Level: plant.LevelEnterprise, Name: plant.Name{ZH: "厂"}, Calendar: "c"},
			{Path: "firm/line", Level: plant.LevelLine, Name: plant.Name{ZH: "线"}},
		},
		Calendars: []plant.Calendar{{Code: "c", Name: plant.Name{ZH: "一班"}, Zone: "Asia/Shanghai", Shifts: []plant.Shift{
			{Code: "day", Name: plant.Name{ZH: "白班"}, Start: "07:30", End: "07:30", Weekdays: []int{1, 2, 3, 4, 5, 6, 7}},
		}}},
	}
	for lane := range Lanes {
		m.Nodes = append(m.Nodes, plant.Node{
			Path: fmt.Sprintf("firm/line/m%d", lane), Level: plant.LevelEquipment, Name: plant.Name{ZH: "车床"},
			Machine: &plant.Equipment{
				Class: "lathe", Profile: "p", Device: plant.Device{Driver: "modbus-tcp", Address: fmt.Sprintf("127.0.0.1:%d", 1000+lane)},
				Cycles: []plant.Cycle{{Product: "*", PRUms: 20_000}},
			},
		})
	}
	return m
}

func (p *Plant) fold(plants shop.Plants, tags shop.Tags, product fs.FS) error {
	classes, err1 := equipment.LoadClasses(product, "standards/iso22400-classes.yaml")
	reasons, err2 := equipment.LoadReasons(product, "standards/stop-reasons.yaml")
	definitions, err3 := figure.Load(product, "figures", equipment.TermNames())
	kind, err4 := equipment.KindOf(&profile.Profile{
		ID: "p", Version: 1, Signals: []profile.Signal{{Name: "machine.running", Kind: plant.KindBoolean}},
		States:   []profile.State{{When: "machine.running", Item: "EXECUTING", Mode: "PROCESSING"}, {When: "true", Item: "NOT_EXECUTING", Mode: "PROCESSING"}},
		Counters: profile.Counters{Good: &profile.Counter{Signal: "count.good"}, Energy: &profile.Counter{Signal: "energy.active"}},
	})
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return err
	}
	fleet := equipment.NewFleet(plants, tags, equipment.KindMap{"p": kind}, p.clock.Now)
	reader := equipment.Reader{History: p.History, Journal: p.Record.Journal(), Settings: equipment.Settings{Classes: classes, Reasons: reasons}}
	var err error
	p.engine, err = figure.New(figure.Options{
		Folder: equipment.NewFolder(fleet, p.History, reader), Store: shop.NewFigures(p.Record), Journal: p.Record.Journal(),
		Definitions: definitions, Now: p.clock.Now, Log: slog.New(p.complaints),
	})
	return err
}

// Feed is how folds follow history.
type Feed interface{ figure.Feed }

// Feed is that of a node.
func (p *Plant) Feed() Feed { return feed{p.History} }

type feed struct{ *history.Store }

func (f feed) Read(ctx context.Context, after uint64, limit int) ([]figure.Committed, error) {
	batches, err := f.Store.Read(ctx, after, limit)
	if errors.Is(err, history.ErrGone) {
		return nil, fmt.Errorf("%w: %w", figure.ErrGone, err)
	}
	out := make([]figure.Committed, len(batches))
	for i, b := range batches {
		out[i] = figure.Committed{Seq: b.Seq, Tenant: b.Tenant, Batch: b.Batch}
	}
	return out, err
}

// Follow lets the folds mark what new facts touch, until stop is called.
func (p *Plant) Follow(f Feed) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = p.engine.Run(ctx, f, p.Record.Journal()) // ends with ctx
	}()
	return func() {
		cancel()
		<-done
	}
}

// figures are the figures of every machine with their terms, as they stand.
func (p *Plant) figures(ctx context.Context) (map[string]string, error) {
	out := map[string]string{}
	from, to := plant.MicrosOf(begin.Add(-8*time.Hour)), plant.MicrosOf(p.clock.Now())
	for _, id := range []string{"oee", "availability", "effectiveness", "coverage", "energy-kwh", "produced"} {
		all, err := p.engine.Query(ctx, everything, id, figure.Hour, from, to, figure.ByEquipment)
		if err != nil {
			return nil, err
		}
		for _, one := range all {
			out[fmt.Sprintf("%s of %s, hour of %s", id, one.Scope.Path, one.Window.From.Time().UTC().Format(time.DateTime))] = words(one)
		}
	}
	return out, nil
}

func words(f figure.Figure) string {
	value := "none"
	if f.Value != nil {
		value = fmt.Sprintf("%x", *f.Value)
	}
	return fmt.Sprintf("%s %v %v", value, f.Reason, f.Terms)
}

// caughtUp waits until the folds have seen every fact.
func (p *Plant) caughtUp(ctx context.Context, f figure.Feed) error {
	select {
	case <-p.complaints: // from before
	default:
	}
	follower := &watched{Feed: f, idle: make(chan struct{}, 1), head: f.LastSeq()}
	stop := p.Follow(follower)
	defer stop()
	select {
	case <-follower.idle:
	case err := <-p.complaints:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
	// The journal's reader is asked directly: what is left of it is marked here.
	at, err := p.Record.Journal().Cursor(ctx, tenant, "figure")
	if err != nil {
		return err
	}
	events, err := p.Record.Journal().Events(ctx, tenant, fact.Filter{AfterSeq: at})
	if err != nil || len(events) == 0 {
		return err
	}
	return p.engine.Touch(ctx, tenant, plant.Batch{}, events)
}

// watched tells when its reader has come to the head.
type watched struct {
	figure.Feed
	head uint64
	idle chan struct{}
	once sync.Once
}

func (w *watched) Wait(ctx context.Context, after uint64) error {
	if after >= w.head {
		w.once.Do(func() { close(w.idle) })
	}
	return w.Feed.Wait(ctx, after)
}

// complaints takes the folds' errors from their log.
type complaints chan error

// Enabled is true of errors.
func (complaints) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelError }

// Handle keeps the error until it is asked for.
func (c complaints) Handle(_ context.Context, r slog.Record) error {
	err := errors.New(r.Message)
	r.Attrs(func(a slog.Attr) bool {
		if cause, ok := a.Value.Any().(error); ok {
			err = fmt.Errorf("%s: %w", r.Message, cause)
		}
		return true
	})
	select {
	case c <- err:
	default:
	}
	return nil
}

// WithAttrs keeps nothing.
func (c complaints) WithAttrs([]slog.Attr) slog.Handler { return c }

// WithGroup keeps nothing.
func (c complaints) WithGroup(string) slog.Handler { return c }

// plantRoles are as much of the roles as the sources need.
var plantRoles = []access.RoleDef{{ID: access.RoleOperator, Permissions: []access.Permission{access.Read, access.Report, access.Control}}}
