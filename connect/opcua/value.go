package opcua

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/gopcua/opcua/ua"

	"zhigai/connect"
	"zhigai/plant"
)

// maxExact is the largest whole number a float64 holds exactly with all below.
const maxExact = 1 << 53

// Bits of a status code (OPC UA Part 4, 7.39).
const (
	severityMask  = 0xC0000000
	severityGood  = 0
	severityDoubt = 0x40000000
	codeMask      = 0xFFFF0000
	infoOverflow  = 0x00000480 // type data value, overflow: the queue lost values
)

// reading turns what the server said of a node into the collector's form.
func reading(point int, kind plant.TagKind, v *ua.DataValue) connect.Reading {
	r := connect.Reading{Point: point}
	if v == nil {
		r.Err = fmt.Errorf("%w: empty answer", connect.ErrMalformed)
		return r
	}
	r.Source = v.SourceTimestamp
	if r.Source.IsZero() {
		r.Source = v.ServerTimestamp
	}
	r.Source = r.Source.UTC()
	if r.Source.Year() < 1970 { // "no time" as some servers write it
		r.Source = time.Time{}
	}
	status := uint32(v.Status)
	if severity := status & severityMask; severity != severityGood && severity != severityDoubt {
		r.Err = statusError(v.Status)
		return r
	}
	r.Uncertain = status&severityMask == severityDoubt || status&infoOverflow == infoOverflow
	if v.Value == nil || v.Value.Type() == ua.TypeIDNull {
		r.Err = fmt.Errorf("%w: the server gives no value (null)", connect.ErrRefused)
		return r
	}
	r.Raw = raw(v.Value)
	if kind == plant.KindText {
		r.Text, r.Err = text(v.Value)
	} else {
		r.Number, r.Err = number(v.Value)
	}
	return r
}

// statusError sorts the server's reasons into the collector's.
func statusError(code ua.StatusCode) error {
	var kind error
	switch ua.StatusCode(uint32(code) & codeMask) {
	case ua.StatusBadNodeIDUnknown, ua.StatusBadNodeIDInvalid, ua.StatusBadAttributeIDInvalid, ua.StatusBadNoMatch:
		kind = connect.ErrUnconfigured
	case ua.StatusBadWaitingForInitialData, ua.StatusBadNoCommunication, ua.StatusBadCommunicationError,
		ua.StatusBadNotConnected, ua.StatusBadOutOfService, ua.StatusBadNoData:
		kind = connect.ErrStale
	case ua.StatusBadDecodingError, ua.StatusBadEncodingError, ua.StatusBadDataTypeIDUnknown:
		kind = connect.ErrMalformed
	default:
		kind = connect.ErrRefused
	}
	return fmt.Errorf("%w: %w", kind, error(code))
}

func isArray(v *ua.Variant) bool { return v.Has(ua.VariantArrayValues) }

// typeName is how people know the type.
func typeName(v *ua.Variant) string {
	names := [...]string{
		"Null", "Boolean", "SByte", "Byte", "Int16", "UInt16", "Int32", "UInt32", "Int64", "UInt64", "Float", "Double",
		"String", "DateTime", "Guid", "ByteString", "XmlElement", "NodeId", "ExpandedNodeId", "StatusCode", "QualifiedName",
		"LocalizedText", "structure", "DataValue", "Variant", "DiagnosticInfo",
	}
	name := "type " + strconv.Itoa(int(v.Type()))
	if int(v.Type()) < len(names) {
		name = names[v.Type()]
	}
	if isArray(v) {
		return "array of " + name
	}
	return name
}

func number(v *ua.Variant) (float64, error) {
	if isArray(v) {
		return 0, fmt.Errorf("%w: %s; read one element from a node of its own", connect.ErrMalformed, typeName(v))
	}
	switch x := v.Value().(type) {
	case bool:
		if x {
			return 1, nil
		}
		return 0, nil
	case int8:
		return float64(x), nil
	case int16:
		return float64(x), nil
	case int32:
		return float64(x), nil
	case uint8:
		return float64(x), nil
	case uint16:
		return float64(x), nil
	case uint32:
		return float64(x), nil
	case float32:
		return float64(x), nil
	case float64:
		return x, nil
	case int64:
		if x > maxExact || x < -maxExact {
			return 0, fmt.Errorf("%w: %d", connect.ErrImprecise, x)
		}
		return float64(x), nil
	case uint64:
		if x > maxExact {
			return 0, fmt.Errorf("%w: %d", connect.ErrImprecise, x)
		}
		return float64(x), nil
	case time.Time:
		return float64(x.UnixMilli()), nil
	case ua.StatusCode:
		return float64(uint32(x)), nil
	}
	return 0, fmt.Errorf("%w: %s where a number is wanted", connect.ErrMalformed, typeName(v))
}

