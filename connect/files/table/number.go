package table

import "strings"

// Decimal gives a number as programs write it for one as people do: with a
// decimal comma where comma is set, and with groups of three digits apart. What
// is no such number comes back as it is.
func Decimal(cell string, comma bool) string {
	group, point := ",", "."
	if comma {
		group, point = ".", ","
	}
	s := strings.NewReplacer("\u00a0", "", "\u202f", "", " ", "").Replace(cell)
	whole, fraction, hasFraction := strings.Cut(s, point)
	if strings.Contains(fraction, group) || !grouped(whole, group) {
		return cell
	}
	s = strings.ReplaceAll(whole, group, "")
	if hasFraction {
		s += "." + fraction
	}
	return s
}

// grouped reports whether the groups of a whole number, if there are any, have
// three digits each but for the first: 1,234,567 and not 12,34.
func grouped(whole, group string) bool {
	parts := strings.Split(strings.TrimLeft(whole, "+-"), group)
	for i, p := range parts {
		if len(parts) > 1 && (len(p) > 3 || len(p) == 0 || i > 0 && len(p) != 3) {
			return false
		}
	}
	return true
}
