package sparkplug

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"zhigai/connect"
	"zhigai/connect/sparkplug/payload"
	"zhigai/plant"
)

// Codes of the property Quality, as the specification takes them from OPC.
const (
	qualityBad   = 0
	qualityStale = 500
	qualityGood  = 192
)

// maxExact is the largest whole number a float64 holds exactly with all below.
const maxExact = 1 << 53

// bdSeq is the number that ties a death to its birth.
func bdSeq(p payload.Payload) (uint64, bool) {
	for i := range p.Metrics {
		if p.Metrics[i].Name == "bdSeq" {
			return p.Metrics[i].Value.Bits, p.Metrics[i].Value.Field == payload.Int || p.Metrics[i].Value.Field == payload.Long
		}
	}
	return 0, false
}

// typeOf is the type of a metric, guessed from its field when left out.
func typeOf(m *payload.Metric) payload.Type {
	if m.Type != 0 {
		return m.Type
	}
	switch m.Value.Field {
	case payload.Int:
		return payload.TypeUInt32
	case payload.Long:
		return payload.TypeUInt64
	case payload.Float:
		return payload.TypeFloat
	case payload.Double:
		return payload.TypeDouble
	case payload.Boolean:
		return payload.TypeBoolean
	case payload.String:
		return payload.TypeString
	case payload.Bytes:
		return payload.TypeBytes
	case payload.DataSet:
		return payload.TypeDataSet
	case payload.Template:
		return payload.TypeTemplate
	}
	return 0
}

// sample reads one value under the metric's birth.
func (k *metric) sample(m *payload.Metric, p payload.Payload) sample {
	s := sample{
		name: k.name, typ: k.typ, value: m.Value, null: m.Null || m.Value.Field == payload.None,
		quality: qualityGood, historical: m.Historical,
	}
	if m.Type != 0 {
		s.typ = m.Type
	}
	switch {
	case m.HasTimestamp:
		s.at = m.Timestamp
	case p.HasTimestamp:
		s.at = p.Timestamp
	}
	for _, prop := range m.Properties {
		if prop.Key == "Quality" && prop.Value.Field == payload.Int {
			s.quality = prop.Value.Signed(32)
		}
	}
	if len(s.value.Bytes) > plant.MaxText {
		// One character too many is enough to be told too long; the rest is not kept.
		n := plant.MaxText + 1
		for n < len(s.value.Bytes) && !utf8.RuneStart(s.value.Bytes[n]) {
			n++
		}
		s.value.Bytes = s.value.Bytes[:n:n]
	}
	return s
}

// reading is the sample as the collector wants it.
func (s sample) reading(point int, kind plant.TagKind) connect.Reading {
	r := connect.Reading{Point: point, Historical: s.historical}
	if s.at > 0 && s.at <= math.MaxInt64/1000 {
		r.Source = time.UnixMilli(int64(s.at)).UTC()
	}
	if s.value.Field != payload.None && s.value.Bytes == nil {
		r.Raw = binary.BigEndian.AppendUint64(nil, s.value.Bits)
	} else {
		r.Raw = s.value.Bytes[:min(len(s.value.Bytes), 8)]
	}
	switch {
	case s.null:
		r.Err = fmt.Errorf("%w: the edge node reports no value (null)", connect.ErrRefused)
	case s.quality == qualityBad:
		r.Err = fmt.Errorf("%w: the edge node reports bad quality", connect.ErrRefused)
	case s.quality == qualityStale:
		r.Err = fmt.Errorf("%w: the edge node reports a stale value", connect.ErrStale)
	case kind == plant.KindText:
		r.Text, r.Err = s.text()
	default:
		r.Number, r.Err = s.number()
	}
	return r
}

