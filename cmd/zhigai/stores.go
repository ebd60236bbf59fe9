package main

import (
	"context"
	"crypto/tls"
	"errors"
	"io/fs"
	"log/slog"
	"path/filepath"
	"time"

	"zhigai/access"
	"zhigai/connect"
	"zhigai/connect/profile"
	"zhigai/data"
	"zhigai/figure"
	"zhigai/plant"
	"zhigai/programme/diagnosis"
	"zhigai/programme/enterprise"
	"zhigai/programme/evaluation"
	"zhigai/programme/evaluation/benchmark"
	"zhigai/programme/machine"
	"zhigai/programme/target"
	"zhigai/programme/target/task"
	"zhigai/record"
	"zhigai/record/nodes"
	"zhigai/record/programme"
	"zhigai/record/shop"
	"zhigai/shop/energy"
	"zhigai/shop/equipment"
	"zhigai/shop/health"
	"zhigai/shop/line"
	"zhigai/shop/material/balance"
	"zhigai/shop/production/attendance"
	"zhigai/shop/production/performance"
)

// homeTenant is the node's own: the only one of a plant's node, the operator's
// of one that many firms share.
const homeTenant = access.HomeTenant

// stores is what a node keeps, opened.
type stores struct {
	dir       string
	id        identity
	history   samples
	record    *record.DB
	plants    shop.Plants
	shop      shop.Tags
	figures   shop.Figures
	nodes     nodes.Nodes
	machines  programme.Machines
	registers programme.Registers
}

// place says where a node keeps what it knows.
type place struct {
	Data   string `help:"Folder of the node." default:"./data" type:"path"`
	Record string `help:"Database of events, master data and figures, as postgres://USER@HOST/DATABASE; a folder inside the node's when left out." env:"ZHIGAI_RECORD" placeholder:"URL"`
	// History is where samples are kept.
	History string `help:"Database of samples of a large hub, as clickhouse://USER@HOST:8123/DATABASE, with --record in PostgreSQL; a folder inside the node's when left out." env:"ZHIGAI_HISTORY" placeholder:"URL"`

	log      *slog.Logger
	forwards bool              // what history keeps goes on to another node
	lean     bool              // little memory, no figures
	replica  bool              // one of several processes on this record
	secrets  string            // folder of the key of secrets; "" is in the node's
	disk     diskMarks         // zero: the defaults
	scrub    scrubFlags        // zero: no scrub
	longStop time.Duration     // that is a reason to plan anew; 0: as usual
	requests int               // a second of one user; 0: the default
	free     uint64            // bytes that samples leave free; 0: the default
	readOnly bool              // answers questions alone
	traces   *traces           // nil: none are made
	files    string            // the folder in which devices leave files; "" for none
	services string            // where services connect that are components; "" for nowhere
	crypted  *tls.Config       // of what listens beside the pages; nil: nothing is encrypted
	mdns     bool              // devices that announce themselves are heard
	stored   func(plant.Batch) // told of what devices said and is durable; nil: nobody asks
}

// record is where the record lies.
func (p place) record() string {
	if p.Record != "" {
		return p.Record
	}
	return filepath.Join(p.Data, "record")
}

func openRecord(ctx context.Context, p place) (*record.DB, error) {
	if p.Record == "" {
		if err := checkFolder(p.Data); err != nil {
			return nil, err
		}
	}
	return record.Open(ctx, p.record(), record.Options{MinFree: p.free / 2})
}

func openStores(ctx context.Context, p place) (*stores, error) {
	if err := checkFolder(p.Data); err != nil {
		return nil, err
	}
	if p.History != "" {
		if _, err := p.ledger(); err != nil { // before the record makes a folder
			return nil, err
		}
	}
	id, err := identityOf(p.Data, p.readOnly)
	if err != nil {
		return nil, err
	}
	rec, err := openRecord(ctx, p)
	if err != nil {
		return nil, err
	}
	hist, err := openHistory(ctx, p)
	if err != nil {
		return nil, errors.Join(err, rec.Close())
	}
	return &stores{
		dir: p.Data, id: id, history: hist, record: rec, plants: shop.NewPlants(rec), shop: shop.NewTags(rec), figures: shop.NewFigures(rec), nodes: nodes.New(rec),
		machines: programme.NewMachines(rec), registers: programme.NewRegisters(rec),
	}, nil
}

// Close closes both journals; history first, because its readers write rows.
func (s *stores) Close() error { return errors.Join(s.history.Close(), s.record.Close()) }

