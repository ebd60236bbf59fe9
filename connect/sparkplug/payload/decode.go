package payload

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

const (
	// MaxMetrics bounds one message: a birth of a very large machine has some
	// thousand metrics, and each costs memory before anyone looks at it.
	MaxMetrics = 20000
	// maxProperties bounds one metric; the specification names a handful.
	maxProperties = 100
)

// Field numbers of the messages.
const (
	payloadTimestamp, payloadMetrics, payloadSeq, payloadUUID, payloadBody = 1, 2, 3, 4, 5

	metricName, metricAlias, metricTimestamp, metricType            = 1, 2, 3, 4
	metricHistorical, metricTransient, metricNull                   = 5, 6, 7
	metricMetadata, metricProperties                                = 8, 9
	metricInt, metricLong, metricFloat, metricDouble, metricBoolean = 10, 11, 12, 13, 14
	metricString, metricBytes, metricDataSet, metricTemplate        = 15, 16, 17, 18
	metricExtension                                                 = 19

	setKeys, setValues = 1, 2

	propertyType, propertyNull                                 = 1, 2
	propertyInt, propertyLong, propertyFloat, propertyDouble   = 3, 4, 5, 6
	propertyBoolean, propertyString, propertySet, propertySets = 7, 8, 9, 10
)

// MaxInflated bounds a compressed payload after inflation.
const MaxInflated = 8 << 20

// compressed marks a payload whose body is another payload, deflated or
// gzipped: an extension several edge nodes share.
const compressed = "SPBV1.0_COMPRESSED"

// ErrMalformed means that the bytes are no Sparkplug payload.
var ErrMalformed = errors.New("no Sparkplug B payload")

