package table

import (
	"math/big"
	"strconv"
	"strings"
)

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

// Plain takes groups, spaces, an apostrophe, signs of money and full width out of
// a number as people write it into sheets.
func Plain(cell string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '０' && r <= '９':
			return r - '０' + '0'
		case r == '．':
			return '.'
		case r == '－':
			return '-'
		case r == ',' || r == '，' || r == ' ' || r == '\u00a0' || r == '\'' || r == '¥' || r == '￥':
			return -1
		}
		return r
	}, cell)
}

const (
	maxDigits   = 30 // letters of a number: more are none that a person wrote
	maxExponent = 20
)

// Scaled is a decimal of num/den of the unit that is kept, rounded half away from
// zero; not ok when it is none or beyond most.
func Scaled(text string, num, den, most int64) (n int64, ok bool) {
	if len(text) > maxDigits || text == "" || strings.ContainsAny(text, "/_xXpP") {
		return 0, false
	}
	if i := strings.IndexAny(text, "eE"); i >= 0 { // as Excel keeps large ones
		if e, err := strconv.Atoi(text[i+1:]); err != nil || e > maxExponent || e < -maxExponent {
			return 0, false
		}
	}
	v, ok := new(big.Rat).SetString(text)
	if !ok {
		return 0, false
	}
	v.Mul(v, big.NewRat(num, den))
	half := big.NewRat(1, 2)
	if v.Sign() < 0 {
		half.Neg(half)
	}
	v.Add(v, half)
	whole := new(big.Int).Quo(v.Num(), v.Denom())
	if !whole.IsInt64() || whole.Int64() > most || whole.Int64() < -most {
		return 0, false
	}
	return whole.Int64(), true
}
