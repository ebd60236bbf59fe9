package document

import (
	"encoding/xml"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// deviceStream reads what one device said.
func (d *decoder) deviceStream(doc *Document, e xml.StartElement) error {
	from := Observation{}
	_ = attributes(e.Attr, func(name, v string) error {
		if name == "uuid" {
			from.Device = v
		}
		return nil
	})
	_, err := d.each(3, func(e xml.StartElement) error {
		from := from
		_ = attributes(e.Attr, func(name, v string) error {
			switch name {
			case "component":
				from.Component = v
			case "componentId":
				from.Where = v
			}
			return nil
		})
		return d.componentStream(doc, from)
	})
	return err
}

func (d *decoder) componentStream(doc *Document, from Observation) error {
	_, err := d.each(4, func(e xml.StartElement) error {
		from := from
		switch e.Name.Local {
		case "Samples":
			from.Category = Sample
		case "Events":
			from.Category = Event
		case "Condition":
			from.Category = Condition
		default:
			return d.xml.Skip()
		}
		_, err := d.each(5, func(e xml.StartElement) error {
			o, err := d.observation(e, from)
			if err != nil {
				return fmt.Errorf("%s of %q: %w", e.Name.Local, o.Item, err)
			}
			doc.Observations = append(doc.Observations, o)
			return nil
		})
		return err
	})
	return err
}

// shapes are the endings of element names that say how a value is represented
// (ANSI/MTC1.4 Part 3, representation).
var shapes = []string{"TimeSeries", "DataSet", "Table", "Discrete"}

func (d *decoder) observation(e xml.StartElement, o Observation) (Observation, error) {
	o.Type = e.Name.Local
	if o.Category == Condition {
		o.Level, o.Type = e.Name.Local, ""
	}
	err := attributes(e.Attr, func(name, v string) (err error) { return o.attribute(name, v) })
	if err != nil {
		return o, err
	}
	if err := d.one(); err != nil {
		return o, err
	}
	if o.Item == "" {
		return o, errors.New("an observation without dataItemId")
	}
	o.Value, err = d.each(6, func(e xml.StartElement) error {
		if e.Name.Local != "Entry" {
			return d.xml.Skip()
		}
		entry, err := d.entry(e, 7)
		o.Entries = append(o.Entries, entry)
		return err
	})
	return o, err
}

func (o *Observation) attribute(name, v string) (err error) {
	switch name {
	case "dataItemId":
		o.Item = v
	case "name":
		o.Name = v
	case "sequence":
		o.Sequence, err = number(v)
	case "timestamp":
		o.Time, err = instant(v)
	case "subType":
		o.SubType = v
	case "type":
		if o.Category == Condition {
			o.Type = v
		}
	case "nativeCode", "code":
		o.Code = v
	case "nativeSeverity", "severity":
		o.Severity = v
	case "qualifier":
		o.Qualifier = v
	case "conditionId":
		o.ConditionID = v
	case "sampleCount", "count":
		o.Count, err = number(v)
	case "sampleRate":
		o.Rate = v
	case "duration":
		o.Duration = v
	case "resetTriggered":
		o.Reset = v
	case "assetType":
		o.AssetType = v
	}
	return err
}

func (d *decoder) entry(e xml.StartElement, depth int) (Entry, error) {
	var out Entry
	if err := d.one(); err != nil {
		return out, err
	}
	_ = attributes(e.Attr, func(name, v string) error {
		switch name {
		case "key":
			out.Key = v
		case "removed":
			out.Removed = v == "true"
		}
		return nil
	})
	text, err := d.each(depth, func(e xml.StartElement) error {
		if e.Name.Local != "Cell" {
			return d.xml.Skip()
		}
		cell, err := d.entry(e, depth+1)
		out.Cells = append(out.Cells, cell)
		return err
	})
	out.Value = text
	return out, err
}

// ElementOf is the element's name for a type of data item: PATH_POSITION is
// PathPosition (ANSI/MTC1.4 Part 3: the words begin with capitals). A type of an
// extension keeps its prefix.
func ElementOf(kind string) string {
	prefix, name, has := strings.Cut(kind, ":")
	if !has {
		prefix, name = "", kind
	}
	var b strings.Builder
	if has {
		b.WriteString(prefix + ":")
	}
	for word := range strings.SplitSeq(name, "_") {
		switch word {
		case "PH", "AC", "DC": // these are written so in the schema
			b.WriteString(word)
		case "":
		default:
			b.WriteString(word[:1] + strings.ToLower(word[1:]))
		}
	}
	return b.String()
}

// Numbers reads the value of a sample: one number, three of a position in space,
// or the numbers of a time series.
func (o *Observation) Numbers() ([]float64, error) {
	words := strings.Fields(o.Value)
	if len(words) == 0 {
		return nil, errors.New("no number")
	}
	out := make([]float64, len(words))
	for i, w := range words {
		v, err := strconv.ParseFloat(w, 64)
		if err != nil {
			return nil, fmt.Errorf("%q is no number", w)
		}
		out[i] = v
	}
	return out, nil
}
