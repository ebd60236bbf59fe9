package modbus_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/connect/peer"
	"zhigai/connect/tap"
	"zhigai/plant"
)

// eventually waits until got is what is wanted.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); {
		if time.Now().After(end) {
			t.Fatalf("%s did not come", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// pairs are the questions of the frames of a Modbus TCP device, without their transaction
// numbers, each with its answer.
func pairs(t *testing.T, frames []tap.Frame) []string {
	t.Helper()
	var out []string
	for i := 0; i+1 < len(frames); i++ {
		q, a := frames[i], frames[i+1]
		if q.Direction != tap.Sent || a.Direction != tap.Received {
			continue
		}
		if q.Hex[:4] != a.Hex[:4] || q.Length != len(q.Hex)/2 || a.Length != len(a.Hex)/2 {
			t.Errorf("%s is answered by %s", q.Hex, a.Hex)
		}
		if pair := q.Hex[4:] + " " + a.Hex[4:]; !slices.Contains(out, pair) {
			out = append(out, pair)
		}
	}
	slices.Sort(out)
	return out
}

// The frames that a person sees are the bytes of the specification, and what
// fails is counted by what it is, against a foreign device.
func TestHealth_Pymodbus(t *testing.T) {
	port := peer.Port(t)
	device := pymodbus(t, port)
	n := newNotebook()
	c := collect(t, n, one("a", unit7(port), 10, "holding 1 uint16"), one("b", unit7(port), 20, "holding 202 uint16"))
	n.wait(t, "contact", func() bool { return n.last(10) == 1 && n.last(20) == 1 })
	for _, id := range []string{"a", "b"} {
		if frames, _, _ := c.Frames(plant.DeviceID(id)); len(frames) != 0 {
			t.Errorf("%d frames of %s that nobody watched", len(frames), id)
		}
		if _, err := c.Watch(plant.DeviceID(id)); err != nil {
			t.Fatal(err)
		}
	}
	// Modbus Messaging on TCP/IP V1.0b, clause 3.1.3: protocol 0000, length, unit;
	// then the PDUs of the application protocol, clause 6.3 and 7.
	for id, want := range map[string]string{
		"a": "00000006" + "07" + "0300010001" + " " + "00000005" + "07" + "0302ffff",
		"b": "00000006" + "07" + "0300ca0001" + " " + "00000003" + "07" + "8302",
	} {
		var frames []tap.Frame
		eventually(t, "frames of "+id, func() bool { frames, _, _ = c.Frames(plant.DeviceID(id)); return len(frames) >= 6 })
		// Both devices share one connection, and each sees its own.
		if got := pairs(t, frames); len(got) != 1 || got[0] != want {
			t.Errorf("%s: %q; want %q", id, got, want)
		}
	}
	h, _ := c.Health("b")
	if len(h.Failures) != 1 || h.Failures[0].Kind != "unconfigured" || h.Failures[0].Readings == 0 || h.Failures[0].Questions != 0 || h.WithoutTotal != 1 {
		t.Errorf("an exception: %+v", h.Failures)
	}
	device.Kill()
	n.wait(t, "the loss", func() bool { return n.last(10) == 0 })
	eventually(t, "the failure", func() bool { h, _ = c.Health("a"); return h.Lost == 1 && h.LastFailure != nil })
	if h.LastFailure.Kind != "connection" || h.LastFailure.Text == "" || h.Answers == 0 || h.Longest <= 0 {
		t.Errorf("a device that is gone: %+v", h)
	}
	pymodbusAgain(t, port)
	n.wait(t, "the return", func() bool { return n.last(10) == 1 })
	eventually(t, "the new connection", func() bool { h, _ = c.Health("a"); return h.Connections == 2 })
}

// Other exceptions are refusals, and a device that keeps silent is a timeout.
func TestHealth_RefusedAndSilent(t *testing.T) {
	t.Parallel()
	silent := make(chan struct{})
	d := serve(t, func(q question) bool {
		select {
		case <-silent:
		default:
			q.reply([]byte{0x83, 4}) // server device failure
		}
		return true
	})
	n := newNotebook()
	c := collect(t, n, one("a", d, 10, "holding 1 uint16"))
	var h connect.DeviceHealth
	of := func(kind string) (questions, readings int64) {
		h, _ = c.Health("a")
		for _, f := range h.Failures {
			if f.Kind == kind {
				return f.Questions, f.Readings
			}
		}
		return 0, 0
	}
	eventually(t, "refusals", func() bool { _, readings := of("refused"); return readings > 2 })
	close(silent)
	eventually(t, "a timeout", func() bool { asked, _ := of("timeout"); return asked > 0 })
	if h.LastFailure.Kind != "timeout" || !strings.Contains(h.LastFailure.Text, "no answer") {
		t.Errorf("last failure %+v", h.LastFailure)
	}
}
