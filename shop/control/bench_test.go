package control_test

import (
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/connect"
	"zhigai/connect/modbus"
	"zhigai/connect/modbus/pdu"
	"zhigai/plant"
	"zhigai/shop/control"
)

// mill is a Modbus machine in this process: registers that keep what they are
// given.
type mill struct {
	mu        sync.Mutex
	registers [2000]uint16
}

var _ pdu.Bank = (*mill)(nil)

func (m *mill) Registers(_ pdu.Table, address, count uint16) ([]uint16, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if int(address)+int(count) > len(m.registers) {
		return nil, pdu.IllegalDataAddress
	}
	return slices.Clone(m.registers[address : address+count]), nil
}

func (m *mill) SetRegisters(address uint16, values []uint16) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	copy(m.registers[address:], values)
	return nil
}

func (*mill) Bits(pdu.Table, uint16, uint16) ([]byte, error) { return nil, pdu.IllegalDataAddress }
func (*mill) SetBits(uint16, []byte) error                   { return pdu.IllegalDataAddress }

// listen serves a mill and gives its address.
func (m *mill) listen(b *testing.B) string {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go m.attend(c)
		}
	}()
	return l.Addr().String()
}

func (m *mill) attend(c net.Conn) {
	defer func() { _ = c.Close() }()
	header, body := make([]byte, pdu.HeaderSize), make([]byte, 300)
	for {
		if _, err := io.ReadFull(c, header); err != nil {
			return
		}
		h, err := pdu.ParseHeader(header)
		if err != nil {
			return
		}
		if _, err := io.ReadFull(c, body[:h.Length]); err != nil {
			return
		}
		if _, err := c.Write(pdu.AppendFrame(nil, h.Transaction, h.Unit, pdu.Answer(nil, body[:h.Length], m))); err != nil {
			return
		}
	}
}

// BenchmarkOrder_UnderLoad is a command from the order to its end, read-back,
// journal and audit included, while 100 devices of 1,000 tags are read every
// second by the same collector. The machines run in this process too.
func BenchmarkOrder_UnderLoad(b *testing.B) {
	const devices, tags = 100, 1000
	var specs []connect.DeviceSpec
	for d := range devices {
		s := connect.DeviceSpec{Tenant: tenant, Path: fmt.Sprint("load/", d), Timeout: time.Second, Link: plant.TagNo(d*(tags+1) + 1), Device: plant.Device{
			ID: plant.DeviceID(fmt.Sprint("load-", d)), Driver: modbus.Kind, Address: new(mill).listen(b), Params: map[string]string{"unit": "1", "timeout": "1s"}, Writing: true,
		}}
		for i := range tags {
			s.Points = append(s.Points, connect.PointSpec{Tag: s.Link + 1 + plant.TagNo(i), Name: fmt.Sprint("p", i), Kind: plant.KindNumber, Address: fmt.Sprintf("holding %d uint16", i), Period: time.Second})
		}
		specs = append(specs, s)
	}
	// The set point stands among a thousand tags of its machine.
	specs[0].Points[1].Name, specs[0].Points[1].WriteTo = "clamped", "holding 1 uint16"
	collector := newCollector(b, modbus.New(), quiet{})
	collector.Set(specs)
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		if _, contact, _ := collector.Writing(specs[0].Device.ID); contact {
			break
		}
		if time.Now().After(end) {
			b.Fatal("no contact")
		}
	}
	d := newDesk(b, b.TempDir(), collector, profiles(b, modbus.Kind, machines[0].at), specs[0].Device, nil)
	var took []time.Duration
	for n := 0; b.Loop(); n++ {
		start := time.Now()
		c, err := d.Order(b.Context(), person(access.RoleOperator), control.Order{Node: lathe, Signal: "clamped", Value: number(float64(n % 90))})
		if err != nil {
			b.Fatal(err)
		}
		if c = d.end(c.ID); c.State != "confirmed" {
			b.Fatalf("%s %+v", c.State, c.Steps)
		}
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(100, "p99-ms-limit")
}
