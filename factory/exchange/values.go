package exchange

import (
	"cmp"
	"math"
	"strconv"
	"strings"
	"time"

	"zhigai/plant"
)

// values reads the fields of a row, and keeps the first error.
type values struct {
	m      Mapping
	k      Kind
	fields map[string]Field
	r      record
	err    error
}

func (v *values) fail(name string, format string, args ...any) {
	if v.err == nil {
		f := v.fields[name]
		v.err = refused("%s (%s): "+format, append([]any{cmp.Or(f.From, "value"), name}, args...)...)
	}
}

// text is the value of one of this plant's names; "" when there is none.
func (v *values) text(name string) string {
	f, ok := v.fields[name]
	if !ok {
		return ""
	}
	text := v.r.fields[f.From]
	if text == "" || text == "false" && name != "state" { // Odoo writes an empty field as false
		text = f.Value
	}
	if len(f.Values) > 0 && text != "" && text != f.Value {
		ours, ok := f.Values[text]
		if !ok {
			v.fail(name, "%.60q has no meaning in the mapping; add it to values", text)
		}
		text = ours
	}
	if text == "" && inFields[v.k][name] {
		v.fail(name, "the field is missing or empty")
	}
	return strings.TrimSpace(text)
}

// whole is a number without decimals, "12.0" among them; 0 for an empty field.
func (v *values) whole(name string) int64 {
	text := v.text(name)
	if text == "" {
		return 0
	}
	q, err := plant.ParseQuantity(text)
	if err != nil || q%plant.One != 0 || q < 0 || q/plant.One > maxMade {
		v.fail(name, "%.40q; write a whole number from 0 to %d", text, int64(maxMade))
		return 0
	}
	return int64(q / plant.One)
}

func (v *values) quantity(name string) plant.Quantity {
	q, err := plant.ParseQuantity(v.text(name))
	if err != nil {
		v.fail(name, "%v", err)
	}
	return q
}

func (v *values) unit(name string) string {
	text := v.text(name)
	if text == "" {
		return ""
	}
	u, err := v.m.unit(text)
	if err != nil && v.err == nil {
		v.err = err
	}
	return u
}

// layouts in which systems write an instant, beside RFC 3339.
var layouts = []string{"2006-01-02 15:04:05.999999", "2006-01-02T15:04:05.999999", "2006-01-02 15:04", "2006-01-02", "2006/01/02 15:04:05", "2006/01/02 15:04", "2006/01/02", "2006/1/2 15:04", "2006/1/2"}

// instantOf reads an instant; without a zone it is of the mapping's.
func (m *Mapping) instantOf(text string) (plant.Instant, bool) {
	if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return plant.InstantOf(t), true
	}
	for _, l := range layouts {
		if t, err := time.ParseInLocation(l, text, m.zone); err == nil {
			return plant.InstantOf(t), true
		}
	}
	return 0, false
}

// dueHour is when a day that stands without an hour ends as a due date.
const dueHour = 24 * time.Hour

// time is an instant; a due date without an hour is the end of its day.
func (v *values) time(name string) plant.Instant {
	text := v.text(name)
	if text == "" {
		return 0
	}
	at, ok := v.m.instantOf(text)
	if !ok {
		v.fail(name, "%.40q is no instant; write 2026-05-01T08:00:00+08:00", text)
		return 0
	}
	if name == "due" && !strings.Contains(text, ":") {
		at = plant.InstantOf(at.Time().Add(dueHour))
	}
	return at
}

// version is a whole number, or an instant.
func (v *values) version(text string) int64 {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && n >= 0 && n < math.MaxInt64 {
		return n
	}
	at, ok := v.m.instantOf(text)
	if !ok {
		v.fail("version", "%.40q; write a whole number that grows, or when it was changed", text)
	}
	return int64(at)
}

// usualPriority is that of orders that name none.
const usualPriority = 50

func (v *values) order(p Partner) Order {
	o := Order{
		Number: v.text("number"), Product: v.text("product"), Revision: int(v.whole("revision")), Quantity: v.whole("quantity"), Unit: v.unit("unit"),
		Place: cmp.Or(v.text("place"), p.Place), Earliest: v.time("earliest"), Due: v.time("due"), Priority: usualPriority,
		Customer: v.text("customer"), Reference: v.text("reference"), Note: v.text("note"),
	}
	if v.text("priority") != "" {
		o.Priority = int(v.whole("priority"))
	}
	var err error
	if o.State, err = requested(v.text("state")); err != nil && v.err == nil {
		v.err = err
	}
	return o
}
