// Package b2mml reads and writes documents of B2MML V7, the XML of ISA-95 between
// business systems and plants: schedules, performances, definitions and lots of
// operations.
//
// It is a pure codec: no I/O, no clock. A document is held against the structure
// of the schema before anything of it is believed: names, order, how often an
// element stands, words of the enumerations, instants, decimals. What does not
// fit is refused with its line. Extensions of other namespaces are refused too:
// what they say would be lost unseen.
//
// The structure is that of the schemas of B2MML V0700 (MESA International, 2018),
// written down in structure.txt. "The Business To Manufacturing Markup Language
// (B2MML) is used courtesy of MESA International."
//
// Start with [Decode]; structure.go is the check, document.go what is taken out.
package b2mml

import (
	"errors"
	"fmt"
	"time"
)

// Namespace of every element of B2MML V7.
const Namespace = "http://www.mesa.org/xml/B2MML"

// Bounds of a document: far more than a day of a plant needs.
const (
	MaxBytes = 8 << 20
	maxDepth = 64
	maxNodes = 500_000
)

// ErrInvalid is a document that is not as the schema says; the text has the line.
var ErrInvalid = errors.New("b2mml: not valid")

func invalid(line int, format string, args ...any) error {
	return fmt.Errorf("%w: line %d: %s", ErrInvalid, line, fmt.Sprintf(format, args...))
}

// Document is one of the four that are exchanged; the others are nil.
type Document struct {
	Schedule    *Schedule
	Performance *Performance
	Definition  *Definition
	Lot         *Lot
}

// roots are the documents that are read, with the type of the schema.
var roots = map[string]string{
	"OperationsSchedule": "OperationsScheduleType", "OperationsPerformance": "OperationsPerformanceType",
	"OperationsDefinition": "OperationsDefinitionType", "MaterialLot": "MaterialLotType",
}

// Decode reads a document. An instant without a zone is of zone; nil refuses it.
func Decode(raw []byte, zone *time.Location) (Document, error) {
	root, err := parse(raw)
	if err != nil {
		return Document{}, err
	}
	typ, ok := roots[root.name]
	if !ok {
		return Document{}, invalid(root.line, "<%s> is not read; send OperationsSchedule, OperationsPerformance, OperationsDefinition or MaterialLot", root.name)
	}
	if err := check(root, typ); err != nil {
		return Document{}, err
	}
	r := reader{zone: zone}
	var d Document
	switch root.name {
	case "OperationsSchedule":
		d.Schedule = r.schedule(root)
	case "OperationsPerformance":
		d.Performance = r.performance(root)
	case "OperationsDefinition":
		d.Definition = r.definition(root)
	case "MaterialLot":
		d.Lot = r.lot(root)
	}
	return d, r.err
}

// Schedule is an OperationsSchedule.
type Schedule struct {
	ID        string
	Published time.Time // zero when left out
	Requests  []Request
}

// Request is an OperationsRequest: an order.
type Request struct {
	Line        int
	ID          string
	Description string
	Place       string // of the hierarchy, outermost first, joined by "/"
	Start, End  time.Time
	Priority    string // decimal; "" when left out
	State       string // of RequestState; "" when left out
	Definition  string // OperationsDefinitionID
	Materials   []Material
}

// Material is a MaterialRequirement or a MaterialActual.
type Material struct {
	Line       int
	Definition string
	Lot        string
	Use        string // of MaterialUse
	Quantity   Quantity
}

// Quantity is an amount as it is written.
type Quantity struct {
	Value string
	Unit  string // "" when left out
}

// Performance is an OperationsPerformance.
type Performance struct {
	ID        string
	Schedule  string
	State     string // of ResponseState
	Published time.Time
	Responses []Response
}

// Response is an OperationsResponse: what was made of an order.
type Response struct {
	Line       int
	ID         string
	Request    string // OperationsRequestID
	Start, End time.Time
	Definition string
	State      string
	Segments   []SegmentResponse
}

// SegmentResponse is what was made in one segment of it.
type SegmentResponse struct {
	ID         string
	Segment    string // OperationsSegmentID
	Start, End time.Time
	Posted     time.Time
	State      string
	Data       []Datum
	Materials  []Material
}

// Datum is a SegmentData: a named value.
type Datum struct {
	ID, Value, Type, Unit string
}

// Definition is an OperationsDefinition.
type Definition struct {
	ID, Version string
	Description string
	Published   time.Time
	Bill        []BillItem
	Segments    []Segment
}

// BillItem is an OperationsMaterialBillItem.
type BillItem struct {
	Line     int
	Material string
	Quantity Quantity
}

// Segment is an OperationsSegment.
type Segment struct {
	Line        int
	ID          string
	Description string
	Duration    time.Duration
	Equipment   []string // ids of the EquipmentSpecifications
	Materials   []Material
	Parameters  []Datum
	After       []string // segments that it follows on
}

// Lot is a MaterialLot.
type Lot struct {
	Line        int // of the quantity
	ID          string
	Description string
	Material    string
	Status      string
	Storage     string
	Quantity    Quantity
}
