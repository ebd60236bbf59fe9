package plant

import "time"

// TagKind says what values a tag takes.
type TagKind string

const (
	KindNumber      TagKind = "number"
	KindBoolean     TagKind = "boolean"
	KindEnumeration TagKind = "enumeration" // an integer code with names
	KindText        TagKind = "text"
	KindWaveform    TagKind = "waveform"
)

// Retention says how long raw samples of a tag are kept.
type Retention string

const (
	RetainShort    Retention = "short"    // 30 days: live tuning, noise
	RetainStandard Retention = "standard" // 400 days: a year and a month to compare with it
	RetainLong     Retention = "long"     // 10 years: counters, states, energy, anything a figure rests on
)

// Days is how long the class keeps raw samples.
func (r Retention) Days() int {
	switch r {
	case RetainShort:
		return 30
	case RetainLong:
		return 3653
	}
	return 400
}

// Tag is one named quantity of a machine.
type Tag struct {
	No        TagNo          `json:"no"`
	Node      NodeID         `json:"node"` // the equipment it belongs to
	Path      string         `json:"path"` // equipment path + "/" + name
	Name      string         `json:"name"` // neutral vocabulary: spindle.speed, count.good, energy.active
	Title     Name           `json:"title"`
	Kind      TagKind        `json:"kind"`
	Unit      string         `json:"unit,omitempty"` // UCUM; "" for pure numbers
	Min       *float64       `json:"min,omitempty"`  // outside of it a value is bad
	Max       *float64       `json:"max,omitempty"`
	Retention Retention      `json:"retention"`
	Values    map[int64]Name `json:"values,omitempty"` // names of an enumeration's codes
	Silence   time.Duration  `json:"silence"`          // longest silence after which it is not known any more
}

// TagOverride replaces single properties that the profile gives a tag.
type TagOverride struct {
	Name      string    `yaml:"name" json:"name"`
	Min       *float64  `yaml:"min,omitempty" json:"min,omitempty"`
	Max       *float64  `yaml:"max,omitempty" json:"max,omitempty"`
	Deadband  *float64  `yaml:"deadband,omitempty" json:"deadband,omitempty"`
	Retention Retention `yaml:"retention,omitempty" json:"retention,omitempty"`
}

// LinkTag is the name of the tag every device carries beside its profile's:
// an enumeration, 1 while the device answers and 0 when contact is lost. The
// collector renews 1 at least every [LinkRenewal], so that a process that
// died leaves no machine looking alive: knowledge ends [LinkSilence] after
// the last renewal.
const LinkTag = "link.state"

const (
	LinkRenewal = 5 * time.Second
	LinkSilence = 15 * time.Second // three renewals: one lost write is no gap
)
