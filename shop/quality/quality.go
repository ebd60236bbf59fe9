// Package quality is inspection: what is measured of which parts and how often
// ([Characteristic]), what was measured ([Subgroup], a fact or made of samples, which
// are), whether the process is in control (a fold over those by limits that somebody
// set, [Chart]), how capable it is, whether the gauge is good enough, which lots are
// accepted, and what becomes of what does not conform ([Case]).
//
// It stores nothing but through its [Store], reads no tag and stops no order by
// itself: what machines measured, alarms and orders are told to it and by it through
// small interfaces. It never changes a measurement: a correction is another one.
//
// Start with [Characteristic], [Fold] and [Desk.Measure].
package quality

import (
	"encoding/json"
	"errors"
	"fmt"

	"zhigai/access"
	"zhigai/plant"
)

// ErrInvalid is what cannot be done, in words for the asker.
var ErrInvalid = errors.New("quality: not valid")

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}

// Stage says when parts are inspected.
type Stage string

// Stages of inspection.
const (
	Incoming  Stage = "incoming"
	InProcess Stage = "in_process"
	Final     Stage = "final"
	Outgoing  Stage = "outgoing"
)

// Kind of a document that is kept by revision.
type Kind string

// Kinds of documents.
const (
	KindCharacteristic Kind = "characteristic"
	KindLimits         Kind = "limits" // of a characteristic's chart
	KindNote           Kind = "note"   // on a chart
	KindGauge          Kind = "gauge"
	KindStudy          Kind = "study" // of a gauge
	KindLot            Kind = "lot"   // that was inspected
	KindCase           Kind = "case"  // of what does not conform
)

// Document is anything that the room keeps: each revision is a fact, and the newest
// one a row. Body is the thing itself.
type Document struct {
	Kind  Kind
	ID    string
	Rev   int64
	Place plant.NodeID
	Path  string // of the place when it was saved, by which it is seen
	Of    string // what it belongs to: the characteristic, or the gauge of a study
	Open  bool   // it still waits for somebody
	At    plant.Instant
	By    string
	Key   string // the sender's own: the same again is the same document
	Body  json.RawMessage
}

// Filter chooses documents. Zero fields do not filter, but kind and scope do.
type Filter struct {
	Scope  access.Scope
	Kind   Kind
	Of     string
	Open   bool
	Before string // id: those made before it
	Limit  int
}
