package mqtt

import (
	"errors"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/plant"
)

func TestPoint_Reading(t *testing.T) {
	f := func(address string, kind plant.TagKind, payload string, num float64, text string, is error) {
		t.Helper()
		p, err := parsePoint(address)
		if err != nil {
			t.Errorf("parsePoint(%q): %v", address, err)
			return
		}
		r := p.reading(3, kind, &document{payload: []byte(payload)})
		if !errors.Is(r.Err, is) || r.Err == nil && (r.Number != num || r.Text != text) || r.Point != 3 {
			t.Errorf("%q in %.60q = %+v; want %v %q %v", address, payload, r, num, text, is)
		}
	}
	const n, txt = plant.KindNumber, plant.KindText
	f("speed", n, "1200.5", 1200.5, "", nil)
	f("speed", n, " 7\n", 7, "", nil)
	f("speed", n, "true", 1, "", nil)
	f("speed", n, "OFF", 0, "", nil)
	f("speed", n, "fast", 0, "", connect.ErrMalformed)
	f("speed", n, "", 0, "", connect.ErrMalformed)
	f("speed", n, "0x10", 0, "", connect.ErrMalformed)
	f("speed", n, "9007199254740993", 0, "", connect.ErrImprecise)
	f("speed", n, "90071992547409930000", 0, "", connect.ErrImprecise)
	f("speed", n, "1e300", 1e300, "", nil)
	f("mode", txt, "自动", 0, "自动", nil)
	f("mode", txt, "\xff\xfe", 0, "", connect.ErrMalformed)
	f("s#/spindle/speed", n, `{"spindle":{"speed":5}}`, 5, "", nil)
	f("s#/list/1/v", n, `{"list":[{},{"v":-2.5}]}`, -2.5, "", nil)
	f("s#/a~1b/~0", n, `{"a/b":{"~":1}}`, 1, "", nil)
	f("s#", n, `42`, 42, "", nil)
	f("s#/b", plant.KindBoolean, `{"b":true}`, 1, "", nil)
	f("s#/b", txt, `{"b":true}`, 0, "true", nil)
	f("s#/t", txt, `{"t":"P-1"}`, 0, "P-1", nil)
	f("s#/t", n, `{"t":"12"}`, 12, "", nil)
	f("s#/n", txt, `{"n":12.50}`, 0, "12.50", nil)
	f("s#/n", n, `{"n":9007199254740993}`, 0, "", connect.ErrImprecise)
	f("s#/n", n, `{"n":null}`, 0, "", connect.ErrRefused)
	f("s#/n", n, `{"n":{"m":1}}`, 0, "", connect.ErrMalformed)
	f("s#/x", n, `{"n":1}`, 0, "", connect.ErrUnconfigured)
	f("s#/n/5", n, `{"n":[1]}`, 0, "", connect.ErrUnconfigured)
	f("s#/n", n, `{"n":1`, 0, "", connect.ErrMalformed)
	f("s#/n", n, `{"n":1} {"n":2}`, 0, "", connect.ErrMalformed)
	f("s#"+strings.Repeat("/a", 40), n, `{"a":1}`, 0, "", connect.ErrUnconfigured)
	for _, bad := range []string{"", "#/a", "/a", "a#b", "+/a"} {
		if _, err := parsePoint(bad); err == nil {
			t.Errorf("parsePoint(%q) is taken", bad)
		}
	}
}

func TestSourceTime(t *testing.T) {
	want := time.Date(2026, 1, 1, 0, 0, 0, 500_000_000, time.UTC)
	for _, payload := range []string{`{"t":"2026-01-01T08:00:00.5+08:00"}`, `{"t":1767225600.5}`, `{"t":1767225600500}`, `{"t":1767225600500000}`} {
		if got, ok := sourceTime(pointer{"/t", []string{"t"}}, &document{payload: []byte(payload)}); !ok || !got.Equal(want) {
			t.Errorf("%s = %v, %t; want %v", payload, got, ok, want)
		}
	}
	for _, payload := range []string{`{}`, `{"t":"today"}`, `{"t":-1}`, `{"t":1e300}`, `x`} {
		if got, ok := sourceTime(pointer{"/t", []string{"t"}}, &document{payload: []byte(payload)}); ok {
			t.Errorf("%s = %v; want none", payload, got)
		}
	}
}

func FuzzPoint(f *testing.F) {
	f.Add("s#/a/0", `{"a":[1]}`)
	f.Add("s", "1")
	f.Fuzz(func(t *testing.T, address, payload string) {
		p, err := parsePoint(address)
		if err != nil {
			return
		}
		d := &document{payload: []byte(payload)}
		for _, kind := range []plant.TagKind{plant.KindNumber, plant.KindText} {
			if r := p.reading(0, kind, d); r.Err == nil && kind == plant.KindNumber && r.Text != "" {
				t.Errorf("a number with text %q", r.Text)
			}
		}
		sourceTime(p.at, d)
	})
}

