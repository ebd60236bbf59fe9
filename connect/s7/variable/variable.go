// Package variable is how a value stands in the memory of a SIMATIC S7
// controller: addresses in the words of the field (DB1.DBD4 real, M0.1, VW100
// int, T3) and the data types of STEP 7 as bytes.
//
// It does no I/O and knows no connection. Start with [Parse], then
// [Variable.Decode] and [Variable.Encode]. The layouts of the types are those of
// the STEP 7 documentation (data types, format of each), big-endian throughout.
package variable

import (
	"fmt"
	"strconv"
	"strings"

	"zhigai/connect/s7/pdu"
)

// Variable is an address taken apart.
type Variable struct {
	Area pdu.Area
	DB   uint16
	Byte int // number of a timer or counter
	Bit  int // -1 for none
	Type Type
	Max  int // characters of a text
}

// Size is how many bytes it covers.
func (v Variable) Size() int {
	switch v.Type {
	case String:
		return 2 + v.Max
	case WString:
		return 4 + 2*v.Max
	case Char:
		return v.Max
	}
	return traits[v.Type].size
}

// Place is where a variable begins in the numbers of its area: bytes, or
// elements of two bytes of timers and counters.
func (v Variable) Place() (start, count int) {
	if v.Elementary() {
		return v.Byte, 1
	}
	return v.Byte, v.Size()
}

// Elementary reports whether it is a timer or counter.
func (v Variable) Elementary() bool { return v.Area == pdu.Timers || v.Area == pdu.Counters }

// IsText reports whether its value is a text; a date is both.
func (v Variable) IsText() bool { return v.Type == String || v.Type == WString || v.Type == Char }

// IsDate reports whether its value may be wanted as a text too.
func (v Variable) IsDate() bool {
	return v.Type == Date || v.Type == TimeOfDay || v.Type == DateTime || v.Type == DTL
}

const example = `write for example "DB1.DBD4 real", "DB1.DBX0.3", "DB10.DBW2 int", "DB1.DBB10 string[20]", "MW10 word", "M0.1", "IW0", "QB4", "VW100 int", "T3" or "C4"`

// Limits of an address.
const (
	maxDB     = 65535
	maxByte   = 65535
	maxString = 254   // of a STRING
	maxWide   = 16382 // of a WSTRING
)

// Parse reads an address: place, then the data type unless it follows from the
// place. Letters may be small or capital.
func Parse(text string) (Variable, error) {
	v := Variable{Bit: -1}
	fields := strings.Fields(text)
	if len(fields) < 1 || len(fields) > 2 {
		return v, fmt.Errorf("s7 address %q has %d parts; %s", text, len(fields), example)
	}
	width, err := v.place(strings.ToUpper(fields[0]))
	if err != nil {
		return v, fmt.Errorf("s7 address %q: %w; %s", text, err, example)
	}
	name := ""
	if len(fields) == 2 {
		name = strings.ToLower(fields[1])
	}
	if err := v.shape(width, name); err != nil {
		return v, fmt.Errorf("s7 address %q: %w", text, err)
	}
	return v, nil
}

// areas are the letters of an area; E, A and Z are the German ones for I, Q and
// C. V is the data block 1 of an S7-200.
var areas = []struct {
	letter string
	area   pdu.Area
	db     uint16
}{
	{"I", pdu.Inputs, 0},
	{"E", pdu.Inputs, 0},
	{"Q", pdu.Outputs, 0},
	{"A", pdu.Outputs, 0},
	{"M", pdu.Flags, 0},
	{"V", pdu.Blocks, 1},
	{"T", pdu.Timers, 0},
	{"C", pdu.Counters, 0},
	{"Z", pdu.Counters, 0},
}

