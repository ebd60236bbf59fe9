package plant

import (
	"math"
	"time"
)

// Micros is an instant in UTC, microseconds since 1970. Microseconds keep
// every sample of a 1 MHz source apart and fit an int64 for 292,000 years.
type Micros int64

// MicrosOf converts t, dropping what is finer than a microsecond.
func MicrosOf(t time.Time) Micros { return Micros(t.UnixMicro()) }

// Time is the instant in UTC.
func (m Micros) Time() time.Time { return time.UnixMicro(int64(m)).UTC() }

// Quality says how far a sample can be trusted: a class in the two high bits
// and a reason in the six low ones.
type Quality uint8

const (
	Good      Quality = 0x00
	Uncertain Quality = 0x40
	Bad       Quality = 0x80
	classMask Quality = 0xC0
)

// Reasons, to be joined with a class: Bad | NotConnected.
const (
	NotConnected Quality = iota + 1 // contact with the device is lost
	OutOfRange                      // outside the tag's physical range
	Stale                           // no answer within the longest silence
	Substituted                     // a person's or rule's value in place of the device's
	NotANumber                      // NaN or infinity
	Sentinel                        // the device's own "no value" code
	Refused                         // the device answered with an error
	Malformed                       // the answer could not be decoded
	Imprecise                       // an integer beyond ±2^53, not exact as a number
	Clock                           // source clock not to be believed; our time is kept
	TooLong                         // text beyond the limit
	Unconfigured                    // address or type does not exist on the device
	NotKept                         // left out on purpose: the disk was low and the tag's class gave way
	NotAvailable                    // the device answers, and says that it does not know the value
)

var reasonNames = [...]string{
	"", "not_connected", "out_of_range", "stale", "substituted", "not_a_number",
	"sentinel", "refused", "malformed", "imprecise", "clock", "too_long", "unconfigured", "not_kept", "not_available",
}

// Class is Good, Uncertain or Bad.
func (q Quality) Class() Quality { return q & classMask }

// IsBad reports whether there is no usable value.
func (q Quality) IsBad() bool { return q.Class() >= Bad }

// Reason is the part that says why, 0 when nothing is to be said.
func (q Quality) Reason() Quality { return q &^ classMask }

// String is "good", "uncertain:clock", "bad:out_of_range" and so on: the form
// of the API, of exports and of the screen.
func (q Quality) String() string {
	s := "good"
	switch q.Class() {
	case Uncertain:
		s = "uncertain"
	case Bad, classMask:
		s = "bad"
	}
	if r := q.Reason(); r > 0 {
		if int(r) < len(reasonNames) {
			return s + ":" + reasonNames[r]
		}
		return s + ":unknown"
	}
	return s
}

// ParseQuality reads what String writes.
func ParseQuality(s string) (Quality, bool) {
	for c := range 3 {
		for r := range reasonNames {
			if q := Quality(c)<<6 | Quality(r); q.String() == s {
				return q, true
			}
		}
	}
	return 0, false
}

// Sample is one value of a number, boolean (0, 1) or enumeration (code) tag.
// Of a bad sample Value holds no number but the device's raw bytes, see
// [BadSample].
type Sample struct {
	Tag     TagNo
	Quality Quality
	Time    Micros
	Value   float64
}

// BadSample is a marker in place of a value, with up to the first 8 raw bytes
// as the device sent them.
func BadSample(tag TagNo, at Micros, reason Quality, raw []byte) Sample {
	var bits uint64
	for i := range min(len(raw), 8) {
		bits |= uint64(raw[i]) << (56 - 8*i)
	}
	return Sample{Tag: tag, Time: at, Quality: Bad | reason.Reason(), Value: math.Float64frombits(bits)}
}

// Raw is the eight bytes that a bad sample carries.
func (s Sample) Raw() uint64 { return math.Float64bits(s.Value) }

// MaxText is the longest text a sample carries, in bytes: program names,
// alarm texts and part marks are far shorter, and a text that grows without
// end must not fill the disk.
const MaxText = 4096

// Text is one value of a text tag.
type Text struct {
	Tag     TagNo
	Quality Quality
	Time    Micros
	Value   string
}

// Batch is what is appended at once: it becomes durable together or not at all.
type Batch struct {
	Samples []Sample
	Texts   []Text
}

// Len counts both kinds.
func (b Batch) Len() int { return len(b.Samples) + len(b.Texts) }
