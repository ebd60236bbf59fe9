package sim

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"zhigai/connect/mtconnect/document"
	"zhigai/plant"
)

// dataItem is what a machine says under one data item: one signal, or several
// that are parts of it, such as the level and the text of a condition.
type dataItem struct {
	document.DataItem
	in    *document.Component
	key   string // the adapter's name for it
	parts []itemPart
}

type itemPart struct {
	document.Part
	slot int
}

// itemTypes are the standard's types for signals whose values are in its units; all
// others are variables of the controller.
var itemTypes = map[string]document.DataItem{
	"spindle.speed":   {Category: document.Sample, Type: "ROTARY_VELOCITY", SubType: "ACTUAL", Units: "REVOLUTION/MINUTE"},
	"spindle.load":    {Category: document.Sample, Type: "LOAD", Units: "PERCENT"},
	"count.good":      {Category: document.Event, Type: "PART_COUNT", SubType: "GOOD"},
	"count.scrap":     {Category: document.Event, Type: "PART_COUNT", SubType: "BAD"},
	"count.total":     {Category: document.Event, Type: "PART_COUNT", SubType: "ALL"},
	"machine.program": {Category: document.Event, Type: "PROGRAM"},
}

// sampleTypes are numbers that change steadily; other types of the standard are
// events.
var sampleTypes = map[string]string{
	"POSITION": "MILLIMETER", "ANGLE": "DEGREE", "LOAD": "PERCENT", "ROTARY_VELOCITY": "REVOLUTION/MINUTE", "PATH_FEEDRATE": "MILLIMETER/SECOND",
	"AXIS_FEEDRATE": "MILLIMETER/SECOND", "TEMPERATURE": "CELSIUS", "PRESSURE": "PASCAL", "WATTAGE": "WATT", "ELECTRICAL_ENERGY": "WATT_SECOND",
	"AMPERAGE": "AMPERE", "VOLTAGE": "VOLT", "FREQUENCY": "HERTZ", "FLOW": "LITER/SECOND", "ACCUMULATED_TIME": "SECOND", "PROCESS_TIMER": "SECOND",
}

// machineModel is a machine as a device of an agent.
type machineModel struct {
	m      *machine
	device document.Component
	items  []*dataItem
	avail  *dataItem
}

// newModel makes the device of a machine. Items whose address is one word stand
// at the controller's path, the others where their address says.
func newModel(m *machine, name string) (*machineModel, error) {
	id := "d-" + name
	b := &modelBuilder{
		model: &machineModel{m: m}, byKey: map[string]*dataItem{}, id: id,
		root: &component{Component: document.Component{
			Type: "Device", ID: id, Name: name, UUID: "zhigai-" + name,
			Description: &document.Description{Manufacturer: "zhigai", Model: m.class, Serial: m.code},
		}},
	}
	b.model.avail = b.add(b.root, document.DataItem{Category: document.Event, Type: "AVAILABILITY"}, "avail")
	for slot, s := range m.kind.Signals {
		if err := b.signal(slot, &s, s.At); err != nil {
			return nil, fmt.Errorf("%s: %w", s.Name, err)
		}
	}
	b.model.device = b.root.document()
	return b.model, nil
}

// component is a [document.Component] that grows.
type component struct {
	document.Component
	inner []*component
}

func (c *component) document() document.Component {
	out := c.Component
	for _, i := range c.inner {
		out.Components = append(out.Components, i.document())
	}
	return out
}

type modelBuilder struct {
	model *machineModel
	root  *component
	id    string
	n     int // components made
	byKey map[string]*dataItem
}

