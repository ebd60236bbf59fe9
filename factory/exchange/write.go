package exchange

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"zhigai/connect/files/table"
	"zhigai/factory/exchange/b2mml"
	"zhigai/plant"
)

// Written is a message as a partner gets it.
type Written struct {
	ID          string
	Performance Performance
	Body        []byte
	ContentType string
	Extension   string // of a file's name
}

// usualOut are the fields of what goes out when a mapping names none.
func usualOut() (out []OutField) {
	for _, name := range outFields {
		out = append(out, OutField{To: name, From: name})
	}
	return out
}

// Write says a performance in the partner's words. The same performance is
// written the same, however often.
func Write(m Mapping, f Format, p Performance) (Written, error) {
	w := Written{ID: p.ID, Performance: p}
	var err error
	if f == B2MML {
		w.Body, err = b2mml.Encode(b2mml.Document{Performance: documentOf(p)})
		w.ContentType, w.Extension = "application/xml", "xml"
		return w, err
	}
	fields := m.Out
	if len(fields) == 0 {
		fields = usualOut()
	}
	names, values := make([]string, len(fields)), make([]string, len(fields))
	for i, o := range fields {
		names[i] = o.To
		if values[i], err = o.value(m, p); err != nil {
			return w, err
		}
	}
	row := func(write func([]string) error) error { return write(values) }
	var b bytes.Buffer
	switch f {
	case JSON:
		w.ContentType, w.Extension = "application/json", "json"
		err = writeJSON(&b, fields, values)
	case CSV:
		w.ContentType, w.Extension = "text/csv", "csv"
		err = table.WriteCSV(&b, names, row)
	case XLSX:
		w.ContentType, w.Extension = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"
		err = table.WriteExcel(&b, "performance", names, row)
	default:
		err = invalid("format %q; write b2mml, json, csv or xlsx", f)
	}
	w.Body = b.Bytes()
	return w, err
}

// numbers are the fields that JSON writes as numbers.
var numbers = map[string]bool{"job": true, "seq": true, "good": true, "scrap": true, "rework": true, "new_good": true, "new_scrap": true, "new_rework": true}

// writeJSON writes an object with its fields in the order of the mapping.
func writeJSON(b *bytes.Buffer, fields []OutField, values []string) error {
	b.WriteString("{")
	for i, f := range fields {
		if i > 0 {
			b.WriteString(", ")
		}
		name, err := json.Marshal(f.To)
		if err != nil {
			return fmt.Errorf("exchange: write %s: %w", f.To, err)
		}
		b.Write(name)
		b.WriteString(": ")
		switch {
		case f.From != "" && f.Values == nil && (numbers[f.From] || f.From == "final"):
			b.WriteString(values[i])
		default:
			text, err := json.Marshal(values[i])
			if err != nil {
				return fmt.Errorf("exchange: write %s: %w", f.To, err)
			}
			b.Write(text)
		}
	}
	b.WriteString("}\n")
	return nil
}

// value is what a field says of a performance.
func (o OutField) value(m Mapping, p Performance) (string, error) {
	if o.From == "" {
		return o.Value, nil
	}
	n := func(n int64) string { return strconv.FormatInt(n, 10) }
	at := func(i plant.Instant) string {
		if i == 0 {
			return ""
		}
		return i.Time().In(m.zone).Format(time.RFC3339)
	}
	text := map[string]string{
		"id": p.ID, "number": p.Number, "product": p.Product, "unit": p.Unit, "job": n(int64(p.Job)), "name": p.Name, "seq": n(p.Seq), "state": p.State,
		"good": n(p.Total.Good), "scrap": n(p.Total.Scrap), "rework": n(p.Total.Rework), "new_good": n(p.New.Good), "new_scrap": n(p.New.Scrap), "new_rework": n(p.New.Rework),
		"began": at(p.Began), "ended": at(p.Ended), "at": at(p.At), "final": strconv.FormatBool(p.Final),
	}[o.From]
	if o.Values == nil {
		return text, nil
	}
	theirs, ok := o.Values[text]
	if !ok {
		return "", refused("the mapping has no word for %s %q; add it to the values of %s", o.From, text, o.To)
	}
	return theirs, nil
}

// responseStates are B2MML's words for states of orders and jobs.
var responseStates = map[string]string{
	"forecast": "Other", "released": "Ready", "held": "Holding", "cancelled": "Aborted", "running": "Running", "paused": "Paused", "completed": "Completed", "aborted": "Aborted", "closed": "Completed",
	"not_allowed": "Other", "waiting": "Ready", "ready": "Ready", "loaded": "Ready", "suspended": "Paused",
}

func timeOf(i plant.Instant) time.Time {
	if i == 0 {
		return time.Time{}
	}
	return i.Time()
}

// documentOf says a performance as B2MML: what is new as materials, the totals
// and the number of the message as segment data.
func documentOf(p Performance) *b2mml.Performance {
	state := cmp.Or(responseStates[p.State], "Other")
	g := b2mml.SegmentResponse{ID: p.ID, Start: timeOf(p.Began), End: timeOf(p.Ended), Posted: timeOf(p.At), State: state}
	if p.Job != 0 {
		g.Segment = strconv.Itoa(p.Job)
	}
	count := func(id string, n int64) {
		g.Data = append(g.Data, b2mml.Datum{ID: id, Value: strconv.FormatInt(n, 10), Type: "Quantity", Unit: p.Unit})
	}
	g.Data = append(g.Data, b2mml.Datum{ID: "Sequence", Value: strconv.FormatInt(p.Seq, 10), Type: "long"}, b2mml.Datum{ID: "Final", Value: strconv.FormatBool(p.Final), Type: "boolean"})
	count("GoodTotal", p.Total.Good)
	count("ScrapTotal", p.Total.Scrap)
	count("ReworkTotal", p.Total.Rework)
	count("ScrapNew", p.New.Scrap)
	count("ReworkNew", p.New.Rework)
	g.Materials = []b2mml.Material{{Definition: p.Product, Use: "Produced", Quantity: b2mml.Quantity{Value: strconv.FormatInt(p.New.Good, 10), Unit: p.Unit}}}
	return &b2mml.Performance{ID: p.ID, State: state, Published: timeOf(p.At), Responses: []b2mml.Response{{
		ID: p.ID, Request: p.Number, Start: timeOf(p.Began), End: timeOf(p.Ended), Definition: p.Product, State: state, Segments: []b2mml.SegmentResponse{g},
	}}}
}
