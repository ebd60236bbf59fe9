package s7_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/connect/peer"
	"zhigai/connect/s7"
	"zhigai/connect/tap"
)

// What passes between the driver and the snap7 library, connection and setup
// included, is whole TPKT frames (RFC 1006, clause 6: version 3, and the length).
func TestSnap7_FramesAreShown(t *testing.T) {
	port := peer.Port(t)
	snap7(t, port)
	ring := tap.New(time.Now)
	ring.Watch(time.Hour)
	ctx := tap.With(within(t, patience), ring)
	c, err := s7.New().Open(ctx, cpu315(port))
	must(t, err)
	defer func() { must(t, c.Close()) }()
	g, err := c.Prepare([]connect.Point{{Address: "DB1.DBW4 int", Kind: "number"}})
	must(t, err)
	must(t, g.Read(ctx, make([]connect.Reading, 1)))
	frames := ring.Frames()
	for i, f := range frames {
		if want := []string{tap.Sent, tap.Received}[i%2]; f.Direction != want || f.Hex[:4] != "0300" || f.Length != len(f.Hex)/2 {
			t.Errorf("frame %d: %+v; want one %s", i, f, want)
		}
		if fmt.Sprintf("%04x", f.Length) != f.Hex[4:8] {
			t.Errorf("frame %d says a length of %s and has %d bytes", i, f.Hex[4:8], f.Length)
		}
	}
	if n := len(frames); n < 6 || !strings.HasSuffix(frames[n-1].Hex, "fb2e") { // -1234
		t.Errorf("frames %+v", frames)
	}
}
