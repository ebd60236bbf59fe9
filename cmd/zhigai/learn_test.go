package main

import (
	"reflect"
	"testing"

	"zhigai/shop/learn"
)

// A stop that was asked for in two parts, and the work about it, are one failure; what
// stood when the time begins is none of it.
func TestJoined_OneFailureOfStopAndWork(t *testing.T) {
	got := joined([]learn.Breakdown{
		{At: 10, Until: 15, Text: "breakdown.tool"},
		{At: 20, Until: 30, Text: "breakdown.electrical"},
		{At: 30, Until: 40, Text: "breakdown.electrical"},
		{At: 35, Until: 60, Text: "servo", Order: "W1"},
		{At: 70, Until: 71, Text: "breakdown.mechanical"},
	}, 10)
	want := []learn.Breakdown{{At: 20, Until: 60, Text: "breakdown.electrical", Order: "W1"}, {At: 70, Until: 71, Text: "breakdown.mechanical"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v; want %+v", got, want)
	}
	if got := joined(nil, 0); len(got) != 0 {
		t.Errorf("of nothing: %+v", got)
	}
}
