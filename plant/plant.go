// Package plant holds the words every other room speaks: where a thing stands
// in the ISA-95 hierarchy, what a tag is, what a sample is and how far it can
// be trusted, when a shift begins.
//
// It uses the standard library only, does no I/O and never asks the clock.
// Start with [Model] (a whole plant at one instant), then [Tag] and [Sample].
package plant

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// TenantNo numbers the owner of data on one node. It leads every key of
// history; 1 is the first tenant a node creates.
type TenantNo uint32

// NodeID, DeviceID, ProductID and CalendarID are ULIDs: they stay when a thing
// is renamed or moved. Codes and paths are for people and may change.
type (
	NodeID     string
	DeviceID   string
	ProductID  string
	CalendarID string
)

// TagNo is the number history stores a tag by. It is given once and never
// used again for another tag of the tenant.
type TagNo uint32

// Name is what people read; Chinese is the first language.
type Name struct {
	ZH string `yaml:"zh" json:"zh"`
	EN string `yaml:"en,omitempty" json:"en,omitempty"`
}

// Level is an equipment level of ISA-95 (IEC 62264-1), outermost first.
type Level string

const (
	LevelEnterprise Level = "enterprise"
	LevelSite       Level = "site"
	LevelArea       Level = "area"
	LevelLine       Level = "line"      // work center
	LevelCell       Level = "cell"      // group inside a line
	LevelEquipment  Level = "equipment" // work unit: one machine
)

// Levels lists the levels from the outside in.
var Levels = []Level{LevelEnterprise, LevelSite, LevelArea, LevelLine, LevelCell, LevelEquipment}

// Depth is 0 for an enterprise and 5 for equipment, -1 for an unknown level.
func (l Level) Depth() int {
	for i, known := range Levels {
		if l == known {
			return i
		}
	}
	return -1
}

// Validity is the half-open time in which a fact about the plant holds.
// A zero From has always held, a zero To still holds.
type Validity struct {
	From time.Time `yaml:"from,omitempty" json:"from,omitzero"`
	To   time.Time `yaml:"to,omitempty" json:"to,omitzero"`
}

// At reports whether t lies in the validity.
func (v Validity) At(t time.Time) bool {
	return !t.Before(v.From) && (v.To.IsZero() || t.Before(v.To))
}

// Node is one element of the hierarchy. Levels may be left out on the way
// down, never turned round: a line may stand directly below a site.
type Node struct {
	ID       NodeID     `yaml:"id,omitempty" json:"id,omitempty"`
	Parent   NodeID     `yaml:"-" json:"parent,omitempty"`
	Path     string     `yaml:"path" json:"path"` // codes joined by "/", derived from the parents
	Level    Level      `yaml:"level" json:"level"`
	Name     Name       `yaml:"name" json:"name"`
	Calendar string     `yaml:"calendar,omitempty" json:"calendar,omitempty"` // code; inherited when empty
	Valid    Validity   `yaml:"valid,omitempty" json:"valid,omitzero"`
	Machine  *Equipment `yaml:"equipment,omitempty" json:"equipment,omitempty"` // only at LevelEquipment
}

// Code is the last element of the path.
func (n Node) Code() string { return n.Path[strings.LastIndexByte(n.Path, '/')+1:] }

// Equipment is what is known of a machine beyond its place.
type Equipment struct {
	Class   string `yaml:"class" json:"class"`     // lathe, grinder, furnace, robot, meter ...
	Profile string `yaml:"profile" json:"profile"` // id of the profile that reads it
	Device  Device `yaml:"device" json:"device"`
	// NC says that the machine has a digital controller (counts for the NC
	// rate); Excluded keeps auxiliary devices such as meters out of OEE and of
	// the networking rate.
	NC       bool    `yaml:"nc,omitempty" json:"nc,omitempty"`
	Excluded bool    `yaml:"excluded,omitempty" json:"excluded,omitempty"`
	Cycles   []Cycle `yaml:"cycles,omitempty" json:"cycles,omitempty"`
	// Tags override what the profile says of single tags.
	Tags []TagOverride `yaml:"tags,omitempty" json:"tags,omitempty"`
}

