package main

import "testing"

func TestGarbageOf(t *testing.T) {
	f := func(used uint64, want int) {
		t.Helper()
		if got := garbageOf(used); got != want {
			t.Errorf("%d bytes in use: %d percent; want %d", used, got, want)
		}
	}
	f(0, 100)
	f(4<<20, 100)
	f(64<<20, 75)
	f(256<<20, 40)
	f(64<<30, 25)
}
