// Package recording says what a recorded stream of an MTConnect adapter holds:
// how many observations of what, how long each state stood, which parts were
// counted and how hard the machine worked.
//
// It reads a stream and a device model, and neither stores nor asks the clock.
// Start with [Read].
package recording

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"zhigai/connect/mtconnect/document"
	"zhigai/connect/mtconnect/shdr"
)

// Loads are the items whose numbers are looked at when nobody says which: loads
// and speeds of a lathe, as its adapter names them.
var Loads = []string{"S1speed", "S1load", "X1load", "Z1load", "YS1load", "p1Fact", "pCuttingTime"}

// Change is a value that differs from the one before it, t seconds after the
// first line.
type Change struct {
	T     float64 `json:"t"`
	Value string  `json:"value"`
}

// Numbers are of the observations of one item that are a number.
type Numbers struct {
	N    int     `json:"n"`
	Mean float64 `json:"mean"`
	Min  float64 `json:"min"`
	Max  float64 `json:"max"`
	Last float64 `json:"last"`
	sum  float64
}

// Summary is what one recording holds. Times are seconds as float64, so that
// they are exact to a quarter of a microsecond, and are given to a microsecond.
type Summary struct {
	First time.Time // of the first line with a time
	Span  float64   // s, from there to the latest time
	// Lines with a time, those of assets among them.
	Lines        int
	Observations int
	// Backward counts the lines of observations that are earlier than the one
	// before them.
	Backward int
	Counts   map[string]int // observations by item
	Assets   map[string]int // lines by asset command
	// Changes are of execution and part count, by the adapter's name; Seconds of
	// execution and functional mode; Programs lists each once.
	Changes    map[string][]Change
	Seconds    map[string]map[string]float64
	Programs   map[string][]string
	Numbers    map[string]Numbers
	Conditions map[string][]string // levels, each once
	// Wrong lines were not understood and are not counted above.
	Wrong []error
}

// roles are the types of data item whose values are followed over time.
var roles = map[string]struct{ changes, seconds, list bool }{
	"EXECUTION":       {changes: true, seconds: true},
	"FUNCTIONAL_MODE": {seconds: true},
	"PART_COUNT":      {changes: true},
	"PROGRAM":         {list: true},
}

// maxWrong is how many lines that make no sense are told apart.
const maxWrong = 20

// reading is a recording while it is read.
type reading struct {
	items map[string]document.DataItem // by the adapter's name
	want  []string                     // items whose numbers are looked at
	out   Summary
	first float64
	last  float64 // time of the line of observations before
	end   float64 // latest
	begun bool
	any   bool
	state map[string]held
}

// held is a value since when.
type held struct {
	value string
	since float64
}

// Read reads a recording to its end. Items are those of the model that the
// adapter's keys name, by name, id or source; numbers those of the wanted items
// (nil: [Loads]) and, when the recording has none of these, of every sample.
func Read(in io.Reader, device *document.Component, numbers []string) (*Summary, error) {
	r := &reading{
		items: itemsOf(device), want: numbers, state: map[string]held{},
		out: Summary{
			Counts: map[string]int{}, Assets: map[string]int{}, Changes: map[string][]Change{}, Seconds: map[string]map[string]float64{},
			Programs: map[string][]string{}, Numbers: map[string]Numbers{}, Conditions: map[string][]string{},
		},
	}
	if r.want == nil {
		r.want = Loads
	}
	lines := shdr.NewReader(in)
	for {
		l, err := lines.Next()
		switch {
		case errors.Is(err, io.EOF):
			return r.finish()
		case errors.Is(err, shdr.ErrLine):
			r.wrong(err)
		case err != nil:
			return nil, fmt.Errorf("recording: %w", err)
		default:
			r.line(l, lines.Number())
		}
	}
}

func (r *reading) wrong(err error) {
	if len(r.out.Wrong) < maxWrong {
		r.out.Wrong = append(r.out.Wrong, err)
	}
}

func itemsOf(device *document.Component) map[string]document.DataItem {
	out := map[string]document.DataItem{}
	places := document.Places(device)
	for _, key := range []func(*document.DataItem) string{
		func(it *document.DataItem) string { return it.ID },
		func(it *document.DataItem) string { return it.Source },
		func(it *document.DataItem) string { return it.Name },
	} {
		for _, p := range places {
			if k := key(&p.Item); k != "" {
				out[k] = p.Item
			}
		}
	}
	return out
}

// Knows counts how many of the keys of a recording the device has; who it is of
// has the most.
func Knows(device *document.Component, keys map[string]int) int {
	items, n := itemsOf(device), 0
	for key := range keys {
		if _, ok := items[key]; ok {
			n++
		}
	}
	return n
}

