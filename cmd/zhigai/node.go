package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"zhigai/access"
	"zhigai/access/oidc"
	"zhigai/connect"
	"zhigai/connect/all"
	"zhigai/connect/mdns"
	"zhigai/connect/mqtt"
	"zhigai/data"
	"zhigai/fact"
	"zhigai/factory/exchange"
	"zhigai/figure"
	"zhigai/history"
	"zhigai/plant"
	"zhigai/programme/advice"
	"zhigai/programme/atlas"
	"zhigai/programme/diagnosis"
	"zhigai/programme/enterprise"
	"zhigai/programme/evaluation"
	"zhigai/programme/evaluation/benchmark"
	"zhigai/programme/expert"
	"zhigai/programme/machine"
	"zhigai/programme/reporting"
	"zhigai/programme/suspicion"
	"zhigai/programme/target"
	"zhigai/record"
	"zhigai/record/shop"
	"zhigai/sector/tenant"
	"zhigai/shop/acceptance"
	"zhigai/shop/alarm"
	"zhigai/shop/alarm/delivery"
	"zhigai/shop/authenticity"
	"zhigai/shop/component"
	wasm "zhigai/shop/component/sandbox"
	"zhigai/shop/component/service"
	"zhigai/shop/control/display"
	"zhigai/shop/control/handshake"
	"zhigai/shop/control/loop"
	linerule "zhigai/shop/control/rule"
	"zhigai/shop/discovery"
	"zhigai/shop/equipment"
	"zhigai/shop/learn"
	"zhigai/shop/maintenance"
	"zhigai/shop/planning"
	recipes "zhigai/shop/process"
	"zhigai/space"
	"zhigai/web"
)

// node is a running node: the parts and how they hang together.
type node struct {
	*tenantWorks // of the node's own tenant
	*stores
	*rules
	*folds
	tenants      tenants
	sector       *tenant.Desk
	exports      *tenant.Exports
	shelf        *tenant.Shelf
	meter        *meter
	log          *slog.Logger
	started      time.Time
	access       *access.Service
	secrets      shop.Secrets
	signOn       *oidc.Desk
	broker       *mqtt.Broker
	drivers      all.Set
	collector    *connect.Collector
	mdns         *mdns.Listener // nil: nobody listens
	discovery    *discovery.Desk
	board        *equipment.Board
	desk         *equipment.Desk
	alarms       *alarm.Desk
	delivery     *delivery.Desk
	maintenance  *maintenance.Desk
	reports      *acceptance.Desk
	planning     *planning.Desk
	models       *learn.Desk
	process      *recipes.Desk
	loops        *loop.Desk
	lineRules    *linerule.Desk
	sandbox      *wasm.Sandbox
	components   *component.Desk
	handshakes   *handshake.Desk
	displays     *display.Desk
	demands      *demands
	services     *service.Server // nil: components run in the node alone
	authenticity *authenticity.Desk
	firms        *enterprise.Desk
	firmSheets   *enterprise.Sheets
	targets      *target.Desk
	proved       *machine.Desk
	suspicions   *suspicion.Desk
	diagnosis    *diagnosis.Desk
	experts      *expert.Desk
	advice       *advice.Desk
	reporting    *reporting.Desk
	evaluations  *evaluation.Desk
	exchange     *exchange.Desk
	benchmarks   *benchmark.Desk
	atlas        atlas.Map // none unless one was installed
	lean         bool
	readOnly     bool
	longStop     time.Duration         // that is a reason to plan anew; 0: as usual
	traces       *traces               // nil: none are made
	above        atomic.Pointer[above] // the node above; nil without one
	down         *downlinks            // nil without nodes below
	replica      *replica              // nil for a node alone
	duty         *record.Duty
	disk         *space.Watch
	scrub        *scrub
	fileRoot     string                  // folder in which devices leave files; "" for none
	requests     int                     // a second of one user; 0 is the default
	halt         context.CancelCauseFunc // ends the process; nil in tests

	reconciling sync.Mutex                              // guards specs
	specs       map[plant.TenantNo][]connect.DeviceSpec // as they are read now
	settling    sync.Mutex                              // one at a time brings suspicions up to date
	workers     sync.WaitGroup
}