// place reads the first word and gives the letter of its width: X, B, W, D, or
// T and C of a timer and a counter.
func (v *Variable) place(text string) (width byte, err error) {
	if rest, isBlock := strings.CutPrefix(text, "DB"); isBlock {
		number, inside, dotted := strings.Cut(rest, ".")
		db, convErr := strconv.Atoi(number)
		if convErr != nil || db < 1 || db > maxDB || !dotted {
			return 0, fmt.Errorf("%q is no data block 1 to %d and a place in it", text, maxDB)
		}
		inside, isPlace := strings.CutPrefix(inside, "DB")
		if !isPlace || inside == "" {
			return 0, fmt.Errorf("the place in the block is DBX, DBB, DBW or DBD and a number")
		}
		v.Area, v.DB = pdu.Blocks, uint16(db)
		return v.offset(inside)
	}
	for _, a := range areas {
		rest, ok := strings.CutPrefix(text, a.letter)
		if !ok {
			continue
		}
		v.Area, v.DB = a.area, a.db
		if v.Elementary() {
			n, err := strconv.Atoi(rest)
			if err != nil || n < 0 || n > maxByte {
				return 0, fmt.Errorf("%q is no number", rest)
			}
			v.Byte = n
			return text[0], nil
		}
		if rest != "" && rest[0] >= '0' && rest[0] <= '9' {
			rest = "X" + rest // M0.1 is MX0.1
		}
		return v.offset(rest)
	}
	return 0, fmt.Errorf("there is no such area")
}

// offset reads X0.3, B10, W2 or D4.
func (v *Variable) offset(text string) (width byte, err error) {
	if len(text) < 2 || !strings.ContainsRune("XBWD", rune(text[0])) {
		return 0, fmt.Errorf("%q is none of X, B, W, D and a number", text)
	}
	number, bit, dotted := strings.Cut(text[1:], ".")
	n, err := strconv.Atoi(number)
	if err != nil || n < 0 || n > maxByte {
		return 0, fmt.Errorf("%q is no byte 0 to %d", number, maxByte)
	}
	v.Byte = n
	if dotted != (text[0] == 'X') {
		return 0, fmt.Errorf("a bit is written with X and a point, everything else without")
	}
	if dotted {
		if v.Bit, err = strconv.Atoi(bit); err != nil || v.Bit < 0 || v.Bit > 7 {
			return 0, fmt.Errorf("bit %q; a byte has bits 0 to 7", bit)
		}
	}
	return text[0], nil
}

// shape finds the type: the one that is named, or that of the width.
func (v *Variable) shape(width byte, name string) error {
	if v.Elementary() {
		if name != "" {
			return fmt.Errorf("timers and counters have no other type; write the address without %q", name)
		}
		v.Type = S5Time
		if v.Area == pdu.Counters {
			v.Type = Counter
		}
		return nil
	}
	if name == "" {
		v.Type = map[byte]Type{'X': Bool, 'B': Byte, 'W': Word, 'D': DWord}[width]
		return nil
	}
	if err := v.named(name); err != nil {
		return err
	}
	if (v.Type == Bool) != (width == 'X') && !(width == 'X' && v.Bit == 0) {
		return fmt.Errorf("bool is a bit and a bit is bool; write DBX and the bit, or DBB and the byte")
	}
	if v.Type != Bool {
		v.Bit = -1 // DBX10.0 string[20] is how some tools write where it begins
	}
	size := traits[v.Type].size
	if width == 'W' && (size != 2 || v.IsText()) || width == 'D' && (size < 4 || v.IsText()) {
		return fmt.Errorf("%s does not stand in a %c; write DBB and the byte where it begins", name, width)
	}
	return nil
}

// named reads a type's name, with the length of a text in brackets.
func (v *Variable) named(name string) error {
	base, length, bracketed := strings.Cut(name, "[")
	t, ok := names[base]
	if !ok {
		return fmt.Errorf("type %q; write bool, byte, word, dword, lword, sint, int, dint, lint, usint, uint, udint, ulint, real, lreal, "+
			"time, ltime, s5time, date, tod, dt, dtl, char[n], string[n] or wstring[n]", name)
	}
	v.Type = t
	most := map[Type]int{String: maxString, WString: maxWide, Char: maxString}[t]
	if !bracketed {
		v.Max = map[Type]int{String: maxString, WString: maxString, Char: 1}[t]
		return nil
	}
	n, err := strconv.Atoi(strings.TrimSuffix(length, "]"))
	if most == 0 || err != nil || n < 1 || n > most || !strings.HasSuffix(length, "]") {
		return fmt.Errorf("type %q; write the characters of a text in brackets, string[20] (%d at most)", name, max(most, maxString))
	}
	v.Max = n
	return nil
}
