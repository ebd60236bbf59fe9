package modbus_test

import (
	"io"
	"net"
	"slices"
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/connect/conntest"
	"zhigai/connect/modbus"
	"zhigai/connect/modbus/pdu"
	"zhigai/plant"
)

// A controller that hangs up after each answer can be written to: that it has
// gone is seen before the value goes out, not after, when it would leave doubt.
func TestWrite_DeviceHangsUpAfterEachAnswer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	b, hungUp, ended := newBank().fill(10), make(chan byte, 100), make(chan struct{})
	t.Cleanup(func() { must(t, l.Close()); <-ended })
	go func() {
		defer close(ended)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			header := make([]byte, pdu.HeaderSize)
			if _, err := io.ReadFull(c, header); err == nil {
				h, _ := pdu.ParseHeader(header)
				body := make([]byte, h.Length)
				_, _ = io.ReadFull(c, body)
				_, _ = c.Write(pdu.AppendFrame(nil, h.Transaction, h.Unit, pdu.Answer(nil, body, b)))
				_ = c.Close()
				hungUp <- body[0]
				continue
			}
			_ = c.Close()
		}
	}()
	c := conntest.Open(t, modbus.New(), plant.Device{Driver: modbus.Kind, Address: l.Addr().String(), Params: map[string]string{"timeout": "10s"}})
	p := connect.Point{Address: "holding 5 uint16", Kind: plant.KindNumber}
	var functions []byte
	gone := func(times int) {
		t.Helper()
		for range times {
			select {
			case f := <-hungUp:
				functions = append(functions, f)
			case <-time.After(patience):
				t.Fatal("the device did not hang up")
			}
		}
	}
	for range 3 {
		conntest.Expect(t, c, conntest.Number("holding 6 uint16", 6)) // reads twice
		gone(2)
		must(t, c.(connect.Writer).Write(within(t, patience), p, 55.0))
		gone(1)
	}
	if writes := slices.DeleteFunc(functions, func(f byte) bool { return f != pdu.WriteRegister }); len(writes) != 3 || b.registers[pdu.Holding][5] != 55 {
		t.Errorf("the device got %d writes of three; register %d", len(writes), b.registers[pdu.Holding][5])
	}
}