func text(v *ua.Variant) (string, error) {
	if isArray(v) {
		return "", fmt.Errorf("%w: %s", connect.ErrMalformed, typeName(v))
	}
	switch x := v.Value().(type) {
	case string:
		return x, nil
	case *ua.LocalizedText:
		return x.Text, nil
	case *ua.QualifiedName:
		return x.Name, nil
	case ua.XMLElement:
		return string(x), nil
	case []byte:
		return fmt.Sprintf("%x", x[:min(len(x), plant.MaxText)]), nil
	case *ua.GUID:
		return x.String(), nil
	case time.Time:
		return x.UTC().Format(time.RFC3339Nano), nil
	case bool:
		return strconv.FormatBool(x), nil
	case int64:
		return strconv.FormatInt(x, 10), nil
	case uint64:
		return strconv.FormatUint(x, 10), nil
	}
	n, err := number(v)
	if err != nil {
		return "", fmt.Errorf("%w: %s where a text is wanted", connect.ErrMalformed, typeName(v))
	}
	return strconv.FormatFloat(n, 'g', -1, 64), nil
}

// raw is up to eight bytes as they stood on the wire, numbers most significant
// byte first.
func raw(v *ua.Variant) []byte {
	if isArray(v) {
		return nil
	}
	switch x := v.Value().(type) {
	case int8, int16, int32, int64, uint8, uint16, uint32, uint64, float32, float64, bool:
		b, err := binary.Append(nil, binary.BigEndian, x)
		if err != nil {
			return nil
		}
		return b
	case string:
		return []byte(x[:min(len(x), 8)])
	case []byte:
		return x[:min(len(x), 8)]
	}
	return nil
}

var errOutOfRange = errors.New("out of range")

// variantFor makes the value of the node's type from what is to be written.
func variantFor(t ua.TypeID, value any) (*ua.Variant, error) {
	v, err := wireValue(t, value)
	if err != nil {
		return nil, err
	}
	return ua.NewVariant(v)
}

func wireValue(t ua.TypeID, value any) (any, error) {
	switch x := value.(type) {
	case bool:
		if t == ua.TypeIDBoolean {
			return x, nil
		}
		if on := 0.0; t != ua.TypeIDString && t != ua.TypeIDLocalizedText { // a flag kept in a number
			if x {
				on = 1
			}
			return wholeNumber(t, on)
		}
	case string:
		switch t {
		case ua.TypeIDString:
			return x, nil
		case ua.TypeIDLocalizedText:
			return ua.NewLocalizedText(x), nil
		}
	case float64:
		switch t {
		case ua.TypeIDDouble:
			return x, nil
		case ua.TypeIDFloat:
			if math.Abs(x) > math.MaxFloat32 {
				return nil, fmt.Errorf("%v for a Float: %w", x, errOutOfRange)
			}
			return float32(x), nil
		case ua.TypeIDBoolean:
			if x == 0 || x == 1 {
				return x == 1, nil
			}
		case ua.TypeIDDateTime:
			return time.UnixMilli(int64(x)).UTC(), nil
		}
		return wholeNumber(t, x)
	}
	return nil, fmt.Errorf("a %T cannot be written to a node of type %d", value, t)
}

func wholeNumber(t ua.TypeID, x float64) (any, error) {
	limits := map[ua.TypeID][2]float64{
		ua.TypeIDSByte: {math.MinInt8, math.MaxInt8}, ua.TypeIDByte: {0, math.MaxUint8},
		ua.TypeIDInt16: {math.MinInt16, math.MaxInt16}, ua.TypeIDUint16: {0, math.MaxUint16},
		ua.TypeIDInt32: {math.MinInt32, math.MaxInt32}, ua.TypeIDUint32: {0, math.MaxUint32},
		ua.TypeIDInt64: {-maxExact, maxExact}, ua.TypeIDUint64: {0, maxExact},
	}
	limit, ok := limits[t]
	if !ok {
		return nil, fmt.Errorf("a number cannot be written to a node of type %d", t)
	}
	if x != math.Trunc(x) || x < limit[0] || x > limit[1] {
		return nil, fmt.Errorf("%v is no whole number from %.0f to %.0f: %w", x, limit[0], limit[1], errOutOfRange)
	}
	switch t {
	case ua.TypeIDSByte:
		return int8(x), nil
	case ua.TypeIDByte:
		return uint8(x), nil
	case ua.TypeIDInt16:
		return int16(x), nil
	case ua.TypeIDUint16:
		return uint16(x), nil
	case ua.TypeIDInt32:
		return int32(x), nil
	case ua.TypeIDUint32:
		return uint32(x), nil
	case ua.TypeIDInt64:
		return int64(x), nil
	}
	return uint64(x), nil
}
