package httpjson

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhigai/connect"
	"zhigai/connect/document"
	"zhigai/plant"
)

// shape says how a device's documents are to be read.
type shape struct {
	time       document.Pointer // of the device's own time; in a record where there are records
	hasTime    bool
	records    document.Pointer // of a list of records, each with values of one instant
	hasRecords bool
	zone       *time.Location
}

// shapeParams are the device's params that a shape is made of.
var shapeParams = []string{"time", "records", "zone"}

// defaultZone is where the plant is: a document without a zone means its wall
// clock. China has one zone and no summer time.
var defaultZone = time.FixedZone("UTC+8", 8*60*60)

// maxRecords bounds the records of one document.
const maxRecords = 10_000

func parseShape(params map[string]string) (s shape, err error) {
	s.zone = defaultZone
	if v, ok := params["time"]; ok {
		s.hasTime = true
		if s.time, err = document.ParsePointer(v); err != nil {
			return s, fmt.Errorf("time: %w", err)
		}
	}
	if v, ok := params["records"]; ok {
		s.hasRecords = true
		if s.records, err = document.ParsePointer(v); err != nil {
			return s, fmt.Errorf("records: %w", err)
		}
		if !s.hasTime {
			return s, errors.New("records: write time as well, the JSON pointer of the time in each record")
		}
	}
	if v, ok := params["zone"]; ok {
		if s.zone, err = time.LoadLocation(v); err != nil {
			return s, fmt.Errorf("zone %q: write a name of the time zone database, for example Asia/Shanghai", v)
		}
	}
	return s, nil
}

// point is where a value stands in a document, or in a record of it.
type point struct {
	at    document.Pointer
	kind  plant.TagKind
	wrong error
}

func parsePoint(address string) (document.Pointer, error) {
	at, err := document.ParsePointer(address)
	if err != nil {
		return at, fmt.Errorf("point %q: %w", address, err)
	}
	if strings.TrimSpace(address) != address {
		return at, fmt.Errorf("point %q: write it without spaces around", address)
	}
	return at, nil
}

func parsePoints(points []connect.Point) []point {
	out := make([]point, len(points))
	for i, p := range points {
		out[i].kind = p.Kind
		if out[i].at, out[i].wrong = parsePoint(p.Address); out[i].wrong != nil {
			out[i].wrong = fmt.Errorf("%w: %w", connect.ErrUnconfigured, out[i].wrong)
		}
	}
	return out
}

// readings are what one document or record says of the points. at is when it
// came, for what has no time of its own; zero leaves that to the collector.
func (s *shape) readings(doc any, points []point, at time.Time, recorded bool) []connect.Reading {
	ours := false
	if s.hasTime {
		v, err := s.time.Find(doc)
		t, ok := document.Time(v, s.zone)
		if err == nil && ok {
			at = t
		}
		ours = err != nil || !ok
	}
	out := make([]connect.Reading, len(points))
	for i, p := range points {
		if p.wrong != nil {
			out[i] = connect.Reading{Point: i, Err: p.wrong}
			continue
		}
		v, err := p.at.Find(doc)
		if err != nil {
			out[i] = connect.Reading{Point: i, Err: err, Source: at}
			continue
		}
		r := document.Reading(i, p.kind, v)
		if r.Source.IsZero() { // a window brings its own
			r.Source, r.Uncertain = at, ours && r.Err == nil
		}
		r.Recorded = recorded && !ours
		out[i] = r
	}
	return out
}

// record is one of a document's records and its time.
type record struct {
	at  time.Time
	doc any
}

// timed are the records of a document in order of time. One without a time is
// named, and the others are read all the same.
func (s *shape) timed(doc any) (out []record, wrong error, err error) {
	v, err := s.records.Find(doc)
	if err != nil {
		return nil, nil, err
	}
	list, ok := v.([]any)
	if !ok {
		return nil, nil, fmt.Errorf("%w: %q is no list of records", connect.ErrMalformed, s.records)
	}
	if len(list) > maxRecords {
		return nil, nil, fmt.Errorf("%w: %d records in one document; %d are taken", connect.ErrMalformed, len(list), maxRecords)
	}
	for i, one := range list {
		v, err := s.time.Find(one)
		at, ok := document.Time(v, s.zone)
		if err != nil || !ok {
			wrong = cmp.Or(wrong, fmt.Errorf("%w: record %d has no time at %q", connect.ErrMalformed, i, s.time))
			continue
		}
		out = append(out, record{at, one})
	}
	slices.SortStableFunc(out, func(a, b record) int { return a.at.Compare(b.at) })
	return out, wrong, nil
}

// last is what a document says now: of its records the newest.
func (s *shape) last(doc any, points []point, at time.Time) []connect.Reading {
	if !s.hasRecords {
		return s.readings(doc, points, at, false)
	}
	records, wrong, err := s.timed(doc)
	if err = cmp.Or(err, wrong); err == nil && len(records) == 0 {
		err = fmt.Errorf("%w: no record yet", connect.ErrStale)
	}
	if len(records) == 0 {
		out := make([]connect.Reading, len(points))
		for i := range out {
			out[i] = connect.Reading{Point: i, Err: err}
		}
		return out
	}
	return s.readings(records[len(records)-1].doc, points, at, true)
}

// first is what a person looks at to find a value: the document, or its first
// record.
func (s *shape) first(doc any) any {
	if s.hasRecords {
		if records, _, err := s.timed(doc); err == nil && len(records) > 0 {
			return records[0].doc
		}
	}
	return doc
}

func browsed(doc any) []connect.Browsed {
	leaves := document.Leaves(doc)
	out := make([]connect.Browsed, len(leaves))
	for i, l := range leaves {
		out[i] = connect.Browsed{Address: l.Pointer, Name: l.Pointer, Kind: l.Kind}
	}
	slices.SortFunc(out, func(a, b connect.Browsed) int { return strings.Compare(a.Address, b.Address) })
	return out
}
