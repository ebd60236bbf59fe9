package energy

import (
	"fmt"
	"strconv"
	"strings"
)

// part is a meter in a formula, and how often it counts.
type part struct {
	code   string
	factor float64
}

// parseFormula reads sums and differences of meters, each with a number in front of
// it or behind it: main - hall, 0.5 * main + 0.5 * hall. Amounts of one unit can be
// added up; nothing else of them is an amount, so that nothing else is read.
func parseFormula(text string) ([]part, error) {
	var out []part
	rest := strings.TrimSpace(text)
	for rest != "" {
		sign := 1.0
		if rest[0] == '+' || rest[0] == '-' {
			if rest[0] == '-' {
				sign = -1
			}
			rest = strings.TrimSpace(rest[1:])
		}
		end := strings.IndexAny(rest, "+-")
		if end < 0 {
			end = len(rest)
		}
		p, err := parsePart(rest[:end])
		if err != nil {
			return nil, err
		}
		p.factor *= sign
		out, rest = append(out, p), strings.TrimSpace(rest[end:])
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("an empty formula; write the meters that are added up")
	}
	return out, nil
}

func parsePart(text string) (part, error) {
	p := part{factor: 1}
	for piece := range strings.SplitSeq(text, "*") {
		piece = strings.TrimSpace(piece)
		v, err := strconv.ParseFloat(piece, 64)
		switch {
		case err == nil:
			p.factor *= v
		case p.code == "" && meterCode.MatchString(piece):
			p.code = piece
		default:
			return p, fmt.Errorf("%q is no meter with a number; write 0.5 * code", strings.TrimSpace(text))
		}
	}
	if p.code == "" {
		return p, fmt.Errorf("%q names no meter", strings.TrimSpace(text))
	}
	return p, nil
}
