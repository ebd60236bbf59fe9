package process

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"zhigai/plant"
)

// State says how far a revision of a recipe came.
type State string

// States of a revision. One that is approved never changes: another takes its place.
const (
	Draft    State = "draft"
	Checked  State = "checked"
	Approved State = "approved"
	Retired  State = "retired"
)

// ways are the steps that may follow.
var ways = map[State][]State{
	Draft:    {Checked, Retired},
	Checked:  {Approved, Draft, Retired},
	Approved: {Retired},
}

// Recipe is one revision of the parameters by which an item is made at a machine.
type Recipe struct {
	ID         string        `json:"id,omitempty" readOnly:"true" doc:"Of this revision"`
	Series     string        `json:"series,omitempty" maxLength:"60" doc:"Of all revisions of the recipe; left out for a new recipe"`
	Revision   int           `json:"revision,omitempty" readOnly:"true" doc:"Counts from 1 within the series"`
	Rev        int64         `json:"rev,omitempty" doc:"Counts the changes of this revision; the one that was seen"`
	Item       string        `json:"item" minLength:"1" maxLength:"63" doc:"Code of the product"`
	Operation  int           `json:"operation,omitempty" minimum:"0" maximum:"9999" doc:"Number of the routing's segment; 0 for every one"`
	Place      plant.NodeID  `json:"place" minLength:"1" maxLength:"60" doc:"The machine, or a place around machines of one kind"`
	Profile    string        `json:"profile,omitempty" maxLength:"100" doc:"Kind of the machines; of a place that is a machine its own"`
	Path       string        `json:"path,omitempty" readOnly:"true"`
	PlaceName  plant.Name    `json:"place_name,omitzero" readOnly:"true"`
	State      State         `json:"state,omitempty" readOnly:"true" enum:"draft,checked,approved,retired"`
	From       plant.Instant `json:"from,omitempty" readOnly:"true" doc:"In effect from then on"`
	Parameters []Parameter   `json:"parameters" minItems:"1" maxItems:"100" nullable:"false"`
	Note       string        `json:"note,omitempty" maxLength:"1000" doc:"What is new in this revision"`
	Authors    []string      `json:"authors,omitempty" readOnly:"true" doc:"Who wrote it; none of them checks or approves it"`
	Steps      []Step        `json:"steps,omitempty" readOnly:"true"`
}

// Parameter is what one signal of the machine is to be.
type Parameter struct {
	Signal   string     `json:"signal" minLength:"1" maxLength:"100"`
	Title    plant.Name `json:"title,omitzero" readOnly:"true" doc:"Of the signal, as the kind of machine calls it"`
	Unit     string     `json:"unit,omitempty" readOnly:"true" doc:"Of the signal, UCUM; all numbers of the parameter are in it"`
	Target   float64    `json:"target"`
	Low      *float64   `json:"low,omitempty" doc:"Smallest value of the window; none when left out"`
	High     *float64   `json:"high,omitempty" doc:"Largest value of the window; none when left out"`
	Download bool       `json:"download,omitempty" doc:"It is set at the machine; others are watched only"`
	DelayS   int64      `json:"delay_s,omitempty" minimum:"0" maximum:"86400" doc:"How long it may be outside of its window before that is a deviation"`
}

// Step is what somebody did to a revision.
type Step struct {
	State State         `json:"state" enum:"draft,checked,approved,retired"`
	At    plant.Instant `json:"at"`
	By    string        `json:"by"`
	Note  string        `json:"note,omitempty"`
}

// windowed says whether something says how far the value may go.
func (p Parameter) windowed() bool { return p.Low != nil || p.High != nil }

// Outside says whether a value is outside of the window.
func (p Parameter) Outside(v float64) bool {
	return p.Low != nil && v < *p.Low || p.High != nil && v > *p.High
}

// check says what is wrong with a recipe for machines with these signals, and fills in
// what the signals are called.
func (r *Recipe) check(signals []Signal) error {
	r.Item, r.Note = strings.TrimSpace(r.Item), strings.TrimSpace(r.Note)
	switch {
	case r.Item == "" || len(r.Item) > 63:
		return invalid("a recipe is for an item: write the code of the product")
	case len(r.Note) > maxNote:
		return invalid("a note of %d bytes; %d are allowed", len(r.Note), maxNote)
	case len(r.Parameters) == 0 || len(r.Parameters) > maxParameters:
		return invalid("%d parameters; 1 to %d make a recipe", len(r.Parameters), maxParameters)
	}
	seen := map[string]bool{}
	for i := range r.Parameters {
		p := &r.Parameters[i]
		at := slices.IndexFunc(signals, func(s Signal) bool { return s.Name == p.Signal })
		switch {
		case at < 0:
			return invalid("parameter %d: %q is no signal of %s; choose one of the machine's", i+1, p.Signal, r.Profile)
		case seen[p.Signal]:
			return invalid("parameter %d: %s stands twice; take one of them away", i+1, p.Signal)
		}
		seen[p.Signal] = true
		p.Title, p.Unit = signals[at].Title, signals[at].Unit
		if err := p.check(signals[at]); err != nil {
			return err
		}
	}
	return nil
}

