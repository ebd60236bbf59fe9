package payload

import "google.golang.org/protobuf/encoding/protowire"

// Append writes the payload after dst.
func (p Payload) Append(dst []byte) []byte {
	if p.HasTimestamp {
		dst = appendVarint(dst, payloadTimestamp, p.Timestamp)
	}
	for i := range p.Metrics {
		dst = protowire.AppendTag(dst, payloadMetrics, protowire.BytesType)
		dst = protowire.AppendBytes(dst, p.Metrics[i].append(nil))
	}
	if p.HasSeq {
		dst = appendVarint(dst, payloadSeq, p.Seq)
	}
	if p.UUID != "" {
		dst = appendBytes(dst, payloadUUID, []byte(p.UUID))
	}
	if len(p.Body) > 0 {
		dst = appendBytes(dst, payloadBody, p.Body)
	}
	return dst
}

func (m *Metric) append(dst []byte) []byte {
	if m.Name != "" {
		dst = appendBytes(dst, metricName, []byte(m.Name))
	}
	if m.HasAlias {
		dst = appendVarint(dst, metricAlias, m.Alias)
	}
	if m.HasTimestamp {
		dst = appendVarint(dst, metricTimestamp, m.Timestamp)
	}
	if m.Type != 0 {
		dst = appendVarint(dst, metricType, uint64(m.Type))
	}
	dst = appendFlag(dst, metricHistorical, m.Historical)
	dst = appendFlag(dst, metricTransient, m.Transient)
	dst = appendFlag(dst, metricNull, m.Null)
	if len(m.Metadata) > 0 {
		dst = appendBytes(dst, metricMetadata, m.Metadata)
	}
	if len(m.Properties) > 0 {
		dst = appendBytes(dst, metricProperties, appendProperties(nil, m.Properties))
	}
	return m.Value.append(dst, metricNumbers)
}

var (
	metricNumbers = [...]protowire.Number{
		Int: metricInt, Long: metricLong, Float: metricFloat, Double: metricDouble,
		Boolean: metricBoolean, String: metricString, Bytes: metricBytes, DataSet: metricDataSet, Template: metricTemplate,
		Extension: metricExtension,
	}
	propertyNumbers = [...]protowire.Number{
		Int: propertyInt, Long: propertyLong, Float: propertyFloat, Double: propertyDouble,
		Boolean: propertyBoolean, String: propertyString, DataSet: propertySet, Template: propertySets, Extension: 0,
	}
)

func appendProperties(dst []byte, properties []Property) []byte {
	for _, p := range properties {
		dst = appendBytes(dst, setKeys, []byte(p.Key))
	}
	for _, p := range properties {
		var v []byte
		if p.Type != 0 {
			v = appendVarint(v, propertyType, uint64(p.Type))
		}
		v = appendFlag(v, propertyNull, p.Null)
		dst = appendBytes(dst, setValues, p.Value.append(v, propertyNumbers))
	}
	return dst
}

// append writes the value under the number of its field; none, and a member
// that does not exist where it would stand, write nothing.
func (v Value) append(dst []byte, numbers [Extension + 1]protowire.Number) []byte {
	if v.Field > Extension || numbers[v.Field] == 0 {
		return dst
	}
	num := numbers[v.Field]
	switch v.Field {
	case Int:
		return appendVarint(dst, num, uint64(uint32(v.Bits)))
	case Long, Boolean:
		return appendVarint(dst, num, v.Bits)
	case Float:
		return protowire.AppendFixed32(protowire.AppendTag(dst, num, protowire.Fixed32Type), uint32(v.Bits))
	case Double:
		return protowire.AppendFixed64(protowire.AppendTag(dst, num, protowire.Fixed64Type), v.Bits)
	}
	return appendBytes(dst, num, v.Bytes)
}

func appendVarint(dst []byte, num protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(dst, num, protowire.VarintType), v)
}

func appendBytes(dst []byte, num protowire.Number, b []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(dst, num, protowire.BytesType), b)
}

func appendFlag(dst []byte, num protowire.Number, on bool) []byte {
	if !on {
		return dst
	}
	return appendVarint(dst, num, 1)
}
