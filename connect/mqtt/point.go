package mqtt

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"zhigai/connect"
	read "zhigai/connect/document"
	"zhigai/plant"
)

// point is where a value stands: a topic below the device's prefix, and a
// place in the payload's JSON, if it is JSON.
type point struct {
	suffix string
	at     pointer
	json   bool
}

// pointer is a JSON pointer (RFC 6901), taken apart.
type pointer struct {
	text string // as it is written
	keys []string
}

func parsePointer(s string) (pointer, error) {
	if s == "" {
		return pointer{}, nil // the whole document
	}
	if s[0] != '/' {
		return pointer{}, fmt.Errorf("JSON pointer %q: it begins with /, for example /spindle/speed", s)
	}
	parts := strings.Split(s[1:], "/")
	for i, p := range parts {
		parts[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(p)
	}
	return pointer{s, parts}, nil
}

func parsePoint(address string) (point, error) {
	suffix, at, isJSON := strings.Cut(address, "#")
	p := point{suffix: suffix, json: isJSON}
	if suffix == "" || strings.HasPrefix(suffix, "/") || strings.Contains(suffix, "+") || len(suffix) > 256 {
		return p, fmt.Errorf("mqtt point %q: write topic-below-the-device or topic#/json/pointer, for example state#/spindle/speed", address)
	}
	var err error
	if p.at, err = parsePointer(at); err != nil {
		return p, fmt.Errorf("mqtt point %q: %w", address, err)
	}
	return p, nil
}

// maxDepth of JSON that is looked into.
const maxDepth = 32

// find walks down a document that was decoded with numbers kept as text.
func (p pointer) find(doc any) (any, error) {
	if len(p.keys) > maxDepth {
		return nil, fmt.Errorf("%w: more than %d levels", connect.ErrUnconfigured, maxDepth)
	}
	for i, key := range p.keys {
		switch node := doc.(type) {
		case map[string]any:
			child, ok := node[key]
			if !ok {
				return nil, fmt.Errorf("%w: no %s in the payload", connect.ErrUnconfigured, path(p.keys[:i+1]))
			}
			doc = child
		case []any:
			n, err := strconv.Atoi(key)
			if err != nil || n < 0 || n >= len(node) {
				return nil, fmt.Errorf("%w: no %s in the payload, the list has %d entries", connect.ErrUnconfigured, path(p.keys[:i+1]), len(node))
			}
			doc = node[n]
		default:
			return nil, fmt.Errorf("%w: no %s in the payload", connect.ErrUnconfigured, path(p.keys[:i+1]))
		}
	}
	return doc, nil
}

func path(keys []string) string { return "/" + strings.Join(keys, "/") }

func decodeJSON(payload []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(payload))
	dec.UseNumber() // integers beyond 2^53 must not be rounded unseen
	var doc any
	if err := dec.Decode(&doc); err != nil {
		return nil, fmt.Errorf("%w: payload is no JSON: %w", connect.ErrMalformed, err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: payload has something after its JSON", connect.ErrMalformed)
	}
	return doc, nil
}

// document is a payload, taken apart as JSON when somebody first asks, and once
// for all who ask: a message of many points must not be read as often.
type document struct {
	payload []byte
	plan    *plan   // of the topic; may be nil
	found   []token // of the plan
	parsed  bool
	doc     any
	err     error
}

// newDocument looks for what is planned the short way.
func newDocument(payload []byte, p *plan) document {
	d := document{payload: payload, plan: p}
	if p != nil {
		if found, ok := p.scan(payload); ok {
			d.found = found
		}
	}
	return d
}

// find is the value at a pointer: nil, a bool, a json.Number, a string, or what
// else a document holds.
func (d *document) find(at pointer) (any, error) {
	if d.found != nil {
		if place, ok := d.plan.places[at.text]; ok && len(d.found[place]) > 0 {
			switch t := d.found[place]; t[0] {
			case '"':
				return string(t[1:]), nil
			case 't', 'f':
				return t[0] == 't', nil
			case 'n':
				return nil, nil
			default:
				return json.Number(t), nil
			}
		}
	}
	doc, err := d.json()
	if err != nil {
		return nil, err
	}
	return at.find(doc)
}

func (d *document) json() (any, error) {
	if !d.parsed {
		d.parsed = true
		d.doc, d.err = decodeJSON(d.payload)
	}
	return d.doc, d.err
}

// reading takes a point's value from a payload.
func (p point) reading(index int, kind plant.TagKind, d *document) connect.Reading {
	r := connect.Reading{Point: index}
	if !p.json {
		r.Raw = first8(d.payload)
		r.Number, r.Text, r.Err = bare(kind, d.payload)
		return r
	}
	doc, err := d.find(p.at)
	if err != nil {
		r.Raw, r.Err = first8(d.payload), err
		return r
	}
	if kind == plant.KindWaveform {
		r.Raw = first8(d.payload)
		w, start, err := read.Waveform(doc)
		if r.Err = err; err == nil {
			r.Text, r.Source = w.Encode(), start
		}
		return r
	}
	switch v := doc.(type) {
	case nil:
		r.Raw = first8(d.payload)
		r.Err = fmt.Errorf("%w: the device gives no value (null)", connect.ErrRefused)
	case bool:
		r.Raw, r.Text = []byte(strconv.FormatBool(v)), strconv.FormatBool(v)
		if v && kind != plant.KindText {
			r.Number = 1
		}
	case json.Number:
		r.Raw, r.Text = []byte(v.String()[:min(len(v), 8)]), v.String()
		if kind != plant.KindText {
			r.Number, r.Err = parseNumber(v.String())
		}
	case string:
		r.Raw, r.Text = []byte(v[:min(len(v), 8)]), v
		if kind != plant.KindText {
			r.Number, r.Err = parseNumber(v)
		}
	default:
		r.Raw = first8(d.payload)
		r.Err = fmt.Errorf("%w: the pointer leads to a list or an object; point to one value in it", connect.ErrMalformed)
	}
	if kind != plant.KindText {
		r.Text = ""
	}
	return r
}

// number is a point's value where a short number stands for it in the document:
// what most readings are. It says what reading would.
func (d *document) number(place int) (float64, token, bool) {
	if d.found == nil || place < 0 {
		return 0, nil, false
	}
	t := d.found[place]
	v, ok := t.number()
	return v, t, ok
}

// first8 is what a reading keeps of a payload.
func first8(payload []byte) []byte { return bytes.Clone(payload[:min(len(payload), 8)]) }

// bare is a payload that is the value itself.
func bare(kind plant.TagKind, payload []byte) (float64, string, error) {
	if !utf8.Valid(payload) {
		return 0, "", fmt.Errorf("%w: payload is not UTF-8", connect.ErrMalformed)
	}
	if kind == plant.KindText {
		return 0, string(payload), nil
	}
	n, err := parseNumber(strings.TrimSpace(string(payload)))
	return n, "", err
}

func parseNumber(s string) (float64, error) { return connect.ParseNumber(s) }

// sourceTime reads the device's own time: RFC 3339, or seconds, milliseconds
// or microseconds since 1970, told apart by size.
func sourceTime(at pointer, d *document) (time.Time, bool) {
	doc, err := d.find(at)
	if err != nil {
		return time.Time{}, false
	}
	switch v := doc.(type) {
	case string:
		t, err := time.Parse(time.RFC3339Nano, v)
		return t.UTC(), err == nil
	case json.Number:
		f, err := v.Float64()
		switch {
		case err != nil || f <= 0 || f > 1e16:
			return time.Time{}, false
		case f < 1e11: // seconds until the year 5138
			return time.UnixMicro(int64(math.Round(f * 1e6))).UTC(), true
		case f < 1e14: // milliseconds
			return time.UnixMicro(int64(math.Round(f * 1e3))).UTC(), true
		}
		return time.UnixMicro(int64(f)).UTC(), true
	}
	return time.Time{}, false
}
