package enip

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"
)

// Type is the type of a tag's data (CIP volume 1, appendix C-6).
type Type uint16

// Types.
const (
	Bool    Type = 0xC1
	Sint    Type = 0xC2
	Int     Type = 0xC3
	Dint    Type = 0xC4
	Lint    Type = 0xC5
	Usint   Type = 0xC6
	Uint    Type = 0xC7
	Udint   Type = 0xC8
	Ulint   Type = 0xC9
	Real    Type = 0xCA
	Lreal   Type = 0xCB
	String  Type = 0xD0 // of Micro800: length and characters
	Byte    Type = 0xD1
	Word    Type = 0xD2
	Dword   Type = 0xD3 // also 32 elements of an array of BOOL
	Lword   Type = 0xD4
	Struct  Type = 0x02A0 // followed by the handle of its template
	nothing Type = 0
)

// StringHandle is the template of the type STRING of Logix (1756-PM020): LEN as
// DINT, 82 characters, filled up to 88 bytes.
const (
	StringHandle = 0x0FCE
	stringChars  = 82
	stringSize   = 88
)

var sizes = map[Type]int{
	Bool: 1, Sint: 1, Usint: 1, Byte: 1, Int: 2, Uint: 2, Word: 2, Dint: 4, Udint: 4, Dword: 4, Real: 4, Lint: 8, Ulint: 8, Lword: 8, Lreal: 8,
}

// Value is one element of a tag as it stands on the wire.
type Value struct {
	Type   Type
	Handle uint16 // of a structure
	Data   []byte
}

// AppendType writes the type, of a structure with its handle.
func (v Value) AppendType(dst []byte) []byte {
	dst = binary.LittleEndian.AppendUint16(dst, uint16(v.Type))
	if v.Type == Struct {
		dst = binary.LittleEndian.AppendUint16(dst, v.Handle)
	}
	return dst
}

// ParseValue reads type and data: the answer to a [ReadTag].
func ParseValue(b []byte) (Value, error) {
	v, rest, err := parseType(b)
	v.Data = rest
	if err == nil && sizes[v.Type] > 0 && len(rest) != sizes[v.Type] {
		err = fmt.Errorf("%w: %d bytes of type %02X", ErrFrame, len(rest), uint16(v.Type))
	}
	return v, err
}

func parseType(b []byte) (v Value, rest []byte, err error) {
	if len(b) < 2 {
		return v, nil, fmt.Errorf("%w: no type", ErrFrame)
	}
	v.Type = Type(binary.LittleEndian.Uint16(b))
	if v.Type != Struct {
		return v, b[2:], nil
	}
	if len(b) < 4 {
		return v, nil, fmt.Errorf("%w: a structure without a handle", ErrFrame)
	}
	v.Handle = binary.LittleEndian.Uint16(b[2:])
	return v, b[4:], nil
}

// MaxWhole is where float64 stops telling integers apart.
const MaxWhole = 1 << 53

// Errors of values.
var (
	ErrImprecise = errors.New("integer beyond ±2^53")
	ErrNoNumber  = errors.New("no number")
	ErrNoText    = errors.New("no text")
)

// Number is the value as a number, or one bit of an integer.
func (v Value) Number(bit int) (float64, error) {
	size := sizes[v.Type]
	if size == 0 || len(v.Data) != size {
		return 0, fmt.Errorf("%w: type %02X; a structure is read member by member", ErrNoNumber, uint16(v.Type))
	}
	var b [8]byte
	copy(b[:], v.Data)
	bits := binary.LittleEndian.Uint64(b[:])
	if bit >= 0 {
		if v.Type == Real || v.Type == Lreal || v.Type == Bool || bit >= 8*size {
			return 0, fmt.Errorf("%w: type %02X has no bit %d", ErrNoNumber, uint16(v.Type), bit)
		}
		return float64(bits >> bit & 1), nil
	}
	switch v.Type {
	case Bool:
		if bits != 0 {
			return 1, nil
		}
		return 0, nil
	case Sint:
		return float64(int8(bits)), nil
	case Int:
		return float64(int16(bits)), nil
	case Dint:
		return float64(int32(bits)), nil
	case Real:
		return float64(math.Float32frombits(uint32(bits))), nil
	case Lreal:
		return math.Float64frombits(bits), nil
	case Lint:
		if n := int64(bits); n > MaxWhole || n < -MaxWhole {
			return float64(n), ErrImprecise
		}
		return float64(int64(bits)), nil
	}
	if bits > MaxWhole {
		return float64(bits), ErrImprecise
	}
	return float64(bits), nil
}

