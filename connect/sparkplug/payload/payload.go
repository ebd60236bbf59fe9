// Package payload is the wire form of Sparkplug B: the protocol-buffer message
// every birth, data, death and command carries, read and written field by
// field.
//
// It does no I/O, keeps no state and knows nothing of topics or sequence. The
// field numbers are those of the Sparkplug 3.0 specification, chapter 6. What
// zhigai does not use (data sets, templates, metadata, file bytes) is kept as
// the bytes it came in, so that encoding what was decoded loses nothing of
// it. Start with [Open], which inflates, or [Decode], and [Payload.Append].
package payload

import (
	"math"
	"strconv"
)

// Payload is one message.
type Payload struct {
	Timestamp    uint64 // ms since 1970
	HasTimestamp bool
	Seq          uint64 // 0..255, counted over all messages of an edge node
	HasSeq       bool
	UUID         string
	Body         []byte
	Metrics      []Metric
}

// Metric is one value with its name, or its alias in place of the name.
type Metric struct {
	Name         string
	Alias        uint64
	HasAlias     bool
	Timestamp    uint64 // ms since 1970
	HasTimestamp bool
	Type         Type // zero when left out; the birth's type holds then
	Historical   bool // late on purpose: stored while the link was down
	Transient    bool // not to be kept
	Null         bool
	Metadata     []byte
	Properties   []Property
	Value        Value
}

// Property says more about a metric: its unit, its limits, its quality.
type Property struct {
	Key   string
	Type  Type
	Null  bool
	Value Value
}

// Value is one member of the wire's oneof.
type Value struct {
	Field Field
	Bits  uint64 // integers, booleans and the bits of floats
	Bytes []byte // strings, bytes and what is passed through
}

// Field says which member of the oneof holds the value.
type Field uint8

const (
	None      Field = iota
	Int             // uint32: Int8..Int32 in two's complement, UInt8..UInt32
	Long            // uint64: Int64 in two's complement, UInt64, DateTime
	Float           // 32 bits
	Double          // 64 bits
	Boolean         // 0 or 1
	String          // text
	Bytes           // also File
	DataSet         // passed through
	Template        // passed through
	Extension       // passed through
)

// Type is a Sparkplug data type.
type Type uint32

// The types of chapter 6.4.16; arrays follow from 22 to 34.
const (
	TypeInt8 Type = iota + 1
	TypeInt16
	TypeInt32
	TypeInt64
	TypeUInt8
	TypeUInt16
	TypeUInt32
	TypeUInt64
	TypeFloat
	TypeDouble
	TypeBoolean
	TypeString
	TypeDateTime
	TypeText
	TypeUUID
	TypeDataSet
	TypeBytes
	TypeFile
	TypeTemplate
	TypePropertySet
	TypePropertySetList
)

var typeNames = [...]string{
	"Unknown", "Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64", "Float", "Double",
	"Boolean", "String", "DateTime", "Text", "UUID", "DataSet", "Bytes", "File", "Template", "PropertySet", "PropertySetList",
	"Int8Array", "Int16Array", "Int32Array", "Int64Array", "UInt8Array", "UInt16Array", "UInt32Array", "UInt64Array",
	"FloatArray", "DoubleArray", "BooleanArray", "StringArray", "DateTimeArray",
}

// String is the name the specification gives the type.
func (t Type) String() string {
	if int(t) < len(typeNames) {
		return typeNames[t]
	}
	return "type " + strconv.FormatUint(uint64(t), 10)
}

// Integer reports whether the type is a whole number, its bits and its sign.
func (t Type) Integer() (bits int, signed, ok bool) {
	switch t {
	case TypeInt8, TypeInt16, TypeInt32, TypeInt64:
		return 8 << (t - TypeInt8), true, true
	case TypeUInt8, TypeUInt16, TypeUInt32, TypeUInt64:
		return 8 << (t - TypeUInt8), false, true
	case TypeDateTime:
		return 64, false, true
	}
	return 0, false, false
}

// Text reports whether values of the type are texts.
func (t Type) Text() bool { return t == TypeString || t == TypeText || t == TypeUUID }

// Signed reads the value as a whole number of a signed type: the wire carries
// the low bits of two's complement, and senders differ in how many they fill.
func (v Value) Signed(bits int) int64 {
	shift := 64 - bits
	return int64(v.Bits<<shift) >> shift
}

// Unsigned reads the value as a whole number of an unsigned type.
func (v Value) Unsigned(bits int) uint64 {
	shift := 64 - bits
	return v.Bits << shift >> shift
}

// Float64 reads a Float or Double field.
func (v Value) Float64() float64 {
	if v.Field == Float {
		return float64(math.Float32frombits(uint32(v.Bits)))
	}
	return math.Float64frombits(v.Bits)
}

// OfInt, OfFloat, OfBool and OfText make the value of a type in the field
// where the type belongs.
func OfInt(t Type, n int64) Value {
	bits, _, _ := t.Integer()
	if bits == 64 {
		return Value{Field: Long, Bits: uint64(n)}
	}
	return Value{Field: Int, Bits: uint64(uint32(n))}
}

// OfFloat makes a Float or a Double.
func OfFloat(t Type, f float64) Value {
	if t == TypeFloat {
		return Value{Field: Float, Bits: uint64(math.Float32bits(float32(f)))}
	}
	return Value{Field: Double, Bits: math.Float64bits(f)}
}

// OfBool makes a Boolean.
func OfBool(b bool) Value {
	if b {
		return Value{Field: Boolean, Bits: 1}
	}
	return Value{Field: Boolean}
}

// OfText makes a String, Text or UUID.
func OfText(s string) Value { return Value{Field: String, Bytes: []byte(s)} }
