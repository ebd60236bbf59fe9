package health

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"zhigai/calc/vibration"
	"zhigai/plant"
)

// ErrInvalid is what cannot be done, in words for the asker.
var ErrInvalid = errors.New("health: not valid")

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}

// Point is a measuring point: where on a machine vibration is taken, which bearing
// it hears, and where its speed is to be had.
type Point struct {
	ID      string       `json:"id" readOnly:"true"`
	Machine plant.NodeID `json:"equipment,omitempty" maxLength:"60" doc:"The machine that is measured; that of the tag when left out: a recorder has sensors on many"`
	Path    string       `json:"path" readOnly:"true" doc:"Of the machine"`
	Name    plant.Name   `json:"name"`
	Tag     plant.TagNo  `json:"tag" doc:"Of the windows of acceleration"`
	Unit    string       `json:"unit,omitempty" readOnly:"true" doc:"Of the tag"`
	Speed   plant.TagNo  `json:"speed_tag,omitempty" doc:"Of the shaft's speed in revolutions per minute; 0 where the speed is fixed"`
	RPM     float64      `json:"rpm,omitempty" minimum:"0" maximum:"200000" doc:"Fixed speed, where no tag tells it"`
	Bearing string       `json:"bearing" minLength:"1" maxLength:"80" doc:"Name in the catalogue, or number of elements, their diameter, pitch diameter and contact angle as 9,7.94,39.04,0"`
	Teeth   int          `json:"teeth,omitempty" minimum:"0" maximum:"1000" doc:"Of the gear on this shaft; 0 for none"`
	// Temperature and Current are looked at together with the vibration.
	Temperature plant.TagNo   `json:"temperature_tag,omitempty" doc:"Of the bearing or housing, °C; 0 where nobody measures it"`
	Current     plant.TagNo   `json:"current_tag,omitempty" doc:"Of the motor, A; 0 where nobody measures it"`
	Group       string        `json:"group,omitempty" maxLength:"40" doc:"Of ISO 20816-3, to judge the velocity by"`
	Ended       bool          `json:"ended,omitempty" doc:"Nobody measures there any more"`
	Rev         int64         `json:"rev" doc:"Revision that was seen; 0 of a new one"`
	By          string        `json:"by" readOnly:"true"`
	At          plant.Instant `json:"at" readOnly:"true" doc:"When it was saved"`
}

// Limits of what people enter.
const (
	maxName  = 100
	maxRPM   = 200_000
	maxTeeth = 1000
)

// check refuses a point that cannot be measured at.
func (p *Point) check(catalogue *Catalogue, zones *Zones) error {
	p.Name.ZH, p.Name.EN = strings.TrimSpace(p.Name.ZH), strings.TrimSpace(p.Name.EN)
	switch {
	case p.Name.ZH == "" || len(p.Name.ZH) > maxName || len(p.Name.EN) > maxName:
		return invalid("a measuring point needs a Chinese name of at most %d bytes", maxName)
	case !(p.RPM >= 0 && p.RPM <= maxRPM) || math.IsNaN(p.RPM):
		return invalid("a speed of %v revolutions per minute; 0 to %d are possible", p.RPM, maxRPM)
	case p.Teeth < 0 || p.Teeth == 1 || p.Teeth > maxTeeth:
		return invalid("a gear of %d teeth; 2 to %d are possible, 0 for none", p.Teeth, maxTeeth)
	case p.RPM > 0 && p.Speed != 0:
		return invalid("a fixed speed and a tag of the speed; say one of them")
	}
	if _, err := catalogue.Find(p.Bearing); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if p.Group != "" {
		if _, ok := zones.Group(p.Group); !ok {
			return invalid("no group %q of %s", p.Group, zones.Standard)
		}
	}
	return nil
}

// Source is where the facts of a point come from.
func (p Point) Source() string { return "health-point:" + p.ID }

// perMS2 is what a value in a unit is in m/s²; false of what is no acceleration.
func perMS2(unit string) (float64, bool) {
	switch strings.ToLower(strings.NewReplacer("²", "2", "^", "", " ", "").Replace(unit)) {
	case "m/s2":
		return 1, true
	case "mm/s2":
		return 0.001, true
	case "g", "gn":
		return standardGravity, true
	}
	return 0, false
}

// standardGravity in m/s² (ISO 80000-3).
const standardGravity = 9.80665

// ReadingVersion is of what makes a reading of a window: another one makes them
// anew.
const ReadingVersion = 2

// Reading is what one window says of a point. It is derived from the window and
// can be made again at any time.
type Reading struct {
	At       plant.Instant       `json:"at" doc:"First value of the window"`
	Version  int                 `json:"version" doc:"Of the analysis"`
	Quality  string              `json:"quality" doc:"Of the window; one that is bad has no figures"`
	RateHz   float64             `json:"rate_hz,omitempty"`
	Count    int                 `json:"count,omitempty"`
	RPM      *float64            `json:"rpm" doc:"Null when nobody knows"`
	Features *vibration.Features `json:"features" doc:"In the unit of the tag; null of a window without values or of a dead sensor"`
	Velocity *float64            `json:"velocity_rms_mm_s" doc:"Null when the tag's unit is no acceleration"`
	Zone     Zone                `json:"zone,omitempty"`
	Verdict  string              `json:"verdict" doc:"inner, outer, ball, cage, healthy or uncertain"`
	Findings []vibration.Finding `json:"findings" nullable:"false"`
	Warnings []vibration.Warning `json:"warnings" nullable:"false"`
	Band     *vibration.Band     `json:"band" doc:"Of the envelope that shows most"`
	// ShaftLooked says whether shaft and gear were looked at; Candidates is what they
	// may have.
	ShaftLooked bool                  `json:"shaft_looked,omitempty"`
	Candidates  []vibration.Candidate `json:"candidates,omitempty"`
	Temperature *float64              `json:"temperature,omitempty" doc:"°C, when the window began; absent where nobody knows"`
	Current     *float64              `json:"current,omitempty" doc:"A"`
}

// Element is what the reading names as bad; "" when it names nothing.
func (r Reading) Element() vibration.Element {
	switch r.Verdict {
	case vibration.Healthy, vibration.Uncertain, "":
		return ""
	}
	return vibration.Element(r.Verdict)
}

// deaf says whether nothing could be heard: no values, or a sensor that is not to
// be believed.
func (r Reading) deaf() bool {
	if r.Features == nil {
		return true
	}
	for _, w := range r.Warnings {
		if w.Code == vibration.DeadSensor || w.Code == vibration.Clipped {
			return true
		}
	}
	return false
}

// candidate is the fault of shaft or gear that a window may be called by; "" without.
func (r Reading) candidate() vibration.Fault {
	if len(r.Candidates) > 0 && r.Candidates[0].Confidence >= vibration.Named {
		return r.Candidates[0].Fault
	}
	return ""
}
