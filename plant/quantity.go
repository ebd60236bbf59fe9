package plant

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Quantity is an amount of a material in millionths of its unit, so that sums
// are exact: 0.125 kg is 125 000. In JSON and in files it is the text of a decimal
// number with at most six decimals: as a number it would be rounded on its way.
type Quantity int64

// One is the quantity of one unit.
const One Quantity = 1_000_000

// ErrQuantity is what ParseQuantity says of a text that is none.
type ErrQuantity struct{ Text string }

func (e ErrQuantity) Error() string {
	return fmt.Sprintf("%q is no quantity: write a decimal number with at most six decimals and at most 9 000 000 000 000 units, such as 12.5", e.Text)
}

// ParseQuantity reads a decimal number, exactly.
func ParseQuantity(text string) (Quantity, error) {
	digits, negative := strings.CutPrefix(text, "-")
	whole, part, point := strings.Cut(digits, ".")
	if whole == "" || point && part == "" || len(part) > 6 || len(whole) > 13 {
		return 0, ErrQuantity{text}
	}
	for _, c := range whole + part {
		if c < '0' || c > '9' {
			return 0, ErrQuantity{text}
		}
	}
	n, err := strconv.ParseInt(whole+part+strings.Repeat("0", 6-len(part)), 10, 64)
	if err != nil {
		return 0, ErrQuantity{text}
	}
	if negative {
		n = -n
	}
	return Quantity(n), nil
}

// Units is that many whole units; ok is false beyond what a Quantity holds.
func Units(n int64) (q Quantity, ok bool) {
	if n > math.MaxInt64/int64(One) || n < math.MinInt64/int64(One) {
		return 0, false
	}
	return Quantity(n) * One, true
}

// Times is the quantity n times; ok is false when it is too large to be held.
func (q Quantity) Times(n int64) (product Quantity, ok bool) {
	if n == 0 || q == 0 {
		return 0, true
	}
	product = q * Quantity(n)
	return product, product/Quantity(n) == q && (q != math.MinInt64 || n != -1)
}

// String is the decimal number without needless zeros.
func (q Quantity) String() string {
	sign, n := "", uint64(q)
	if q < 0 {
		sign, n = "-", -n
	}
	text := sign + strconv.FormatUint(n/uint64(One), 10)
	if part := n % uint64(One); part != 0 {
		text += "." + strings.TrimRight(fmt.Sprintf("%06d", part), "0")
	}
	return text
}

// MarshalText writes a decimal number.
func (q Quantity) MarshalText() ([]byte, error) { return []byte(q.String()), nil }

// UnmarshalText reads a decimal number.
func (q *Quantity) UnmarshalText(text []byte) error {
	got, err := ParseQuantity(string(text))
	if err != nil {
		return err
	}
	*q = got
	return nil
}
