package b2mml

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"
	"time"
)

// el makes an element of text and elements; those that are nil are left out.
func el(name, text string, kids ...*node) *node {
	n := &node{name: name, text: text}
	for _, k := range kids {
		if k != nil {
			n.kids = append(n.kids, k)
		}
	}
	return n
}

// opt is an element of text; none when it is empty.
func opt(name, text string) *node {
	if text == "" {
		return nil
	}
	return el(name, text)
}

func when(name string, t time.Time) *node {
	if t.IsZero() {
		return nil
	}
	return el(name, t.UTC().Format(time.RFC3339Nano))
}

func quantity(q Quantity) *node {
	if q.Value == "" {
		return nil
	}
	return el("Quantity", "", el("QuantityString", q.Value), el("DataType", "Quantity"), opt("UnitOfMeasure", q.Unit))
}

func material(name string, m Material) *node {
	return el(name, "", opt("MaterialDefinitionID", m.Definition), opt("MaterialLotID", m.Lot), opt("MaterialUse", m.Use), quantity(m.Quantity))
}

// scope writes a place, outermost first.
func scope(place string) *node {
	var inner *node
	steps := strings.Split(place, "/")
	for i := len(steps) - 1; i >= 0 && place != ""; i-- {
		inner = el("HierarchyScope", "", el("EquipmentID", steps[i]), el("EquipmentLevel", "Other"), inner)
	}
	return inner
}

// Encode writes the one document that is there.
func Encode(d Document) ([]byte, error) {
	var root *node
	switch {
	case d.Schedule != nil:
		root = scheduleNode(d.Schedule)
	case d.Performance != nil:
		root = performanceNode(d.Performance)
	case d.Definition != nil:
		root = definitionNode(d.Definition)
	case d.Lot != nil:
		l := d.Lot
		root = el("MaterialLot", "", el("ID", l.ID), opt("Description", l.Description), opt("MaterialDefinitionID", l.Material), opt("Status", l.Status), opt("StorageLocation", l.Storage), quantity(l.Quantity))
	default:
		return nil, fmt.Errorf("%w: there is no document", ErrInvalid)
	}
	if err := check(root, roots[root.name]); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteString(xml.Header)
	write(&b, root, 0)
	return b.Bytes(), nil
}

func write(b *bytes.Buffer, n *node, depth int) {
	indent := strings.Repeat("  ", depth)
	b.WriteString(indent + "<" + n.name)
	if depth == 0 {
		b.WriteString(` xmlns="` + Namespace + `"`)
	}
	b.WriteString(">")
	if len(n.kids) == 0 {
		_ = xml.EscapeText(b, []byte(n.text)) // a buffer takes everything
	} else {
		b.WriteString("\n")
		for _, k := range n.kids {
			write(b, k, depth+1)
		}
		b.WriteString(indent)
	}
	b.WriteString("</" + n.name + ">\n")
}

func scheduleNode(s *Schedule) *node {
	n := el("OperationsSchedule", "", opt("ID", s.ID), el("OperationsType", "Production"), when("PublishedDate", s.Published))
	for _, q := range s.Requests {
		var g *node
		if len(q.Materials) > 0 {
			g = el("SegmentRequirement", "")
			for _, m := range q.Materials {
				g.kids = append(g.kids, material("MaterialRequirement", m))
			}
		}
		n.kids = append(n.kids, el("OperationsRequest", "", opt("ID", q.ID), opt("Description", q.Description), scope(q.Place), el("OperationsType", "Production"),
			when("StartTime", q.Start), when("EndTime", q.End), opt("Priority", q.Priority), opt("RequestState", q.State), opt("OperationsDefinitionID", q.Definition), g))
	}
	return n
}

func performanceNode(p *Performance) *node {
	n := el("OperationsPerformance", "", opt("ID", p.ID), el("OperationsType", "Production"), opt("OperationsScheduleID", p.Schedule), opt("PerformanceState", p.State), when("PublishedDate", p.Published))
	for _, o := range p.Responses {
		k := el("OperationsResponse", "", opt("ID", o.ID), opt("OperationsRequestID", o.Request), when("StartTime", o.Start), when("EndTime", o.End), opt("OperationsDefinitionID", o.Definition), opt("ResponseState", o.State))
		for _, g := range o.Segments {
			s := el("SegmentResponse", "", opt("ID", g.ID), when("ActualStartTime", g.Start), when("ActualEndTime", g.End), when("PostingDate", g.Posted), opt("OperationsSegmentID", g.Segment), opt("SegmentState", g.State))
			s.kids = append(s.kids, dataNodes("SegmentData", g.Data)...)
			for _, m := range g.Materials {
				s.kids = append(s.kids, material("MaterialActual", m))
			}
			k.kids = append(k.kids, s)
		}
		n.kids = append(n.kids, k)
	}
	return n
}

func dataNodes(name string, data []Datum) (out []*node) {
	for _, d := range data {
		out = append(out, el(name, "", el("ID", d.ID), el("Value", "", el("ValueString", d.Value), opt("DataType", d.Type), opt("UnitOfMeasure", d.Unit))))
	}
	return out
}

func definitionNode(d *Definition) *node {
	n := el("OperationsDefinition", "", el("ID", d.ID), opt("Version", d.Version), opt("Description", d.Description), el("OperationsType", "Production"), when("PublishedDate", d.Published))
	if len(d.Bill) > 0 {
		b := el("OperationsMaterialBill", "", el("ID", d.ID))
		for _, i := range d.Bill {
			b.kids = append(b.kids, el("OperationsMaterialBillItem", "", el("ID", i.Material), el("MaterialDefinitionID", i.Material), quantity(i.Quantity)))
		}
		n.kids = append(n.kids, b)
	}
	for _, s := range d.Segments {
		k := el("OperationsSegment", "", el("ID", s.ID), opt("Description", s.Description), el("OperationsType", "Production"), el("Duration", Duration(s.Duration)))
		k.kids = append(k.kids, dataNodes("Parameter", s.Parameters)...)
		for _, id := range s.Equipment {
			k.kids = append(k.kids, el("EquipmentSpecification", "", el("EquipmentID", id)))
		}
		for _, m := range s.Materials {
			k.kids = append(k.kids, el("MaterialSpecification", "", append([]*node{el("ID", m.Definition)}, material("", m).kids...)...))
		}
		for _, id := range s.After {
			k.kids = append(k.kids, el("SegmentDependency", "", el("ID", id), el("Dependency", "AfterEnd"), el("SegmentID", id)))
		}
		n.kids = append(n.kids, k)
	}
	return n
}
