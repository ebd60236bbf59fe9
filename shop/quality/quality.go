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
	"errors"
	"fmt"

	"zhigai/fact/document"
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

// Kind, Document and Filter are what the room keeps by revision.
type (
	Kind     = document.Kind
	Document = document.Document
	Filter   = document.Filter
)

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