// Decode reads a payload. Fields it does not know are skipped, as protocol
// buffers demand. The result shares no memory with b.
func Decode(b []byte) (Payload, error) {
	var p Payload
	err := fields(b, func(num protowire.Number, f field) error {
		switch num {
		case payloadTimestamp:
			p.Timestamp, p.HasTimestamp = f.varint, true
			return f.want(protowire.VarintType)
		case payloadSeq:
			p.Seq, p.HasSeq = f.varint, true
			return f.want(protowire.VarintType)
		case payloadUUID:
			return f.text(&p.UUID)
		case payloadBody:
			p.Body = f.clone()
			return f.want(protowire.BytesType)
		case payloadMetrics:
			if len(p.Metrics) == MaxMetrics {
				return fmt.Errorf("more than %d metrics", MaxMetrics)
			}
			m, err := decodeMetric(f.bytes)
			if err != nil {
				return fmt.Errorf("metric %d: %w", len(p.Metrics), err)
			}
			p.Metrics = append(p.Metrics, m)
			return f.want(protowire.BytesType)
		}
		return nil
	})
	if err != nil {
		return Payload{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return p, nil
}

// Open decodes a payload and, if it is compressed, the one inside; sequence
// and time of the outer one hold where the inner one has none.
func Open(b []byte) (Payload, error) {
	p, err := Decode(b)
	if err != nil || p.UUID != compressed {
		return p, err
	}
	inner, err := inflate(p)
	if err != nil {
		return Payload{}, fmt.Errorf("%w: compressed body: %w", ErrMalformed, err)
	}
	q, err := Decode(inner)
	if err != nil {
		return Payload{}, fmt.Errorf("compressed body: %w", err)
	}
	if !q.HasSeq {
		q.Seq, q.HasSeq = p.Seq, p.HasSeq
	}
	if !q.HasTimestamp {
		q.Timestamp, q.HasTimestamp = p.Timestamp, p.HasTimestamp
	}
	return q, nil
}

func inflate(p Payload) ([]byte, error) {
	var r io.Reader
	var err error
	if bytes.HasPrefix(p.Body, []byte{0x1f, 0x8b}) {
		r, err = gzip.NewReader(bytes.NewReader(p.Body))
	} else {
		r, err = zlib.NewReader(bytes.NewReader(p.Body))
	}
	if err != nil {
		return nil, err
	}
	out, err := io.ReadAll(io.LimitReader(r, MaxInflated+1))
	if err == nil && len(out) > MaxInflated {
		err = fmt.Errorf("more than %d bytes", MaxInflated)
	}
	return out, err
}

func decodeMetric(b []byte) (Metric, error) {
	var m Metric
	err := fields(b, func(num protowire.Number, f field) error {
		switch num {
		case metricName:
			return f.text(&m.Name)
		case metricAlias:
			m.Alias, m.HasAlias = f.varint, true
			return f.want(protowire.VarintType)
		case metricTimestamp:
			m.Timestamp, m.HasTimestamp = f.varint, true
			return f.want(protowire.VarintType)
		case metricType:
			m.Type = Type(uint32(f.varint))
			return f.want(protowire.VarintType)
		case metricHistorical:
			return f.flag(&m.Historical)
		case metricTransient:
			return f.flag(&m.Transient)
		case metricNull:
			return f.flag(&m.Null)
		case metricMetadata:
			m.Metadata = f.clone()
			return f.want(protowire.BytesType)
		case metricProperties:
			var err error
			if m.Properties, err = decodeProperties(f.bytes); err != nil {
				return fmt.Errorf("properties: %w", err)
			}
			return f.want(protowire.BytesType)
		}
		return f.value(metricFields[num], &m.Value)
	})
	return m, err
}

// metricFields and propertyFields say which member of the oneof a number is.
var metricFields = map[protowire.Number]Field{
	metricInt: Int, metricLong: Long, metricFloat: Float, metricDouble: Double,
	metricBoolean: Boolean, metricString: String, metricBytes: Bytes, metricDataSet: DataSet, metricTemplate: Template,
	metricExtension: Extension,
}

var propertyFields = map[protowire.Number]Field{
	propertyInt: Int, propertyLong: Long, propertyFloat: Float, propertyDouble: Double,
	propertyBoolean: Boolean, propertyString: String, propertySet: DataSet, propertySets: Template,
}

func decodeProperties(b []byte) ([]Property, error) {
	var out []Property
	var keys int
	// Keys and values are two lists; either may come first.
	at := func(i int) (*Property, error) {
		if i >= maxProperties {
			return nil, fmt.Errorf("more than %d", maxProperties)
		}
		for len(out) <= i {
			out = append(out, Property{})
		}
		return &out[i], nil
	}
	var values int
	err := fields(b, func(num protowire.Number, f field) error {
		switch num {
		case setKeys:
			p, err := at(keys)
			if err != nil {
				return err
			}
			keys++
			return f.text(&p.Key)
		case setValues:
			p, err := at(values)
			if err != nil {
				return err
			}
			values++
			if err := f.want(protowire.BytesType); err != nil {
				return err
			}
			return decodeProperty(f.bytes, p)
		}
		return nil
	})
	if err == nil && keys != values {
		err = fmt.Errorf("%d keys for %d values", keys, values)
	}
	return out, err
}

func decodeProperty(b []byte, p *Property) error {
	return fields(b, func(num protowire.Number, f field) error {
		switch num {
		case propertyType:
			p.Type = Type(uint32(f.varint))
			return f.want(protowire.VarintType)
		case propertyNull:
			return f.flag(&p.Null)
		}
		return f.value(propertyFields[num], &p.Value)
	})
}

// field is one field as it came.
type field struct {
	kind   protowire.Type
	varint uint64 // also the bits of fixed fields
	bytes  []byte // inside of the message
}

// fields walks over a message.
func fields(b []byte, visit func(protowire.Number, field) error) error {
	for len(b) > 0 {
		num, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return fmt.Errorf("tag: %w", protowire.ParseError(n))
		}
		b = b[n:]
		f := field{kind: kind}
		switch kind {
		case protowire.VarintType:
			f.varint, n = protowire.ConsumeVarint(b)
		case protowire.Fixed32Type:
			var v uint32
			v, n = protowire.ConsumeFixed32(b)
			f.varint = uint64(v)
		case protowire.Fixed64Type:
			f.varint, n = protowire.ConsumeFixed64(b)
		case protowire.BytesType:
			f.bytes, n = protowire.ConsumeBytes(b)
		default:
			n = protowire.ConsumeFieldValue(num, kind, b)
		}
		if n < 0 {
			return fmt.Errorf("field %d: %w", num, protowire.ParseError(n))
		}
		b = b[n:]
		if err := visit(num, f); err != nil {
			return fmt.Errorf("field %d: %w", num, err)
		}
	}
	return nil
}

func (f field) want(kind protowire.Type) error {
	if f.kind != kind {
		return fmt.Errorf("wire type %d, want %d", f.kind, kind)
	}
	return nil
}

func (f field) clone() []byte { return append([]byte(nil), f.bytes...) }

func (f field) flag(dst *bool) error {
	*dst = f.varint != 0
	return f.want(protowire.VarintType)
}

func (f field) text(dst *string) error {
	if !utf8.Valid(f.bytes) {
		return errors.New("text is not UTF-8")
	}
	*dst = strings.Clone(string(f.bytes))
	return f.want(protowire.BytesType)
}

// value reads a member of the oneof; the last one on the wire holds.
func (f field) value(which Field, v *Value) error {
	switch which {
	case None:
		return nil // a field of a later version
	case Int:
		*v = Value{Field: Int, Bits: uint64(uint32(f.varint))}
		return f.want(protowire.VarintType)
	case Long:
		*v = Value{Field: Long, Bits: f.varint}
		return f.want(protowire.VarintType)
	case Boolean:
		*v = OfBool(f.varint != 0)
		return f.want(protowire.VarintType)
	case Float:
		*v = Value{Field: Float, Bits: f.varint}
		return f.want(protowire.Fixed32Type)
	case Double:
		*v = Value{Field: Double, Bits: f.varint}
		return f.want(protowire.Fixed64Type)
	case String:
		if !utf8.Valid(f.bytes) {
			return errors.New("text is not UTF-8")
		}
	}
	*v = Value{Field: which, Bytes: f.clone()}
	return f.want(protowire.BytesType)
}
