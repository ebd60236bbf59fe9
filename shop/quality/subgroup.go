package quality

import (
	"math"
	"strconv"
	"strings"

	"zhigai/plant"
)

// Subgroup is what was measured together, or what was found in a sample.
type Subgroup struct {
	ID      string        `json:"id"`
	At      plant.Instant `json:"at" doc:"When the last value was measured"`
	Entered plant.Instant `json:"entered,omitempty"`
	By      string        `json:"by" doc:"Who entered it, or the signal it was read from"`
	Values  []float64     `json:"values,omitempty" doc:"In the unit of the characteristic"`
	Found   float64       `json:"found,omitempty" doc:"Nonconforming units, or nonconformities"`
	Size    float64       `json:"size,omitempty" doc:"Units that were looked at"`
	Defects []Defect      `json:"defects,omitempty" doc:"What was found, by kind"`
	Order   string        `json:"order,omitempty" doc:"Number of the order at hand"`
	OrderID string        `json:"order_id,omitempty"`
	Lot     string        `json:"lot,omitempty"`
	Gauge   string        `json:"gauge,omitempty"`
	Note    string        `json:"note,omitempty"`
	Rules   []string      `json:"rules,omitempty" doc:"Rules that it broke when it came, by the limits in force then"`
	Key     string        `json:"-"`

	Withdrawn *Withdrawal `json:"withdrawn,omitempty" doc:"It was mistyped and counts no more"`
}

// Defect is a kind of nonconformity with how often it was found.
type Defect struct {
	Code  string `json:"code" maxLength:"60"`
	Count int64  `json:"count" minimum:"1"`
	Where string `json:"where,omitempty" maxLength:"60" doc:"Where on the part, in words"`
	Spot  *Spot  `json:"spot,omitempty" doc:"Where on a picture of the part"`
}

// Mean of the values, or the share or number that an attribute's chart shows.
func (s *Subgroup) mean() float64 {
	sum := 0.0
	for _, v := range s.Values {
		sum += v
	}
	return sum / float64(len(s.Values))
}

// check a subgroup against its characteristic.
func (s *Subgroup) check(c *Characteristic) error {
	if c.Attribute {
		switch {
		case !(s.Size > 0) || math.IsInf(s.Size, 0):
			return invalid("a sample of %v units; say how many were looked at", s.Size)
		case !(s.Found >= 0) || s.Found != math.Trunc(s.Found):
			return invalid("%v found; it is a whole number", s.Found)
		case (c.Chart == "p" || c.Chart == "np") && s.Found > s.Size:
			return invalid("%v nonconforming of %v units; there are fewer", s.Found, s.Size)
		case c.Chart == "np" && s.Size != float64(c.Size):
			return invalid("a sample of %v units; the chart np is of %d each time: look at as many, or chart p", s.Size, c.Size)
		case len(s.Values) > 0:
			return invalid("values of what is judged; give found and size")
		}
		sum := 0.0
		for _, d := range s.Defects {
			sum += float64(d.Count)
		}
		if sum > 0 && (c.Chart == "c" || c.Chart == "u") && sum != s.Found {
			return invalid("%v by kind, %v in all; they are equal", sum, s.Found)
		}
		return nil
	}
	if len(s.Values) != c.Size {
		return invalid("%d values; a subgroup of %s has %d", len(s.Values), c.Code, c.Size)
	}
	for i, v := range s.Values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return invalid("value %d is %v; measure again", i+1, v)
		}
	}
	return nil
}

// outside says whether a value is outside of the specification.
func (s *Subgroup) outside(c *Characteristic) bool {
	for _, v := range s.Values {
		if c.LSL != nil && v < *c.LSL || c.USL != nil && v > *c.USL {
			return true
		}
	}
	return false
}

// Summary is what subgroups of a stretch of time have in common: an envelope.
type Summary struct {
	At      plant.Instant `json:"at"`
	N       int64         `json:"n"`
	Mean    float64       `json:"mean"`
	Low     float64       `json:"low" doc:"Least statistic"`
	High    float64       `json:"high"`
	Flagged int64         `json:"flagged" doc:"Subgroups that broke a rule when they came"`
}

// Broken is a subgroup that broke rules when it came.
type Broken struct {
	ID    string        `json:"id"`
	At    plant.Instant `json:"at"`
	Rules []string      `json:"rules" nullable:"false"`
}

// SignalFilter chooses signals of a characteristic within [From, To).
type SignalFilter struct {
	Characteristic string
	From, To       plant.Instant
	Rule           string // "" for any
	// Only those before this one, in the order in which they are listed.
	Before *Broken
	Limit  int
}

// Place is where a signal stands in a list of them, as [BrokenAt] reads it.
func (b *Broken) Place() string { return strconv.FormatInt(int64(b.At), 10) + "." + b.ID }

// BrokenAt is the signal at a place of a list.
func BrokenAt(place string) (*Broken, error) {
	at, id, _ := strings.Cut(place, ".")
	n, err := strconv.ParseInt(at, 10, 64)
	if err != nil {
		return nil, invalid("%q is no place in a list of signals; take the one of the answer before", place)
	}
	return &Broken{ID: id, At: plant.Instant(n)}, nil
}

// SignalCount is how many subgroups broke a rule.
type SignalCount struct {
	Rule string `json:"rule"`
	N    int64  `json:"n"`
}