// openNode opens the stores and makes the parts; nothing runs yet.
func openNode(ctx context.Context, at place, mqttListen string, log *slog.Logger) (*node, error) {
	return openNodeOf(ctx, at, mqttListen, log, data.FS)
}

// openNodeOf is openNode with the profiles of another place and more drivers.
func openNodeOf(ctx context.Context, at place, mqttListen string, log *slog.Logger, profiles fs.FS, more ...connect.Driver) (_ *node, err error) {
	n := &node{log: log, started: time.Now(), lean: at.lean, readOnly: at.readOnly, traces: at.traces, requests: at.requests, longStop: at.longStop, fileRoot: at.files}
	if err := n.watchDisk(&at); err != nil {
		return nil, err
	}
	at.log = log
	if n.stores, err = openStores(ctx, at); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, n.stores.Close())
		}
	}()
	if at.replica {
		n.shareWork()
	}
	if n.broker, err = mqtt.NewBroker(mqtt.Options{
		Address: mqttListen, Now: time.Now, Logger: log,
		// Without a user name on this machine only; gateways elsewhere sign in.
		Anonymous:  anonymous(mqttListen),
		Gatekeeper: gatekeeper{n},
		Flooded:    n.flooded,
	}); err != nil {
		return nil, err
	}
	if n.drivers, err = all.Drivers(all.Options{Dir: filepath.Join(at.Data, "connect"), Files: at.files, Broker: n.broker, Now: time.Now, Logger: log}); err != nil {
		return nil, err
	}
	n.drivers.List = append(n.drivers.List, more...)
	n.scrub = newScrub(at, log, n.damaged)
	if n.rules, err = rulesOf(profiles, n.drivers.List); err != nil {
		return nil, err
	}
	n.shelf = n.rules.shelf(n.record)
	n.learn(ctx)
	if err := n.openAccess(ctx, at, log); err != nil {
		return nil, err
	}
	n.newTenants()
	if err := n.newExports(); err != nil {
		return nil, err
	}
	if n.folds, err = newFolds(n.stores, n.rules, figure.Options{Tenants: n.tenants.list, Log: log, Keeps: n.keepsFigures}, at.traces.folds); err != nil {
		return nil, err
	}
	n.collector = connect.NewCollector(connect.Options{Drivers: n.drivers.List, Store: intake{n.history, n.disk, at.traces, at.stored, n.meter}, Journal: n.record.Journal(), Now: time.Now, Logger: log, Keeps: n.keeps})
	if at.mdns {
		n.mdns = mdns.New(mdns.Options{Now: time.Now, Log: log})
	}
	n.discovery = n.newDiscovery()
	n.board = equipment.NewBoard(equipment.BoardOptions{Tenants: n.tenants.list, Fleet: n.fleet, Reader: n.reader, Headlines: n.engine, Now: time.Now, Log: log})
	n.desk = &equipment.Desk{Fleet: n.fleet, Reader: n.reader, Totals: n.engine, Now: time.Now, Changed: n.entered}
	n.alarms = n.newAlarms()
	n.delivery, n.maintenance = n.newDelivery(), n.newMaintenance()
	n.reports = n.newAcceptance()
	n.planning = n.newPlanning()
	n.models = n.newModels()
	n.process = n.newProcess()
	n.demands = newDemands(n)
	n.loops = n.newControlLoops()
	n.lineRules = n.newLineRules()
	if n.components, err = n.newComponents(at); err != nil {
		return nil, err
	}
	n.handshakes = n.newHandshakes()
	n.displays = n.newDisplays()
	n.authenticity = n.newAuthenticity()
	n.newFirms()
	n.newTargets()
	n.suspicions = n.newSuspicions()
	n.newExperts()
	n.diagnosis = n.newDiagnosis()
	n.reporting = n.newReporting()
	n.newEvaluations()
	if n.exchange, err = n.newExchange(); err != nil {
		return nil, err
	}
	n.tenantWorks = n.worksOf(homeTenant)
	return n, nil
}

// entered tells the folds of a fact that a person entered, so that the page
// shows it at once.
func (n *node) entered(ctx context.Context, tenant plant.TenantNo, events []fact.Event) {
	if err := n.engine.Touch(ctx, tenant, plant.Batch{}, events); err != nil {
		n.log.Error("figures not told of an entry", "err", err) // the journal's reader tells them later
	}
	n.board.Touch(ctx, tenant, events)
}