// TestScan_FindsWhatTheWholeDocumentSays: the short way gives the value that
// the long way gives, or leaves it to it.
func TestScan_FindsWhatTheWholeDocumentSays(t *testing.T) {
	found := func(payload string, want ...string) {
		t.Helper()
		p := newPlan()
		for _, at := range []string{"/a", "/b/c", "/b/d", "/x~1y"} {
			one, err := parsePointer(at)
			if err != nil {
				t.Fatal(err)
			}
			_ = p.want(one)
		}
		got, ok := p.scan([]byte(payload))
		if want == nil {
			if ok {
				t.Errorf("%s: understood as %q; want it left to the long way", payload, got)
			}
			return
		}
		for i := range want {
			if !ok || string(got[i]) != want[i] {
				t.Errorf("%s: %q, %t; want %q", payload, got, ok, want)
				return
			}
		}
	}
	found(`{"a":1,"b":{"c":"x","d":true},"x/y":-2.5e3}`, "1", `"x`, "true", "-2.5e3")
	found(` { "z" : [ {"a":"]}\""} , 2 ] , "b" : { "e":{} , "d" : null } , "a" : "" } `, `"`, "", "null", "")
	found(`{"a":{"a":1},"b":2}`, "", "", "", "")
	found(`{"a":"\u0041"}`, "", "", "", "")
	found(`{"a":"温度","b":{"c":1}}`, `"温度`, "1", "", "")
	found("{\"a\":\"\xff\"}", "", "", "", "")
	found(`[{"a":1}]`, "", "", "", "")
	found(`7`, "", "", "", "")
	found(`{"a":1,"a":2}`)
	found(`{"b":{"c":1},"b":{"d":2}}`)
	found(`{"\u0061":1}`)
	found(`{"a":1`)
	found(`{"a":1} 2`)
	found(``)
}

// TestNumber_RoundsAsTheLongWay: the short way of numbers gives the same bits.
func TestNumber_RoundsAsTheLongWay(t *testing.T) {
	quick := 0
	f := func(s string) {
		t.Helper()
		got, ok := token(s).number()
		want, err := parseNumber(s)
		if ok && (err != nil || math.Float64bits(got) != math.Float64bits(want)) {
			t.Errorf("%s = %v; want %v, %v", s, got, want, err)
		}
		if ok {
			quick++
		}
	}
	for _, s := range []string{"0", "-0", "-0.0", "0.1", "25.3", "-273.15", "123456789012345", "1234567890123456", "9007199254740993", "0.000000000000001", "0.0000000000000001", "99999999999999.9", "1e3", "-", ".5", "5.", "1.2.3", "true", `"x`, ""} {
		f(s)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 100_000 {
		n := r.Int64N(1e15)
		s := strconv.FormatInt(n, 10)
		if at := r.IntN(len(s)); at > 0 {
			s = s[:at] + "." + s[at:]
		}
		f(s)
		f("-" + s)
	}
	if quick < 200_000 {
		t.Errorf("%d numbers went the short way; want nearly all", quick)
	}
}

func FuzzScan(f *testing.F) {
	f.Add("/a", `{"a":1,"b":{"c":"x"}}`)
	f.Add("/b/c", `{"a":[1,"}"],"b":{"c":"x\\"}}`)
	f.Add("/a/0", `{"a":[1]}`)
	f.Add("/a", `{"a":1,"a":{"b":2}}`)
	f.Fuzz(func(t *testing.T, at, payload string) {
		p, err := parsePoint("s#" + at)
		if err != nil {
			return
		}
		wanted := newPlan()
		place := wanted.want(p.at)
		short, long := newDocument([]byte(payload), wanted), document{payload: []byte(payload)}
		if v, raw, ok := short.number(place); ok {
			want := p.reading(0, plant.KindNumber, &long)
			if want.Err != nil || math.Float64bits(v) != math.Float64bits(want.Number) || string(raw[:min(len(raw), 8)]) != string(want.Raw) {
				t.Errorf("%q in %q: %v; the whole document says %+v", at, payload, v, want)
			}
		}
		for _, kind := range []plant.TagKind{plant.KindNumber, plant.KindText} {
			got, want := p.reading(0, kind, &short), p.reading(0, kind, &long)
			if (got.Err == nil) != (want.Err == nil) || got.Err != nil && got.Err.Error() != want.Err.Error() || got.Number != want.Number || got.Text != want.Text || string(got.Raw) != string(want.Raw) {
				t.Errorf("%q in %q: %+v; the whole document says %+v", at, payload, got, want)
			}
		}
	})
}
