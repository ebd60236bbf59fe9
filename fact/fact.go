// Package fact says what a fact is: something that happened or was measured,
// recorded once and never changed. Samples live in history; everything else is
// an [Event] in the record journal. A correction is a new event that
// supersedes an older one.
//
// The package holds no storage. Start with [Event], then [Journal].
package fact

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"time"

	"zhigai/plant"
)

// Kind names what an event is about; the payload's shape follows from it.
type Kind string

const (
	KindConnection Kind = "connection"   // Connection: contact with a device won or lost
	KindClock      Kind = "clock"        // Clock: a source clock that is not to be believed
	KindStopReason Kind = "stop_reason"  // StopReason: why a machine stood, by a person or the machine
	KindOverride   Kind = "state"        // Override: state said by a person, with expiry
	KindCount      Kind = "count"        // Count: typed correction of quantities
	KindClosing    Kind = "closing"      // Closing: a window's terms were closed or revised
	KindGap        Kind = "gap"          // Gap: data known to be missing
	KindAlarmAck   Kind = "alarm_ack"    // AlarmAck: a person has seen an alarm and takes it up
	KindOverload   Kind = "overload"     // Overload: a source was slowed down or its data refused, or is no longer
	KindDisk       Kind = "disk"         // Disk: free space passed a mark
	KindDamage     Kind = "damage"       // Damage: a file is not as it was written
	KindCommand    Kind = "command"      // Command: a signal of a machine is to be set
	KindStep       Kind = "command_step" // CommandStep: how far a command came

	KindSuspicion     Kind = "suspicion"      // Suspicion: a machine's day may not be its own
	KindSuspicionSaid Kind = "suspicion_said" // SuspicionSaid: what a person said of one

	KindSeal            Kind = "seal"             // evidence.Seal: what was recorded on a day is sealed
	KindEvidenceRequest Kind = "evidence_request" // EvidenceRequest: somebody elsewhere asks to see samples
	KindEvidenceStep    Kind = "evidence_step"    // EvidenceStep: granted, refused, withdrawn, answered

	KindSharing Kind = "sharing" // Sharing: what a plant shares with the nodes above

	KindAcceptance     Kind = "acceptance"      // a report of shop/acceptance was made
	KindAcceptancePart Kind = "acceptance_part" // a piece of its data
	KindDiagnosis      Kind = "diagnosis"       // a step of programme/diagnosis
	KindEvaluation     Kind = "evaluation"      // a step of programme/evaluation
	KindReportStep     Kind = "report_step"     // reporting.Fact: a step of what a region reports
	KindReportRefused  Kind = "report_refused"  // reporting.Refusal: the node above did not take one

	KindDefinition Kind = "operations_definition" // a revision of shop/production as it was saved
	KindOrder      Kind = "order"                 // a step of an order of shop/production
	KindPerson     Kind = "person"                // a person's skills in shop/production as they were saved
	KindPlan       Kind = "plan"                  // a plan of shop/planning was made
	KindPlanPart   Kind = "plan_part"             // a piece of what it holds
	KindPlanStep   Kind = "plan_step"             // what became of it: issued, put aside
	KindPlanLimit  Kind = "plan_limit"            // how many there are of a tool or a skill, as it was saved

	KindLineLayout Kind = "line_layout" // a layout of shop/line as it was saved

	KindEnergyNetwork     Kind = "energy_network"     // meters of a place as shop/energy kept them
	KindEnergyBaseline    Kind = "energy_baseline"    // a baseline of shop/energy as it was made
	KindEnergyReplacement Kind = "energy_replacement" // a machine that may be replaced, as shop/energy kept it

	KindMaterial       Kind = "material"        // an entry of shop/material
	KindMaterialMaster Kind = "material_master" // an item, a location or a kanban loop of shop/material as it was saved
	KindMaterialCall   Kind = "material_call"   // a step of a call-off of shop/material
	// KindMaterialArrival is a step of an expected arrival of shop/material.
	KindMaterialArrival Kind = "material_arrival"

	KindCall Kind = "call" // a step of a call of shop/andon

	KindHealthPoint Kind = "health_point" // a measuring point of shop/health as it was saved

	KindAlarmLimit   Kind = "alarm_limit"   // a version of a limit of shop/alarm as it was saved
	KindAlarmFinding Kind = "alarm_finding" // a step of what another room told shop/alarm
	KindAlarmMode    Kind = "alarm_mode"    // an alarm was put aside or taken back
	KindWorkOrder    Kind = "work_order"    // a revision of a work order of shop/maintenance
	KindQuality      Kind = "quality"       // a document of shop/quality as it was saved
	KindMeasurement  Kind = "measurement"   // a subgroup of shop/quality that a person entered
	// KindMeasurementWithdrawn says that an entered subgroup was mistyped.
	KindMeasurementWithdrawn Kind = "measurement_withdrawn"
	// KindQualityCertificate is a step of a certificate of shop/quality/certificate.
	KindQualityCertificate Kind = "quality_certificate"
	KindProcess            Kind = "process"         // a document of shop/process as it was saved
	KindGoldenBatch        Kind = "golden_batch"    // a revision of a golden batch of shop/process/batch
	KindCauseScreening     Kind = "cause_screening" // what shop/process/batch found of a question for causes
	KindExperiment         Kind = "experiment"      // a revision of an experiment of shop/process/trial
	KindModel              Kind = "model"           // a document of shop/learn as it was saved
	KindFile               Kind = "file"            // attachment.File: a file was kept, or belongs to another place

	KindLoop Kind = "control_loop" // a document of shop/control/loop as it was saved
	KindRule Kind = "rule"         // a revision or a firing of a rule of shop/control/rule as it was saved
	// KindDisplay is a layout of shop/control/display as it was saved.
	KindDisplay Kind = "control_display"

	KindComponent Kind = "component" // a document of shop/component as it was saved

	// KindHandshake is a revision of a handshake, or of a hand-over, of shop/control/handshake.
	KindHandshake Kind = "handshake"

	KindExchange Kind = "exchange" // exchange.Fact: a step of a message of factory/exchange
)