// Cycle is the planned run time per unit (PRU of ISO 22400-2) of a product on
// a machine. Product "*" holds for every product without a row of its own.
type Cycle struct {
	Product string   `yaml:"product" json:"product"`
	PRUms   int64    `yaml:"pru_ms" json:"pru_ms"`
	Valid   Validity `yaml:"valid,omitempty" json:"valid,omitzero"`
}

// Device is a profile plus an address: how a machine is reached.
type Device struct {
	ID      DeviceID          `yaml:"id,omitempty" json:"id,omitempty"`
	Driver  string            `yaml:"driver" json:"driver"`   // modbus-tcp, opcua, sparkplug, mqtt
	Address string            `yaml:"address" json:"address"` // as the driver reads it
	Params  map[string]string `yaml:"params,omitempty" json:"params,omitempty"`
	Serial  string            `yaml:"serial,omitempty" json:"serial,omitempty"`   // as the device said when it was adopted; tells a moved one from a new one
	Off     bool              `yaml:"off,omitempty" json:"off,omitempty"`         // not collected
	Writing bool              `yaml:"writing,omitempty" json:"writing,omitempty"` // off until switched on
}

// Reach is what two devices must not share at one time: both would be read from
// one machine. On one line several units may stand.
type Reach struct{ Driver, Address, Unit string }

// Reach tells the device from others on the wire. A parameter that is not
// written counts as its usual value.
func (d Device) Reach() Reach {
	var unit strings.Builder
	for _, p := range [...]struct{ name, usual string }{
		{"unit", "1"}, {"prefix", ""}, {"common_address", "1"}, {"route", "1,0"}, {"network", ""}, {"station", "255"}, {"multidrop", ""}, {"object", ""},
	} {
		v := d.Params[p.name]
		if p.name != "prefix" && p.name != "object" {
			v = strings.TrimLeft(v, "0")
		}
		if v != "" && v != p.usual {
			unit.WriteString(p.name + " " + v + " ")
		}
	}
	return Reach{d.Driver, strings.TrimSpace(d.Address), unit.String()}
}

// Product is something made; its code is what machines and orders report.
type Product struct {
	ID   ProductID `yaml:"id,omitempty" json:"id,omitempty"`
	Code string    `yaml:"code" json:"code"`
	Name Name      `yaml:"name" json:"name"`
}

// Model is a whole plant as it is valid at one instant, or its entire history
// when it comes from a file. Nodes stand parents first.
type Model struct {
	Nodes     []Node     `yaml:"nodes" json:"nodes"`
	Products  []Product  `yaml:"products,omitempty" json:"products"`
	Calendars []Calendar `yaml:"calendars,omitempty" json:"calendars"`
}

var code = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,62}$`)

// CheckPath reports what is wrong with a hierarchy path, or nil.
func CheckPath(path string) error {
	if len(path) > 400 {
		return fmt.Errorf("path of %d characters: 400 are allowed", len(path))
	}
	for part := range strings.SplitSeq(path, "/") {
		if !code.MatchString(part) {
			return fmt.Errorf("path %q: %q must be 1-63 of a-z 0-9 _ - and begin with a letter or digit", path, part)
		}
	}
	return nil
}

// ParentPath is the path without its last element, "" for an enterprise.
func ParentPath(path string) string {
	i := strings.LastIndexByte(path, '/')
	if i < 0 {
		return ""
	}
	return path[:i]
}

// Within reports whether path is scope itself or lies below it; the empty
// scope holds everything.
func Within(path, scope string) bool {
	return scope == "" || path == scope || strings.HasPrefix(path, scope+"/")
}