func (b *modelBuilder) signal(slot int, s *Signal, at string) error {
	a, err := document.ParseAddress(at)
	if err != nil {
		return err
	}
	key := a.String()
	it := b.byKey[key]
	if it == nil {
		item, where := itemTypes[s.Name], []document.Step{{Type: "Controller"}, {Type: "Path"}}
		if a.Word == "" {
			item, where = document.DataItem{Type: a.Type, SubType: a.Sub, Category: document.Event}, a.Way
			if units := sampleTypes[a.Type]; units != "" && s.Kind == plant.KindNumber {
				item.Category, item.Units = document.Sample, units
			}
		} else if item.Type == "" || s.Scale != 0 && s.Scale != 1 || s.Kind == plant.KindText && item.Type != "PROGRAM" {
			item = document.DataItem{Category: document.Event, Type: "VARIABLE"}
		}
		switch a.Part.Kind {
		case document.Level, document.Code, document.Text:
			item.Category, item.Units = document.Condition, ""
			if a.Word != "" {
				item.Type, item.SubType = "SYSTEM", ""
			}
		case document.EntryOf:
			item.Representation = "DATA_SET"
		case document.Axis:
			item.Category, item.Units = document.Sample, "MILLIMETER_3D"
		}
		in, err := b.at(where)
		if err != nil {
			return fmt.Errorf("address %q: %w", at, err)
		}
		it = b.add(in, item, a.Word)
		b.byKey[key] = it
	}
	it.parts = append(it.parts, itemPart{a.Part, slot})
	return nil
}

// at finds or makes the component.
func (b *modelBuilder) at(way []document.Step) (*component, error) {
	c := b.root
	for i, s := range way {
		if i == 0 && s.Type == "Device" {
			continue
		}
		if s.Type == "" {
			return nil, fmt.Errorf("component [%s] has no type; write for example Linear[%s]", s.Name, s.Name)
		}
		j := slices.IndexFunc(c.inner, func(x *component) bool { return x.Type == s.Type && x.Name == s.Name })
		if j < 0 {
			b.n++
			j = len(c.inner)
			c.inner = append(c.inner, &component{Component: document.Component{Type: s.Type, Name: s.Name, ID: fmt.Sprintf("%s.c%d", b.id, b.n)}})
		}
		c = c.inner[j]
	}
	return c, nil
}

func (b *modelBuilder) add(in *component, item document.DataItem, name string) *dataItem {
	item.Name = name
	item.ID = fmt.Sprintf("%s.i%d", b.id, len(b.model.items)+1)
	key := name
	if key == "" {
		key = strings.ToLower(item.ID)
	}
	it := &dataItem{DataItem: item, in: &in.Component, key: key}
	in.Items = append(in.Items, item)
	b.model.items = append(b.model.items, it)
	return it
}

// version changes whenever what the item says does.
func (d *dataItem) version(m *machine) (v uint64) {
	for _, p := range d.parts {
		v += uint64(m.values[p.slot].version)
	}
	return v
}

// observation is what the machine says of the item now. The caller holds the
// machine's lock.
func (x *machineModel) observation(d *dataItem) document.Observation {
	m := x.m
	o := document.Observation{
		Device: x.device.UUID, Component: d.in.Type, Where: d.in.ID, Category: d.Category, Type: document.ElementOf(d.Type),
		SubType: d.SubType, Item: d.ID, Name: d.Name, Time: m.stamp(m.seen()).Time(),
	}
	if len(d.parts) > 0 {
		at := m.values[d.parts[0].slot].at
		for _, p := range d.parts {
			at = max(at, m.values[p.slot].at)
		}
		o.Time = m.stamp(at).Time()
	}
	o.Time = o.Time.Truncate(time.Microsecond)
	off := m.faults[Unplug]
	switch {
	case d == x.avail && !off:
		o.Value = "AVAILABLE"
	case d.Category == document.Condition:
		o.Type, o.Level = d.Type, "Unavailable"
		if !off {
			x.condition(d, &o)
		}
	case off:
		o.Value = document.Unavailable
	default:
		x.value(d, &o)
	}
	return o
}

