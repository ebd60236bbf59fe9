package b2mml

import (
	"strconv"
	"strings"
	"time"
)

// instant reads xsd:dateTime; zoned says whether it names its zone.
func instant(text string) (t time.Time, zoned, ok bool) {
	if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return t, true, true
	}
	t, err := time.Parse("2006-01-02T15:04:05.999999999", text)
	return t, false, err == nil
}

// duration reads xsd:duration of days, hours, minutes and seconds; years and
// months have no one length.
func duration(text string) (time.Duration, bool) {
	rest, ok := strings.CutPrefix(text, "P")
	days, clock, timed := strings.Cut(rest, "T")
	if !ok || rest == "" || timed && clock == "" {
		return 0, false
	}
	var sum time.Duration
	if days != "" {
		n, err := strconv.ParseUint(strings.TrimSuffix(days, "D"), 10, 16)
		if err != nil || !strings.HasSuffix(days, "D") {
			return 0, false
		}
		sum = time.Duration(n) * 24 * time.Hour
	}
	if !timed {
		return sum, true
	}
	d, err := time.ParseDuration(strings.ToLower(clock))
	if err != nil || strings.ContainsAny(clock, "hmsuµn+-") || strings.Contains(clock, "MS") {
		return 0, false
	}
	return sum + d, true
}

// Duration writes xsd:duration.
func Duration(d time.Duration) string {
	return "PT" + strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + "S"
}

// reader takes out of checked elements what is exchanged, and keeps the first
// error.
type reader struct {
	zone *time.Location
	err  error
}

// time is that of a kid; zero without one.
func (r *reader) time(n *node, name string) time.Time {
	k := n.kid(name)
	if k == nil {
		return time.Time{}
	}
	t, zoned, _ := instant(k.text)
	switch {
	case zoned:
	case r.zone != nil:
		t = time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), r.zone)
	case r.err == nil:
		r.err = invalid(k.line, "<%s>: %s names no zone; write +08:00 or Z behind it", name, k.text)
	}
	return t.UTC()
}

// place joins the hierarchy around something, which stands outermost first.
func place(n *node) string {
	var steps []string
	for at := n.kid("HierarchyScope"); at != nil; at = at.kid("HierarchyScope") {
		steps = append(steps, at.value("EquipmentID"))
	}
	return strings.Join(steps, "/")
}

// quantity is the one of an element; more than one cannot be told apart.
func (r *reader) quantity(n *node) Quantity {
	all := n.all("Quantity")
	if len(all) > 1 && r.err == nil {
		r.err = invalid(all[1].line, "<%s> has %d quantities; write one", n.name, len(all))
	}
	if len(all) == 0 {
		return Quantity{}
	}
	return Quantity{all[0].value("QuantityString"), all[0].value("UnitOfMeasure")}
}

func (r *reader) materials(n *node, name string) (out []Material) {
	for _, m := range n.all(name) {
		out = append(out, Material{Line: m.line, Definition: m.value("MaterialDefinitionID"), Lot: m.value("MaterialLotID"), Use: m.value("MaterialUse"), Quantity: r.quantity(m)})
	}
	return out
}

func (r *reader) schedule(n *node) *Schedule {
	s := &Schedule{ID: n.value("ID"), Published: r.time(n, "PublishedDate")}
	outer := place(n)
	for _, k := range n.all("OperationsRequest") {
		q := Request{
			Line: k.line, ID: k.value("ID"), Description: k.value("Description"), Place: place(k), Start: r.time(k, "StartTime"), End: r.time(k, "EndTime"),
			Priority: k.value("Priority"), State: k.value("RequestState"), Definition: k.value("OperationsDefinitionID"),
		}
		if q.Place == "" {
			q.Place = outer
		}
		for _, g := range k.all("SegmentRequirement") {
			q.Materials = append(q.Materials, r.materials(g, "MaterialRequirement")...)
		}
		s.Requests = append(s.Requests, q)
	}
	return s
}

func data(n *node, name string) (out []Datum) {
	for _, k := range n.all(name) {
		d := Datum{ID: k.value("ID")}
		if v := k.kid("Value"); v != nil {
			d.Value, d.Type, d.Unit = v.value("ValueString"), v.value("DataType"), v.value("UnitOfMeasure")
		}
		out = append(out, d)
	}
	return out
}

func (r *reader) performance(n *node) *Performance {
	p := &Performance{ID: n.value("ID"), Schedule: n.value("OperationsScheduleID"), State: n.value("PerformanceState"), Published: r.time(n, "PublishedDate")}
	for _, k := range n.all("OperationsResponse") {
		o := Response{
			Line: k.line, ID: k.value("ID"), Request: k.value("OperationsRequestID"), Start: r.time(k, "StartTime"), End: r.time(k, "EndTime"),
			Definition: k.value("OperationsDefinitionID"), State: k.value("ResponseState"),
		}
		for _, g := range k.all("SegmentResponse") {
			o.Segments = append(o.Segments, SegmentResponse{
				ID: g.value("ID"), Segment: g.value("OperationsSegmentID"), Start: r.time(g, "ActualStartTime"), End: r.time(g, "ActualEndTime"),
				Posted: r.time(g, "PostingDate"), State: g.value("SegmentState"), Data: data(g, "SegmentData"), Materials: r.materials(g, "MaterialActual"),
			})
		}
		p.Responses = append(p.Responses, o)
	}
	return p
}

func (r *reader) definition(n *node) *Definition {
	d := &Definition{ID: n.value("ID"), Version: n.value("Version"), Description: n.value("Description"), Published: r.time(n, "PublishedDate")}
	for _, b := range n.all("OperationsMaterialBill") {
		for _, i := range b.all("OperationsMaterialBillItem") {
			d.Bill = append(d.Bill, BillItem{Line: i.line, Material: i.value("MaterialDefinitionID"), Quantity: r.quantity(i)})
		}
	}
	for _, k := range n.all("OperationsSegment") {
		s := Segment{Line: k.line, ID: k.value("ID"), Description: k.value("Description"), Parameters: data(k, "Parameter"), Materials: r.materials(k, "MaterialSpecification")}
		s.Duration, _ = duration(k.value("Duration"))
		for _, e := range k.all("EquipmentSpecification") {
			for _, id := range e.all("EquipmentID") {
				s.Equipment = append(s.Equipment, id.text)
			}
		}
		for _, e := range k.all("SegmentDependency") {
			if dep := e.value("Dependency"); dep == "AfterEnd" || dep == "NoEarlierAfterEnd" {
				for _, id := range e.all("SegmentID") {
					s.After = append(s.After, id.text)
				}
			} else if r.err == nil {
				r.err = invalid(e.line, "a dependency %s is not followed; write AfterEnd", dep)
			}
		}
		d.Segments = append(d.Segments, s)
	}
	return d
}

func (r *reader) lot(n *node) *Lot {
	l := &Lot{
		Line: n.line, ID: n.value("ID"), Description: n.value("Description"), Material: n.value("MaterialDefinitionID"), Status: n.value("Status"),
		Storage: n.value("StorageLocation"), Quantity: r.quantity(n),
	}
	for _, q := range n.all("Quantity") {
		l.Line = q.line
	}
	return l
}
