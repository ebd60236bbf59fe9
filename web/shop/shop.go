// Package shop is the HTTP side of the digital workshop: the plant and its
// machines, samples, stops, devices. One file per resource, named as its room.
//
// It decides nothing: it asks the rooms and shapes their answers. Start with
// [Register].
package shop

import (
	"context"
	"time"

	"zhigai/access"
	"zhigai/attachment"
	"zhigai/connect"
	"zhigai/connect/profile"
	"zhigai/connect/tap"
	"zhigai/fact"
	"zhigai/history"
	"zhigai/plant"
	"zhigai/shop/alarm"
	"zhigai/shop/alarm/delivery"
	"zhigai/shop/andon"
	"zhigai/shop/authenticity"
	"zhigai/shop/component"
	"zhigai/shop/control/display"
	"zhigai/shop/control/handshake"
	"zhigai/shop/control/loop"
	"zhigai/shop/control/rule"
	"zhigai/shop/energy"
	"zhigai/shop/equipment"
	"zhigai/shop/health"
	"zhigai/shop/learn"
	"zhigai/shop/line"
	"zhigai/shop/maintenance"
	"zhigai/shop/material"
	"zhigai/shop/material/balance"
	"zhigai/shop/process"
	"zhigai/shop/process/batch"
	"zhigai/shop/process/trial"
	"zhigai/shop/production"
	"zhigai/shop/production/attendance"
	"zhigai/shop/production/performance"
	"zhigai/shop/quality"
	"zhigai/shop/quality/certificate"
	"zhigai/shop/quality/cost"
	"zhigai/web"
)

// History is what the API reads of samples.
type History interface {
	Samples(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, from, to plant.Micros, yield func(plant.Sample) bool) error
	Texts(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, from, to plant.Micros, yield func(plant.Text) bool) error
	Before(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, t plant.Micros) (plant.Sample, bool, error)
	TextBefore(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, t plant.Micros) (plant.Text, bool, error)
	Buckets(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, from, to plant.Micros, n int) ([]history.Bucket, error)
}

// Deps are the parts this storey's resources ask.
type Deps struct {
	Plants    equipment.Plants
	Tags      equipment.Tags
	History   History
	Journal   fact.Journal
	Board     *equipment.Board
	Desk      *equipment.Desk
	Reasons   *equipment.Reasons
	Collector Collector
	Control   Control
	Profiles  *profile.Library
	Drivers   []connect.Driver
	Discovery Discovery
	North     North
	// Acceptance makes and keeps acceptance reports.
	Acceptance Acceptance
	Bulk       Bulk
	Production *production.Desk
	// Performance folds orders to figures.
	Performance *performance.Desk
	// Attendance folds what people worked, Balance what was booked of items.
	Attendance *attendance.Desk
	Balance    *balance.Desk
	Planning   Planning
	Lines      *line.Desk
	Energy     *energy.Desk
	Material   *material.Desk
	Andon      *andon.Desk
	Quality    *quality.Desk
	// Certificates certifies goods.
	Certificates *certificate.Desk
	// Costs tells what quality costs.
	Costs     *cost.Desk
	Process   *process.Desk
	Rules     *rule.Desk
	Condition *health.Desk
	// Batches looks at machines' runs, Trials plans experiments, Loops hold processes,
	// Handshakes have machines hand over.
	Batches *batch.Desk
	Trials  *trial.Desk
	// Components runs what somebody brought along.
	Components *component.Desk
	Loops      *loop.Desk
	Handshakes *handshake.Desk
	// Displays are what a control room sees at a glance.
	Displays *display.Desk
	// Models trains models on machines and asks those at work.
	Models *learn.Desk
	Alarms *alarm.Desk
	// Delivery sends alarms to people, Maintenance has work done about them.
	Delivery    *delivery.Desk
	Maintenance *maintenance.Desk
	// Attachments keeps the files that people add.
	Attachments *attachment.Desk
	// Authenticity examines machines' days; Decided is called after something was
	// said of a suspicion, so that the day counts accordingly.
	Authenticity Authenticity
	Decided      func(ctx context.Context, s authenticity.Suspicion) error
	// Evidence asks for samples that other nodes keep, and decides who sees ours.
	Evidence       Evidence
	EvidencePlants EvidencePlants
	// Changed is called after the plant model changed, so that the node connects
	// and folds by the new one.
	Changed func(ctx context.Context) error
	// MayTry says why a device may not be asked for a person of the tenant.
	MayTry func(ctx context.Context, tenant plant.TenantNo, d plant.Device) error
	// Opened gives a device that is to be asked once the secrets that are stored for
	// it.
	Opened func(ctx context.Context, scope access.Scope, d plant.Device) (plant.Device, error)
}

// Collector is what the API asks of the running devices.
type Collector interface {
	Status() []connect.DeviceStatus
	Latest(device plant.DeviceID) []connect.LatestValue
	Health(device plant.DeviceID) (connect.DeviceHealth, bool)
	Watch(device plant.DeviceID) (until time.Time, err error)
	Frames(device plant.DeviceID) (frames []tap.Frame, until time.Time, ok bool)
}

type rooms struct {
	api *web.API
	Deps
}

// Register adds the resources of the workshop to the API.
func Register(api *web.API, d Deps) {
	r := &rooms{api: api, Deps: d}
	r.registerNodes()
	r.registerPlantFile()
	r.registerCalendars()
	r.registerEquipment()
	r.registerStops()
	r.registerAlarms()
	r.registerAlarmLimits()
	r.registerDelivery()
	r.registerMaintenance()
	r.registerCommands()
	r.registerLoops()
	r.registerHandshakes()
	r.registerDisplays()
	r.registerSamples()
	r.registerSeries()
	r.registerWaveforms()
	r.registerDevices()
	r.registerHealth()
	r.registerSearches()
	r.registerNorth()
	r.registerAcceptance()
	r.registerBulk()
	r.registerProduction()
	r.registerPerformance()
	r.registerPlanning()
	r.registerLines()
	r.registerEnergy()
	r.registerBatches()
	r.registerTrials()
	r.registerModels()
	r.registerMaterial()
	r.registerAndon()
	r.registerCondition()
	r.registerQuality()
	r.registerConformity()
	r.registerQualityCost()
	r.registerProcess()
	r.registerLineRules()
	r.registerComponents()
	r.registerAttachments()
	r.registerBalance()
	r.registerHours()
	r.registerAuthenticity()
	r.registerEvidence()
	r.registerEvidenceAsker()
	r.registerProfiles()
}

// stamp is an instant as the API shows it; the zero instant is left out.
func stamp(m plant.Micros) time.Time {
	if m == 0 {
		return time.Time{}
	}
	return m.Time()
}

// micros is the instant of a question; zero means not asked.
func micros(t time.Time) plant.Micros {
	if t.IsZero() {
		return 0
	}
	return plant.MicrosOf(t)
}
