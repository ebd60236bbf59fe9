package equipment

import (
	"reflect"
	"slices"
	"time"

	"zhigai/connect/profile"
	"zhigai/fact"
	"zhigai/plant"
)

// Names of signals that mean the same on every machine.
const (
	SignalProduct = "machine.product" // text: code of the product being made
	SignalOrder   = "machine.order"   // text: the registered order, empty for none
	SignalReason  = "stop.reason"     // the machine's own code for why it stands
)

// Value is what is known of a signal at one instant. A signal that is bad or
// was never heard is not Known.
type Value = profile.Value

// Decision is what rules make of the values.
type Decision struct {
	State State
	// Reason is the stop reason of the most urgent alarm that stands, if any.
	Reason string
}

// Rules turn the values of a machine's signals into its state. They are pure:
// the same values give the same decision. Decide may be called concurrently.
type Rules interface {
	// Inputs names the signals needed, in the order of Decide's values.
	Inputs() []string
	// Decide gives Unknown when a value it needs is not known.
	Decide(values []Value) Decision
	// Alarms calls yield for every alarm, most urgent first and each under the
	// same number always. One that needs a value that is not known is not known.
	Alarms(values []Value, yield func(no int, a profile.Alarm, stands, known bool))
}

// Kind is what a profile says of every machine of its kind.
type Kind struct {
	Profile string
	Version int
	Rules   Rules // nil: the state follows from the counters
	// Stateless rules know alarms only: the state follows from the counters.
	Stateless bool
	Counters  profile.Counters
	Reasons   map[int64]string // of stop.reason
	// Given are the device's parameters that have a say in this, as one word; ""
	// when none has.
	Given  string
	params []profile.Param
}

// Machine is all that a fold needs to know beyond the facts.
type Machine struct {
	Tenant   plant.TenantNo
	Node     plant.NodeID
	Path     string
	Name     plant.Name
	NC       bool
	Excluded bool // auxiliary: only its energy counts
	Cycles   []plant.Cycle
	Calendar plant.Calendar
	Kind     Kind
	Tags     map[string]*plant.Tag // by signal name
}

// tagNo is 0, which no tag has, for a signal without a tag.
func (m *Machine) tagNo(signal string) plant.TagNo {
	if tag, ok := m.Tags[signal]; ok {
		return tag.No
	}
	return 0
}

// Facts are what a machine's past is made of: the values of its signals by
// name, each list in order of time and possibly beginning with one value from
// before the range, and the events about it, in any order.
type Facts struct {
	Samples map[string][]plant.Sample
	Texts   map[string][]plant.Text
	Events  []fact.Event
}

// Limits of what a fact may reach. A fold looks back no further than these, so
// that one window never needs all of the past.
const (
	// maxReach is how long a person's stop reason, state or gap may last.
	maxReach = 7 * 24 * time.Hour
	// openReach is how long a stop reason without an end waits for the machine
	// to run again: a long weekend.
	openReach = 72 * time.Hour
)

// settleMargin is what a fold looks at beyond the micro stop threshold so that
// the neighbour of a short stretch is in sight.
const settleMargin = time.Second

// Settings are the plant's rules for folds.
type Settings struct {
	Classes *ClassTable
	Reasons *Reasons
}

// margin is how far outside a window facts can change what is inside it.
func (s Settings) margin() plant.Micros {
	return plant.Micros((s.Reasons.MicroStop + settleMargin).Microseconds())
}

// countWindow is how many cycles a machine whose state follows from its
// counter may be silent and still count as running; three lets one part be
// handled outside the cycle without a false stop.
const countWindow = 3

// Bounds of the derived silence, for cycles that are not known or absurd.
const (
	defaultCycle = time.Minute
	maxSilence   = time.Hour
)

// cycle is the planned run time per unit of a product at an instant, in ms.
func (m *Machine) cycle(product string, at plant.Micros) (int64, bool) {
	var any int64
	t := at.Time()
	for _, c := range m.Cycles {
		if c.PRUms <= 0 || !c.Valid.At(t) {
			continue
		}
		switch c.Product {
		case product:
			return c.PRUms, true
		case "*":
			any = c.PRUms
		}
	}
	return any, any > 0
}

// silence is how long after a part the machine counts as running.
func (m *Machine) silence(product string, at plant.Micros) plant.Micros {
	d := defaultCycle
	if pru, ok := m.cycle(product, at); ok {
		d = time.Duration(pru) * time.Millisecond
	}
	return plant.Micros(min(countWindow*d, maxSilence).Microseconds())
}

// same reports whether two readings of the plant say the same of a machine.
func (m *Machine) same(o *Machine) bool {
	a, b := *m, *o
	if a.Kind.Profile != b.Kind.Profile || a.Kind.Version != b.Kind.Version || a.Kind.Given != b.Kind.Given {
		return false
	}
	a.Kind, b.Kind = Kind{}, Kind{}
	return reflect.DeepEqual(a, b)
}

// counterOf lists the machine's counters by what they count.
func (m *Machine) counterOf() map[quantity]profile.Counter {
	out := map[quantity]profile.Counter{}
	for q, c := range map[quantity]*profile.Counter{
		good: m.Kind.Counters.Good, scrap: m.Kind.Counters.Scrap, rework: m.Kind.Counters.Rework,
		total: m.Kind.Counters.Total, energy: m.Kind.Counters.Energy,
	} {
		if c != nil && c.Signal != "" {
			out[q] = *c
		}
	}
	return out
}

// signals lists what a fold reads, without repetition: numbers and texts.
func (m *Machine) signals() []string {
	names := []string{plant.LinkTag, SignalReason, SignalProduct, SignalOrder}
	if m.Kind.Rules != nil {
		names = append(names, m.Kind.Rules.Inputs()...)
	}
	for _, c := range m.counterOf() {
		names = append(names, c.Signal)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// floorMs drops what is finer than a millisecond: boundaries of states and all
// durations are whole milliseconds, so that sums are exact.
func floorMs(t plant.Micros) plant.Micros {
	if r := t % 1000; r < 0 {
		return t - r - 1000
	} else {
		return t - r
	}
}
