// Package document reads and writes the documents of MTConnect agents: what a
// device is (MTConnectDevices), what it said (MTConnectStreams), its assets
// (MTConnectAssets) and an agent's refusals (MTConnectError), as ANSI/MTC1.4
// Parts 1 to 4 define them, versions 1.2 to 2.x.
//
// It does no I/O of its own, keeps no clock and takes no side on what a value
// means. Documents are read by their element names whatever their namespace's
// version: new elements of later versions are passed over. Start with [Decode]
// and [Encode]; [Parts] divides a streamed answer, [Address] names a data item.
package document

import (
	"errors"
	"time"
)

// Kind is the root of a document.
type Kind string

const (
	Devices Kind = "MTConnectDevices"
	Streams Kind = "MTConnectStreams"
	Assets  Kind = "MTConnectAssets"
	Error   Kind = "MTConnectError"
)

// ErrDocument marks a text that is no MTConnect document.
var ErrDocument = errors.New("no MTConnect document")

// Limits of one document.
const (
	// MaxSize is the longest text that is read: a probe of a plant's agent with
	// 100 machines takes 10 MB.
	MaxSize = 32 << 20
	// maxDepth of elements: components within components end at ten.
	maxDepth = 64
	// maxThings bounds components, data items, observations, entries and assets.
	maxThings = 1 << 20
)

// Document is one answer of an agent. Which lists are filled follows from Kind.
type Document struct {
	Kind         Kind
	Version      string // of the namespace: 2.0
	Header       Header
	Devices      []Component // Type is Device or Agent
	Observations []Observation
	Assets       []Asset
	Errors       []Failure
}

// Header is what the agent says of itself and its buffer.
type Header struct {
	Sender, Version string
	// Instance changes whenever the agent starts with an empty buffer: sequence
	// numbers of another instance mean nothing.
	Instance     uint64
	Created      time.Time
	ModelChanged time.Time
	BufferSize   uint64
	// The numbers of the buffer's first and last observation and of the one to
	// ask for next; of streams alone.
	First, Last, Next       uint64
	AssetBuffer, AssetCount uint64
}

// Component is a device or a part of one.
type Component struct {
	Type, ID, Name, UUID string
	Description          *Description
	Items                []DataItem
	Components           []Component
}

// Description is the machine's plate.
type Description struct {
	Manufacturer, Model, Serial, Station, Text string
}

// Category says how values of a data item are to be taken.
type Category string

const (
	Sample    Category = "SAMPLE"
	Event     Category = "EVENT"
	Condition Category = "CONDITION"
)

// DataItem is one thing that a component tells.
type DataItem struct {
	ID, Name       string
	Category       Category
	Type, SubType  string // POSITION, ACTUAL
	Units          string // of the values the agent gives
	NativeUnits    string // of the values the machine gives to the agent
	Representation string // "" is VALUE
	Source         string // the adapter's name for it
}

// Observation is one value of a data item, of a streams document.
type Observation struct {
	Device    string // uuid
	Component string // its type
	Where     string // its id
	Category  Category
	Type      string // the element's name: Position, Execution; of a condition: SYSTEM
	SubType   string
	Item      string // id of the data item
	Name      string
	Sequence  uint64
	Time      time.Time
	// Value is the text between the tags; of a condition what it says to people.
	Value string
	// Of a condition: Normal, Warning, Fault or Unavailable, and the machine's
	// own codes. ID tells two conditions of one item apart where the version has it.
	Level, Code, Severity, Qualifier, ConditionID string
	Entries                                       []Entry // of data sets and tables
	Count                                         uint64  // of a time series, and of entries
	Rate                                          string  // Hz
	Duration                                      string  // s
	Reset                                         string  // why a set or count began anew
	AssetType                                     string
}

// Entry is one of a data set; Cells are those of a row of a table.
type Entry struct {
	Key, Value string
	Removed    bool
	Cells      []Entry
}

// Asset is something that belongs to no one machine: a cutting tool, a file, a
// fixture. Body is what is inside its element, as the agent sent it.
type Asset struct {
	Type, ID, Device string
	Time             time.Time
	Removed          bool
	Body             string
}

// Failure is an agent's refusal: OUT_OF_RANGE, NO_DEVICE ...
type Failure struct {
	Code, Text string
}

// OutOfRange is the code for a sequence number that the buffer does not hold.
const OutOfRange = "OUT_OF_RANGE"

// Unavailable is the value of what the agent knows nothing of.
const Unavailable = "UNAVAILABLE"

// Available reports whether the observation holds a value.
func (o *Observation) Available() bool {
	if o.Category == Condition {
		return o.Level != "Unavailable"
	}
	return o.Value != Unavailable
}
