package modbus_test

import (
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"zhigai/connect"
	"zhigai/connect/conntest"
	"zhigai/connect/modbus"
	"zhigai/connect/modbus/pdu"
	"zhigai/plant"
)

// Whatever comes instead of an answer is an error, never a value, and the station
// is read again as soon as it answers.
func TestSerialHostile_NoValueFromWhatIsNoAnswer(t *testing.T) {
	f := func(name string, trick func(w io.Writer, q pdu.Frame), is error) {
		t.Helper()
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				good := false
				c, err := linked(t, func(rw io.ReadWriter) {
					questions(rw, func(q pdu.Frame) {
						time.Sleep(time.Millisecond)
						if good || q.Body[0] == pdu.Diagnostics {
							_, _ = rw.Write(pdu.AppendRTU(nil, q.Unit, pdu.Answer(nil, q.Body, proving{})))
							return
						}
						trick(rw, q)
					})
				}).Open(t.Context(), unit("1", "1s"))
				must(t, err)
				g, err := c.Prepare([]connect.Point{{Address: "holding 3 uint16", Kind: plant.KindNumber}})
				must(t, err)
				r := make([]connect.Reading, 1)
				if err := g.Read(within(t, patience), r); err == nil || !errors.Is(err, is) {
					t.Errorf("%v with %+v; want %v", err, r[0], is)
				}
				good = true
				for range 2 {
					must(t, g.Read(within(t, patience), r))
					if r[0].Err != nil || r[0].Number != float64(proof(3)) {
						t.Errorf("after that %+v; want %d", r[0], proof(3))
					}
				}
				must(t, c.Close())
			})
		})
	}
	raw := func(b ...byte) func(io.Writer, pdu.Frame) {
		return func(w io.Writer, _ pdu.Frame) { _, _ = w.Write(b) }
	}
	body := func(b ...byte) func(io.Writer, pdu.Frame) {
		return func(w io.Writer, q pdu.Frame) { _, _ = w.Write(pdu.AppendRTU(nil, q.Unit, b)) }
	}
	f("silence", func(io.Writer, pdu.Frame) {}, os.ErrDeadlineExceeded)
	f("one byte of noise", raw(0xFF), os.ErrDeadlineExceeded)
	f("noise", raw([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")...), connect.ErrMalformed)
	f("all ones", raw(0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF), connect.ErrMalformed)
	f("half a frame", raw(1, 3, 2, 0), connect.ErrMalformed)
	f("wrong CRC", raw(1, 3, 2, 0, 99, 0, 0), connect.ErrMalformed)
	f("other unit", func(w io.Writer, q pdu.Frame) { _, _ = w.Write(pdu.AppendRTU(nil, 2, []byte{3, 2, 0, 99})) }, os.ErrDeadlineExceeded)
	f("other function", body(4, 2, 0, 99), connect.ErrMalformed)
	f("too short", body(3, 1, 9), connect.ErrMalformed)
	f("too long", body(3, 4, 0, 9, 0, 9), connect.ErrMalformed)
	f("oversize", raw(append([]byte{1, 3, 250}, make([]byte, 600)...)...), connect.ErrMalformed)
}

// What good answers may come with: bytes one by one with gaps, an adapter that
// echoes, glitches of the line's drivers, a gateway that hangs up after each answer.
func TestSerialHostile_ReadAllTheSame(t *testing.T) {
	f := func(name string, answer func(rw io.ReadWriter, question, frame []byte) bool) {
		t.Helper()
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := linked(t, func(rw io.ReadWriter) {
					end := false
					questions(untilEnd{rw, &end}, func(q pdu.Frame) {
						end = !answer(rw, pdu.AppendRTU(nil, q.Unit, q.Body), pdu.AppendRTU(nil, q.Unit, pdu.Answer(nil, q.Body, newBank().fill(100))))
					})
				})
				c, err := d.Open(t.Context(), unit("1", "1s"))
				must(t, err)
				for range 5 {
					conntest.Expect(t, c, conntest.Number("holding 3 uint16", 3), conntest.Number("holding 50 uint16", 50))
				}
				must(t, c.(connect.Writer).Write(within(t, patience), connect.Point{Address: "holding 7 uint16", Kind: plant.KindNumber}, 77.0))
				must(t, c.Close())
			})
		})
	}
	write := func(w io.Writer, b []byte) { _, _ = w.Write(b) }
	f("byte by byte", func(rw io.ReadWriter, _, frame []byte) bool {
		for i := range frame {
			time.Sleep(30 * time.Millisecond)
			write(rw, frame[i:i+1])
		}
		return true
	})
	f("echo", func(rw io.ReadWriter, question, frame []byte) bool {
		write(rw, question)
		time.Sleep(20 * time.Millisecond)
		write(rw, frame)
		return true
	})
	f("echo joined with the answer", func(rw io.ReadWriter, question, frame []byte) bool {
		write(rw, append(question, frame...))
		return true
	})
	f("glitches", func(rw io.ReadWriter, _, frame []byte) bool {
		write(rw, []byte{0xFF, 0x00})
		time.Sleep(2 * time.Millisecond)
		write(rw, append(frame, 0xFF))
		return true
	})
	f("hangs up after each answer", func(rw io.ReadWriter, _, frame []byte) bool {
		write(rw, frame)
		return false
	})
}

