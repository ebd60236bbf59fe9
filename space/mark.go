package space

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

var units = []struct {
	name  string
	bytes float64
}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40}}

// ParseMark reads a share of the disk (15%), an amount (2GiB), or both
// (15%,2GiB), of which the larger counts.
func ParseMark(s string) (Mark, error) {
	var m Mark
	for part := range strings.SplitSeq(s, ",") {
		part = strings.TrimSpace(part)
		if number, ok := strings.CutSuffix(part, "%"); ok {
			v, err := strconv.ParseFloat(number, 64)
			if err != nil || !(v > 0 && v < 100) || m.Share != 0 {
				return Mark{}, wrongMark(s)
			}
			m.Share = v / 100
			continue
		}
		bytes, ok := parseBytes(part)
		if !ok || m.Bytes != 0 {
			return Mark{}, wrongMark(s)
		}
		m.Bytes = bytes
	}
	return m, nil
}

func parseBytes(s string) (uint64, bool) {
	for _, u := range units {
		number, ok := strings.CutSuffix(s, u.name)
		if !ok {
			continue
		}
		v, err := strconv.ParseFloat(number, 64)
		if err != nil || !(v > 0) || v*u.bytes >= math.MaxInt64 {
			return 0, false
		}
		return uint64(v * u.bytes), true
	}
	return 0, false
}

func wrongMark(s string) error {
	return fmt.Errorf("free room %q: write a share of the disk, an amount, or both, such as 15%%, 2GiB or 15%%,2GiB", s)
}

// UnmarshalText reads what ParseMark does.
func (m *Mark) UnmarshalText(text []byte) (err error) {
	*m, err = ParseMark(string(text))
	return err
}
