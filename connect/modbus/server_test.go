package modbus_test

import (
	"errors"
	"io"
	"net"
	"sync"
	"testing"

	"zhigai/connect/modbus"
	"zhigai/connect/modbus/pdu"
	"zhigai/plant"
)

// bank is a device in memory: what is not in it does not exist.
type bank struct {
	mu        sync.Mutex
	registers map[pdu.Table]map[uint16]uint16
	bits      map[pdu.Table]map[uint16]byte
}

var _ pdu.Bank = (*bank)(nil)

func newBank() *bank {
	return &bank{
		registers: map[pdu.Table]map[uint16]uint16{pdu.Holding: {}, pdu.Input: {}},
		bits:      map[pdu.Table]map[uint16]byte{pdu.Coils: {}, pdu.DiscreteInputs: {}},
	}
}

func get[T any](from map[uint16]T, address, count uint16) ([]T, error) {
	var out []T
	for a := int(address); a < int(address)+int(count); a++ {
		v, ok := from[uint16(a)]
		if !ok {
			return nil, pdu.IllegalDataAddress
		}
		out = append(out, v)
	}
	return out, nil
}

func set[T any](to map[uint16]T, address uint16, values []T) error {
	if _, err := get(to, address, uint16(len(values))); err != nil {
		return err
	}
	for i, v := range values {
		to[address+uint16(i)] = v
	}
	return nil
}

func (b *bank) Registers(t pdu.Table, address, count uint16) ([]uint16, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return get(b.registers[t], address, count)
}

func (b *bank) Bits(t pdu.Table, address, count uint16) ([]byte, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return get(b.bits[t], address, count)
}

func (b *bank) SetRegisters(address uint16, values []uint16) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return set(b.registers[pdu.Holding], address, values)
}

func (b *bank) SetBits(address uint16, bits []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return set(b.bits[pdu.Coils], address, bits)
}

// fill makes count holding registers whose value is their address.
func (b *bank) fill(count uint16) *bank {
	for a := range count {
		b.registers[pdu.Holding][a] = a
	}
	return b
}

// question is a request as a server sees it.
type question struct {
	pdu.Header
	body []byte
	conn net.Conn
}

// reply sends an answer's body under the question's header.
func (q question) reply(body []byte) {
	_, _ = q.conn.Write(pdu.AppendFrame(nil, q.Transaction, q.Unit, body)) // a client that left does not care
}

// serve gives every question to answer, which returns false to hang up. It
// returns the device to open.
func serve(t *testing.T, answer func(q question) bool) plant.Device {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	var wg sync.WaitGroup
	t.Cleanup(func() { must(t, l.Close()); wg.Wait() })
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				if !errors.Is(err, net.ErrClosed) {
					t.Error(err)
				}
				return
			}
			wg.Go(func() { attend(c, answer) })
		}
	})
	return plant.Device{Driver: modbus.Kind, Address: l.Addr().String()}
}

func attend(c net.Conn, answer func(q question) bool) {
	defer func() { _ = c.Close() }()
	for {
		var header [pdu.HeaderSize]byte
		if _, err := io.ReadFull(c, header[:]); err != nil {
			return
		}
		h, err := pdu.ParseHeader(header[:])
		if err != nil {
			return
		}
		q := question{Header: h, body: make([]byte, h.Length), conn: c}
		if _, err := io.ReadFull(c, q.body); err != nil || !answer(q) {
			return
		}
	}
}

// honest answers every question from a bank.
func honest(b pdu.Bank) func(q question) bool {
	return func(q question) bool {
		q.reply(pdu.Answer(nil, q.body, b))
		return true
	}
}