func (p *Parameter) check(s Signal) error {
	finite := func(v *float64) bool { return v == nil || !math.IsNaN(*v) && !math.IsInf(*v, 0) }
	switch {
	case !s.Number:
		return invalid("%s is a text; a parameter is a number", p.Signal)
	case !finite(&p.Target) || !finite(p.Low) || !finite(p.High):
		return invalid("%s: target and window are numbers", p.Signal)
	case p.Low != nil && p.High != nil && *p.Low > *p.High:
		return invalid("%s: the window begins at %v and ends at %v; exchange them", p.Signal, *p.Low, *p.High)
	case p.Outside(p.Target):
		return invalid("%s: the target %v is outside of its own window", p.Signal, p.Target)
	case p.DelayS < 0 || p.DelayS > int64(maxDelay.Seconds()):
		return invalid("%s: a delay of %d s; 0 to %d are allowed", p.Signal, p.DelayS, int64(maxDelay.Seconds()))
	case p.Download && !s.Writable:
		return invalid("%s cannot be set at this kind of machine; watch it only, or let its profile write it", p.Signal)
	case !p.Download && !p.windowed():
		return invalid("%s is neither set nor watched: give it a window, or let it be downloaded", p.Signal)
	case p.Download && (s.Min != nil && p.Target < *s.Min || s.Max != nil && p.Target > *s.Max):
		return invalid("%s: the machine does not take %v", p.Signal, p.Target)
	}
	return nil
}

// last is who did the newest step.
func (r *Recipe) last() Step { return r.Steps[len(r.Steps)-1] }

// fits says whether a recipe is for a machine.
func (r *Recipe) fits(m Machine) bool {
	return r.Place == m.ID || slices.Contains(m.Above, r.Place) && r.Profile == m.Profile
}

// Effective is the approved recipe by which an item is made at a machine at an
// instant: that of the machine itself before one of a place around it, of the
// operation before one of every operation, and of these the one that took effect
// last. It is nil without.
func Effective(all []Recipe, item string, operation int, m Machine, at plant.Instant) *Recipe {
	var best *Recipe
	rank := func(r *Recipe) (near, own int) {
		near = -1
		if r.Place != m.ID {
			near = -2 - slices.Index(m.Above, r.Place)
		}
		if r.Operation != 0 {
			own = 1
		}
		return near, own
	}
	for i := range all {
		r := &all[i]
		if r.Item != item || r.From == 0 || r.From > at || r.Operation != 0 && r.Operation != operation || !r.fits(m) || r.retiredAt() <= at {
			continue
		}
		if best != nil {
			near, own := rank(r)
			bestNear, bestOwn := rank(best)
			if cmp.Or(cmp.Compare(near, bestNear), cmp.Compare(own, bestOwn), cmp.Compare(r.From, best.From), r.Revision-best.Revision) <= 0 {
				continue
			}
		}
		best = r
	}
	return best
}

// retiredAt is when the revision was taken out of use; never while it is in use.
func (r *Recipe) retiredAt() plant.Instant {
	if r.State == Retired {
		return r.last().At
	}
	return math.MaxInt64
}

// Difference is one parameter that two revisions do not have alike.
type Difference struct {
	Signal string     `json:"signal"`
	Title  plant.Name `json:"title,omitzero"`
	Before *Parameter `json:"before,omitempty" doc:"None: it is new"`
	After  *Parameter `json:"after,omitempty" doc:"None: it is gone"`
}

// Differences of a revision from an earlier one, in the order of the later, what is
// gone last.
func Differences(before, after *Recipe) []Difference {
	out := []Difference{}
	find := func(r *Recipe, signal string) *Parameter {
		for i := range r.Parameters {
			if r.Parameters[i].Signal == signal {
				return &r.Parameters[i]
			}
		}
		return nil
	}
	for i := range after.Parameters {
		p := &after.Parameters[i]
		if was := find(before, p.Signal); was == nil || !was.same(*p) {
			out = append(out, Difference{p.Signal, p.Title, was, p})
		}
	}
	for i := range before.Parameters {
		if p := &before.Parameters[i]; find(after, p.Signal) == nil {
			out = append(out, Difference{p.Signal, p.Title, p, nil})
		}
	}
	return out
}

// same says whether two parameters ask the same of a machine.
func (p Parameter) same(o Parameter) bool {
	equal := func(a, b *float64) bool { return (a == nil) == (b == nil) && (a == nil || *a == *b) }
	return p.Target == o.Target && equal(p.Low, o.Low) && equal(p.High, o.High) && p.Download == o.Download && p.DelayS == o.DelayS
}
