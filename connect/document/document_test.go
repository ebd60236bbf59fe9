package document_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/connect/document"
	"zhigai/plant"
	"zhigai/plant/waveform"
)

// rfc6901 is the document of RFC 6901, section 5, with a list of objects added.
const rfc6901 = `{"foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\j": 5, "k\"l": 6, " ": 7, "m~n": 8,
 "list": [{"name": "a", "v": 1.5}, {"name": "b/c", "v": true}, 3, {"id": 7, "v": "x"}], "null": null}`

func find(t *testing.T, doc, pointer string) (any, error) {
	t.Helper()
	v, err := document.Decode([]byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	p, err := document.ParsePointer(pointer)
	if err != nil {
		return nil, err
	}
	return p.Find(v)
}

func TestPointer(t *testing.T) {
	f := func(pointer, want string) {
		t.Helper()
		v, err := find(t, rfc6901, pointer)
		if got, _ := json.Marshal(v); err != nil || string(got) != want {
			t.Errorf("%q = %s, %v; want %s", pointer, got, err, want)
		}
	}
	f("/foo", `["bar","baz"]`)
	f("/foo/0", `"bar"`)
	f("/", "0")
	f("/a~1b", "1")
	f("/c%d", "2")
	f("/e^f", "3")
	f("/g|h", "4")
	f(`/i\j`, "5")
	f(`/k"l`, "6")
	f("/ ", "7")
	f("/m~0n", "8")
	f("/list/[name=a]/v", "1.5")
	f("/list/[name=b~1c]/v", "true")
	f("/list/[id=7]/v", `"x"`)
	wrong := func(pointer, want string) {
		t.Helper()
		if _, err := find(t, rfc6901, pointer); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want %s", pointer, err, want)
		}
	}
	wrong("foo", "write")
	wrong("/list/[a]", "write [member=value]")
	wrong("/list/[name=z]/v", "no /list/[name=z] in")
	wrong("/foo/2/x", "no /foo/2 in")
	wrong("/foo/-1", "no /foo/-1")
	wrong("/nothing", "no /nothing")
	wrong(strings.Repeat("/a", 33), "levels")
}

func TestReading(t *testing.T) {
	f := func(doc string, kind plant.TagKind, number float64, text string, want error) {
		t.Helper()
		v, err := document.Decode([]byte(doc))
		if err != nil {
			t.Fatal(err)
		}
		if r := document.Reading(3, kind, v); r.Point != 3 || !errors.Is(r.Err, want) || want == nil && (r.Err != nil || r.Number != number || r.Text != text) {
			t.Errorf("%s as %s = %+v; want %v %q %v", doc, kind, r, number, text, want)
		}
	}
	f("7.25", plant.KindNumber, 7.25, "", nil)
	f(`" 7.25 "`, plant.KindNumber, 7.25, "", nil)
	f("true", plant.KindBoolean, 1, "", nil)
	f(`"off"`, plant.KindBoolean, 0, "", nil)
	f("12", plant.KindText, 0, "12", nil)
	f("1.50", plant.KindText, 0, "1.50", nil)
	f("null", plant.KindNumber, 0, "", connect.ErrRefused)
	f("9007199254740993", plant.KindNumber, 0, "", connect.ErrImprecise)
	f(`"fast"`, plant.KindNumber, 0, "", connect.ErrMalformed)
	f("[1]", plant.KindNumber, 0, "", connect.ErrMalformed)
	f("1e999", plant.KindNumber, 0, "", connect.ErrMalformed)
}