// start lets the background work run until ctx ends.
func (n *node) start(ctx context.Context) error {
	if n.readOnly {
		n.showOnly(ctx)
		return nil
	}
	if n.replica == nil {
		if err := n.resume(ctx); err != nil {
			return err
		}
		if err := n.broker.Start(); err != nil {
			return err
		}
	}
	n.worker(ctx, "disk", func() error { return n.followDisk(ctx) })
	n.worker(ctx, "scrub", func() error { return n.scrub.run(ctx) })
	n.worker(ctx, "names of firms", func() error { return n.firms.Finder.Warm(ctx, homeTenant) })
	n.worker(ctx, "stores", func() error { return n.stopWhenBroken(ctx) })
	if n.lean {
		n.unfollow()
	} else {
		n.follow(ctx)
		n.worker(ctx, "garbage", func() error { keepGarbage(ctx); return nil })
	}
	n.dutiful(ctx, "tenants", n.serveTenants)
	n.dutiful(ctx, "sharing", n.tellSharing)
	n.dutiful(ctx, "suspicions", n.settleSuspicions)
	n.dutiful(ctx, "retention", n.retain)
	n.dutiful(ctx, "tenants that left", n.deleteTenants)
	n.worker(ctx, "usage", func() error { return n.meter.run(ctx) })
	if n.replica == nil && n.mdns != nil { // replicas do not collect
		n.worker(ctx, "mdns", func() error { return n.mdns.Run(ctx) })
	}
	return n.reconcile(ctx)
}

// follow lets figures and board see every sample.
func (n *node) follow(ctx context.Context) {
	n.dutiful(ctx, "figures", func(ctx context.Context) error { return n.engine.Run(ctx, feed{n.history}, n.record.Journal()) })
	n.dutiful(ctx, "machine days", n.proveDays)
	n.dutiful(ctx, "gauges", n.readGauges)
	n.dutiful(ctx, "recipes", func(ctx context.Context) error {
		return n.eachTenantEvery(ctx, recipes.Pace, "jobs are not held against their recipes", n.process.Follow)
	})
	n.dutiful(ctx, "rules of lines", n.runLineRules)
	n.dutiful(ctx, "components", n.components.Run)
	n.dutiful(ctx, "handshakes", n.runHandshakes)
	n.dutiful(ctx, "targets", n.warmTargets)
	n.dutiful(ctx, "demand", n.watchEnergy)
	n.dutiful(ctx, "condition of machines", n.examineWindows)
	n.dutiful(ctx, "golden batches", n.watchBatches)
	n.dutiful(ctx, "models", n.followModels)
	n.worker(ctx, "board", func() error { return n.board.Run(ctx, feed{n.history}) })
	n.worker(ctx, "alarms", func() error {
		return n.eachTenantEvery(ctx, alarm.Pace, "alarms are not followed", n.alarms.Follow)
	})
	n.dutiful(ctx, "alarm delivery", func(ctx context.Context) error {
		return n.eachTenantEvery(ctx, delivery.Pace, "alarms are not sent", n.delivery.Pass)
	})
	n.dutiful(ctx, "maintenance", func(ctx context.Context) error {
		return n.eachTenantEvery(ctx, maintenance.Pace, "maintenance is not followed", n.maintenance.Follow)
	})
}

// unfollow forgets the followers of a node that had some before: the log would
// be kept for them for ever.
func (n *node) unfollow() {
	for _, name := range []string{figure.Reader, equipment.BoardCursor, linerule.Cursor, handshake.Cursor} {
		if _, had := n.history.Cursors()[name]; !had {
			continue
		}
		if err := n.history.DropCursor(name); err != nil {
			n.log.Error("history keeps its log for a reader that is gone", "reader", name, "err", err)
		}
	}
}

func (n *node) worker(ctx context.Context, name string, run func() error) {
	n.workers.Go(func() { n.work(ctx, name, run) })
}

// work runs a part and says when it ended by itself.
func (n *node) work(ctx context.Context, name string, run func() error) {
	if err := run(); err != nil && ctx.Err() == nil {
		n.log.Error("background work ended", "part", name, "err", err)
	}
}

