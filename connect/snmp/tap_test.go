package snmp_test

import (
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"zhigai/connect/snmp"
	"zhigai/connect/tap"
)

// Packets of net-snmp's agent are shown, and the community stands in none.
func TestSnmpd_FramesWithoutCommunity(t *testing.T) {
	a := start(t)
	ring := tap.New(time.Now, "reader")
	ring.Watch(time.Hour)
	c, err := snmp.New().Open(tap.With(within(t, patience), ring), a.device("community", "reader"))
	must(t, err)
	must(t, c.Close())
	frames := ring.Frames()
	if len(frames) < 6 {
		t.Fatalf("frames %+v", frames)
	}
	for i, f := range frames {
		b, err := hex.DecodeString(f.Hex)
		must(t, err)
		// A message is one SEQUENCE (RFC 1157, clause 4).
		if want := []string{tap.Sent, tap.Received}[i%2]; f.Direction != want || b[0] != 0x30 || strings.Contains(string(b), "reader") || !strings.Contains(string(b), strings.Repeat("*", len("reader"))) {
			t.Errorf("frame %d: %s %q", i, f.Direction, b)
		}
	}
}