func TestParseTime(t *testing.T) {
	zone := time.FixedZone("UTC+8", 8*60*60)
	want := time.Date(2026, 3, 2, 0, 30, 5, 0, time.UTC)
	for _, s := range []string{
		"2026-03-02T08:30:05+08:00", "2026-03-02T00:30:05Z", "2026-03-02 08:30:05", "2026/3/2 08:30:05", "2026.3.2 08:30:05", "2026年3月2日 08:30:05",
		"20260302083005", "1772411405", "1772411405000", "1772411405000000", " 2026-03-02 08:30:05.000 ",
	} {
		if got, ok := document.ParseTime(s, zone); !ok || !got.Equal(want) {
			t.Errorf("%q = %v, %t; want %v", s, got, ok, want)
		}
	}
	for _, s := range []string{"", "yesterday", "0", "-5", "NaN", "1e300", "1850-01-01", "2026-13-02 00:00:00"} {
		if got, ok := document.ParseTime(s, zone); ok {
			t.Errorf("%q = %v", s, got)
		}
	}
}

func TestWaveform(t *testing.T) {
	f := func(doc, want string, values ...float64) {
		t.Helper()
		v, err := document.Decode([]byte(doc))
		if err != nil {
			t.Fatal(err)
		}
		w, start, err := document.Waveform(v)
		if want != "" {
			if !errors.Is(err, connect.ErrMalformed) || !strings.Contains(err.Error(), want) {
				t.Errorf("%.60s: %v; want %s", doc, err, want)
			}
			return
		}
		if err != nil || w.Rate != 25600 || len(w.Values) != len(values) || w.Values[1] != values[1] || start.IsZero() == strings.Contains(doc, "start") {
			t.Errorf("%.60s = %+v at %v, %v", doc, w, start, err)
		}
	}
	f(`{"start": "2026-03-02T08:00:00.000001Z", "rate": 25600, "values": [1, -2.5, 3e-9]}`, "", 1, -2.5, 3e-9)
	f(`{"rate": 25600, "float32": "AACAPwAAAMA="}`, "", 1, -2)
	f(`{"start": 1772411405.25, "rate": 25600, "float32": "AACAPwAAAMA="}`, "", 1, -2)
	f(`[1, 2]`, "write")
	f(`{"values": [1]}`, "rate")
	f(`{"rate": 0, "values": [1]}`, "rate")
	f(`{"rate": 1, "values": []}`, "0 values")
	f(`{"rate": 1, "values": [1, "x"]}`, "value 1")
	f(`{"rate": 1, "values": {"a": 1}}`, "no list")
	f(`{"rate": 1, "float32": "AACA"}`, "whole values")
	f(`{"rate": 1, "float32": "AADAfw=="}`, "NaN")
	f(`{"start": "soon", "rate": 1, "values": [1]}`, "start")
	f(`{"rate": 1, "values": [`+strings.Repeat("0,", waveform.MaxValues)+`0]}`, "131073 values")
}

func FuzzDocument(f *testing.F) {
	f.Add([]byte(rfc6901), "/list/[name=a]/v")
	f.Add([]byte(`{"start": 1, "rate": 2, "values": [1, 2]}`), "")
	f.Add([]byte(`{"rate": 2, "float32": "AACAPw=="}`), "/rate")
	f.Fuzz(func(t *testing.T, raw []byte, pointer string) {
		doc, err := document.Decode(raw)
		if err != nil {
			return
		}
		for _, l := range document.Leaves(doc) {
			p, err := document.ParsePointer(l.Pointer)
			if err != nil {
				continue // a member that looks like a choice, or stands too deep
			}
			if _, err := p.Find(doc); err != nil && !strings.Contains(l.Pointer, "/[") {
				t.Errorf("leaf %q: %v", l.Pointer, err)
			}
		}
		p, err := document.ParsePointer(pointer)
		if err != nil {
			return
		}
		if p.String() != pointer {
			t.Errorf("%q is written %q", pointer, p.String())
		}
		v, err := p.Find(doc)
		if err != nil {
			return
		}
		for _, kind := range []plant.TagKind{plant.KindNumber, plant.KindText, plant.KindWaveform} {
			if r := document.Reading(0, kind, v); kind == plant.KindWaveform && r.Err == nil && !waveform.Is(r.Text) {
				t.Errorf("%s", raw)
			}
		}
	})
}
