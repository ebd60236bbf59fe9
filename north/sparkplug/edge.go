// Package sparkplug is the edge node's side of Sparkplug B 3.0: what birth, data
// and death certificates say, in which sequence, and what a host's commands and
// state mean.
//
// It does no I/O and has no clock: whoever holds the connection publishes what
// it makes, in order. A machine of the plant is a device, a tag is a metric; the
// tag's number is its alias. Start with [Edge].
package sparkplug

import (
	"fmt"
	"math"
	"strings"

	"zhigai/connect/sparkplug/payload"
	"zhigai/plant"
)

const namespace = "spBv1.0"

// Names of chapter 6.4 that every edge node has.
const (
	metricBdSeq   = "bdSeq"
	metricRebirth = "Node Control/Rebirth"
	// propertyQuality takes 0, 192 or 500 (tck-id-payloads-propertyset-quality-value-value).
	propertyQuality = "Quality"
	// propertyUnit is no word of the specification; hosts in the field know it.
	propertyUnit = "engUnit"
)

// Codes of the quality property.
const (
	qualityBad   = 0
	qualityGood  = 192
	qualityStale = 500
)

// Message is to be published with QoS 0, not retained, as the specification
// wants of births, data and device deaths.
type Message struct {
	Topic   string
	Payload []byte
}

// Value is one value of a tag. Text holds that of text tags.
type Value struct {
	Sample     plant.Sample
	Text       string
	Historical bool // missed by the host, sent later
}

// Device is a machine with its metrics.
type Device struct {
	Path    string
	Metrics []Metric
}

// Metric is a tag with its present value.
type Metric struct {
	Tag   plant.Tag
	Last  Value
	Known bool // there is a present value
}

// Edge is one session of an edge node: from a connection's birth to its death.
// It is not safe for concurrent use.
type Edge struct {
	group, node string
	bdSeq       uint64
	seq         uint64
}

// NewEdge begins a session. Each connection has the bdSeq after the one before,
// 0..255.
func NewEdge(group, node string, bdSeq uint8) *Edge {
	return &Edge{group: group, node: node, bdSeq: uint64(bdSeq)}
}

// CheckID refuses what cannot be a part of a topic.
func CheckID(what, id string) error {
	if id == "" || len(id) > 100 || strings.ContainsAny(id, "+/#") {
		return fmt.Errorf("%s %q; write 1 to 100 bytes without +, / and #, for example Shop1", what, id)
	}
	return nil
}

// DeviceID is the machine's name in topics: its path with ":" for "/", which no
// code of the plant has.
func DeviceID(path string) string { return strings.ReplaceAll(path, "/", ":") }

func (e *Edge) topic(kind string, device ...string) string {
	t := namespace + "/" + e.group + "/" + kind + "/" + e.node
	if len(device) > 0 {
		t += "/" + DeviceID(device[0])
	}
	return t
}

// CommandTopic is where the host's commands to the edge node come.
func (e *Edge) CommandTopic() string { return e.topic("NCMD") }

// Death is NDEATH: the will of the connection (QoS 1, not retained), and what is
// published before a connection is closed on purpose. It carries no sequence.
func (e *Edge) Death(at plant.Micros) Message {
	p := payload.Payload{Timestamp: millis(at), HasTimestamp: true, Metrics: []payload.Metric{e.bdSeqMetric(at)}}
	return Message{e.topic("NDEATH"), p.Append(nil)}
}

func (e *Edge) bdSeqMetric(at plant.Micros) payload.Metric {
	return payload.Metric{
		Name: metricBdSeq, Timestamp: millis(at), HasTimestamp: true,
		Type: payload.TypeInt64, Value: payload.OfInt(payload.TypeInt64, int64(e.bdSeq)),
	}
}

// Birth is NBIRTH with sequence 0: everything before it is void for the host.
func (e *Edge) Birth(at plant.Micros) Message {
	e.seq = 0
	return e.message(at, []payload.Metric{
		e.bdSeqMetric(at),
		{Name: metricRebirth, Timestamp: millis(at), HasTimestamp: true, Type: payload.TypeBoolean, Value: payload.OfBool(false)},
	}, "NBIRTH")
}

