package connect

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// ParseNumber reads a number that a device wrote as text: a decimal, or true,
// false, on, off as 1 and 0. What is none is [ErrMalformed]; a whole number that
// float64 cannot hold exactly is [ErrImprecise].
func ParseNumber(s string) (float64, error) {
	if s != "" && s[0] > '9' { // no number begins so; most texts are one
		switch strings.ToLower(s) {
		case "true", "on":
			return 1, nil
		case "false", "off":
			return 0, nil
		}
	}
	if i, err := strconv.ParseInt(s, 10, 64); err == nil {
		if i > maxWhole || i < -maxWhole {
			return 0, fmt.Errorf("%w: %d", ErrImprecise, i)
		}
		return float64(i), nil
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || strings.ContainsAny(s, "xX_") {
		return 0, fmt.Errorf("%w: %.40q is no number", ErrMalformed, s)
	}
	if f == math.Trunc(f) && math.Abs(f) > maxWhole && !strings.ContainsAny(s, "eE.nN") {
		return 0, fmt.Errorf("%w: %s", ErrImprecise, s)
	}
	return f, nil
}