// close stops the parts in the order in which they lean on one another.
func (n *node) close() error {
	if n.down != nil {
		if err := n.down.hub.Close(); err != nil {
			n.log.Warn("links", "err", err)
		}
	}
	n.discovery.Close()
	n.reports.Close()
	n.planning.Close()
	n.models.Close()
	n.firmSheets.Close()
	n.exports.Close()
	n.process.Close() // before the commands that it waits for
	n.loops.Close()
	n.handshakes.Close()
	n.tenants.close() // what is under way is noted while the journal is open
	n.collector.Close()
	n.workers.Wait()
	if n.services != nil {
		n.services.Close()
	}
	return errors.Join(n.drivers.Close(), n.broker.Close(), n.sandbox.Close(), n.stores.Close())
}

// reconcile makes everything follow the plant model as it is now: this process
// and other replicas.
func (n *node) reconcile(ctx context.Context) error {
	err := n.refresh(ctx)
	if n.replica != nil && n.down != nil {
		n.down.hub.Tell()
	}
	return err
}

// refresh makes collector and folds of this process follow the plant models as
// they are now.
func (n *node) refresh(ctx context.Context) error {
	n.learn(ctx)
	n.reconciling.Lock()
	defer n.reconciling.Unlock()
	all, err := n.tenants.list(ctx)
	if err != nil {
		return err
	}
	before, specs := n.specs, map[plant.TenantNo][]connect.DeviceSpec{}
	for _, t := range all {
		switch specs[t], err = n.specsOf(ctx, t); {
		case err != nil && t == homeTenant:
			return err
		case err != nil: // its devices go on as they are
			n.logOf(t).Error("plant model cannot be read", "err", err)
			specs[t] = before[t]
		}
	}
	n.specs = specs
	n.fleet.Changed()
	n.board.Changed()
	for _, w := range n.tenants.made() {
		w.north.Changed()
	}
	if n.replica != nil {
		all = nil // each of them would read the same machines: nodes below collect
	}
	var running []connect.DeviceSpec
	for _, t := range all {
		running = append(running, specs[t]...)
	}
	n.collector.Set(running)
	for _, w := range n.tenants.made() {
		n.announceModel(ctx, w)
	}
	return nil
}

// health is what must hold for the node to be well.
func (n *node) health(ctx context.Context) []web.Check {
	checks := []web.Check{n.historyCheck(ctx), n.reachable(ctx), n.diskCheck(), n.scrub.check()}
	up, down := 0, 0
	for _, d := range n.collector.Status() {
		switch d.State {
		case connect.StateUp:
			up++
		case connect.StateOff, connect.StateNotAccepted: // what is not accepted is no fault of the device, see disk and history
		default:
			down++
		}
	}
	checks = append(checks, web.Check{Name: "devices", OK: down == 0, Detail: fmt.Sprintf("%d up, %d not", up, down)})
	return slices.Concat(checks, n.linkChecks(ctx), n.replicaChecks(ctx))
}

// ready is what must hold for the node to take samples and answer. What is
// wrong with a device or another node does not make this one unready.
func (n *node) ready(ctx context.Context) []web.Check {
	disk := n.diskCheck()
	disk.OK = n.disk.Level() != space.Stop
	return []web.Check{wellUnless("history", n.history.Failed()), n.reachable(ctx), disk}
}

// reachable says of a lost database no more than that: who is not signed in
// may read it.
func (n *node) reachable(ctx context.Context) web.Check {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if err := n.record.Failed(); err != nil {
		return wellUnless("record", record.ErrFailed)
	}
	if n.record.Reachable(ctx) != nil {
		return wellUnless("record", record.ErrUnavailable)
	}
	return wellUnless("record", nil)
}

// historyCheck says of servers that are away no more than that; the log says
// which and why.
func (n *node) historyCheck(ctx context.Context) web.Check {
	if s, ok := n.history.(reachable); ok {
		ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
		defer cancel()
		if s.Reachable(ctx) != nil {
			return wellUnless("history", history.ErrUnavailable)
		}
	}
	return wellUnless("history", n.history.Failed())
}

func wellUnless(name string, err error) web.Check {
	if err != nil {
		return web.Check{Name: name, Detail: err.Error()}
	}
	return web.Check{Name: name, OK: true}
}
