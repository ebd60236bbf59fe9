package document

import (
	"bytes"
	"encoding/xml"
	"strconv"
	"strings"
	"time"
)

// Encode writes the document in its version's namespace; version 2.0 where it
// has none. Observations are grouped by device, component and category in the
// order in which these first appear; texts that XML cannot hold lose what it
// cannot hold.
func Encode(d *Document) []byte {
	version := d.Version
	if version == "" {
		version = "2.0"
	}
	w := writer{}
	w.b.WriteString(xml.Header)
	w.open(string(d.Kind), "xmlns", "urn:mtconnect.org:"+string(d.Kind)+":"+version)
	w.header(d)
	switch d.Kind {
	case Devices:
		w.open("Devices")
		for i := range d.Devices {
			w.component(&d.Devices[i])
		}
		w.close("Devices")
	case Streams:
		w.streams(d.Observations)
	case Assets:
		w.open("Assets")
		for _, a := range d.Assets {
			removed := ""
			if a.Removed {
				removed = "true"
			}
			w.open(a.Type, "assetId", a.ID, "deviceUuid", a.Device, "timestamp", stamp(a.Time), "removed", removed)
			w.b.WriteString(a.Body)
			w.close(a.Type)
		}
		w.close("Assets")
	case Error:
		w.open("Errors")
		for _, f := range d.Errors {
			w.text("Error", f.Text, "errorCode", f.Code)
		}
		w.close("Errors")
	}
	w.close(string(d.Kind))
	return w.b.Bytes()
}

type writer struct{ b bytes.Buffer }

// open writes a start tag; attributes are names and values in turn, those
// without a value are left out.
func (w *writer) open(name string, attributes ...string) { w.tag(name, ">", attributes) }

func (w *writer) tag(name, end string, attributes []string) {
	w.b.WriteByte('<')
	w.b.WriteString(name)
	for i := 0; i+1 < len(attributes); i += 2 {
		if attributes[i+1] == "" {
			continue
		}
		w.b.WriteString(" " + attributes[i] + `="`)
		w.escape(attributes[i+1])
		w.b.WriteByte('"')
	}
	w.b.WriteString(end)
}

func (w *writer) close(name string) { w.b.WriteString("</" + name + ">") }

func (w *writer) text(name, text string, attributes ...string) {
	w.open(name, attributes...)
	w.escape(text)
	w.close(name)
}

func (w *writer) escape(s string) {
	_ = xml.EscapeText(&w.b, []byte(s)) // a buffer takes everything
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func (w *writer) header(d *Document) {
	h := &d.Header
	count := func(n uint64) string { return strconv.FormatUint(n, 10) }
	attributes := []string{"version", h.Version, "creationTime", stamp(h.Created), "instanceId", count(h.Instance), "sender", h.Sender}
	switch d.Kind {
	case Devices:
		attributes = append(attributes, "bufferSize", count(h.BufferSize), "assetBufferSize", count(h.AssetBuffer), "assetCount", count(h.AssetCount))
	case Streams:
		attributes = append(attributes, "bufferSize", count(h.BufferSize), "firstSequence", count(h.First), "lastSequence", count(h.Last), "nextSequence", count(h.Next))
	case Assets:
		attributes = append(attributes, "assetBufferSize", count(h.AssetBuffer), "assetCount", count(h.AssetCount))
	case Error:
		attributes = append(attributes, "bufferSize", count(h.BufferSize))
	}
	if d.Kind != Error {
		attributes = append(attributes, "deviceModelChangeTime", stamp(h.ModelChanged))
	}
	w.tag("Header", "/>", attributes)
}

func (w *writer) component(c *Component) {
	w.open(c.Type, "id", c.ID, "name", c.Name, "uuid", c.UUID)
	if p := c.Description; p != nil {
		w.text("Description", p.Text, "manufacturer", p.Manufacturer, "model", p.Model, "serialNumber", p.Serial, "station", p.Station)
	}
	if len(c.Items) > 0 {
		w.open("DataItems")
		for _, it := range c.Items {
			w.open("DataItem", "id", it.ID, "name", it.Name, "category", string(it.Category), "type", it.Type, "subType", it.SubType,
				"units", it.Units, "nativeUnits", it.NativeUnits, "representation", it.Representation)
			if it.Source != "" {
				w.text("Source", it.Source)
			}
			w.close("DataItem")
		}
		w.close("DataItems")
	}
	if len(c.Components) > 0 {
		w.open("Components")
		for i := range c.Components {
			w.component(&c.Components[i])
		}
		w.close("Components")
	}
	w.close(c.Type)
}

var lists = map[Category]string{Sample: "Samples", Event: "Events", Condition: "Condition"}

// streams groups the observations as the schema wants them.
func (w *writer) streams(all []Observation) {
	w.open("Streams")
	for _, device := range group(all, func(o *Observation) string { return o.Device }) {
		name := device[0].Device
		w.open("DeviceStream", "name", name, "uuid", name)
		for _, component := range group(device, func(o *Observation) string { return o.Component + "\x00" + o.Where }) {
			w.open("ComponentStream", "component", component[0].Component, "componentId", component[0].Where)
			for _, list := range group(component, func(o *Observation) string { return string(o.Category) }) {
				element := lists[list[0].Category]
				w.open(element)
				for i := range list {
					w.observation(&list[i])
				}
				w.close(element)
			}
			w.close("ComponentStream")
		}
		w.close("DeviceStream")
	}
	w.close("Streams")
}

// group divides by a key, in the order in which keys first appear.
func group(all []Observation, key func(*Observation) string) [][]Observation {
	index := map[string]int{}
	var out [][]Observation
	for i := range all {
		k := key(&all[i])
		at, ok := index[k]
		if !ok {
			at = len(out)
			index[k] = at
			out = append(out, nil)
		}
		out[at] = append(out[at], all[i])
	}
	return out
}

func (w *writer) observation(o *Observation) {
	element, kind := o.Type, ""
	if o.Category == Condition {
		element, kind = o.Level, o.Type
	}
	count, counted := "", "sampleCount"
	if o.Count > 0 {
		count = strconv.FormatUint(o.Count, 10)
	}
	if len(o.Entries) > 0 {
		counted = "count"
	}
	w.open(element, "dataItemId", o.Item, "name", o.Name, "sequence", strconv.FormatUint(o.Sequence, 10), "timestamp", stamp(o.Time),
		"type", kind, "subType", o.SubType, "nativeCode", o.Code, "nativeSeverity", o.Severity, "qualifier", o.Qualifier, "conditionId", o.ConditionID,
		counted, count, "sampleRate", o.Rate, "duration", o.Duration, "resetTriggered", o.Reset, "assetType", o.AssetType)
	w.escape(o.Value)
	for _, e := range o.Entries {
		w.entry("Entry", e)
	}
	w.close(element)
}

func (w *writer) entry(name string, e Entry) {
	removed := ""
	if e.Removed {
		removed = "true"
	}
	w.open(name, "key", e.Key, "removed", removed)
	w.escape(e.Value)
	for _, c := range e.Cells {
		w.entry("Cell", c)
	}
	w.close(name)
}

// Shape is the ending of the element's name, "" for a single value.
func (o *Observation) Shape() string {
	for _, s := range shapes {
		if strings.HasSuffix(o.Type, s) && o.Type != s {
			return s
		}
	}
	return ""
}
