package mtconnect

import (
	"errors"
	"fmt"
	"testing"

	"zhigai/connect"
	"zhigai/connect/mtconnect/document"
	"zhigai/plant"
)

func part(t *testing.T, text string) document.Part {
	t.Helper()
	a, err := document.ParseAddress("x" + text)
	if err != nil {
		t.Fatal(err)
	}
	return a.Part
}

// A single value as every part and kind of tag.
func TestReading_Single(t *testing.T) {
	f := func(value, want string, kind plant.TagKind, number float64, text string, is error) {
		t.Helper()
		s := &state{}
		s.take(document.Observation{Category: document.Event, Value: value, Code: "17"})
		if r := s.reading(part(t, want), kind); r.Number != number || r.Text != text || !errors.Is(r.Err, is) {
			t.Errorf("%q%s as %s = %+v; want %v %q, %v", value, want, kind, r, number, text, is)
		}
	}
	f("1.5", "", plant.KindNumber, 1.5, "", nil)
	f(" -1e3 ", "", plant.KindNumber, -1000, "", nil)
	f("9007199254740993", "", plant.KindNumber, 0, "", connect.ErrImprecise)
	f("-99999999999999999999", "", plant.KindNumber, 0, "", connect.ErrImprecise)
	f("1e300", "", plant.KindNumber, 1e300, "", nil)
	f("ACTIVE", "", plant.KindNumber, 0, "", connect.ErrMalformed)
	f("", "", plant.KindNumber, 0, "", connect.ErrMalformed)
	f("", "", plant.KindText, 0, "", nil)
	f("UNAVAILABLE", "", plant.KindText, 0, "", connect.ErrUnavailable)
	f("UNAVAILABLE", "#=ACTIVE", plant.KindBoolean, 0, "", connect.ErrUnavailable)
	f("1 2 3", "#z", plant.KindNumber, 3, "", nil)
	f("1 2 3", "", plant.KindNumber, 0, "", connect.ErrMalformed)
	f("1 2 3 4", "", plant.KindNumber, 4, "", nil) // a series
	f("1 2", "#z", plant.KindNumber, 0, "", connect.ErrMalformed)
	f("1 2 3", "", plant.KindText, 0, "1 2 3", nil)
	f("2", "", plant.KindEnumeration, 2, "", nil)
	f("2.5", "", plant.KindEnumeration, 0, "", connect.ErrMalformed)
	f("READY", "#ACTIVE,READY", plant.KindEnumeration, 1, "", nil)
	f("STOPPED", "#ACTIVE,READY", plant.KindEnumeration, 0, "", connect.ErrMalformed)
	f("READY", "#=ACTIVE|READY", plant.KindBoolean, 1, "", nil)
	f("STOPPED", "#=ACTIVE|READY", plant.KindBoolean, 0, "", nil)
	f("On", "", plant.KindBoolean, 1, "", nil)
	f("CLOSED", "", plant.KindBoolean, 1, "", nil)
	f("PERHAPS", "", plant.KindBoolean, 0, "", connect.ErrMalformed)
	f("change tool", "#code", plant.KindText, 0, "17", nil)
	if r := (&state{}).reading(document.Part{}, plant.KindText); !errors.Is(r.Err, connect.ErrStale) {
		t.Errorf("nothing said: %+v", r)
	}
}

