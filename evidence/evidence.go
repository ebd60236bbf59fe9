// Package evidence lets anyone check later that samples were not rewritten.
//
// The samples of one tag and one hour have canonical bytes; their hash is a
// leaf of the tag's day, and the days of all tags that anything was recorded
// for on one day are the leaves of that day's [Seal], which names the seal
// before it. Both trees are the Merkle trees of RFC 6962, section 2.1. A sample
// that comes late, or a correction, gives its tag-day a new leaf in the seal of
// the day it was recorded; what the older seal said stays provable.
//
// Days and hours are those of UTC, so that no calendar has to be known to check
// a seal. The package reads no clock and no store, keeps nothing, and never says
// that a sample is true: only that it is the one that was sealed. Start with
// [DayOf], then [NewSeal] and [Proof].
package evidence

import (
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"zhigai/plant"
)

// Errors of this package; test with errors.Is.
var (
	// ErrMismatch means that what is shown is not what was sealed.
	ErrMismatch = errors.New("evidence: not as it was sealed")
	// ErrMalformed means that what is shown is no evidence at all.
	ErrMalformed = errors.New("evidence: malformed")
	// ErrOrder means that samples do not rise in time, or are of another day.
	ErrOrder = errors.New("evidence: samples out of order")
)

const (
	hour = plant.Micros(3600 * 1e6)
	day  = 24 * hour
)

// Day is a day of UTC, in days since 1970-01-01.
type Day int32

// DayAt is the day in which the instant lies.
func DayAt(at plant.Micros) Day {
	d := at / day
	if at%day < 0 {
		d--
	}
	return Day(d)
}

// From is the first instant of the day.
func (d Day) From() plant.Micros { return plant.Micros(d) * day }

// To is the first instant behind the day.
func (d Day) To() plant.Micros { return d.From() + day }

// String writes 2026-11-28.
func (d Day) String() string { return d.From().Time().Format(time.DateOnly) }

// ParseDay reads what String writes.
func ParseDay(s string) (Day, error) {
	t, err := time.ParseInLocation(time.DateOnly, s, time.UTC)
	if err != nil {
		return 0, fmt.Errorf("%w: %q is no day; write 2026-11-28", ErrMalformed, s)
	}
	return DayAt(plant.MicrosOf(t)), nil
}

// MarshalText writes what String writes.
func (d Day) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what String writes.
func (d *Day) UnmarshalText(raw []byte) (err error) {
	*d, err = ParseDay(string(raw))
	return err
}

// Hash is a SHA-256.
type Hash [32]byte

// String writes it in hexadecimal digits.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// MarshalText writes what String writes.
func (h Hash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// ParseHash reads what String writes.
func ParseHash(s string) (h Hash, err error) {
	if n, err := hex.Decode(h[:], []byte(s)); err != nil || n != len(h) || len(s) != 2*len(h) {
		return Hash{}, fmt.Errorf("%w: %q is no SHA-256 in 64 hexadecimal digits", ErrMalformed, s)
	}
	return h, nil
}

// UnmarshalText reads what String writes.
func (h *Hash) UnmarshalText(raw []byte) (err error) {
	if len(raw) != 2*len(h) {
		return fmt.Errorf("%w: a SHA-256 has 64 hexadecimal digits, here are %d", ErrMalformed, len(raw))
	}
	*h, err = ParseHash(string(raw))
	return err
}

// Tag names a tag at every node and for ever: numbers differ between nodes, and
// paths can be renamed.
type Tag struct {
	Equipment plant.NodeID `json:"equipment"`
	Name      string       `json:"name"`
}

// TagOf is the name of the tag.
func TagOf(t plant.Tag) Tag { return Tag{Equipment: t.Node, Name: t.Name} }

// Compare orders tags by equipment, then name.
func (t Tag) Compare(o Tag) int {
	return cmp.Or(strings.Compare(string(t.Equipment), string(o.Equipment)), strings.Compare(t.Name, o.Name))
}
