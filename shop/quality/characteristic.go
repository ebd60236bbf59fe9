package quality

import (
	"math"
	"slices"

	"zhigai/calc/capability"
	"zhigai/calc/sampling"
	"zhigai/calc/spc"
	"zhigai/plant"
)

// Charts that a characteristic may have. One of a variable is of single values or of
// subgroups, one of an attribute of nonconforming units or of nonconformities.
var (
	variableCharts  = []string{"imr", "xbar-r", "xbar-s"}
	attributeCharts = []string{"p", "np", "c", "u"}
)

// Characteristic is what is measured or judged of parts at a place, how it is asked
// for, and how it is charted: a line of an inspection plan.
type Characteristic struct {
	ID        string       `json:"id,omitempty"`
	Rev       int64        `json:"rev,omitempty" doc:"Revision that was seen; 0 for a new one"`
	Code      string       `json:"code" minLength:"1" maxLength:"40" doc:"On drawing or plan, as 3.1"`
	Name      plant.Name   `json:"name"`
	Place     plant.NodeID `json:"place" minLength:"1" maxLength:"60" doc:"Machine, line or site where it is inspected"`
	Path      string       `json:"path,omitempty" readOnly:"true"`
	PlaceName plant.Name   `json:"place_name,omitzero" readOnly:"true"`
	Item      string       `json:"item,omitempty" maxLength:"40" doc:"Product or material, by its code"`
	Operation int          `json:"operation,omitempty" minimum:"0" maximum:"9999" doc:"Segment of the routing"`
	Revision  int64        `json:"revision,omitempty" minimum:"0" doc:"Revision of the definition that the plan is for"`
	Stage     Stage        `json:"stage" enum:"incoming,in_process,final,outgoing"`
	Attribute bool         `json:"attribute,omitempty" doc:"It is judged, not measured"`
	Special   bool         `json:"special,omitempty" doc:"Key characteristic: safety, fit or law depend on it"`

	Unit     string   `json:"unit,omitempty" maxLength:"20"`
	Decimals int      `json:"decimals,omitempty" minimum:"0" maximum:"9"`
	LSL      *float64 `json:"lsl,omitempty"`
	USL      *float64 `json:"usl,omitempty"`
	Target   *float64 `json:"target,omitempty"`

	Size  int    `json:"size" minimum:"1" maximum:"1000" doc:"Values of a subgroup, or units of a sample"`
	Every string `json:"every,omitempty" maxLength:"60" doc:"How often, in words, as: every hour, first and last part"`
	// When it is measured by hand while a job is done; Every says it in words.
	EveryMinutes int  `json:"every_minutes,omitempty" minimum:"0" maximum:"100000" doc:"Minutes between measurements of a job; 0 is not by time"`
	EveryParts   int  `json:"every_parts,omitempty" minimum:"0" maximum:"1000000" doc:"Parts between measurements of a job; 0 is not by number"`
	FirstPiece   bool `json:"first_piece,omitempty" doc:"The first piece of a job is measured"`
	// Sampling of lots by attributes.
	Level string  `json:"level,omitempty" enum:"S-1,S-2,S-3,S-4,I,II,III," doc:"Level of inspection of GB/T 2828.1; without it lots are not sampled"`
	AQL   float64 `json:"aql,omitempty" minimum:"0" doc:"Nonconforming units per 100"`

	Chart string   `json:"chart" enum:"imr,xbar-r,xbar-s,p,np,c,u"`
	Rules []string `json:"rules" nullable:"false" maxItems:"20" doc:"Patterns that are signals: r1 to r4 of Western Electric, n1 to n8 of Nelson"`

	Gauge string `json:"gauge,omitempty" maxLength:"60" doc:"Id of the gauge"`
	Tag   string `json:"tag,omitempty" maxLength:"200" doc:"Signal of the machine that is the measured value: each new one is a measurement"`
	// Trigger is a counter of the machine: each time it rises the value known then is
	// a measurement, also one that is the same as before.
	Trigger string        `json:"trigger,omitempty" maxLength:"200" doc:"Counter of the machine that rises with each part"`
	From    plant.Instant `json:"from,omitempty" doc:"From when on what the machine measured is taken; a day back when left out"`
	Hold    bool          `json:"hold,omitempty" doc:"A point beyond the limits holds the order at hand"`
	Ended   bool          `json:"ended,omitempty"`
}

