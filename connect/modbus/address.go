package modbus

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"strings"

	"zhigai/connect"
	"zhigai/connect/modbus/pdu"
	"zhigai/plant"
)

// point is an address taken apart.
type point struct {
	table     pdu.Table
	address   uint16
	bit       int // of a register, -1 for none
	form      form
	registers int // how many it covers; 1 for a bit
	order     order
	text      int // bytes of a string
}

type form byte

const (
	formBool form = iota
	formInt16
	formUint16
	formInt32
	formUint32
	formInt64
	formUint64
	formFloat32
	formFloat64
	formString
	formBCD16
	formBCD32
)

var forms = map[string]struct {
	form      form
	registers int
}{
	"bool": {formBool, 1}, "int16": {formInt16, 1}, "uint16": {formUint16, 1}, "int32": {formInt32, 2}, "uint32": {formUint32, 2},
	"int64": {formInt64, 4}, "uint64": {formUint64, 4}, "float32": {formFloat32, 2}, "float64": {formFloat64, 4}, "bcd16": {formBCD16, 1}, "bcd32": {formBCD32, 2},
}

// order is how the bytes of a value stand on the wire: ABCD big-endian, CDAB
// words swapped, BADC bytes swapped, DCBA both.
type order struct{ words, bytes bool }

var orders = map[string]order{"ABCD": {}, "CDAB": {words: true}, "BADC": {bytes: true}, "DCBA": {words: true, bytes: true}}

var tables = map[string]pdu.Table{"coil": pdu.Coils, "discrete": pdu.DiscreteInputs, "input": pdu.Input, "holding": pdu.Holding}

const example = `write for example "holding 52 float32 CDAB", "input 10 uint16", "holding 40.3 bool" or "coil 3 bool"`

// parse reads "<table> <address>[.<bit>] <type> [order]"; addresses count from 0.
func parse(text string, kind plant.TagKind) (point, error) {
	parts := strings.Fields(text)
	if len(parts) < 3 || len(parts) > 4 {
		return point{}, fmt.Errorf("modbus address %q has %d parts; %s", text, len(parts), example)
	}
	p := point{bit: -1}
	var ok bool
	if p.table, ok = tables[parts[0]]; !ok {
		return point{}, fmt.Errorf("modbus address %q: table %q; write coil, discrete, input or holding", text, parts[0])
	}
	if err := p.place(text, parts[1]); err != nil {
		return point{}, err
	}
	if err := p.shape(text, parts[2]); err != nil {
		return point{}, err
	}
	if len(parts) == 4 {
		if p.order, ok = orders[parts[3]]; !ok {
			return point{}, fmt.Errorf("modbus address %q: order %q; write ABCD, CDAB, BADC or DCBA", text, parts[3])
		}
	}
	if int(p.address)+p.registers > 1<<16 {
		return point{}, fmt.Errorf("modbus address %q reaches beyond 65535", text)
	}
	return p, p.fits(text, kind)
}

func (p *point) place(text, place string) error {
	number, bit, dotted := strings.Cut(place, ".")
	n, err := strconv.ParseUint(number, 10, 16)
	if err != nil {
		return fmt.Errorf("modbus address %q: %q is no address of 0 to 65535 (addresses count from 0: 40001 in a manual is holding 0)", text, place)
	}
	p.address = uint16(n)
	if !dotted {
		return nil
	}
	b, err := strconv.Atoi(bit)
	if err != nil || b < 0 || b > 15 {
		return fmt.Errorf("modbus address %q: bit %q; a register has bits 0 to 15", text, bit)
	}
	p.bit = b
	return nil
}

func (p *point) shape(text, name string) error {
	if length, isText := strings.CutPrefix(name, "string"); isText {
		n, err := strconv.Atoi(length)
		if err != nil || n < 1 || n > 2*pdu.MaxReadRegisters {
			return fmt.Errorf("modbus address %q: type %q; write string and its bytes, string16 (250 at most)", text, name)
		}
		p.form, p.text, p.registers = formString, n, (n+1)/2
		return nil
	}
	f, ok := forms[name]
	if !ok {
		return fmt.Errorf("modbus address %q: type %q; write bool, int16, uint16, int32, uint32, int64, uint64, float32, float64, bcd16, bcd32 or stringN", text, name)
	}
	p.form, p.registers = f.form, f.registers
	return nil
}

// fits checks table, type and kind of tag against one another.
func (p *point) fits(text string, kind plant.TagKind) error {
	bits := p.table == pdu.Coils || p.table == pdu.DiscreteInputs
	switch {
	case bits && p.form != formBool:
		return fmt.Errorf("modbus address %q: coils and discrete inputs are bool", text)
	case bits && p.bit >= 0:
		return fmt.Errorf("modbus address %q: a coil has no bits of its own", text)
	case !bits && p.form == formBool && p.bit < 0:
		return fmt.Errorf("modbus address %q: which bit of the register? write for example holding 40.3 bool", text)
	case p.form != formBool && p.bit >= 0:
		return fmt.Errorf("modbus address %q: a bit is a bool", text)
	case (kind == plant.KindText) != (p.form == formString):
		return fmt.Errorf("modbus address %q: a %s tag cannot be read from this type", text, kind)
	case kind == plant.KindBoolean && p.form != formBool && p.form != formUint16 && p.form != formInt16:
		return fmt.Errorf("modbus address %q: a boolean tag needs a bool or a 16-bit register (0 is false)", text)
	case kind == plant.KindWaveform:
		return fmt.Errorf("modbus address %q: waveforms do not come over Modbus", text)
	}
	return nil
}

func (p *point) isBit() bool { return p.table == pdu.Coils || p.table == pdu.DiscreteInputs }

