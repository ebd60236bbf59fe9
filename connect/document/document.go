// Package document reads values out of a JSON document: where they stand, what
// they are, and when they were measured.
//
// It is a codec: it does no I/O and knows no device. Start with [Decode] and
// [Pointer]; windows of fast signals are in waveform.go.
package document

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

	"zhigai/connect"
	"zhigai/plant"
)

// MaxDepth is how far down a pointer may lead.
const MaxDepth = 32

// Decode reads one JSON document. Numbers stay as they are written: an integer
// beyond 2^53 must not be rounded unseen.
func Decode(payload []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(payload))
	dec.UseNumber()
	var doc any
	if err := dec.Decode(&doc); err != nil {
		return nil, fmt.Errorf("%w: no JSON: %w", connect.ErrMalformed, err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: something stands after the JSON", connect.ErrMalformed)
	}
	return doc, nil
}

// Pointer is the place of a value: a JSON pointer (RFC 6901), in which a step
// may also choose from a list of objects by one of their members:
// /sensors/[name=spindle]/temperature.
type Pointer struct {
	text  string
	steps []step
}

// step goes one level down: to a member or an entry by its key, or, where
// member is set, to the first object of a list whose member is the value.
type step struct{ key, member, value string }

// ParsePointer reads a pointer; "" is the whole document.
func ParsePointer(s string) (Pointer, error) {
	if s == "" {
		return Pointer{}, nil
	}
	if s[0] != '/' {
		return Pointer{}, fmt.Errorf("JSON pointer %q does not begin with /; write for example /spindle/speed or /sensors/[name=spindle]/value", s)
	}
	p := Pointer{text: s}
	for part := range strings.SplitSeq(s[1:], "/") {
		part = strings.NewReplacer("~1", "/", "~0", "~").Replace(part)
		one := step{key: part}
		if inner, ok := strings.CutPrefix(part, "["); ok && strings.HasSuffix(inner, "]") {
			member, value, ok := strings.Cut(strings.TrimSuffix(inner, "]"), "=")
			if !ok || member == "" {
				return Pointer{}, fmt.Errorf("JSON pointer %q: step %q; write [member=value], for example [name=spindle]", s, part)
			}
			one = step{member: member, value: value}
		}
		p.steps = append(p.steps, one)
	}
	if len(p.steps) > MaxDepth {
		return Pointer{}, fmt.Errorf("JSON pointer %.80q leads down %d levels; write at most %d", s, len(p.steps), MaxDepth)
	}
	return p, nil
}

// String is the pointer as it was written.
func (p Pointer) String() string { return p.text }

// Find walks down a document that [Decode] read. What is not there is
// [connect.ErrUnconfigured], with the first step that leads nowhere.
func (p Pointer) Find(doc any) (any, error) {
	for i, s := range p.steps {
		next, ok := s.from(doc)
		if !ok {
			return nil, fmt.Errorf("%w: no %s in the document", connect.ErrUnconfigured, p.upTo(i))
		}
		doc = next
	}
	return doc, nil
}

// upTo is the pointer as far as its i-th step.
func (p Pointer) upTo(i int) string {
	at := 0
	for range i + 1 {
		if n := strings.IndexByte(p.text[at+1:], '/'); n >= 0 {
			at += 1 + n
			continue
		}
		return p.text
	}
	return p.text[:at]
}

func (s step) from(doc any) (any, bool) {
	switch node := doc.(type) {
	case map[string]any:
		child, ok := node[s.key]
		return child, ok && s.member == ""
	case []any:
		if s.member != "" {
			return s.choose(node)
		}
		n, err := strconv.Atoi(s.key)
		if err != nil || n < 0 || n >= len(node) {
			return nil, false
		}
		return node[n], true
	}
	return nil, false
}

func (s step) choose(list []any) (any, bool) {
	for _, one := range list {
		object, ok := one.(map[string]any)
		if !ok {
			continue
		}
		if v, ok := object[s.member]; ok && written(v) == s.value {
			return one, true
		}
	}
	return nil, false
}

