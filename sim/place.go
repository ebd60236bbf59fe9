package sim

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"

	"zhigai/connect/modbus/pdu"
)

// place is where and how a signal stands in a Modbus device.
type place struct {
	table   pdu.Table
	address int
	count   int // registers, or 1 bit
	bit     int // of a register, -1 for none
	form    string
	length  int // bytes of a text
	order   string
}

var tables = map[string]pdu.Table{"coil": pdu.Coils, "discrete": pdu.DiscreteInputs, "input": pdu.Input, "holding": pdu.Holding}

var sizes = map[string]int{
	"bool": 1, "int16": 1, "uint16": 1, "bcd16": 1, "int32": 2, "uint32": 2, "float32": 2, "bcd32": 2, "int64": 4, "uint64": 4, "float64": 4,
}

// placeOf reads "holding 52 float32 CDAB" as a profile writes it.
func placeOf(at string) (place, error) {
	p := place{bit: -1, order: "ABCD"}
	bad := func(what string) (place, error) {
		return p, fmt.Errorf("sim: modbus address %q: %s; write for example \"holding 52 float32 CDAB\"", at, what)
	}
	f := strings.Fields(at)
	if len(f) < 3 || len(f) > 4 {
		return bad(fmt.Sprintf("%d parts", len(f)))
	}
	var ok bool
	if p.table, ok = tables[f[0]]; !ok {
		return bad("table " + f[0])
	}
	number, bit, dotted := strings.Cut(f[1], ".")
	n, err := strconv.ParseUint(number, 10, 16)
	if err != nil {
		return bad("number " + number)
	}
	p.address = int(n)
	if dotted {
		if p.bit, err = strconv.Atoi(bit); err != nil || p.bit < 0 || p.bit > 15 {
			return bad("bit " + bit)
		}
	}
	p.form = f[2]
	if p.count, ok = sizes[p.form]; !ok {
		length, isText := strings.CutPrefix(p.form, "string")
		if p.length, err = strconv.Atoi(length); !isText || err != nil || p.length < 1 || p.length > 2*pdu.MaxReadRegisters {
			return bad("type " + p.form)
		}
		p.form, p.count = "string", (p.length+1)/2
	}
	if len(f) == 4 {
		p.order = f[3]
	}
	if !strings.Contains("ABCD CDAB BADC DCBA", p.order) || len(p.order) != 4 {
		return bad("order " + p.order)
	}
	if (p.form == "bool") != (p.bits() || p.bit >= 0) || p.bits() && p.bit >= 0 || p.address+p.count > 1<<16 {
		return bad("table, bit and type do not fit")
	}
	return p, nil
}

// bits reports whether the table holds bits, not registers.
func (p place) bits() bool { return p.table == pdu.Coils || p.table == pdu.DiscreteInputs }

// arrange puts big-endian bytes into the order of the wire, or back.
func (p place) arrange(b []byte) {
	if p.order == "BADC" || p.order == "DCBA" {
		for i := 0; i+1 < len(b); i += 2 {
			b[i], b[i+1] = b[i+1], b[i]
		}
	}
	if p.form != "string" && (p.order == "CDAB" || p.order == "DCBA") {
		for i, j := 0, len(b)-2; i < j; i, j = i+2, j-2 {
			b[i], b[i+1], b[j], b[j+1] = b[j], b[j+1], b[i], b[i+1]
		}
	}
}

// encode writes a value into b, the registers of its place. Integers that do
// not fit roll over, as counters of real controllers do.
func (p place) encode(b []byte, s *Signal, v value) {
	if p.form == "string" {
		clear(b)
		copy(b[:p.length], v.text)
		p.arrange(b)
		return
	}
	raw := v.num - s.Offset
	if s.Scale != 0 {
		raw /= s.Scale
	}
	whole := uint64(int64(math.Round(raw)))
	switch p.form {
	case "bool":
		if bit := max(p.bit, 0); raw != 0 { // a coil stands alone
			b[1-bit/8] |= 1 << (bit % 8)
		}
		return // the register holds other bits too
	case "int16", "uint16":
		binary.BigEndian.PutUint16(b, uint16(whole))
	case "int32", "uint32":
		binary.BigEndian.PutUint32(b, uint32(whole))
	case "int64", "uint64":
		binary.BigEndian.PutUint64(b, whole)
	case "float32":
		binary.BigEndian.PutUint32(b, math.Float32bits(float32(raw)))
	case "float64":
		binary.BigEndian.PutUint64(b, math.Float64bits(raw))
	case "bcd16":
		binary.BigEndian.PutUint16(b, uint16(bcd(whole%1e4)))
	case "bcd32":
		binary.BigEndian.PutUint32(b, uint32(bcd(whole%1e8)))
	}
	p.arrange(b)
}

// spoil writes what a device gives when it has no value.
func (p place) spoil(b []byte, k FaultKind) {
	switch {
	case p.form == "float32" && k == NaN:
		binary.BigEndian.PutUint32(b, 0x7FC00000)
	case p.form == "float64" && k == NaN:
		binary.BigEndian.PutUint64(b, 0x7FF8000000000000)
	case p.form == "float32":
		binary.BigEndian.PutUint32(b, math.Float32bits(1e38))
	case p.form == "float64":
		binary.BigEndian.PutUint64(b, math.Float64bits(1e38))
	case p.form == "bool" || p.form == "string":
		return // a bit has no code for nothing, a text is empty at most
	case k == Sentinel:
		for i := range b {
			b[i] = 0xFF
		}
	}
	p.arrange(b)
}

// decode reads what a client writes; ok is false for a text.
func (p place) decode(b []byte, s *Signal) (v float64, ok bool) {
	b = append([]byte(nil), b...)
	p.arrange(b)
	switch p.form {
	case "int16":
		v = float64(int16(binary.BigEndian.Uint16(b)))
	case "uint16":
		v = float64(binary.BigEndian.Uint16(b))
	case "int32":
		v = float64(int32(binary.BigEndian.Uint32(b)))
	case "uint32":
		v = float64(binary.BigEndian.Uint32(b))
	case "int64":
		v = float64(int64(binary.BigEndian.Uint64(b)))
	case "uint64":
		v = float64(binary.BigEndian.Uint64(b))
	case "float32":
		v = float64(math.Float32frombits(binary.BigEndian.Uint32(b)))
	case "float64":
		v = math.Float64frombits(binary.BigEndian.Uint64(b))
	case "bool":
		v = float64(binary.BigEndian.Uint16(b) >> max(p.bit, 0) & 1)
	default:
		return 0, false
	}
	if s.Scale != 0 {
		v *= s.Scale
	}
	return v + s.Offset, true
}

// bcd packs decimal digits into half bytes.
func bcd(v uint64) uint64 {
	var out uint64
	for shift := 0; v > 0; shift += 4 {
		out |= v % 10 << shift
		v /= 10
	}
	return out
}
