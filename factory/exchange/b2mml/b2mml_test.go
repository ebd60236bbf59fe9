package b2mml

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

const schedule = `<?xml version="1.0" encoding="UTF-8"?>
<OperationsSchedule xmlns="http://www.mesa.org/xml/B2MML">
  <ID>PLAN-7</ID>
  <HierarchyScope><EquipmentID>xc</EquipmentID><EquipmentLevel>Site</EquipmentLevel></HierarchyScope>
  <PublishedDate>2026-11-02T08:00:00+08:00</PublishedDate>
  <OperationsRequest>
    <ID>A1</ID>
    <EndTime>2026-11-05T08:00:00</EndTime>
    <Priority>60</Priority>
    <RequestState>Released</RequestState>
    <OperationsDefinitionID>6204-ir</OperationsDefinitionID>
    <SegmentRequirement>
      <MaterialRequirement>
        <MaterialDefinitionID>6204-ir</MaterialDefinitionID>
        <MaterialUse>Produced</MaterialUse>
        <Quantity><QuantityString>100</QuantityString><UnitOfMeasure>EA</UnitOfMeasure></Quantity>
      </MaterialRequirement>
    </SegmentRequirement>
  </OperationsRequest>
</OperationsSchedule>`

var shanghai = time.FixedZone("", 8*3600)

func TestDecodeSchedule(t *testing.T) {
	t.Parallel()
	d, err := Decode([]byte(schedule), shanghai)
	if err != nil {
		t.Fatal(err)
	}
	due := time.Date(2026, 11, 5, 0, 0, 0, 0, time.UTC)
	want := Request{
		Line: 6, ID: "A1", Place: "xc", End: due, Priority: "60", State: "Released", Definition: "6204-ir",
		Materials: []Material{{Line: 13, Definition: "6204-ir", Use: "Produced", Quantity: Quantity{"100", "EA"}}},
	}
	if len(d.Schedule.Requests) != 1 || !reflect.DeepEqual(d.Schedule.Requests[0], want) {
		t.Errorf("got %+v; want %+v", d.Schedule.Requests, want)
	}
	if !d.Schedule.Published.Equal(time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)) || d.Schedule.ID != "PLAN-7" {
		t.Errorf("schedule %+v", d.Schedule)
	}
	if _, err := Decode([]byte(schedule), nil); err == nil || !strings.Contains(err.Error(), "line 8: <EndTime>") {
		t.Errorf("an instant without a zone: %v", err)
	}
}

// TestRefused: what the schema does not have is refused with its line.
func TestRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ from, to, want string }{
		{"<Priority>60</Priority>", "<Colour>red</Colour>", "line 9: <Colour> is not known inside of <OperationsRequest>"},
		{"<RequestState>Released</RequestState>", "<StartTime>2026-11-02T08:00:00Z</StartTime>", "line 10: <StartTime> stands behind <Priority>"},
		{"<Priority>60</Priority>", "<Priority>60</Priority><Priority>61</Priority>", "line 9: <Priority> stands twice"},
		{">Released<", ">Soon<", `line 10: <RequestState>: "Soon"; write one of Forecast, Released`},
		{">60<", ">sixty<", `line 9: <Priority>: "sixty" is no decimal`},
		{"2026-11-05T08:00:00", "5.11.2026", `line 8: <EndTime>: "5.11.2026" is no instant`},
		{"<QuantityString>100</QuantityString>", "", "line 16: <QuantityString> is missing inside of <Quantity>"},
		{"<EquipmentLevel>Site</EquipmentLevel>", "", "line 4: <EquipmentElementLevel> or <EquipmentLevel> is missing"},
		{"<ID>A1</ID>", "<ID>A1<b>c</b></ID>", "line 7: <b> inside of <ID>, which holds text alone"},
		{"<ID>A1</ID>", "A1", `text "A1" inside of <OperationsRequest>`},
		{`xmlns="http://www.mesa.org/xml/B2MML"`, `xmlns="http://www.mesa.org/xml/B2MML-V0600"`, "line 2: <OperationsSchedule> is of the namespace"},
		{"</OperationsSchedule>", "", "syntax: unexpected EOF"},
		{"<OperationsSchedule ", "<!DOCTYPE x><OperationsSchedule ", "line 2: a document type is not read"},
		{"UTF-8", "GBK", "write it in UTF-8"},
		{"OperationsSchedule", "OperationsPlan", "line 2: <OperationsPlan> is not read"},
	} {
		broken := strings.ReplaceAll(schedule, c.from, c.to)
		_, err := Decode([]byte(broken), shanghai)
		if !errors.Is(err, ErrInvalid) || !strings.Contains(strings.ReplaceAll(err.Error(), "unexpected EOF", "syntax: unexpected EOF"), c.want) {
			t.Errorf("%s → %s: %v; want %q", c.from, c.to, err, c.want)
		}
	}
}

