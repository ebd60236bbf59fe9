package material

import (
	"strings"

	"zhigai/plant"
)

// Tracking says how single pieces of an item are told apart.
type Tracking string

// Ways to tell them apart.
const (
	Untracked Tracking = "none"   // grease, oil: one heap in each place
	ByLot     Tracking = "lot"    // steel of one heat, rings of one furnace load
	BySerial  Tracking = "serial" // each has a number of its own
)

// Item is something that is kept: a product or what is bought (B2MML
// MaterialDefinition).
type Item struct {
	Code     string     `json:"code" minLength:"1" maxLength:"63" pattern:"^[A-Za-z0-9][A-Za-z0-9._-]*$" doc:"As bills of materials call it"`
	Name     plant.Name `json:"name"`
	Unit     string     `json:"unit" minLength:"1" maxLength:"20" doc:"UCUM; {piece} for pieces. It never changes once something was booked"`
	Tracking Tracking   `json:"tracking" enum:"none,lot,serial"`
	// Reorder and Target say when, and up to how much, is bought again.
	Reorder   plant.Quantity `json:"reorder_point,omitempty" doc:"What is free at which it is bought again; 0 for none"`
	Target    plant.Quantity `json:"target_stock,omitempty" doc:"Up to how much is bought then; the reorder point when left out"`
	ShelfDays int            `json:"shelf_days,omitempty" minimum:"0" maximum:"36500" doc:"Days from receipt or making to expiry; 0 for none"`
	Off       bool           `json:"off,omitempty" doc:"No longer kept"`
	Rev       int64          `json:"rev" doc:"Counts the changes"`
}

// Check says what is wrong with an item by itself.
func (i *Item) Check() error {
	i.Code, i.Unit = strings.TrimSpace(i.Code), strings.TrimSpace(i.Unit)
	switch {
	case !codePattern.MatchString(i.Code):
		return invalid("item %.70q: a code has 1 to %d letters, digits and . _ - and begins with a letter or digit", i.Code, maxCode)
	case i.Name.ZH == "" && i.Name.EN == "":
		return invalid("item %s: the name is missing", i.Code)
	case len(i.Name.ZH) > maxName || len(i.Name.EN) > maxName:
		return invalid("item %s: a name of more than %d bytes", i.Code, maxName)
	case i.Unit == "" || len(i.Unit) > 20:
		return invalid("item %s: the unit is missing; write {piece} for pieces, kg, m …", i.Code)
	case i.Tracking != Untracked && i.Tracking != ByLot && i.Tracking != BySerial:
		return invalid("item %s: tracking %q; write none, lot or serial", i.Code, i.Tracking)
	case i.Reorder < 0 || i.Target < 0 || i.Target > 0 && i.Target < i.Reorder:
		return invalid("item %s: a reorder point of %s and a target of %s; neither is below 0, and the target is no less than the reorder point", i.Code, i.Reorder, i.Target)
	case i.ShelfDays < 0 || i.ShelfDays > 36500:
		return invalid("item %s: a shelf life of %d days; 0 to 36500 are allowed", i.Code, i.ShelfDays)
	}
	return nil
}

// LocationKind says what a location is for.
type LocationKind string

// Kinds of locations.
const (
	Warehouse   LocationKind = "warehouse"
	Supermarket LocationKind = "supermarket" // between stations, filled by kanban
	LineSide    LocationKind = "line_side"   // what machines use up
	Quarantine  LocationKind = "quarantine"  // nothing is taken from here
)

// Location is where material lies; locations form a tree by their codes.
type Location struct {
	Code string       `json:"code" minLength:"1" maxLength:"400" pattern:"^[a-z0-9][a-z0-9_-]*(/[a-z0-9][a-z0-9_-]*)*$" doc:"With those around it before it: main/a/03"`
	Name plant.Name   `json:"name"`
	Kind LocationKind `json:"kind" enum:"warehouse,supermarket,line_side,quarantine"`
	Node plant.NodeID `json:"node" minLength:"1" maxLength:"60" doc:"Node of the plant where it is: a site, an area, a line, or the machine that it feeds"`
	Path string       `json:"path,omitempty" readOnly:"true" doc:"Of the node, as it was when the location was saved"`
	Off  bool         `json:"off,omitempty" doc:"Nothing is brought here any more"`
	Rev  int64        `json:"rev" doc:"Counts the changes"`
}

// Check says what is wrong with a location by itself.
func (l *Location) Check() error {
	l.Code = strings.Trim(strings.TrimSpace(l.Code), "/")
	switch {
	case len(l.Code) > 400 || !locationPattern.MatchString(l.Code):
		return invalid("location %.80q: 1 to 6 parts of small letters, digits, _ and -, parted by /", l.Code)
	case l.Name.ZH == "" && l.Name.EN == "":
		return invalid("location %s: the name is missing", l.Code)
	case len(l.Name.ZH) > maxName || len(l.Name.EN) > maxName:
		return invalid("location %s: a name of more than %d bytes", l.Code, maxName)
	case l.Kind != Warehouse && l.Kind != Supermarket && l.Kind != LineSide && l.Kind != Quarantine:
		return invalid("location %s: kind %q; write warehouse, supermarket, line_side or quarantine", l.Code, l.Kind)
	case l.Node == "":
		return invalid("location %s: say at which node of the plant it is", l.Code)
	}
	return nil
}