// Rule finds a rule by its name.
func Rule(name string) (spc.Rule, bool) {
	for _, set := range [][]spc.Rule{spc.WesternElectric, spc.Nelson} {
		for _, r := range set {
			if r.Name == name {
				return r, true
			}
		}
	}
	return spc.Rule{}, false
}

// rules that are switched on, and may be asked of such a chart.
func (c *Characteristic) rules() (out []spc.Rule) {
	for _, name := range c.Rules {
		if r, ok := Rule(name); ok {
			out = append(out, r)
		}
	}
	if c.Attribute {
		return spc.OfCounts(out)
	}
	return out
}

// Spec is what the values have to keep within.
func (c *Characteristic) Spec() capability.Spec {
	return capability.Spec{LSL: c.LSL, USL: c.USL, Target: c.Target}
}

// check says what of a characteristic cannot be, and how to mend it.
func (c *Characteristic) check() error {
	switch {
	case c.Code == "" || c.Name.ZH == "" && c.Name.EN == "":
		return invalid("a characteristic without a code or a name; give both")
	case !slices.Contains([]Stage{Incoming, InProcess, Final, Outgoing}, c.Stage):
		return invalid("stage %q; write incoming, in_process, final or outgoing", c.Stage)
	case c.EveryMinutes < 0 || c.EveryParts < 0:
		return invalid("every %d minutes, every %d parts; 0 is never", c.EveryMinutes, c.EveryParts)
	case c.Size < 1 || c.Size > 1000:
		return invalid("a subgroup of %d; 1 to 1000 values make one", c.Size)
	}
	for _, name := range c.Rules {
		if _, ok := Rule(name); !ok {
			return invalid("there is no rule %q; there are r1 to r4 and n1 to n8", name)
		}
	}
	if c.Level != "" {
		if _, err := sampling.For(1000, c.Level, c.AQL, sampling.Normal); err != nil {
			return invalid("%v", err)
		}
	}
	if c.Attribute {
		return c.checkAttribute()
	}
	return c.checkVariable()
}

func (c *Characteristic) checkAttribute() error {
	switch {
	case !slices.Contains(attributeCharts, c.Chart):
		return invalid("chart %q of what is judged; take p, np, c or u", c.Chart)
	case c.LSL != nil || c.USL != nil || c.Target != nil:
		return invalid("what is judged has no specification limits; leave them out")
	case c.Tag != "":
		return invalid("what is judged is not read of a machine; leave the signal out")
	}
	return nil
}

func (c *Characteristic) checkVariable() error {
	for what, v := range map[string]*float64{"lower limit": c.LSL, "upper limit": c.USL, "target": c.Target} {
		if v != nil && (math.IsNaN(*v) || math.IsInf(*v, 0)) {
			return invalid("the %s is %v; write a number", what, *v)
		}
	}
	switch {
	case !slices.Contains(variableCharts, c.Chart):
		return invalid("chart %q of what is measured; take imr, xbar-r or xbar-s", c.Chart)
	case c.LSL != nil && c.USL != nil && *c.LSL >= *c.USL:
		return invalid("the lower limit %v is not below the upper one %v; swap them", *c.LSL, *c.USL)
	case c.Chart == "imr" && c.Size != 1:
		return invalid("a chart of single values with subgroups of %d; take subgroups of 1, or xbar-r", c.Size)
	case c.Chart != "imr" && c.Size < 2:
		return invalid("a chart of means with single values; take subgroups of 2 or more, or imr")
	case c.Chart == "xbar-r" && c.Size > spc.MaxRange:
		return invalid("ranges of %d values; up to %d they are charted, beyond take xbar-s", c.Size, spc.MaxRange)
	case c.Trigger != "" && c.Tag == "":
		return invalid("a counter without a signal; name the signal that is the measured value")
	}
	return nil
}
