package modbus_test

import (
	"context"
	"fmt"
	"net"
	"testing"

	"zhigai/connect"
	"zhigai/connect/modbus"
	"zhigai/connect/modbus/pdu"
	"zhigai/plant"
)

// flat is a device with every register, as fast as a device can be.
type flat struct{ registers [1 << 16]uint16 }

func (f *flat) Registers(_ pdu.Table, a, n uint16) ([]uint16, error) {
	if int(a)+int(n) > len(f.registers) {
		return nil, pdu.IllegalDataAddress
	}
	return f.registers[a : int(a)+int(n)], nil
}
func (*flat) Bits(pdu.Table, uint16, uint16) ([]byte, error) { return nil, pdu.IllegalFunction }
func (*flat) SetRegisters(uint16, []uint16) error            { return pdu.IllegalFunction }
func (*flat) SetBits(uint16, []byte) error                   { return pdu.IllegalFunction }

// BenchmarkGroup_Read is what one device costs over loopback, the device's side
// included: 50 floats in one question, 500 in ten.
func BenchmarkGroup_Read(b *testing.B) {
	for _, n := range []int{50, 500} {
		b.Run(fmt.Sprintf("%d tags", n), func(b *testing.B) { benchRead(b, n) })
	}
}

func benchRead(b *testing.B, n int) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	device := &flat{}
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		var body []byte
		attend(c, func(q question) bool {
			body = pdu.Answer(body[:0], q.body, device)
			q.reply(body)
			return true
		})
	}()
	c, err := modbus.New().Open(b.Context(), plant.Device{Driver: modbus.Kind, Address: l.Addr().String()})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	points := make([]connect.Point, n)
	for i := range points {
		points[i] = connect.Point{Address: fmt.Sprintf("holding %d float32 CDAB", 2*i), Kind: plant.KindNumber}
	}
	g, err := c.Prepare(points)
	if err != nil {
		b.Fatal(err)
	}
	readings := make([]connect.Reading, n)
	ctx, cancel := context.WithTimeout(b.Context(), patience)
	defer cancel()
	b.ReportAllocs()
	for b.Loop() {
		if err := g.Read(ctx, readings); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*n)/b.Elapsed().Seconds(), "tags/s")
}
