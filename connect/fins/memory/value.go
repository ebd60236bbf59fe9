package memory

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"
)

// Value is what a variable holds. Text is the bytes as they are.
type Value struct {
	Number float64
	Text   string
}

// Why bytes are no value.
var (
	ErrMalformed = errors.New("no value of the type")
	ErrImprecise = errors.New("integer beyond ±2^53")
)

// maxWhole is where float64 stops telling integers apart.
const maxWhole = 1 << 53

// Decode reads the variable's bytes, [Variable.Size] of them.
func (v Variable) Decode(raw []byte) (Value, error) {
	if v.IsFlag() {
		return Value{Number: float64(raw[0] & 1)}, nil
	}
	var room [8]byte
	b := append(room[:0], raw...)
	v.arrange(b)
	switch v.Type {
	case String:
		text, _, _ := strings.Cut(string(b[:v.Text]), "\x00")
		return Value{Text: strings.TrimRight(text, " ")}, nil
	case Bool:
		return Value{Number: float64(binary.BigEndian.Uint16(b) >> max(v.Bit, 0) & 1)}, nil
	case Float32:
		return Value{Number: float64(math.Float32frombits(binary.BigEndian.Uint32(b)))}, nil
	case Float64:
		return Value{Number: math.Float64frombits(binary.BigEndian.Uint64(b))}, nil
	case BCD16, BCD32:
		return bcd(b)
	}
	u := uint64(0)
	for _, x := range b {
		u = u<<8 | uint64(x)
	}
	if signed, _ := v.Whole(); signed {
		shift := 64 - 8*len(b)
		i := int64(u<<shift) >> shift
		if i > maxWhole || i < -maxWhole {
			return Value{Number: float64(i)}, ErrImprecise
		}
		return Value{Number: float64(i)}, nil
	}
	if u > maxWhole {
		return Value{Number: float64(u)}, ErrImprecise
	}
	return Value{Number: float64(u)}, nil
}

func bcd(b []byte) (Value, error) {
	n := 0.0
	for _, x := range b {
		hi, lo := x>>4, x&15
		if hi > 9 || lo > 9 {
			return Value{}, fmt.Errorf("%w: % x is no BCD number", ErrMalformed, b)
		}
		n = 100*n + float64(10*hi+lo)
	}
	return Value{Number: n}, nil
}

// arrange turns the order of the memory into big-endian, or back.
func (v Variable) arrange(b []byte) {
	if v.Order.BytesSwapped {
		for i := 0; i+1 < len(b); i += 2 {
			b[i], b[i+1] = b[i+1], b[i]
		}
	}
	if !v.Order.HighFirst && v.Type != String {
		for i, j := 0, len(b)-2; i < j; i, j = i+2, j-2 {
			b[i], b[i+1], b[j], b[j+1] = b[j], b[j+1], b[i], b[i+1]
		}
	}
}

// Whole reports whether the type is a binary integer, and whether it has a sign.
func (v Variable) Whole() (signed, ok bool) {
	switch v.Type {
	case Int16, Int32, Int64:
		return true, true
	case Uint16, Uint32, Uint64:
		return false, true
	}
	return false, false
}

// Encode is what [Variable.Decode] reads back; of a bit one byte, 0 or 1, as an
// area of bits takes it. Value is a float64, bool or string.
func (v Variable) Encode(value any) ([]byte, error) {
	if v.Type == String {
		text, ok := value.(string)
		if !ok || len(text) > v.Text {
			return nil, fmt.Errorf("a text of at most %d bytes is wanted, not %v", v.Text, value)
		}
		b := make([]byte, v.Size())
		copy(b, text)
		v.arrange(b)
		return b, nil
	}
	var n float64
	switch x := value.(type) {
	case float64:
		n = x
	case bool:
		if x {
			n = 1
		}
	default:
		return nil, fmt.Errorf("a number is wanted, not %T", value)
	}
	if v.Type == Bool {
		if n != 0 && n != 1 {
			return nil, fmt.Errorf("a bit takes true or false, not %v", n)
		}
		return []byte{byte(n)}, nil
	}
	b := make([]byte, v.Size())
	if err := v.put(b, n); err != nil {
		return nil, err
	}
	v.arrange(b)
	return b, nil
}

func (v Variable) put(b []byte, n float64) error {
	switch v.Type {
	case Float32:
		if math.IsNaN(n) || math.Abs(n) > math.MaxFloat32 {
			return fmt.Errorf("%v is no number a float32 can hold", n)
		}
		binary.BigEndian.PutUint32(b, math.Float32bits(float32(n)))
		return nil
	case Float64:
		if math.IsNaN(n) || math.IsInf(n, 0) {
			return fmt.Errorf("%v is no number to write", n)
		}
		binary.BigEndian.PutUint64(b, math.Float64bits(n))
		return nil
	}
	least, most := 0.0, math.Ldexp(1, 8*len(b))-1
	if signed, whole := v.Whole(); signed {
		least, most = -math.Ldexp(1, 8*len(b)-1), math.Ldexp(1, 8*len(b)-1)-1
	} else if !whole {
		most = math.Pow10(2*len(b)) - 1 // BCD
	}
	least, most = max(least, -maxWhole), min(most, maxWhole)
	if n != math.Trunc(n) || n < least || n > most {
		return fmt.Errorf("%v is no whole number of %v to %v", n, least, most)
	}
	u := uint64(int64(n))
	for i := range b {
		at := len(b) - 1 - i
		if v.Type == BCD16 || v.Type == BCD32 {
			b[at] = byte(u/10%10<<4 | u%10)
			u /= 100
			continue
		}
		b[at] = byte(u >> (8 * i))
	}
	return nil
}
