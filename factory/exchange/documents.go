package exchange

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"zhigai/factory/exchange/b2mml"
	"zhigai/plant"
)

// instant of a time that may be left out.
func instant(t time.Time) plant.Instant {
	if t.IsZero() {
		return 0
	}
	return plant.InstantOf(t)
}

// understandB2MML makes parts of a document.
func understandB2MML(m Mapping, p Partner, raw []byte, at plant.Instant) ([]Part, error) {
	d, err := b2mml.Decode(raw, m.zone)
	if errors.Is(err, b2mml.ErrInvalid) {
		return nil, refused("%s", strings.TrimPrefix(err.Error(), b2mml.ErrInvalid.Error()+": "))
	}
	if err != nil {
		return nil, err
	}
	switch {
	case d.Schedule != nil:
		return scheduleParts(m, p, d.Schedule, at)
	case d.Definition != nil:
		def, err := definitionOf(m, d.Definition)
		if err != nil {
			return nil, err
		}
		one, err := finish(KindDefinition, def.Product, definitionVersion(m, d.Definition, at), def)
		one.No = 1
		return []Part{one}, err
	case d.Lot != nil:
		l, err := lotOf(m, d.Lot)
		if err != nil {
			return nil, err
		}
		one, err := finish(KindLot, l.object(), int64(at), l)
		one.No = 1
		return []Part{one}, err
	}
	return nil, refused("an OperationsPerformance goes from the plant to the partner, not to the plant")
}

func scheduleParts(m Mapping, p Partner, s *b2mml.Schedule, at plant.Instant) ([]Part, error) {
	if n := len(s.Requests); n == 0 || n > MaxParts {
		return nil, refused("the schedule has %d requests; 1 to %d are read", n, MaxParts)
	}
	version := cmp.Or(int64(instant(s.Published)), int64(at))
	out := make([]Part, 0, len(s.Requests))
	for i, q := range s.Requests {
		o, err := orderOf(m, p, q)
		if err != nil {
			return nil, within(fmt.Sprint("line ", q.Line), err)
		}
		one, err := finish(KindOrder, o.Number, version, o)
		if err != nil {
			return nil, within(fmt.Sprint("line ", q.Line), err)
		}
		one.No = i + 1
		out = append(out, one)
	}
	return out, nil
}

// wholeOf is a number of pieces.
func wholeOf(text string) (int64, error) {
	q, err := plant.ParseQuantity(text)
	if err != nil || q%plant.One != 0 || q < 0 || q/plant.One > maxMade {
		return 0, refused("a quantity of %.40q; write a whole number from 0 to %d", text, int64(maxMade))
	}
	return int64(q / plant.One), nil
}

// orderOf reads a request. Its product is what it produces, or the definition
// that it names.
func orderOf(m Mapping, p Partner, q b2mml.Request) (o Order, err error) {
	o = Order{Number: q.ID, Product: q.Definition, Place: cmp.Or(q.Place, p.Place), Earliest: instant(q.Start), Due: instant(q.End), Priority: usualPriority, Note: q.Description}
	if o.State, err = requested(q.State); err != nil {
		return o, err
	}
	if q.Priority != "" {
		n, err := wholeOf(q.Priority)
		if err != nil {
			return o, refused("priority %q; write 0 to 100", q.Priority)
		}
		o.Priority = int(n)
	}
	for _, one := range q.Materials {
		if one.Use != "Produced" && one.Use != "Material Produced" {
			continue
		}
		if o.Unit != "" || o.Quantity != 0 {
			return o, refused("line %d: a second material is produced; an order makes one", one.Line)
		}
		if o.Quantity, err = wholeOf(one.Quantity.Value); err == nil {
			o.Unit, err = m.unit(one.Quantity.Unit)
		}
		if err != nil {
			return o, within(fmt.Sprint("line ", one.Line), err)
		}
		o.Product = cmp.Or(one.Definition, o.Product)
	}
	if o.Quantity == 0 {
		return o, refused("order %s does not say how much; write a MaterialRequirement with MaterialUse Produced", o.Number)
	}
	return o, nil
}

func definitionVersion(m Mapping, d *b2mml.Definition, at plant.Instant) int64 {
	if n, err := strconv.ParseInt(d.Version, 10, 64); err == nil && n >= 0 {
		return n
	}
	return cmp.Or(int64(instant(d.Published)), int64(at))
}

// definitionOf reads how a product is made. Segments are named by numbers.
func definitionOf(m Mapping, d *b2mml.Definition) (Definition, error) {
	out := Definition{Product: d.ID, Unit: "{piece}", Note: d.Description, Materials: []Material{}, Segments: []Segment{}}
	item := func(line int, name string, q b2mml.Quantity, segment int) error {
		n, err := plant.ParseQuantity(q.Value)
		if err != nil {
			return refused("line %d: material %s: %v", line, name, err)
		}
		u, err := m.unit(q.Unit)
		out.Materials = append(out.Materials, Material{Item: name, Quantity: n, Unit: u, Segment: segment})
		if err != nil {
			return within(fmt.Sprint("line ", line), err)
		}
		return nil
	}
	for _, i := range d.Bill {
		if err := item(i.Line, i.Material, i.Quantity, 0); err != nil {
			return out, err
		}
	}
	for _, g := range d.Segments {
		no, err := segmentNo(g.Line, g.ID)
		if err != nil {
			return out, err
		}
		s := Segment{No: no, Name: cmp.Or(g.Description, g.ID), Equipment: g.Equipment, RunMs: g.Duration.Milliseconds()}
		for _, a := range g.After {
			n, err := segmentNo(g.Line, a)
			if err != nil {
				return out, err
			}
			s.After = append(s.After, n)
		}
		for _, x := range g.Materials {
			if x.Use == "Produced" || x.Use == "Material Produced" {
				continue
			}
			if err := item(x.Line, x.Definition, x.Quantity, no); err != nil {
				return out, err
			}
		}
		out.Segments = append(out.Segments, s)
	}
	return out, nil
}

func segmentNo(line int, id string) (int, error) {
	n, err := strconv.Atoi(id)
	if err != nil || n < 1 || n > 9999 {
		return 0, refused("line %d: segment %.40q; name segments 10, 20, 30 …", line, id)
	}
	return n, nil
}

// lotOf reads a lot. What is wrong with it is said with the line of its quantity.
func lotOf(m Mapping, l *b2mml.Lot) (out Lot, err error) {
	out = Lot{ID: l.ID, Item: l.Material, Status: LotStatus(l.Status), Place: l.Storage}
	at := fmt.Sprint("line ", l.Line)
	if out.Quantity, err = plant.ParseQuantity(l.Quantity.Value); err != nil {
		return out, refused("%s: lot %s: %v", at, l.ID, err)
	}
	if out.Unit, err = m.unit(l.Quantity.Unit); err == nil {
		err = out.check()
	}
	if err != nil {
		err = within(at, err)
	}
	return out, err
}
