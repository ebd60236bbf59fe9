package main

import (
	"time"

	"zhigai/access/oidc"
	"zhigai/attachment"
	"zhigai/calc/model"
	"zhigai/connect"
	"zhigai/evidence/requests"
	"zhigai/factory/exchange"
	"zhigai/history"
	"zhigai/link"
	"zhigai/programme/advice"
	"zhigai/programme/diagnosis"
	"zhigai/programme/enterprise"
	"zhigai/programme/evaluation"
	"zhigai/programme/expert"
	"zhigai/programme/machine"
	"zhigai/programme/reporting"
	"zhigai/programme/suspicion"
	"zhigai/programme/target"
	"zhigai/record"
	"zhigai/sector/tenant"
	"zhigai/shop/acceptance"
	"zhigai/shop/alarm"
	"zhigai/shop/alarm/delivery"
	"zhigai/shop/andon"
	"zhigai/shop/authenticity"
	"zhigai/shop/bulk"
	"zhigai/shop/component"
	"zhigai/shop/control"
	"zhigai/shop/control/display"
	"zhigai/shop/control/handshake"
	"zhigai/shop/control/loop"
	linerule "zhigai/shop/control/rule"
	"zhigai/shop/energy"
	"zhigai/shop/equipment"
	"zhigai/shop/health"
	"zhigai/shop/learn"
	"zhigai/shop/line"
	"zhigai/shop/maintenance"
	"zhigai/shop/material"
	"zhigai/shop/material/balance"
	"zhigai/shop/planning"
	recipes "zhigai/shop/process"
	"zhigai/shop/process/batch"
	"zhigai/shop/process/trial"
	"zhigai/shop/production"
	"zhigai/shop/production/performance"
	"zhigai/shop/quality"
	"zhigai/shop/quality/certificate"
	"zhigai/shop/quality/cost"
	"zhigai/web"
	webfactory "zhigai/web/factory"
	webprogramme "zhigai/web/programme"
	"zhigai/web/prometheus"
	websector "zhigai/web/sector"
	webshop "zhigai/web/shop"
)