// Text is the value as characters: a STRING, or another structure made like it.
func (v Value) Text() (string, error) {
	n, chars := 0, v.Data
	switch {
	case v.Type == Struct && len(chars) > 4:
		n, chars = int(binary.LittleEndian.Uint32(chars)), chars[4:]
	case v.Type == String && len(chars) >= 2:
		n, chars = int(binary.LittleEndian.Uint16(chars)), chars[2:]
	default:
		return "", fmt.Errorf("%w: type %02X", ErrNoText, uint16(v.Type))
	}
	if n < 0 || n > len(chars) {
		return "", fmt.Errorf("%w: a length of %d in %d bytes", ErrNoText, n, len(chars))
	}
	return strings.ToValidUTF8(string(chars[:n]), "\uFFFD"), nil
}

// OfNumber is a value of the type that Number reads back.
func OfNumber(t Type, n float64) (Value, error) {
	limits := map[Type][2]float64{
		Bool: {0, 1}, Sint: {math.MinInt8, math.MaxInt8}, Int: {math.MinInt16, math.MaxInt16}, Dint: {math.MinInt32, math.MaxInt32},
		Lint: {-MaxWhole, MaxWhole}, Usint: {0, math.MaxUint8}, Byte: {0, math.MaxUint8}, Uint: {0, math.MaxUint16}, Word: {0, math.MaxUint16},
		Udint: {0, math.MaxUint32}, Dword: {0, math.MaxUint32}, Ulint: {0, MaxWhole}, Lword: {0, MaxWhole},
	}
	var bits uint64
	switch lim, whole := limits[t]; {
	case t == Real:
		if math.IsNaN(n) || math.Abs(n) > math.MaxFloat32 {
			return Value{}, fmt.Errorf("%v is no number a REAL can hold", n)
		}
		bits = uint64(math.Float32bits(float32(n)))
	case t == Lreal:
		if math.IsNaN(n) || math.IsInf(n, 0) {
			return Value{}, fmt.Errorf("%v is no number to write", n)
		}
		bits = math.Float64bits(n)
	case !whole:
		return Value{}, fmt.Errorf("%w: type %02X; a structure is written member by member", ErrNoNumber, uint16(t))
	case n != math.Trunc(n) || n < lim[0] || n > lim[1]:
		return Value{}, fmt.Errorf("%v is no whole number of %v to %v", n, lim[0], lim[1])
	default:
		bits = uint64(int64(n))
	}
	return Value{Type: t, Data: binary.LittleEndian.AppendUint64(nil, bits)[:sizes[t]]}, nil
}

// WithText is a value of v's type and size that Text reads back.
func (v Value) WithText(text string) (Value, error) {
	most := 0
	switch {
	case v.Type == String:
		most = math.MaxUint16
	case v.Type == Struct && len(v.Data) > 4:
		most = len(v.Data) - 4
		if v.Handle == StringHandle {
			most = min(most, stringChars)
		}
	default:
		return v, fmt.Errorf("%w: type %02X", ErrNoText, uint16(v.Type))
	}
	if len(text) > most {
		return v, fmt.Errorf("a text of at most %d bytes is wanted, not %q", most, text)
	}
	if v.Type == String {
		v.Data = append(binary.LittleEndian.AppendUint16(nil, uint16(len(text))), text...)
		return v, nil
	}
	data := make([]byte, len(v.Data))
	binary.LittleEndian.PutUint32(data, uint32(len(text)))
	copy(data[4:], text)
	v.Data = data
	return v, nil
}

