package frame

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Form is how words are a value.
type Form byte

// Forms. A value of more than one word has its lower word first, as the CPU's
// own instructions have.
const (
	Bool Form = iota
	Int16
	Uint16
	Int32
	Uint32
	Int64
	Uint64
	Float32
	Float64
	Text
)

var forms = map[string]struct {
	form  Form
	words int
}{
	"bool": {Bool, 1}, "int16": {Int16, 1}, "uint16": {Uint16, 1}, "int32": {Int32, 2}, "uint32": {Uint32, 2},
	"int64": {Int64, 4}, "uint64": {Uint64, 4}, "float32": {Float32, 2}, "float64": {Float64, 4},
}

// Address is what a person wrote: a device, or a bit of one, and a type.
type Address struct {
	Device
	Form  Form
	Words int // that it covers; 0 for a relay
	Bit   int // of a word, -1 for none
	Bytes int // of a text
}

const example = `write for example "D100 int16", "W1F float32", "D200.3", "M10" or "D300 string16"`

// ParseAddress reads "<device>[.<bit>] [type]". Octal says that X and Y are
// numbered in octal, as on FX CPUs.
func ParseAddress(text string, octal bool) (Address, error) {
	a := Address{Bit: -1}
	wrong := func(what string) (Address, error) {
		return a, fmt.Errorf("slmp address %q: %s; %s", text, what, example)
	}
	parts := strings.Fields(text)
	if len(parts) < 1 || len(parts) > 2 {
		return wrong(fmt.Sprintf("%d parts", len(parts)))
	}
	place, bit, dotted := strings.Cut(parts[0], ".")
	var err error
	if a.Device, err = parseDevice(place, octal); err != nil {
		return wrong(err.Error())
	}
	name := "bool"
	if len(parts) == 2 {
		name = parts[1]
	} else if !a.Code.IsBit() && !dotted {
		return wrong("a word has a type")
	}
	if dotted {
		n, err := strconv.ParseUint(bit, 16, 4)
		if err != nil || len(bit) != 1 || a.Code.IsBit() {
			return wrong(fmt.Sprintf("bit %q; a word has bits 0 to F, a relay none", bit))
		}
		a.Bit = int(n)
	}
	if err := a.shape(name); err != nil {
		return wrong(err.Error())
	}
	switch {
	case (a.Form == Bool) != (a.Code.IsBit() || a.Bit >= 0):
		return wrong("a relay and a bit are bool, a word is not")
	case int(a.Number)+max(a.Words, 1)-1 > maxNumber:
		return wrong("it reaches beyond the last number")
	}
	if a.Code.IsBit() {
		a.Words = 0
	}
	return a, nil
}

func (a *Address) shape(name string) error {
	if length, isText := strings.CutPrefix(name, "string"); isText {
		n, err := strconv.Atoi(length)
		if err != nil || n < 1 || n > 2*MaxWords {
			return fmt.Errorf("type %q; string and its bytes are wanted, %d at most", name, 2*MaxWords)
		}
		a.Form, a.Bytes, a.Words = Text, n, (n+1)/2
		return nil
	}
	f, ok := forms[name]
	if !ok {
		return fmt.Errorf("type %q; known are bool, int16, uint16, int32, uint32, int64, uint64, float32, float64 and stringN", name)
	}
	a.Form, a.Words = f.form, f.words
	return nil
}

// MaxWhole is where float64 stops telling integers apart.
const MaxWhole = 1 << 53

// ErrImprecise is of an integer beyond [MaxWhole].
var ErrImprecise = errors.New("integer beyond ±2^53")

// Value is the number that a's words are.
func (a *Address) Value(w []uint16) (float64, error) {
	var v uint64
	for i, word := range w[:a.Words] {
		v |= uint64(word) << (16 * i)
	}
	switch a.Form {
	case Bool:
		return float64(w[0] >> a.Bit & 1), nil
	case Int16:
		return float64(int16(v)), nil
	case Int32:
		return float64(int32(v)), nil
	case Float32:
		return float64(math.Float32frombits(uint32(v))), nil
	case Float64:
		return math.Float64frombits(v), nil
	case Int64:
		if n := int64(v); n > MaxWhole || n < -MaxWhole {
			return float64(n), ErrImprecise
		}
		return float64(int64(v)), nil
	case Uint64:
		if v > MaxWhole {
			return float64(v), ErrImprecise
		}
	}
	return float64(v), nil
}

// Text is the characters of a's words, the lower byte of each first, to the
// first NUL and without blanks at the end.
func (a *Address) Text(w []uint16) string {
	b := make([]byte, 0, 2*len(w))
	for _, word := range w {
		b = append(b, byte(word), byte(word>>8))
	}
	text, _, _ := strings.Cut(string(b[:min(a.Bytes, len(b))]), "\x00")
	return strings.ToValidUTF8(strings.TrimRight(text, " "), "\uFFFD")
}

// TextWords is what Text reads back.
func (a *Address) TextWords(text string) ([]uint16, error) {
	if a.Form != Text || len(text) > a.Bytes {
		return nil, fmt.Errorf("a text of at most %d bytes is wanted, not %q", a.Bytes, text)
	}
	b := make([]byte, 2*a.Words)
	copy(b, text)
	w := make([]uint16, a.Words)
	for i := range w {
		w[i] = uint16(b[2*i]) | uint16(b[2*i+1])<<8
	}
	return w, nil
}

// ValueWords is what Value reads back. A bit has none: it is written alone.
func (a *Address) ValueWords(v float64) ([]uint16, error) {
	var bits uint64
	limits := map[Form][2]float64{
		Int16: {math.MinInt16, math.MaxInt16}, Uint16: {0, math.MaxUint16}, Int32: {math.MinInt32, math.MaxInt32},
		Uint32: {0, math.MaxUint32}, Int64: {-MaxWhole, MaxWhole}, Uint64: {0, MaxWhole},
	}
	switch a.Form {
	case Float32:
		if math.IsNaN(v) || math.Abs(v) > math.MaxFloat32 {
			return nil, fmt.Errorf("%v is no number a float32 can hold", v)
		}
		bits = uint64(math.Float32bits(float32(v)))
	case Float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("%v is no number to write", v)
		}
		bits = math.Float64bits(v)
	case Bool, Text:
		return nil, errors.New("a number is not written here")
	default:
		lim := limits[a.Form]
		if v != math.Trunc(v) || v < lim[0] || v > lim[1] {
			return nil, fmt.Errorf("%v is no whole number of %v to %v", v, lim[0], lim[1])
		}
		bits = uint64(int64(v))
	}
	w := make([]uint16, a.Words)
	for i := range w {
		w[i] = uint16(bits >> (16 * i))
	}
	return w, nil
}