func (s sample) number() (float64, error) {
	if bits, signed, ok := s.typ.Integer(); ok {
		if s.value.Field != payload.Int && s.value.Field != payload.Long {
			return 0, s.misplaced()
		}
		if signed {
			return exact(s.value.Signed(bits))
		}
		u := s.value.Unsigned(bits)
		if u > maxExact {
			return 0, fmt.Errorf("%w: %d", connect.ErrImprecise, u)
		}
		return float64(u), nil
	}
	switch s.typ {
	case payload.TypeFloat, payload.TypeDouble:
		if s.value.Field != payload.Float && s.value.Field != payload.Double {
			return 0, s.misplaced()
		}
		return s.value.Float64(), nil
	case payload.TypeBoolean:
		if s.value.Field != payload.Boolean {
			return 0, s.misplaced()
		}
		return float64(s.value.Bits), nil
	}
	if s.typ.Text() {
		return 0, fmt.Errorf("%w: a %v where a number is wanted; make the signal a text", connect.ErrMalformed, s.typ)
	}
	return 0, s.unsupported()
}

func exact(n int64) (float64, error) {
	if n > maxExact || n < -maxExact {
		return 0, fmt.Errorf("%w: %d", connect.ErrImprecise, n)
	}
	return float64(n), nil
}

// text gives texts as they are and other values in their plainest form.
func (s sample) text() (string, error) {
	if s.typ.Text() {
		if s.value.Field != payload.String {
			return "", s.misplaced()
		}
		return string(s.value.Bytes), nil
	}
	if bits, signed, ok := s.typ.Integer(); ok && (s.value.Field == payload.Int || s.value.Field == payload.Long) {
		if s.typ == payload.TypeDateTime {
			return time.UnixMilli(int64(s.value.Bits)).UTC().Format(time.RFC3339Nano), nil
		}
		if signed {
			return strconv.FormatInt(s.value.Signed(bits), 10), nil
		}
		return strconv.FormatUint(s.value.Unsigned(bits), 10), nil
	}
	n, err := s.number()
	if err != nil {
		return "", err
	}
	if s.typ == payload.TypeBoolean {
		return strconv.FormatBool(n != 0), nil
	}
	return strconv.FormatFloat(n, 'g', -1, 64), nil
}

func (s sample) misplaced() error {
	return fmt.Errorf("%w: type %v in the wrong field (%d)", connect.ErrMalformed, s.typ, s.value.Field)
}

func (s sample) unsupported() error {
	return fmt.Errorf("%w: metric %q is a %v; only numbers, booleans, texts and times are read", connect.ErrUnconfigured, s.name, s.typ)
}

// kindOf is the kind of tag a metric makes, "" if none.
func kindOf(t payload.Type) plant.TagKind {
	if _, _, ok := t.Integer(); ok || t == payload.TypeFloat || t == payload.TypeDouble {
		return plant.KindNumber
	}
	if t == payload.TypeBoolean {
		return plant.KindBoolean
	}
	if t.Text() {
		return plant.KindText
	}
	return ""
}

// valueFor makes the wire value of a type from what is to be written.
func valueFor(t payload.Type, v any) (payload.Value, error) {
	switch x := v.(type) {
	case bool:
		if t == payload.TypeBoolean {
			return payload.OfBool(x), nil
		}
	case string:
		if t.Text() {
			return payload.OfText(x), nil
		}
	case float64:
		if t == payload.TypeFloat || t == payload.TypeDouble {
			return payload.OfFloat(t, x), nil
		}
		if t == payload.TypeBoolean && (x == 0 || x == 1) {
			return payload.OfBool(x == 1), nil
		}
		if bits, signed, ok := t.Integer(); ok {
			return integerFor(t, bits, signed, x)
		}
	}
	return payload.Value{}, fmt.Errorf("a %T cannot be written to a %v", v, t)
}

func integerFor(t payload.Type, bits int, signed bool, x float64) (payload.Value, error) {
	low, high := 0.0, math.Exp2(float64(bits))-1
	if signed {
		low, high = -math.Exp2(float64(bits-1)), math.Exp2(float64(bits-1))-1
	}
	if x != math.Trunc(x) || x < low || x > high || math.Abs(x) > maxExact {
		return payload.Value{}, fmt.Errorf("%v cannot be written to a %v: whole numbers from %.0f to %.0f", x, t, low, min(high, maxExact))
	}
	return payload.OfInt(t, int64(x)), nil
}
