// Package memory is how a value stands in the memory of an Omron controller:
// addresses in the words of the field (D100 int16, W10.03, CIO 0.05, E0_100
// float32, T5 bool) and values in words of 16 bits.
//
// It does no I/O and knows no connection. Start with [Parse], then
// [Variable.Decode] and [Variable.Encode].
package memory

import (
	"fmt"
	"strconv"
	"strings"

	"zhigai/connect/fins/frame"
)

// Variable is an address taken apart.
type Variable struct {
	Area  frame.Area
	Start uint16
	Bit   int // of a word, -1 for none
	Type  Type
	Order Order
	Text  int // bytes of a string
}

// Type is how words are read.
type Type byte

const (
	Bool Type = iota
	Int16
	Uint16
	Int32
	Uint32
	Int64
	Uint64
	Float32
	Float64
	BCD16
	BCD32
	String
)

var types = map[string]Type{
	"bool": Bool, "int16": Int16, "uint16": Uint16, "int32": Int32, "uint32": Uint32, "int64": Int64, "uint64": Uint64,
	"float32": Float32, "float64": Float64, "bcd16": BCD16, "bcd32": BCD32,
}

var words = [...]int{Bool: 1, Int16: 1, Uint16: 1, Int32: 2, Uint32: 2, Int64: 4, Uint64: 4, Float32: 2, Float64: 4, BCD16: 1, BCD32: 2}

// Order is how the words of a value stand: these controllers keep the lowest
// word first (CDAB), which is the default; texts have the first character in the
// upper half of a word.
type Order struct{ HighFirst, BytesSwapped bool }

var orders = map[string]Order{"CDAB": {}, "ABCD": {HighFirst: true}, "DCBA": {BytesSwapped: true}, "BADC": {HighFirst: true, BytesSwapped: true}}

// Words is how many elements it covers: words, or one flag.
func (v Variable) Words() int {
	if v.Type == String {
		return (v.Text + 1) / 2
	}
	return words[v.Type]
}

// IsFlag reports whether it is a completion flag, which is an element of one
// byte.
func (v Variable) IsFlag() bool { return v.Area == frame.Flags }

// Size is how many bytes it covers.
func (v Variable) Size() int {
	if v.IsFlag() {
		return 1
	}
	return 2 * v.Words()
}

const example = `write for example "D100 int16", "W10.03", "CIO 0.05", "H20 uint32", "E0_100 float32", "A351 bcd16", "D200 string16", "T5 uint16" or "C3 bool"`

// counterBase is where counters begin among present values and flags (W342,
// 5-2-2).
const counterBase = 0x8000

// maxTimer is the last timer and counter.
const maxTimer = 4095

// maxText is the most bytes of a text: all that one command reads.
const maxText = 2 * frame.MaxReadWords

var areas = []struct {
	letters string
	area    frame.Area
}{{"CIO", frame.CIO}, {"DM", frame.Data}, {"W", frame.Work}, {"H", frame.Holding}, {"A", frame.Auxil}, {"D", frame.Data}}

// Parse reads an address: area and number, then the type unless it is a bit, then
// the order of bytes unless it is CDAB. Letters may be small or capital.
func Parse(text string) (Variable, error) {
	v := Variable{Bit: -1}
	fields := strings.Fields(text)
	if len(fields) > 1 && strings.EqualFold(fields[0], "CIO") {
		fields = append([]string{fields[0] + fields[1]}, fields[2:]...) // CIO 0.05
	}
	if len(fields) < 1 || len(fields) > 3 {
		return v, fmt.Errorf("fins address %q has %d parts; %s", text, len(fields), example)
	}
	if err := v.place(strings.ToUpper(fields[0])); err != nil {
		return v, fmt.Errorf("fins address %q: %w; %s", text, err, example)
	}
	name := ""
	if len(fields) > 1 {
		name = strings.ToLower(fields[1])
	}
	if err := v.shape(name); err != nil {
		return v, fmt.Errorf("fins address %q: %w", text, err)
	}
	if len(fields) > 2 {
		order, ok := orders[strings.ToUpper(fields[2])]
		if !ok || v.Type == Bool {
			return v, fmt.Errorf("fins address %q: order %q; write CDAB, ABCD, DCBA or BADC behind a type of words", text, fields[2])
		}
		v.Order = order
	}
	if !v.IsFlag() && v.Area != frame.Present && int(v.Start)+v.Words() > 1<<16 {
		return v, fmt.Errorf("fins address %q reaches beyond 65535; write a lower one", text)
	}
	return v, nil
}