// Kinds are all of them.
var Kinds = []Kind{
	KindConnection, KindClock, KindStopReason, KindOverride, KindCount, KindClosing, KindGap, KindAlarmAck, KindOverload, KindDisk,
	KindDamage, KindCommand, KindStep, KindSuspicion, KindSuspicionSaid, KindSeal, KindEvidenceRequest, KindEvidenceStep, KindSharing,
	KindAcceptance, KindAcceptancePart, KindDiagnosis, KindEvaluation, KindReportStep, KindReportRefused, KindDefinition, KindOrder,
	KindPerson, KindPlan, KindPlanPart, KindPlanStep, KindPlanLimit, KindLineLayout, KindEnergyNetwork, KindEnergyBaseline,
	KindEnergyReplacement, KindMaterial, KindMaterialMaster, KindMaterialCall, KindMaterialArrival, KindCall, KindHealthPoint, KindAlarmLimit,
	KindAlarmFinding, KindAlarmMode, KindWorkOrder, KindQuality, KindMeasurement, KindMeasurementWithdrawn, KindQualityCertificate, KindProcess, KindGoldenBatch,
	KindCauseScreening, KindExperiment, KindModel, KindFile, KindLoop, KindRule, KindComponent, KindHandshake, KindDisplay, KindExchange,
}

// Event is one fact of the record journal.
type Event struct {
	ID         string          `json:"id"` // ULID
	Tenant     plant.TenantNo  `json:"-"`
	Kind       Kind            `json:"kind"`
	Subject    plant.NodeID    `json:"subject"`              // the equipment (or node) it is about
	Occurred   plant.Micros    `json:"occurred"`             // when it happened, by the best clock there is
	Recorded   plant.Micros    `json:"recorded"`             // when it was committed, by ours
	Source     string          `json:"source"`               // device:<id>, person:<user>, node
	SourceSeq  uint64          `json:"source_seq"`           // rises within a source
	Supersedes string          `json:"supersedes,omitempty"` // id of the event this one corrects
	Withdrawn  bool            `json:"withdrawn,omitempty"`  // with Supersedes: the older one never counted
	Payload    json.RawMessage `json:"payload"`
	Seq        uint64          `json:"seq"` // place in the journal, given on commit
}

// Connection is the payload of KindConnection.
type Connection struct {
	Device plant.DeviceID `json:"device"`
	Up     bool           `json:"up"`
	Reason string         `json:"reason,omitempty"`
	Last   plant.Micros   `json:"last,omitempty"` // last answer before contact was lost
}

// Clock is the payload of KindClock.
type Clock struct {
	Device  plant.DeviceID `json:"device"`
	Tag     string         `json:"tag"`
	Claimed plant.Micros   `json:"claimed"` // what the source said
	Kept    plant.Micros   `json:"kept"`    // what was stored in its place
}

// StopReason is the payload of KindStopReason: within [From, To) the time the
// machine did not produce has this reason. A zero To is open: until the
// machine runs again.
type StopReason struct {
	From   plant.Micros `json:"from"`
	To     plant.Micros `json:"to,omitempty"`
	Reason string       `json:"reason"`
	Note   string       `json:"note,omitempty"`
}

// Override is the payload of KindOverride: a person's word on the state, which
// gives way to the machine's and ends by itself at Until.
type Override struct {
	Item  string       `json:"item"`
	Mode  string       `json:"mode"`
	Until plant.Micros `json:"until"`
	Note  string       `json:"note,omitempty"`
}