// untilEnd ends reading when told.
type untilEnd struct {
	io.Reader
	end *bool
}

func (u untilEnd) Read(b []byte) (int, error) {
	if *u.end {
		return 0, io.EOF
	}
	return u.Reader.Read(b)
}

// An echo of a write is not its confirmation: behind an adapter that echoes, a
// dead station must not look like one that obeys.
func TestSerialHostile_EchoConfirmsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := linked(t, func(rw io.ReadWriter) {
			questions(rw, func(q pdu.Frame) { _, _ = rw.Write(pdu.AppendRTU(nil, q.Unit, q.Body)) })
		}).Open(t.Context(), unit("1", "1s"))
		must(t, err)
		for range 4 {
			if err := c.(connect.Writer).Write(within(t, patience), connect.Point{Address: "holding 7 uint16", Kind: plant.KindNumber}, 77.0); err == nil {
				t.Error("a write that nobody heard succeeds")
			}
		}
		must(t, c.Close())
	})
}

// Another master on the line gets answers from our stations. They are not taken
// for ours once it was noticed, and it is said.
func TestSerialHostile_AnotherMaster(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := linked(t, func(rw io.ReadWriter) {
			n := 0
			questions(rw, func(q pdu.Frame) {
				time.Sleep(5 * time.Millisecond)
				answer := pdu.AppendRTU(nil, q.Unit, pdu.Answer(nil, q.Body, proving{}))
				if n++; n > 3 && q.Body[0] == pdu.ReadHolding { // the other's answer comes before ours
					_, _ = rw.Write(pdu.AppendRTU(nil, q.Unit, []byte{3, 2, 0x66, 0x66}))
					time.Sleep(10 * time.Millisecond)
				}
				_, _ = rw.Write(answer)
			})
		}).Open(t.Context(), unit("1", "1s"))
		must(t, err)
		g, err := c.Prepare([]connect.Point{{Address: "holding 3 uint16", Kind: plant.KindNumber}})
		must(t, err)
		wrong, said := 0, 0
		for range 50 {
			r := make([]connect.Reading, 1)
			err := g.Read(within(t, patience), r)
			switch {
			case err != nil && strings.Contains(err.Error(), "another master"):
				said++
			case err == nil && r[0].Number != float64(proof(3)):
				wrong++
			}
		}
		must(t, c.Close())
		if wrong > 2 || said < 20 {
			t.Errorf("%d values of the other master were taken, %d times it was said; want at most the first two, before anything could be noticed", wrong, said)
		}
	})
}

func TestSerial_CheckDevice(t *testing.T) {
	f := func(address, name, value, says string) {
		t.Helper()
		err := newSerial().CheckDevice(plant.Device{Driver: modbus.KindSerial, Address: address, Params: map[string]string{name: value}})
		if says == "" && err != nil || says != "" && (err == nil || !strings.Contains(err.Error(), says)) {
			t.Errorf("%s %s=%s: %v; want %q", address, name, value, err, says)
		}
	}
	f("/dev/ttyUSB0", "unit", "17", "")
	f("COM3", "framing", "ascii", "")
	f("192.168.1.20:4001", "baud", "115200", "")
	f("dtu:SN12345", "listen", ":7000", "")
	f("dtu:SN12345", "heartbeat", "0x5a5a", "")
	f("/dev/ttyUSB0", "unit", "0", "write 1 to 247")
	f("/dev/ttyUSB0", "framing", "tcp", "write one of ascii, rtu")
	f("/dev/ttyUSB0", "baud", "fast", "write 300 to 4000000")
	f("/dev/ttyUSB0", "parity", "mark", "write none, even or odd")
	f("/dev/ttyUSB0", "listen", ":7000", "write host:port")
	f("dtu:", "unit", "1", "write dtu:")
	f("192.168.1.20", "unit", "1", "write a serial port")
	f("dtu:SN12345", "heartbeat", "0xZZ", "write a text")
}