func (v *Variable) place(text string) error {
	if len(text) > 0 && (text[0] == 'T' || text[0] == 'C' && !strings.HasPrefix(text, "CIO")) {
		n, err := strconv.Atoi(text[1:])
		if err != nil || n < 0 || n > maxTimer {
			return fmt.Errorf("%q is no timer or counter 0 to %d", text, maxTimer)
		}
		v.Area, v.Start = frame.Present, uint16(n)
		if text[0] == 'C' {
			v.Start += counterBase
		}
		return nil
	}
	if bank, rest, ok := strings.Cut(text, "_"); ok && strings.HasPrefix(bank, "E") {
		n, err := strconv.ParseUint(strings.TrimPrefix(bank[1:], "M"), 16, 8)
		area, ok := frame.Bank(int(n))
		if err != nil || !ok {
			return fmt.Errorf("%q is no bank E0 to E18 (hexadecimal)", bank)
		}
		v.Area = area
		return v.number(rest)
	}
	if rest, ok := strings.CutPrefix(text, "E"); ok {
		v.Area = frame.Current
		return v.number(strings.TrimPrefix(rest, "M"))
	}
	for _, a := range areas {
		if rest, ok := strings.CutPrefix(text, a.letters); ok {
			v.Area = a.area
			return v.number(rest)
		}
	}
	return fmt.Errorf("there is no such area")
}

// number reads 100 or 10.03.
func (v *Variable) number(text string) error {
	number, bit, dotted := strings.Cut(text, ".")
	n, err := strconv.ParseUint(number, 10, 16)
	if err != nil {
		return fmt.Errorf("%q is no word 0 to 65535", number)
	}
	v.Start = uint16(n)
	if dotted {
		if v.Bit, err = strconv.Atoi(bit); err != nil || v.Bit < 0 || v.Bit > 15 || len(bit) > 2 {
			return fmt.Errorf("bit %q; a word has bits 00 to 15", bit)
		}
	}
	return nil
}

func (v *Variable) shape(name string) error {
	if v.Bit >= 0 {
		if name != "" && name != "bool" {
			return fmt.Errorf("a bit is bool, not %q; write the word without the point for a number", name)
		}
		v.Type = Bool
		return nil
	}
	if v.Area == frame.Present {
		switch name {
		case "bool":
			v.Area, v.Type = frame.Flags, Bool
		case "uint16", "bcd16":
			v.Type = types[name]
		default:
			return fmt.Errorf("write uint16 or bcd16 for the present value, as the controller is set, or bool for the completion flag")
		}
		return nil
	}
	if name == "" {
		v.Type = Uint16
		return nil
	}
	if length, isText := strings.CutPrefix(name, "string"); isText {
		n, err := strconv.Atoi(length)
		if err != nil || n < 1 || n > maxText {
			return fmt.Errorf("type %q; write string and its bytes, string16 (%d at most)", name, maxText)
		}
		v.Type, v.Text = String, n
		return nil
	}
	t, ok := types[name]
	if !ok || t == Bool {
		return fmt.Errorf("type %q; write a bit as D100.05, or int16, uint16, int32, uint32, int64, uint64, float32, float64, bcd16, bcd32 or stringN", name)
	}
	v.Type = t
	return nil
}