func (x *machineModel) condition(d *dataItem, o *document.Observation) {
	o.Level = "Normal"
	code, text := "", ""
	stands := false
	for _, p := range d.parts {
		v := x.m.values[p.slot]
		switch p.Kind {
		case document.Code:
			if s := &x.m.kind.Signals[p.slot]; s.Kind != plant.KindText {
				if v.num == 0 {
					continue
				}
				v.text = x.number(p.slot)
			}
			code = v.text
		case document.Text:
			text = v.text
		default:
			stands = stands || v.num != 0
			if v.num == 1 {
				o.Level = "Warning"
			} else if v.num > 1 {
				o.Level = "Fault"
			}
			continue
		}
		stands = stands || v.text != ""
	}
	if !stands {
		return
	}
	if o.Code, o.Value = code, text; o.Level == "Normal" {
		o.Level = "Fault"
	}
}

func (x *machineModel) value(d *dataItem, o *document.Observation) {
	var numbers [3]string
	spatial := false
	for _, p := range d.parts {
		v, s := x.m.values[p.slot], &x.m.kind.Signals[p.slot]
		switch {
		case x.m.faults[Garbage] && s.Kind != plant.KindText:
			o.Value = "#garbage"
		case p.Kind == document.EntryOf:
			text := v.text
			if s.Kind != plant.KindText {
				text = x.number(p.slot)
			}
			o.Type = document.ElementOf(d.Type) + "DataSet"
			o.Entries = append(o.Entries, document.Entry{Key: p.Key, Value: text})
			o.Count = uint64(len(o.Entries))
		case p.Kind == document.Axis:
			spatial = true
			numbers[p.Axis] = x.number(p.slot)
		case p.Kind == document.Choice:
			o.Value = p.Words[int(min(max(v.num, 0), float64(len(p.Words)-1)))]
		case p.Kind == document.Truth && o.Value == "":
			o.Value = otherwise(p.Words[0])
			if v.num != 0 {
				o.Value = p.Words[0]
			}
		case o.Value != "": // a part of what stands already
		case s.Kind == plant.KindText:
			o.Value = v.text
		case s.Kind == plant.KindBoolean:
			o.Value = truthWords(d.Type)[int(min(max(v.num, 0), 1))]
		default:
			o.Value = x.number(p.slot)
		}
	}
	if spatial {
		for i := range numbers {
			if numbers[i] == "" {
				numbers[i] = "0"
			}
		}
		o.Value = strings.Join(numbers[:], " ")
	}
}

// number is a signal as the controller has it, before the profile scales it.
func (x *machineModel) number(slot int) string {
	s := &x.m.kind.Signals[slot]
	raw := x.m.values[slot].num - s.Offset
	if s.Scale != 0 {
		raw /= s.Scale
	}
	switch {
	case x.m.faults[NaN]:
		raw = math.NaN()
	case x.m.faults[Sentinel]:
		raw = 1e38
	}
	if math.Abs(raw) < 1e15 {
		raw = math.Round(raw*1e9) / 1e9 // dividing by 0.01 leaves noise behind
	}
	return strconv.FormatFloat(raw, 'g', -1, 64)
}

// opposites are the standard's pairs of words.
var opposites = map[string]string{
	"ON": "OFF", "OFF": "ON", "OPEN": "CLOSED", "CLOSED": "OPEN", "TRUE": "FALSE", "ACTIVE": "READY", "ARMED": "TRIGGERED", "TRIGGERED": "ARMED",
	"AVAILABLE": document.Unavailable, "AUTOMATIC": "MANUAL", "MANUAL": "AUTOMATIC",
}

func otherwise(word string) string {
	if o, ok := opposites[word]; ok {
		return o
	}
	return "READY"
}

// truthWords are no and yes of a type.
func truthWords(kind string) [2]string {
	switch kind {
	case "VARIABLE":
		return [2]string{"FALSE", "TRUE"}
	case "DOOR_STATE", "CHUCK_STATE":
		return [2]string{"OPEN", "CLOSED"}
	case "ACTUATOR_STATE":
		return [2]string{"INACTIVE", "ACTIVE"}
	}
	return [2]string{"OFF", "ON"}
}