// decode turns the point's bytes, two a register, into a reading.
func (p *point) decode(raw []byte, r *connect.Reading) {
	r.Raw, r.Err, r.Text = raw, nil, ""
	if p.form == formString {
		p.decodeText(raw, r)
		return
	}
	var b [8]byte
	n := copy(b[:], raw)
	p.order.apply(b[:n])
	switch p.form {
	case formBool:
		r.Number = float64(binary.BigEndian.Uint16(b[:]) >> max(p.bit, 0) & 1)
	case formInt16:
		r.Number = float64(int16(binary.BigEndian.Uint16(b[:])))
	case formUint16:
		r.Number = float64(binary.BigEndian.Uint16(b[:]))
	case formInt32:
		r.Number = float64(int32(binary.BigEndian.Uint32(b[:])))
	case formUint32:
		r.Number = float64(binary.BigEndian.Uint32(b[:]))
	case formFloat32:
		r.Number = float64(math.Float32frombits(binary.BigEndian.Uint32(b[:])))
	case formFloat64:
		r.Number = math.Float64frombits(binary.BigEndian.Uint64(b[:]))
	case formInt64:
		v := int64(binary.BigEndian.Uint64(b[:]))
		r.Number = float64(v)
		if v > maxWhole || v < -maxWhole {
			r.Err = connect.ErrImprecise
		}
	case formUint64:
		v := binary.BigEndian.Uint64(b[:])
		r.Number = float64(v)
		if v > maxWhole {
			r.Err = connect.ErrImprecise
		}
	case formBCD16, formBCD32:
		r.Number, r.Err = bcd(b[:n])
	}
}

// maxWhole is where float64 stops telling integers apart.
const maxWhole = 1 << 53

func bcd(b []byte) (float64, error) {
	v := 0.0
	for _, x := range b {
		hi, lo := x>>4, x&15
		if hi > 9 || lo > 9 {
			return 0, fmt.Errorf("%w: %s is no BCD number", connect.ErrMalformed, hex.EncodeToString(b)) // %x would put every value on the heap
		}
		v = v*100 + float64(hi*10+lo)
	}
	return v, nil
}

// decodeText cuts at the first NUL and takes trailing blanks away, which
// controllers fill with.
func (p *point) decodeText(raw []byte, r *connect.Reading) {
	b := append([]byte(nil), raw...)
	if p.order.bytes {
		for i := 0; i+1 < len(b); i += 2 {
			b[i], b[i+1] = b[i+1], b[i]
		}
	}
	b = b[:min(p.text, len(b))]
	text, _, _ := strings.Cut(string(b), "\x00")
	r.Text = strings.ToValidUTF8(strings.TrimRight(text, " "), "\uFFFD")
}

// apply turns wire order into big-endian, or back.
func (o order) apply(b []byte) {
	if o.bytes {
		for i := 0; i+1 < len(b); i += 2 {
			b[i], b[i+1] = b[i+1], b[i]
		}
	}
	if o.words {
		for i, j := 0, len(b)-2; i < j; i, j = i+2, j-2 {
			b[i], b[i+1], b[j], b[j+1] = b[j], b[j+1], b[i], b[i+1]
		}
	}
}

// encode is what decode reads back: the bytes to write for a value.
func (p *point) encode(value any) ([]byte, error) {
	if p.form == formString {
		text, ok := value.(string)
		if !ok || len(text) > p.text {
			return nil, fmt.Errorf("a text of at most %d bytes is wanted, not %v", p.text, value)
		}
		b := make([]byte, 2*p.registers)
		copy(b, text)
		order{bytes: p.order.bytes}.apply(b)
		return b, nil
	}
	var v float64
	switch x := value.(type) {
	case float64:
		v = x
	case bool:
		if x {
			v = 1
		}
	default:
		return nil, fmt.Errorf("a number is wanted, not %T", value)
	}
	b, err := p.bytes(v)
	if err != nil {
		return nil, err
	}
	p.order.apply(b)
	return b, nil
}

func (p *point) bytes(v float64) ([]byte, error) {
	b := make([]byte, 2*p.registers)
	whole := func(lo, hi float64) error {
		if v != math.Trunc(v) || v < lo || v > hi {
			return fmt.Errorf("%v is no whole number of %v to %v", v, lo, hi)
		}
		return nil
	}
	var err error
	switch p.form {
	case formInt16:
		err = whole(math.MinInt16, math.MaxInt16)
		binary.BigEndian.PutUint16(b, uint16(int16(v)))
	case formUint16:
		err = whole(0, math.MaxUint16)
		binary.BigEndian.PutUint16(b, uint16(v))
	case formInt32:
		err = whole(math.MinInt32, math.MaxInt32)
		binary.BigEndian.PutUint32(b, uint32(int32(v)))
	case formUint32:
		err = whole(0, math.MaxUint32)
		binary.BigEndian.PutUint32(b, uint32(v))
	case formInt64:
		err = whole(-maxWhole, maxWhole)
		binary.BigEndian.PutUint64(b, uint64(int64(v)))
	case formUint64:
		err = whole(0, maxWhole)
		binary.BigEndian.PutUint64(b, uint64(v))
	case formFloat32:
		if math.IsNaN(v) || math.Abs(v) > math.MaxFloat32 {
			err = fmt.Errorf("%v is no number a float32 can hold", v)
		}
		binary.BigEndian.PutUint32(b, math.Float32bits(float32(v)))
	case formFloat64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			err = fmt.Errorf("%v is no number to write", v)
		}
		binary.BigEndian.PutUint64(b, math.Float64bits(v))
	default:
		err = fmt.Errorf("values of this type are not written")
	}
	return b, err
}
