package profile

import (
	"regexp"
	"regexp/syntax"
	"strings"
)

// Example is a text that the rule takes for its device: what a device that
// stands in for a real one answers. A serial number is the one given, when it
// fits.
func (i Identify) Example(serial string) string {
	if i.As == "serial" {
		if re, err := regexp.Compile(i.Match); err == nil && re.MatchString(serial) {
			return serial
		}
	}
	tree, err := syntax.Parse(i.Match, syntax.Perl)
	if err != nil {
		return ""
	}
	var out strings.Builder
	shortest(&out, tree.Simplify())
	return out.String()
}

// shortest writes the plainest text an expression matches: first alternatives,
// fewest repetitions.
func shortest(out *strings.Builder, re *syntax.Regexp) {
	switch re.Op {
	case syntax.OpLiteral:
		out.WriteString(string(re.Rune))
	case syntax.OpCharClass:
		if len(re.Rune) > 0 {
			out.WriteRune(max(re.Rune[0], min(re.Rune[1], '0')))
		}
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		out.WriteByte('0')
	case syntax.OpCapture, syntax.OpPlus:
		shortest(out, re.Sub[0])
	case syntax.OpRepeat:
		for range re.Min {
			shortest(out, re.Sub[0])
		}
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			shortest(out, sub)
		}
	case syntax.OpAlternate:
		shortest(out, re.Sub[0])
	}
}