// written is a single value as it stands in the document, without quotes.
func written(v any) string {
	switch v := v.(type) {
	case bool:
		return strconv.FormatBool(v)
	case json.Number:
		return v.String()
	case string:
		return v
	}
	return ""
}

// Reading makes what stands at a point into a reading of the kind. A window of
// a fast signal comes with its own start as the source time.
func Reading(index int, kind plant.TagKind, v any) connect.Reading {
	r := connect.Reading{Point: index}
	if kind == plant.KindWaveform {
		w, start, err := Waveform(v)
		if err != nil {
			r.Err = err
			return r
		}
		r.Text, r.Source = w.Encode(), start
		return r
	}
	switch v := v.(type) {
	case nil:
		r.Err = fmt.Errorf("%w: the device gives no value (null)", connect.ErrRefused)
		return r
	case bool, json.Number, string:
		text := written(v)
		r.Raw = []byte(text[:min(len(text), 8)])
		if kind == plant.KindText {
			r.Text = text
			return r
		}
		r.Number, r.Err = connect.ParseNumber(strings.TrimSpace(text))
		return r
	}
	r.Err = fmt.Errorf("%w: a list or an object stands there; point to one value in it", connect.ErrMalformed)
	return r
}

// layouts are how documents, files and people write an instant, besides numbers.
// Those without a zone are read in that of the caller.
var layouts = []string{
	time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999", "2006-01-02 15:04",
	"2006/1/2 15:04:05.999999999", "2006/1/2 15:04", "2006.1.2 15:04:05", "2006年1月2日 15:04:05", "2006年1月2日 15:04", "20060102150405", "2006-01-02", "2006/1/2",
}

// ParseTime reads an instant as devices write it: RFC 3339, a date and time in
// one of the usual forms in zone, or a number of seconds, milliseconds or
// microseconds since 1970, told apart by size.
func ParseTime(s string, zone *time.Location) (time.Time, bool) {
	s = strings.TrimSpace(s)
	for _, layout := range layouts {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil {
			return t.UTC(), t.Year() >= 1970
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return time.Time{}, false
	}
	return sinceEpoch(f)
}

// Time is ParseTime of a value of a document.
func Time(v any, zone *time.Location) (time.Time, bool) {
	switch v := v.(type) {
	case string:
		return ParseTime(v, zone)
	case json.Number:
		f, err := v.Float64()
		if err != nil {
			return time.Time{}, false
		}
		return sinceEpoch(f)
	}
	return time.Time{}, false
}

func sinceEpoch(f float64) (time.Time, bool) {
	switch {
	case !(f > 0 && f < 1e16): // NaN too
		return time.Time{}, false
	case f < 1e11: // seconds until the year 5138
		return time.UnixMicro(int64(math.Round(f * 1e6))).UTC(), true
	case f < 1e14: // milliseconds
		return time.UnixMicro(int64(math.Round(f * 1e3))).UTC(), true
	}
	return time.UnixMicro(int64(f)).UTC(), true
}

// MaxLeaves bounds the values that [Leaves] lists.
const MaxLeaves = 1000

// Leaf is one single value of a document and where it stands.
type Leaf struct {
	Pointer string
	Kind    plant.TagKind
}

// Leaves lists the single values of a document, in the order of their pointers
// as far as lists go; members of objects come in any order.
func Leaves(doc any) []Leaf { return leaves(nil, "", 0, doc) }

func leaves(out []Leaf, at string, depth int, doc any) []Leaf {
	if len(out) >= MaxLeaves || depth > MaxDepth {
		return out
	}
	switch v := doc.(type) {
	case map[string]any:
		for key, child := range v {
			out = leaves(out, at+"/"+strings.NewReplacer("~", "~0", "/", "~1").Replace(key), depth+1, child)
		}
	case []any:
		for i, child := range v {
			out = leaves(out, at+"/"+strconv.Itoa(i), depth+1, child)
		}
	case bool:
		out = append(out, Leaf{at, plant.KindBoolean})
	case json.Number:
		out = append(out, Leaf{at, plant.KindNumber})
	case string:
		out = append(out, Leaf{at, plant.KindText})
	}
	return out
}
