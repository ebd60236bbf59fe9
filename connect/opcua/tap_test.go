package opcua_test

import (
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/connect/tap"
)

// What passes between the driver and node-opcua is shown, from the first word on
// (OPC 10000-6, clause 7.1.2: HEL and ACK), with no password in it.
func TestNodeOpcua_FramesAreShown(t *testing.T) {
	f := newFloor(t)
	params := []string{"policy", "None", "user", "op", "password", "secret"}
	f.approve(params...)
	ring := tap.New(time.Now, "secret")
	ring.Watch(time.Hour)
	ctx := tap.With(within(t), ring)
	c, err := f.driver.Open(ctx, f.device(params...))
	must(t, err)
	defer func() { must(t, c.Close()) }()
	g, err := c.Prepare([]connect.Point{f.speed()})
	must(t, err)
	must(t, g.Read(ctx, make([]connect.Reading, 1)))
	frames := ring.Frames()
	text := func(i int) string { b, _ := hex.DecodeString(frames[i].Hex); return string(b) }
	if len(frames) < 8 || frames[0].Direction != tap.Sent || frames[1].Direction != tap.Received {
		t.Fatalf("frames %+v", frames)
	}
	if !strings.HasPrefix(text(0), "HELF") || !strings.HasPrefix(text(1), "ACKF") || !strings.HasPrefix(text(2), "OPNF") {
		t.Errorf("%q, %q, %q", text(0), text(1), text(2))
	}
	for i := range frames {
		if strings.Contains(text(i), "secret") {
			t.Errorf("frame %d has the password: %q", i, text(i))
		}
	}
}
