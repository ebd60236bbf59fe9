package s7_test

import (
	"errors"
	"io"
	"net"
	"sync"
	"testing"

	"zhigai/connect/s7"
	"zhigai/connect/s7/pdu"
	"zhigai/plant"
)

// memory is a controller with data blocks; byte n of a block is n, counted on.
type memory struct {
	mu     sync.Mutex
	blocks map[uint16][]byte
	who    pdu.Identity
}

var _ pdu.Bank = (*memory)(nil)

func newMemory(sizes map[uint16]int) *memory {
	m := &memory{blocks: map[uint16][]byte{}}
	for db, size := range sizes {
		b := make([]byte, size)
		for i := range b {
			b[i] = byte(i)
		}
		m.blocks[db] = b
	}
	return m
}

func (m *memory) Identity() pdu.Identity { return m.who }

func (m *memory) ReadItem(i pdu.Item, dst []byte) pdu.Code {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, ok := m.blocks[i.DB]
	switch {
	case i.Area != pdu.Blocks || !ok:
		return pdu.NotExisting
	case i.Start+len(dst) > len(b):
		return pdu.OutOfRange
	}
	copy(dst, b[i.Start:])
	if i.IsBit {
		dst[0] = dst[0] >> i.Bit & 1
	}
	return pdu.Good
}

func (m *memory) WriteItem(i pdu.Item, data []byte) pdu.Code {
	if code := m.ReadItem(i, make([]byte, len(data))); code != pdu.Good {
		return code
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if i.IsBit {
		b := &m.blocks[i.DB][i.Start]
		*b = *b&^(1<<i.Bit) | data[0]<<i.Bit
		return pdu.Good
	}
	copy(m.blocks[i.DB][i.Start:], data)
	return pdu.Good
}

// question is a job as a server sees it, with the answer an honest one gives.
type question struct {
	pdu.Message
	answer pdu.Message
	conn   net.Conn
}

// send gives the client frames as they are.
func (q question) send(frames ...[]byte) {
	for _, b := range frames {
		_, _ = q.conn.Write(b) // a client that left does not care
	}
}

// controller serves clients: connection and setup as it should be, and then what
// answer says, which returns false to hang up.
type controller struct {
	bank   pdu.Bank
	limit  int
	answer func(q question) bool
}

func (s controller) serve(t *testing.T) plant.Device {
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
			wg.Go(func() { s.attend(c) })
		}
	})
	return plant.Device{Driver: s7.Kind, Address: l.Addr().String(), Params: map[string]string{}}
}

func (s controller) attend(c net.Conn) {
	defer func() { _ = c.Close() }()
	session := pdu.Session{Limit: s.limit}
	var in [pdu.MaxFrame]byte
	for asked := 0; ; asked++ {
		if _, err := io.ReadFull(c, in[:pdu.FrameHeader]); err != nil {
			return
		}
		n, err := pdu.ParseFrame(in[:])
		if err != nil {
			return
		}
		if _, err := io.ReadFull(c, in[:n]); err != nil {
			return
		}
		out, err := session.Answer(nil, in[:n], s.bank)
		if err != nil {
			return
		}
		if asked < 2 || s.answer == nil {
			if _, err := c.Write(out); err != nil {
				return
			}
			continue
		}
		if !s.answer(question{message(in[:n]), message(out[pdu.FrameHeader:]), c}) {
			return
		}
	}
}

// message reads a TPDU that was made here.
func message(tpdu []byte) pdu.Message {
	piece, _, err := pdu.ParseData(tpdu)
	if err != nil {
		panic(err)
	}
	m, err := pdu.ParseMessage(append([]byte(nil), piece...))
	if err != nil {
		panic(err)
	}
	return m
}

// honest answers as the bank says.
func honest(q question) bool {
	q.send(q.answer.Append(nil))
	return true
}