// DeviceBirth is DBIRTH: all metrics with their names, aliases, types, units and
// present values.
func (e *Edge) DeviceBirth(at plant.Micros, d Device) Message {
	metrics := make([]payload.Metric, 0, len(d.Metrics))
	for _, m := range d.Metrics {
		v := m.Last
		if !m.Known {
			v = Value{Sample: plant.BadSample(m.Tag.No, at, plant.Stale, nil)}
		}
		v.Historical = false
		one := metric(m.Tag, v)
		one.Name = m.Tag.Name
		if m.Tag.Unit != "" {
			one.Properties = append(one.Properties, payload.Property{Key: propertyUnit, Type: payload.TypeString, Value: payload.OfText(m.Tag.Unit)})
		}
		metrics = append(metrics, one)
	}
	return e.message(at, metrics, "DBIRTH", d.Path)
}

// Data is DDATA of a device that is born: by alias, in the given order.
func (e *Edge) Data(at plant.Micros, path string, tags func(plant.TagNo) plant.Tag, values []Value) Message {
	metrics := make([]payload.Metric, 0, len(values))
	for _, v := range values {
		metrics = append(metrics, metric(tags(v.Sample.Tag), v))
	}
	return e.message(at, metrics, "DDATA", path)
}

// DeviceDeath is DDEATH: the machine is out of contact.
func (e *Edge) DeviceDeath(at plant.Micros, path string) Message {
	return e.message(at, nil, "DDEATH", path)
}

func (e *Edge) message(at plant.Micros, metrics []payload.Metric, kind string, device ...string) Message {
	p := payload.Payload{Timestamp: millis(at), HasTimestamp: true, Seq: e.seq, HasSeq: true, Metrics: metrics}
	e.seq = (e.seq + 1) % 256
	return Message{e.topic(kind, device...), p.Append(nil)}
}

// TypeOf is the data type of a tag's metric; ok is false for tags that are not
// sent, which are waveforms.
func TypeOf(tag plant.Tag) (t payload.Type, ok bool) {
	switch tag.Kind {
	case plant.KindNumber:
		return payload.TypeDouble, true
	case plant.KindBoolean:
		return payload.TypeBoolean, true
	case plant.KindEnumeration:
		return payload.TypeInt64, true
	case plant.KindText:
		return payload.TypeString, true
	}
	return 0, false
}

// metric is a value under its alias.
func metric(tag plant.Tag, v Value) payload.Metric {
	s := v.Sample
	t, _ := TypeOf(tag)
	m := payload.Metric{
		Alias: uint64(tag.No), HasAlias: true, Timestamp: millis(s.Time), HasTimestamp: true, Type: t, Historical: v.Historical,
		Properties: []payload.Property{{Key: propertyQuality, Type: payload.TypeInt32, Value: payload.OfInt(payload.TypeInt32, qualityOf(s.Quality))}},
	}
	switch {
	case s.Quality.IsBad() || t != payload.TypeString && (math.IsNaN(s.Value) || math.IsInf(s.Value, 0)):
		m.Null = true
	case t == payload.TypeDouble:
		m.Value = payload.OfFloat(t, s.Value)
	case t == payload.TypeBoolean:
		m.Value = payload.OfBool(s.Value != 0)
	case t == payload.TypeInt64:
		m.Value = payload.OfInt(t, int64(s.Value))
	default:
		m.Value = payload.OfText(v.Text)
	}
	return m
}

// qualityOf gives the code the specification has. It knows no uncertain value:
// there is a value, so that it is good.
func qualityOf(q plant.Quality) int64 {
	if !q.IsBad() {
		return qualityGood
	}
	switch q.Reason() {
	case plant.NotConnected, plant.Stale:
		return qualityStale
	}
	return qualityBad
}

func millis(at plant.Micros) uint64 { return uint64(at.Time().UnixMilli()) }