// Conditions that stand beside one another, in every form.
func TestReading_Conditions(t *testing.T) {
	s := &state{}
	say := func(level, code, id, text string) {
		s.take(document.Observation{Category: document.Condition, Level: level, Code: code, ConditionID: id, Value: text})
	}
	f := func(want string, kind plant.TagKind, number float64, text string) {
		t.Helper()
		if r := s.reading(part(t, want), kind); r.Number != number || r.Text != text || r.Err != nil {
			t.Errorf("%s as %s = %+v; want %v %q", want, kind, r, number, text)
		}
	}
	say("Normal", "", "", "")
	f("", plant.KindText, 0, "NORMAL")
	f("#code", plant.KindText, 0, "")
	f("#code", plant.KindNumber, 0, "")
	say("Warning", "12", "", "filter")
	f("", plant.KindEnumeration, 1, "")
	f("", plant.KindBoolean, 1, "")
	say("Fault", "401", "", "oil low")
	say("Fault", "401", "", "oil very low") // the same one again
	f("", plant.KindText, 0, "FAULT 401: oil very low; WARNING 12: filter")
	f("#level", plant.KindNumber, 2, "")
	f("#level", plant.KindText, 0, "FAULT")
	f("#code", plant.KindText, 0, "401; 12")
	f("#code", plant.KindNumber, 401, "")
	f("#text", plant.KindText, 0, "oil very low; filter")
	f("#=FAULT", plant.KindBoolean, 1, "")
	f("#NORMAL,WARNING,FAULT", plant.KindEnumeration, 2, "")
	say("Normal", "401", "", "")
	f("", plant.KindText, 0, "WARNING 12: filter")
	say("Fault", "7", "a", "")
	say("Fault", "7", "b", "") // told apart by their ids
	say("Normal", "7", "a", "")
	f("#code", plant.KindText, 0, "7; 12")
	say("Unavailable", "", "", "")
	if r := s.reading(document.Part{}, plant.KindText); !errors.Is(r.Err, connect.ErrUnavailable) {
		t.Errorf("unavailable: %+v", r)
	}
	say("Warning", "1", "", "")
	f("", plant.KindText, 0, "WARNING 1")
	for i := range 10 * maxActive {
		say("Fault", fmt.Sprint(i), "", "")
	}
	if len(s.active) != maxActive {
		t.Errorf("%d stand; want %d at most", len(s.active), maxActive)
	}
}

// A set keeps what it was told: each observation adds, replaces or takes away.
func TestReading_Sets(t *testing.T) {
	s := &state{}
	say := func(reset string, entries ...document.Entry) {
		s.take(document.Observation{Category: document.Event, Entries: entries, Reset: reset})
	}
	f := func(want string, kind plant.TagKind, number float64, text string, is error) {
		t.Helper()
		if r := s.reading(part(t, want), kind); r.Number != number || r.Text != text || !errors.Is(r.Err, is) {
			t.Errorf("%s = %+v; want %v %q, %v", want, r, number, text, is)
		}
	}
	say("", document.Entry{Key: "b", Value: "2"}, document.Entry{Key: "a", Value: "1.5"})
	f("", plant.KindText, 0, "a=1.5 b=2", nil)
	f("#key.a", plant.KindNumber, 1.5, "", nil)
	say("", document.Entry{Key: "a", Removed: true}, document.Entry{Key: "G54", Cells: []document.Entry{{Key: "X", Value: "1"}, {Key: "Y", Value: "2"}}})
	f("#key.a", plant.KindNumber, 0, "", connect.ErrUnavailable)
	f("#key.G54", plant.KindText, 0, "X=1 Y=2", nil)
	say("DAY", document.Entry{Key: "c", Value: "3"})
	f("", plant.KindText, 0, "c=3", nil)
}

func TestCheckPoint(t *testing.T) {
	d := New(Options{})
	f := func(address string, kind plant.TagKind, ok bool) {
		t.Helper()
		if err := d.CheckPoint(address, kind); (err == nil) != ok {
			t.Errorf("%s as %s: %v", address, kind, err)
		}
	}
	f("exec#=ACTIVE", plant.KindBoolean, true)
	f("exec#=ACTIVE", plant.KindText, false)
	f("exec#A,B", plant.KindEnumeration, true)
	f("exec#A,B", plant.KindBoolean, false)
	f("c#text", plant.KindNumber, false)
	f("pos#x", plant.KindText, false)
	f("pos", plant.KindWaveform, false)
	a := NewAdapter(Options{})
	for address, ok := range map[string]bool{"load": true, "a b": false, "x|y": false, "@ASSET@": false, "set#key.a": false, "c#level": true} {
		if err := a.CheckPoint(address, plant.KindNumber); (err == nil) != ok {
			t.Errorf("%s: %v", address, err)
		}
	}
}