// Count is the payload of KindCount: quantities to add at Occurred (negative
// ones take away).
type Count struct {
	Product string `json:"product,omitempty"`
	Job     string `json:"job,omitempty"`    // of an order, as shop/production names it
	Reason  string `json:"reason,omitempty"` // why parts are scrap
	Good    int64  `json:"good,omitempty"`
	Scrap   int64  `json:"scrap,omitempty"`
	Rework  int64  `json:"rework,omitempty"`
	Note    string `json:"note,omitempty"`
}

// Gap is the payload of KindGap.
type Gap struct {
	From   plant.Micros `json:"from"`
	To     plant.Micros `json:"to"`
	Reason string       `json:"reason"`
}

// Overload is the payload of KindOverload: one when it begins, one for each
// change of Factor, and one when it ends, which carries To.
type Overload struct {
	Device  plant.DeviceID `json:"device,omitempty"`
	Client  string         `json:"client,omitempty"` // of the broker
	What    string         `json:"what"`             // stretched: polled less often; refused: not accepted; dropped: thrown away
	Reason  string         `json:"reason"`
	From    plant.Micros   `json:"from"`
	To      plant.Micros   `json:"to,omitempty"`
	Factor  int64          `json:"factor,omitempty"`  // the period is that many times the wanted one
	Dropped int64          `json:"dropped,omitempty"` // messages
}

// What an overload did to a source.
const (
	OverloadStretched = "stretched"
	OverloadRefused   = "refused"
	OverloadDropped   = "dropped"
)

// Disk is the payload of KindDisk.
type Disk struct {
	Level string `json:"level"`           // ok, warn, low, scarce, stop
	Free  uint64 `json:"free"`            // bytes
	Total uint64 `json:"total"`           // bytes
	Gives string `json:"gives,omitempty"` // what is not kept any more
}

// Damage is the payload of KindDamage: what was found when all files were read.
type Damage struct {
	Files    []string `json:"files"` // with what is wrong with each, at most MaxDamage
	More     int      `json:"more,omitempty"`
	Repaired bool     `json:"repaired,omitempty"` // zhigai repair has been over them
	Lost     []string `json:"lost,omitempty"`     // what could not be had
}

// MaxDamage bounds the files that a Damage names: the event stays readable.
const MaxDamage = 50

// AlarmAck is the payload of KindAlarmAck: it belongs to the occurrence of the
// alarm that stood at At.
type AlarmAck struct {
	Alarm string       `json:"alarm"`
	At    plant.Micros `json:"at"`
	Note  string       `json:"note,omitempty"`
}

// Compare orders facts the way folds read them: by event time, then source,
// then the source's own sequence, then id. It does not depend on arrival.
func Compare(a, b Event) int {
	return cmp.Or(cmp.Compare(a.Occurred, b.Occurred), cmp.Compare(a.Source, b.Source),
		cmp.Compare(a.SourceSeq, b.SourceSeq), cmp.Compare(a.ID, b.ID))
}

// InForce drops events that a later one supersedes, and withdrawals
// themselves. events may stand in any order; the result is in fold order.
func InForce(events []Event) []Event {
	gone := map[string]bool{}
	for _, e := range events {
		if e.Supersedes != "" {
			gone[e.Supersedes] = true
		}
	}
	out := make([]Event, 0, len(events))
	for _, e := range events {
		if !gone[e.ID] && !e.Withdrawn {
			out = append(out, e)
		}
	}
	sortEvents(out)
	return out
}

// Filter chooses events. Zero fields do not filter.
type Filter struct {
	Kinds    []Kind
	Subjects []plant.NodeID
	IDs      []string
	Sources  []string     // events without a sequence of their source are left out
	From, To plant.Micros // by Occurred, half open
	AfterSeq uint64
	Limit    int // 0 means MaxEvents
	Newest   bool
}

// MaxEvents bounds one read of the journal; readers page on by AfterSeq.
const MaxEvents = 10_000

// Journal keeps events. Append returns when they are durable; an event whose
// (source, source_seq) is already there is not stored again and is no error.
// All methods may be called concurrently.
type Journal interface {
	Append(ctx context.Context, tenant plant.TenantNo, events ...Event) ([]Event, error)
	Events(ctx context.Context, tenant plant.TenantNo, f Filter) ([]Event, error)
}

// ErrRefused wraps what makes an event unacceptable.
var ErrRefused = errors.New("fact: event refused")

// New makes an event of a payload. A payload that cannot be written as JSON is
// a programmer's error.
func New(kind Kind, subject plant.NodeID, occurred time.Time, source string, payload any) Event {
	raw, err := json.Marshal(payload)
	if err != nil {
		panic("BUG: fact payload: " + err.Error())
	}
	return Event{Kind: kind, Subject: subject, Occurred: plant.MicrosOf(occurred), Source: source, Payload: raw}
}