// rules are the product's data files, read and checked.
type rules struct {
	profiles    *profile.Library
	definitions *figure.Definitions
	// orderFigures are those of orders, of which performance knows the terms.
	orderFigures *figure.Definitions
	// energyTables are factors of coal and CO₂, and tariffs.
	energyTables *energy.Tables
	// lineFigures are those of lines.
	lineFigures *figure.Definitions
	// materialFigures are those of items, workerFigures those of people.
	materialFigures *figure.Definitions
	workerFigures   *figure.Definitions

	classes     *equipment.ClassTable
	reasons     *equipment.Reasons
	bearings    *health.Catalogue
	zones       *health.Zones
	healthRules *health.Rules
	kinds       *equipment.LibraryKinds
	codes       enterprise.Codes
	targetBook  *target.Book
	units       []task.Unit
	standards   *evaluation.Book // of programme/evaluation
	groups      benchmark.Rule
	networked   machine.Rule
	editions    *diagnosis.Editions
	reportRules reportRules
}

func loadRules(drivers []connect.Driver) (*rules, error) { return rulesOf(data.FS, drivers) }

// rulesOf is loadRules with the profiles of another place.
func rulesOf(profiles fs.FS, drivers []connect.Driver) (*rules, error) {
	checkers := make([]profile.PointChecker, len(drivers))
	for i, d := range drivers {
		checkers[i] = d
	}
	r := &rules{}
	var err error
	if r.profiles, err = profile.Load(profiles, "profiles", checkers); err != nil {
		return nil, err
	}
	if r.definitions, err = figure.Load(data.FS, "figures", equipment.TermNames()); err != nil {
		return nil, err
	}
	if r.orderFigures, err = figure.Load(data.FS, "order-figures", performance.TermNames()); err != nil {
		return nil, err
	}
	if r.lineFigures, err = figure.Load(data.FS, "line-figures", line.TermNames()); err != nil {
		return nil, err
	}
	if r.energyTables, err = energy.ReadTables(data.FS); err != nil {
		return nil, err
	}
	if r.materialFigures, err = figure.Load(data.FS, "material-figures", balance.TermNames()); err != nil {
		return nil, err
	}
	if r.workerFigures, err = figure.Load(data.FS, "worker-figures", attendance.TermNames()); err != nil {
		return nil, err
	}
	if r.classes, err = equipment.LoadClasses(data.FS, "standards/iso22400-classes.yaml"); err != nil {
		return nil, err
	}
	if r.reasons, err = equipment.LoadReasons(data.FS, "standards/stop-reasons.yaml"); err != nil {
		return nil, err
	}
	if r.bearings, r.zones, r.healthRules, err = loadHealth(); err != nil {
		return nil, err
	}
	if r.codes, err = codesOf(data.FS); err != nil {
		return nil, err
	}
	if r.standards, err = evaluation.Load(data.FS, target.Values); err != nil {
		return nil, err
	}
	if r.groups, err = benchmark.LoadRule(data.FS, "standards/benchmark.yaml"); err != nil {
		return nil, err
	}
	if r.targetBook, err = target.Load(data.FS); err != nil {
		return nil, err
	}
	if r.networked, err = machine.LoadRule(data.FS, networkedRule); err != nil {
		return nil, err
	}
	known := func(id string) bool { _, err := r.definitions.Definition(id); return err == nil }
	if r.editions, err = diagnosis.LoadEditions(data.FS, "maturity", known); err != nil {
		return nil, err
	}
	if r.units, err = task.LoadUnits(data.FS, "organisations/zhejiang.yaml"); err != nil {
		return r, err
	}
	if r.reportRules, err = reportRulesOf(data.FS, r.targetBook); err != nil {
		return nil, err
	}
	r.kinds, err = equipment.KindsOf(r.profiles)
	return r, err
}

// folds is everything that is derived from facts.
type folds struct {
	fleet  *equipment.Fleet
	reader equipment.Reader
	engine *figure.Engine
}

func newFolds(s *stores, r *rules, o figure.Options, wraps ...func(figure.Folder) figure.Folder) (*folds, error) {
	f := &folds{reader: equipment.Reader{History: s.history, Journal: s.record.Journal(), Settings: equipment.Settings{Classes: r.classes, Reasons: r.reasons}}}
	if o.Now == nil {
		o.Now = time.Now
	}
	f.fleet = equipment.NewFleet(s.plants, s.shop, r.kinds, o.Now)
	o.Folder = equipment.NewFolder(f.fleet, s.history, f.reader)
	for _, wrap := range wraps {
		o.Folder = wrap(o.Folder)
	}
	o.Store, o.Journal, o.Definitions = s.figures, s.record.Journal(), r.definitions
	var err error
	f.engine, err = figure.New(o)
	return f, err
}
