package alarm

import (
	"reflect"
	"testing"
)

// TestTry_BeforeAndInStops: twelve firings, of which two came within the time before a
// stop, one of them too early, one while the machine stood.
func TestTry_BeforeAndInStops(t *testing.T) {
	at := func(m int64) int64 { return m * minute }
	firings := []Span{
		{at(10), at(11)}, {at(50), at(55)}, {at(58), at(59)}, // before the stop at 60: 50, 10 and 2 minutes
		{at(65), at(66)},   // in it
		{at(120), at(121)}, // no stop follows in time
		{at(295), at(310)}, // before the one at 300, and into it
	}
	stops := []Span{{at(60), at(90)}, {at(300), at(301)}, {at(400), at(410)}}
	got := Try(firings, stops, 0, day, 15*minute)
	want := Trial{
		Count: 6, PerDay: 6, StoodUs: at(1 + 5 + 1 + 1 + 1 + 15), Longest: at(15), BeforeStops: 3, InStops: 1, Stops: 3, Foreseen: 2,
		Before: []int64{-1, at(10), at(2), -1, -1, at(5)},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	if got := Try(nil, nil, 0, day, 0); got.Count != 0 || got.PerDay != 0 || got.Floods != nil {
		t.Errorf("of nothing: %+v", got)
	}
}

// TestFloods_ByHand holds floods against a count in every second.
func TestFloods_ByHand(t *testing.T) {
	var begins []int64
	for i := range int64(11) {
		begins = append(begins, i*30*second)
	}
	begins = append(begins, 40*minute, 41*minute)
	for i := range int64(20) { // one a minute is no flood: ten in ten minutes
		begins = append(begins, 100*minute+i*minute)
	}
	got := Floods(begins)
	// The eleventh makes it one; with the seventh's ten minutes over, four are left.
	want := []Flood{{Span: Span{0, 6*30*second + 10*minute}, Count: 11, Peak: 11}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func TestJoined(t *testing.T) {
	got := Joined([]Span{{5, 7}, {1, 3}, {3, 4}, {6, 9}, {12, 13}})
	if want := []Span{{1, 4}, {5, 9}, {12, 13}}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v; want %v", got, want)
	}
}
