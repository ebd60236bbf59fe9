package frame

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// ID is a data identifier, as the standard prints it: 00010000.
type ID uint32

// String is the identifier as the standard prints it.
func (id ID) String() string { return fmt.Sprintf("%08X", uint32(id)) }

// Append writes the identifier, lowest byte first.
func (id ID) Append(dst []byte) []byte { return binary.LittleEndian.AppendUint32(dst, uint32(id)) }

// CutID reads an identifier.
func CutID(b []byte) (ID, []byte, bool) {
	if len(b) < 4 {
		return 0, nil, false
	}
	return ID(binary.LittleEndian.Uint32(b)), b[4:], true
}

// Data is where a value stands and how it is written.
type Data struct {
	ID       ID
	At       int // bytes before it, in a block of values
	Size     int
	Decimals int
	Signed   bool // the highest bit is the sign
	Text     bool // digits, as they are: numbers of meters, dates
}

// known are the formats of annex A by the beginning of the identifier; x stands
// for any digit.
var known = []struct {
	id   string
	data Data
}{
	{"00xxxxxx", Data{Size: 4, Decimals: 2}},               // energy, kWh or kvarh
	{"0201xxxx", Data{Size: 2, Decimals: 1}},               // voltage, V
	{"0202xxxx", Data{Size: 3, Decimals: 3, Signed: true}}, // current, A
	{"0203xxxx", Data{Size: 3, Decimals: 4, Signed: true}}, // active power, kW
	{"0204xxxx", Data{Size: 3, Decimals: 4, Signed: true}}, // reactive power, kvar
	{"0205xxxx", Data{Size: 3, Decimals: 4, Signed: true}}, // apparent power, kVA
	{"0206xxxx", Data{Size: 2, Decimals: 3, Signed: true}}, // power factor
	{"0207xxxx", Data{Size: 2, Decimals: 1}},               // phase angle, degrees
	{"02800001", Data{Size: 3, Decimals: 3}},               // current of the neutral, A
	{"02800002", Data{Size: 2, Decimals: 2}},               // frequency, Hz
	{"02800007", Data{Size: 2, Decimals: 1, Signed: true}}, // temperature inside, °C
	{"04000101", Data{Size: 4, Text: true}},                // date and day of the week
	{"04000102", Data{Size: 3, Text: true}},                // time
	{"04000401", Data{Size: 6, Text: true}},                // address
	{"04000402", Data{Size: 6, Text: true}},                // number of the meter
}

const example = `write for example "00010000", "02010100 bcd2.1", "0202FF00 sbcd3.3 at 3" or "04000402 digits6"`

// maxSize is the longest number: what float64 tells apart.
const maxSize = 6

// ParseData reads "<identifier> [bcd|sbcd|digits<bytes>[.<decimals>]] [at <bytes>]".
// The format may be left out where the standard gives it.
func ParseData(text string) (Data, error) {
	bad := func(what string) (Data, error) {
		return Data{}, fmt.Errorf("DL/T 645 address %q: %s; %s", text, what, example)
	}
	words := strings.Fields(text)
	if len(words) < 1 || len(words[0]) != 8 {
		return bad("the identifier has 8 hexadecimal digits")
	}
	n, err := strconv.ParseUint(words[0], 16, 32)
	if err != nil {
		return bad("the identifier has 8 hexadecimal digits")
	}
	d, ok := formatOf(ID(n))
	words = words[1:]
	if len(words) > 0 && words[0] != "at" {
		if d, ok = parseFormat(words[0]); !ok {
			return bad("format " + words[0])
		}
		words = words[1:]
	}
	if !ok {
		return bad("the standard gives no format that is known here: which one?")
	}
	d.ID = ID(n)
	switch {
	case len(words) == 0:
		return d, nil
	case len(words) != 2 || words[0] != "at":
		return bad("what is behind the format")
	}
	if d.At, err = strconv.Atoi(words[1]); err != nil || d.At < 0 || d.At > 4*maxData {
		return bad("place " + words[1])
	}
	return d, nil
}

func formatOf(id ID) (Data, bool) {
	digits := id.String()
	for _, k := range known {
		fits := true
		for i := range digits {
			fits = fits && (k.id[i] == 'x' || k.id[i] == digits[i])
		}
		if fits {
			return k.data, true
		}
	}
	return Data{}, false
}

func parseFormat(text string) (d Data, ok bool) {
	var size string
	if size, ok = strings.CutPrefix(text, "sbcd"); ok {
		d.Signed = true
	} else if size, ok = strings.CutPrefix(text, "digits"); ok {
		d.Text = true
	} else if size, ok = strings.CutPrefix(text, "bcd"); !ok {
		return d, false
	}
	size, decimals, dotted := strings.Cut(size, ".")
	var err error
	if d.Size, err = strconv.Atoi(size); err != nil || d.Size < 1 || !d.Text && d.Size > maxSize || d.Size > 32 {
		return d, false
	}
	if dotted {
		d.Decimals, err = strconv.Atoi(decimals)
	}
	return d, err == nil && d.Decimals >= 0 && d.Decimals <= 2*d.Size && !(d.Text && dotted)
}

// Cut is the value's part of an answer's data; false when the answer is too short.
func (d Data) Cut(data []byte) ([]byte, bool) {
	if len(data) < d.At+d.Size {
		return nil, false
	}
	return data[d.At : d.At+d.Size], true
}

// Number reads a number; false when the bytes are no decimal digits, such as the
// FF of a value that the meter does not have.
func (d Data) Number(raw []byte) (float64, bool) {
	sign, whole := 1.0, uint64(0)
	for i := len(raw) - 1; i >= 0; i-- {
		x := raw[i]
		if d.Signed && i == len(raw)-1 && x&0x80 != 0 {
			if allOnes(raw) {
				return 0, false
			}
			sign, x = -1, x&0x7F
		}
		if x>>4 > 9 || x&15 > 9 {
			return 0, false
		}
		whole = whole*100 + uint64(x>>4*10+x&15)
	}
	return sign * float64(whole) / math.Pow10(d.Decimals), true
}

func allOnes(b []byte) bool {
	for _, x := range b {
		if x != 0xFF {
			return false
		}
	}
	return true
}

// Digits reads a text: the highest digit first.
func (d Data) Digits(raw []byte) string {
	b := make([]byte, len(raw))
	for i, x := range raw {
		b[len(b)-1-i] = x
	}
	return hex.EncodeToString(b)
}

// Encode writes a number into the d.Size bytes of raw. What does not fit loses its
// highest digits, as a meter's counter does.
func (d Data) Encode(raw []byte, v float64) {
	n := uint64(math.Round(math.Abs(v) * math.Pow10(d.Decimals)))
	for i := range d.Size {
		two := n % 100
		raw[i] = byte(two/10<<4 | two%10)
		n /= 100
	}
	if d.Signed {
		raw[d.Size-1] &= 0x7F
		if v < 0 {
			raw[d.Size-1] |= 0x80
		}
	}
}

// EncodeDigits writes a text of decimal digits, the last one lowest.
func (d Data) EncodeDigits(raw []byte, text string) {
	clear(raw[:d.Size])
	at := 0
	for i := len(text) - 1; i >= 0 && at < 2*d.Size; i-- {
		if text[i] >= '0' && text[i] <= '9' {
			raw[at/2] |= (text[i] - '0') << (4 * (at % 2))
			at++
		}
	}
}
