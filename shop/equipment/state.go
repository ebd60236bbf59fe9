package equipment

import (
	"fmt"
	"strings"
)

// Item is the state of a machine as an item (OPC UA for Machinery,
// MachineryItemState).
type Item uint8

const (
	NotAvailable Item = iota // off or saving energy
	OutOfService             // error, blocked: cannot work
	NotExecuting             // able, but waits
	Executing                // does its job
)

// Mode is what a machine is used for (OPC UA for Machinery,
// MachineryOperationMode).
type Mode uint8

const (
	ModeNone Mode = iota
	Maintenance
	Setup
	Processing
)

var (
	itemNames = [...]string{"NOT_AVAILABLE", "OUT_OF_SERVICE", "NOT_EXECUTING", "EXECUTING"}
	modeNames = [...]string{"NONE", "MAINTENANCE", "SETUP", "PROCESSING"}
)

func (i Item) String() string { return itemNames[i&3] }
func (m Mode) String() string { return modeNames[m&3] }

// State is what a machine does. The zero State is [Unknown]: no data is never
// running and never stopped.
type State struct {
	Known bool
	Item  Item
	Mode  Mode
}

// Unknown is the state of a machine nobody hears.
var Unknown = State{}

// Of is a known state.
func Of(i Item, m Mode) State { return State{Known: true, Item: i, Mode: m} }

// String is EXECUTING/PROCESSING or UNKNOWN.
func (s State) String() string {
	if !s.Known {
		return "UNKNOWN"
	}
	return s.Item.String() + "/" + s.Mode.String()
}

// ParseState reads the names that profiles and people write.
func ParseState(item, mode string) (State, error) {
	if item == "UNKNOWN" {
		return Unknown, nil
	}
	s := State{Known: true}
	found := false
	for i, name := range itemNames {
		if name == item {
			s.Item, found = Item(i), true
		}
	}
	if !found {
		return Unknown, fmt.Errorf("item state %q; write one of %s", item, strings.Join(itemNames[:], ", "))
	}
	found = false
	for i, name := range modeNames {
		if name == mode {
			s.Mode, found = Mode(i), true
		}
	}
	if !found {
		return Unknown, fmt.Errorf("operation mode %q; write one of %s", mode, strings.Join(modeNames[:], ", "))
	}
	return s, nil
}

// MarshalText makes the state one word of JSON.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (s *State) UnmarshalText(raw []byte) error {
	item, mode, _ := strings.Cut(string(raw), "/")
	var err error
	*s, err = ParseState(item, mode)
	return err
}

// stopped reports whether the machine is known to stand: it neither works nor
// is it being set up.
// Runs reports whether the machine does its job.
func (s State) Runs() bool { return s.Known && s.Item == Executing }

func (s State) stopped() bool { return s.Known && s.Item != Executing && s.Mode != Setup }