func TestDuration(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{"PT20S": 20 * time.Second, "P1DT2H": 26 * time.Hour, "PT0.25S": 250 * time.Millisecond, "P2D": 48 * time.Hour, "PT1H30M": 90 * time.Minute} {
		got, ok := duration(text)
		if back, _ := duration(Duration(got)); !ok || got != want || back != want {
			t.Errorf("%s: %v %v; written %s", text, got, ok, Duration(got))
		}
	}
	for _, text := range []string{"", "P", "PT", "P1M", "P1Y", "1H", "PT5MS", "PT-1H", "P1D2H", "pt1h"} {
		if d, ok := duration(text); ok {
			t.Errorf("%q is taken for %v", text, d)
		}
	}
}

// documents are one of each kind, as this package writes them.
func documents() []Document {
	at := time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)
	return []Document{
		{Schedule: &Schedule{ID: "P", Published: at, Requests: []Request{{
			ID: "A1", Description: "内圈", Place: "xc/w1", Start: at, End: at.Add(time.Hour), Priority: "50", State: "Held", Definition: "6204",
			Materials: []Material{{Definition: "6204", Use: "Produced", Quantity: Quantity{"5", "{piece}"}}},
		}}}},
		{Performance: &Performance{ID: "A1-0-1", Schedule: "P", State: "Running", Published: at, Responses: []Response{{
			ID: "A1-0-1", Request: "A1", Start: at, Definition: "6204", State: "Running",
			Segments: []SegmentResponse{{
				ID: "A1-10", Segment: "10", Start: at, End: at.Add(time.Hour), Posted: at, State: "Completed", Data: []Datum{{"GoodTotal", "5", "Quantity", "{piece}"}},
				Materials: []Material{{Definition: "6204", Lot: "L1", Use: "Produced", Quantity: Quantity{"5", "{piece}"}}},
			}},
		}}}},
		{Definition: &Definition{
			ID: "6204", Version: "3", Description: "轴承 & <圈>", Published: at, Bill: []BillItem{{Material: "gcr15", Quantity: Quantity{"0.125", "kg"}}},
			Segments: []Segment{
				{ID: "10", Description: "车削", Duration: 20 * time.Second, Equipment: []string{"t1", "t2"}, Parameters: []Datum{{"Setup", "PT10M", "duration", ""}}},
				{ID: "20", Duration: time.Hour, Materials: []Material{{Definition: "oil", Use: "Consumed", Quantity: Quantity{"1", "L"}}}, After: []string{"10"}},
			},
		}},
		{Lot: &Lot{ID: "H-77", Description: "炉号", Material: "gcr15", Status: "released", Storage: "W1-03", Quantity: Quantity{"1250.5", "kg"}}},
	}
}

// lineless takes the lines away, which a written document does not have.
func lineless(d Document) Document {
	if d.Lot != nil {
		d.Lot.Line = 0
	}
	if d.Schedule != nil {
		for i := range d.Schedule.Requests {
			q := &d.Schedule.Requests[i]
			q.Line = 0
			for k := range q.Materials {
				q.Materials[k].Line = 0
			}
		}
	}
	if d.Performance != nil {
		for i := range d.Performance.Responses {
			o := &d.Performance.Responses[i]
			o.Line = 0
			for _, g := range o.Segments {
				for k := range g.Materials {
					g.Materials[k].Line = 0
				}
			}
		}
	}
	if d.Definition != nil {
		for i := range d.Definition.Bill {
			d.Definition.Bill[i].Line = 0
		}
		for i := range d.Definition.Segments {
			s := &d.Definition.Segments[i]
			s.Line = 0
			for k := range s.Materials {
				s.Materials[k].Line = 0
			}
		}
	}
	return d
}

func TestWrittenIsReadTheSame(t *testing.T) {
	t.Parallel()
	for _, want := range documents() {
		raw, err := Encode(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Decode(raw, nil)
		if err != nil || !reflect.DeepEqual(lineless(got), want) {
			t.Errorf("%s\nread as %+v %v; want %+v", raw, got, err, want)
		}
	}
}

// FuzzDecode: whatever comes, it is refused or can be written and read the same.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(schedule))
	for _, d := range documents() {
		raw, err := Encode(d)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		d, err := Decode(raw, shanghai)
		if err != nil {
			if !errors.Is(err, ErrInvalid) {
				t.Errorf("another error: %v", err)
			}
			return
		}
		if d.Lot == nil {
			return // of the others more is read past than is taken out
		}
		written, err := Encode(d)
		if err != nil {
			return // a quantity without digits cannot be written
		}
		again, err := Decode(written, shanghai)
		if err != nil || !reflect.DeepEqual(lineless(again), lineless(d)) {
			t.Errorf("%q: %+v; read as %+v %v", raw, d, again, err)
		}
	})
}