// api registers every resource.
func (n *node) api(demo []web.Login, tls bool) *web.API {
	o := web.Options{
		Access: n.access, Version: version, Started: n.started, Now: time.Now, Logger: n.log, Health: n.health, Disk: n.diskState, Pressure: n.pressure,
		Limits: web.Limits{PerUser: n.requests, PerAddress: 4 * n.requests}, Demo: demo, TLS: tls, Figures: n.engine, Links: links{n}, Ready: n.ready, Counted: n.meter.request, Metrics: n.metrics(), ReadOnly: n.readOnly, Hook: n.drivers.Hook,
		Errors: []web.ErrorStatus{
			{Err: equipment.ErrInvalid, Status: 422},
			{Err: production.ErrInvalid, Status: 422},
			{Err: planning.ErrInvalid, Status: 422},
			{Err: andon.ErrInvalid, Status: 422},
			{Err: health.ErrInvalid, Status: 422},
			{Err: alarm.ErrInvalid, Status: 422},
			{Err: delivery.ErrInvalid, Status: 422},
			{Err: maintenance.ErrInvalid, Status: 422},
			{Err: quality.ErrInvalid, Status: 422},
			{Err: certificate.ErrInvalid, Status: 422},
			{Err: cost.ErrInvalid, Status: 422},
			{Err: certificate.ErrRefused, Status: 409},
			{Err: recipes.ErrInvalid, Status: 422},
			{Err: linerule.ErrInvalid, Status: 422},
			{Err: attachment.ErrInvalid, Status: 422},
			{Err: line.ErrInvalid, Status: 422},
			{Err: energy.ErrInvalid, Status: 422},
			{Err: batch.ErrInvalid, Status: 422},
			{Err: trial.ErrInvalid, Status: 422},
			{Err: learn.ErrInvalid, Status: 422},
			{Err: component.ErrInvalid, Status: 422},
			{Err: learn.ErrBusy, Status: 409},
			{Err: model.ErrInvalid, Status: 422},
			{Err: planning.ErrChanged, Status: 409},
			{Err: planning.ErrBusy, Status: 409},
			{Err: material.ErrInvalid, Status: 422},
			{Err: exchange.ErrInvalid, Status: 422},
			{Err: exchange.ErrOther, Status: 409},
			{Err: oidc.ErrAway, Status: 503},
			{Err: acceptance.ErrInvalid, Status: 422},
			{Err: diagnosis.ErrInvalid, Status: 422},
			{Err: diagnosis.ErrNoFigures, Status: 409},
			{Err: expert.ErrInvalid, Status: 422},
			{Err: advice.ErrInvalid, Status: 422},
			{Err: authenticity.ErrInvalid, Status: 422},
			{Err: authenticity.ErrNotFound, Status: 404},
			{Err: authenticity.ErrElsewhere, Status: 409},
			{Err: suspicion.ErrInvalid, Status: 422},
			{Err: enterprise.ErrInvalid, Status: 422},
			{Err: evaluation.ErrInvalid, Status: 422},
			{Err: evaluation.ErrState, Status: 409},
			{Err: target.ErrInvalid, Status: 422},
			{Err: target.ErrUnknown, Status: 404},
			{Err: machine.ErrInvalid, Status: 422},
			{Err: reporting.ErrInvalid, Status: 422},
			{Err: reporting.ErrState, Status: 409},
			{Err: acceptance.ErrBusy, Status: 409},
			{Err: tenant.ErrInvalid, Status: 422},
			{Err: tenant.ErrState, Status: 409},
			{Err: control.ErrInvalid, Status: 422},
			{Err: loop.ErrInvalid, Status: 422},
			{Err: handshake.ErrInvalid, Status: 422},
			{Err: display.ErrInvalid, Status: 422},
			{Err: performance.ErrInvalid, Status: 422},
			{Err: balance.ErrInvalid, Status: 422},
			{Err: control.ErrElsewhere, Status: 409},
			{Err: control.ErrBusy, Status: 503},
			{Err: requests.ErrInvalid, Status: 422},
			{Err: requests.ErrNotFound, Status: 404},
			{Err: requests.ErrState, Status: 409},
			{Err: requests.ErrUntrue, Status: 409},
			{Err: connect.ErrNotHere, Status: 404},
			{Err: connect.ErrWatched, Status: 409},
			{Err: link.ErrNotEnrolled, Status: 404},
			{Err: link.ErrRefused, Status: 409},
			{Err: link.ErrRevoked, Status: 409},
			{Err: link.ErrNotConnected, Status: 503},
			{Err: record.ErrUnavailable, Status: 503},
			{Err: record.ErrNoSpace, Status: 503},
			{Err: record.ErrFailed, Status: 503},
			{Err: history.ErrUnavailable, Status: 503},
			{Err: history.ErrNoSpace, Status: 503},
			{Err: history.ErrFailed, Status: 503},
		},
		Trail: n.record.Access(), SignOn: n.signOn, Keepers: n.nodes.Keepers,
	}
	if n.traces != nil {
		o.Trace = n.traces.request
	}
	api := web.New(o)
	webshop.Register(api, webshop.Deps{
		Plants: n.plants, Tags: n.shop, History: n.history, Journal: n.record.Journal(), Board: n.board, Desk: n.desk, Reasons: n.reasons,
		Collector: n.collector, Control: controls{n}, Profiles: n.profiles, Drivers: n.drivers.List, Discovery: n.discovery, North: norths{n}, Acceptance: n.reports, Evidence: askedOf{n}, EvidencePlants: seenPlants{n.proved}, Changed: n.reconcile,
		Authenticity: n.authenticity, Decided: n.decided, MayTry: n.mayTry, Opened: n.opened,
		Production: n.newProduction(), Performance: n.newPerformance(), Attendance: n.newAttendance(), Balance: n.newBalance(), Planning: n.planning, Lines: n.newLines(), Energy: n.newEnergy(), Material: n.newMaterial(), Andon: n.newAndon(), Alarms: n.alarms, Delivery: n.delivery, Maintenance: n.maintenance, Quality: n.newQuality(), Certificates: n.newCertificates(), Costs: n.newQualityCost(), Process: n.process, Rules: n.lineRules, Condition: n.newHealth(), Attachments: n.newAttachments(),
		Batches: n.newBatches(), Trials: n.newTrials(), Loops: n.loops, Handshakes: n.handshakes, Displays: n.displays, Models: n.models, Components: n.components,
		Bulk: &bulk.Desk{Plants: n.plants, Profiles: n.profiles, Drivers: n.drivers.List, Past: n.record.Access()},
	})
	web.RegisterSharing(api, sharings{n})
	webprogramme.Register(api, webprogramme.Deps{Firms: n.firms, Sheets: n.firmSheets, Targets: n.targets, Ledgers: n.newLedgers(), Tasks: n.newTasks(), Machines: n.proved, Diagnosis: n.diagnosis, Experts: n.experts, Advice: n.advice, Reporting: n.reporting, Evaluations: n.evaluations, Benchmarks: n.benchmarks, Map: n.atlas, Suspicions: n.suspicions})
	webfactory.Register(api, webfactory.Deps{Exchange: exchanges{n.exchange, n}, Changed: n.reconcile})
	websector.Register(api, websector.Deps{Tenants: n.sector, Exports: n.exports})
	prometheus.Register(api, prometheus.Deps{Tags: n.shop, Plants: n.plants, History: n.history, Version: version, Now: time.Now, Logger: n.log})
	return api
}