// ShapeOf is what follows a data item's name on a line.
func ShapeOf(it document.DataItem) shdr.Shape {
	switch {
	case it.Category == document.Condition:
		return shdr.Condition
	case it.Category == document.Sample && it.Representation == "TIME_SERIES":
		return shdr.TimeSeries
	case it.Type == "MESSAGE":
		return shdr.Message
	case it.Type == "ALARM":
		return shdr.Alarm
	case it.Type == "ASSET_CHANGED" || it.Type == "ASSET_REMOVED":
		return shdr.AssetEvent
	}
	return shdr.Plain
}

func (r *reading) shape(key string) (shdr.Shape, bool) {
	it, ok := r.items[key]
	return ShapeOf(it), ok
}

func (r *reading) line(l shdr.Line, number int) {
	if l.Command != "" {
		return
	}
	if l.Stamp.Time.IsZero() {
		r.wrong(fmt.Errorf("line %d: no time of its own; a recording needs whole times", number))
		return
	}
	at := seconds(l.Stamp.Time)
	if !r.begun {
		r.begun, r.first, r.out.First = true, at, l.Stamp.Time
	}
	r.out.Lines++
	r.end = max(r.end, at)
	if l.IsAsset() {
		r.out.Assets[l.Tokens[0]]++
		return
	}
	all, err := l.Observations(r.shape)
	if err != nil {
		r.wrong(fmt.Errorf("line %d: %w", number, err))
	}
	if r.any && at < r.last {
		r.out.Backward++
	}
	r.any, r.last = true, at
	for i := range all {
		r.observe(&all[i], at)
	}
}

// seconds since 1970, as float64.
func seconds(t time.Time) float64 { return float64(t.Unix()) + float64(t.Nanosecond())/1e9 }

func (r *reading) observe(o *shdr.Observation, at float64) {
	r.out.Observations++
	r.out.Counts[o.Key]++
	if o.Shape == shdr.Condition {
		if level := strings.ToUpper(o.Value); !slices.Contains(r.out.Conditions[o.Key], level) {
			r.out.Conditions[o.Key] = append(r.out.Conditions[o.Key], level)
		}
		return
	}
	it := r.items[o.Key]
	role := roles[it.Type]
	before, known := r.state[o.Key]
	if role.seconds && known {
		r.stood(o.Key, before, at)
	}
	if role.changes && (!known || before.value != o.Value) {
		r.out.Changes[o.Key] = append(r.out.Changes[o.Key], Change{T: micro(at - r.first), Value: o.Value})
	}
	if role.list && !slices.Contains(r.out.Programs[o.Key], o.Value) {
		r.out.Programs[o.Key] = append(r.out.Programs[o.Key], o.Value)
	}
	if role.seconds || role.changes {
		r.state[o.Key] = held{o.Value, at}
	}
	if slices.Contains(r.want, o.Key) || it.Category == document.Sample {
		r.number(o)
	}
}

func (r *reading) stood(key string, h held, until float64) {
	if r.out.Seconds[key] == nil {
		r.out.Seconds[key] = map[string]float64{}
	}
	r.out.Seconds[key][h.value] += until - h.since
}

func (r *reading) number(o *shdr.Observation) {
	v, err := strconv.ParseFloat(o.Value, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return
	}
	n, ok := r.out.Numbers[o.Key]
	if !ok {
		n.Min, n.Max = v, v
	}
	n.N++
	n.sum += v
	n.Min, n.Max, n.Last = min(n.Min, v), max(n.Max, v), v
	r.out.Numbers[o.Key] = n
}

// micro rounds to a microsecond, the way decimal digits of a float64 do.
func micro(s float64) float64 {
	v, _ := strconv.ParseFloat(strconv.FormatFloat(s, 'f', 6, 64), 64) // what was formatted parses
	return v
}

// finish holds the last states to the latest time and keeps the wanted numbers.
func (r *reading) finish() (*Summary, error) {
	if !r.any {
		return nil, errors.New("recording: not one observation with a time; is it an SHDR stream? " +
			"Its lines look like 2022-08-08T13:51:34.7167Z|pexecution|READY")
	}
	for key, h := range r.state {
		if roles[r.items[key].Type].seconds {
			r.stood(key, h, r.end)
		}
	}
	for _, byState := range r.out.Seconds {
		for state, s := range byState {
			byState[state] = micro(s)
		}
	}
	r.out.Span = micro(r.end - r.first)
	some := slices.ContainsFunc(r.want, func(key string) bool { _, ok := r.out.Numbers[key]; return ok })
	for key, n := range r.out.Numbers {
		if some && !slices.Contains(r.want, key) {
			delete(r.out.Numbers, key)
			continue
		}
		n.Mean = n.sum / float64(n.N)
		r.out.Numbers[key] = n
	}
	return &r.out, nil
}