// OfText is a STRING of Logix. What does not fit is cut.
func OfText(text string) Value {
	v := Value{Type: Struct, Handle: StringHandle, Data: make([]byte, stringSize)}
	v, _ = v.WithText(text[:min(len(text), stringChars)]) // it fits
	return v
}

// Read asks for one element of a tag.
func Read(path []byte) Request { return Request{ReadTag, path, []byte{1, 0}} }

// ReadPart asks for what stands behind an offset in bytes.
func ReadPart(path []byte, offset uint32) Request {
	return Request{ReadFragment, path, binary.LittleEndian.AppendUint32([]byte{1, 0}, offset)}
}

// Write sets one element of a tag.
func Write(path []byte, v Value) Request {
	return Request{WriteTag, path, append(append(v.AppendType(nil), 1, 0), v.Data...)}
}

// Modify sets one bit of an integer and leaves the others as they are.
func Modify(path []byte, t Type, bit int, on bool) (Request, error) {
	size := sizes[t]
	if size == 0 || t == Real || t == Lreal || t == Bool || bit >= 8*size {
		return Request{}, fmt.Errorf("%w: type %02X has no bit %d", ErrNoNumber, uint16(t), bit)
	}
	or, and := uint64(0), ^uint64(0)
	if on {
		or = 1 << bit
	} else {
		and &^= 1 << bit
	}
	d := []byte{byte(size), 0}
	d = append(d, binary.LittleEndian.AppendUint64(nil, or)[:size]...)
	return Request{ModifyTag, path, append(d, binary.LittleEndian.AppendUint64(nil, and)[:size]...)}, nil
}

// Symbol is one tag in a controller's list.
type Symbol struct {
	Instance uint32
	Name     string
	Kind     uint16 // bit 15 a structure, 13 and 14 dimensions of an array, 12 the system's, else the type
}

// IsStruct and the like take a symbol's kind apart (1756-PM020, symbol type).
func (s Symbol) IsStruct() bool { return s.Kind&0x8000 != 0 }

// Dimensions is how many indexes an element has.
func (s Symbol) Dimensions() int { return int(s.Kind >> 13 & 3) }

// IsSystem reports whether the tag is not the programmer's.
func (s Symbol) IsSystem() bool { return s.Kind&0x1000 != 0 }

// Atomic is the type of a symbol that is no structure.
func (s Symbol) Atomic() Type { return Type(s.Kind & 0xFF) }

// List asks for the names and kinds of all tags from an instance on, of a
// program or, with an empty name, of the controller.
func List(program string, from uint32) Request {
	var path []byte
	if program != "" {
		path = appendSymbol(nil, program)
	}
	path = append(path, segmentClass, SymbolClass, segmentInstance|1, 0, byte(from), byte(from>>8))
	return Request{InstanceList, path, []byte{2, 0, 1, 0, 2, 0}} // attributes 1 and 2
}

// ParseSymbols reads the answer to [List].
func ParseSymbols(b []byte) ([]Symbol, error) {
	var out []Symbol
	for len(b) > 0 {
		if len(b) < 6 || len(b) < 8+int(binary.LittleEndian.Uint16(b[4:])) {
			return nil, fmt.Errorf("%w: a symbol is cut", ErrFrame)
		}
		end := 6 + int(binary.LittleEndian.Uint16(b[4:]))
		out = append(out, Symbol{binary.LittleEndian.Uint32(b), string(b[6:end]), binary.LittleEndian.Uint16(b[end:])})
		b = b[end+2:]
	}
	return out, nil
}

// AppendSymbol writes one.
func AppendSymbol(dst []byte, s Symbol) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, s.Instance)
	dst = binary.LittleEndian.AppendUint16(dst, uint16(len(s.Name)))
	dst = append(dst, s.Name...)
	return binary.LittleEndian.AppendUint16(dst, s.Kind)
}

// ParsePart reads the answer to [ReadPart]: any number of bytes of a value.
func ParsePart(b []byte) (Value, error) {
	v, rest, err := parseType(b)
	v.Data = rest
	return v, err
}
