package slmp_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"zhigai/connect/slmp"
	"zhigai/connect/slmp/frame"
	"zhigai/plant"
)

// patience is how long a test waits for what must happen; a test that passes
// never waits it out.
const patience = 20 * time.Second

// bank is a station in memory: words and relays that are not in it do not exist.
type bank struct {
	mu    sync.Mutex
	words map[frame.Device]uint16
	// What it refuses beyond its devices.
	most     int  // words of one question, 0 for all
	noRandom bool // the command is not known
}

var _ frame.Bank = (*bank)(nil)

// newBank is a station with D0 to D999, R0 to R9, M0 to M159, X0 to X3F and W0
// to W3F. D0 to D99 hold their numbers.
func newBank() *bank {
	b := &bank{words: map[frame.Device]uint16{}}
	for code, n := range map[string]int{"D": 1000, "R": 10, "W": 64, "M": 160, "X": 64} {
		step := 1
		a, err := frame.ParseAddress(code+"0", false)
		if err != nil {
			a, _ = frame.ParseAddress(code+"0 int16", false)
		}
		if a.Code.IsBit() {
			step = 16
		}
		for i := 0; i < n; i += step {
			b.words[frame.Device{Code: a.Code, Number: uint32(i)}] = 0
		}
	}
	for i := range uint32(100) {
		b.words[frame.Device{Code: 0xA8, Number: i}] = uint16(i)
	}
	return b
}

// put sets the words of an address, or a relay.
func (b *bank) put(t *testing.T, address string, words ...uint16) *bank {
	t.Helper()
	a, err := frame.ParseAddress(address, false)
	must(t, err)
	if a.Code.IsBit() {
		must(t, b.SetBits(a.Device, []bool{words[0] != 0}))
		return b
	}
	must(t, b.SetWords(a.Device, words))
	return b
}

func (b *bank) Words(d frame.Device, n int) ([]uint16, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.most > 0 && n > b.most {
		return nil, frame.TooManyWords
	}
	step := uint32(1)
	if d.Code.IsBit() {
		step = 16
	}
	out := make([]uint16, n)
	for i := range out {
		v, ok := b.words[frame.Device{Code: d.Code, Number: d.Number + uint32(i)*step}]
		if !ok {
			return nil, frame.BeyondLast
		}
		out[i] = v
	}
	return out, nil
}

func (b *bank) SetWords(d frame.Device, words []uint16) error {
	if _, err := b.Words(d, len(words)); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, w := range words {
		b.words[frame.Device{Code: d.Code, Number: d.Number + uint32(i)}] = w
	}
	return nil
}

func (b *bank) SetBits(d frame.Device, on []bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, v := range on {
		n := d.Number + uint32(i)
		at := frame.Device{Code: d.Code, Number: n / 16 * 16}
		w, ok := b.words[at]
		if !ok {
			return frame.NoSuchDevice
		}
		w &^= 1 << (n % 16)
		if v {
			w |= 1 << (n % 16)
		}
		b.words[at] = w
	}
	return nil
}

func (b *bank) Model() (string, uint16) { return "FX5U-32MR/ES", 0x4A21 }

// question is a request as a station sees it.
type question struct {
	frame.Header
	format frame.Format
	body   []byte
	send   func([]byte) // an answer's bytes
}

// answer is the frame a station with the bank gives.
func (q question) answer(b *bank) []byte {
	if r, err := frame.ParseRequest(q.Header, q.body, q.format); err == nil && b.noRandom && r.Command == frame.ReadRandom {
		return r.AppendRefusal(nil, frame.WrongCommand, q.format)
	}
	return frame.Answer(nil, q.Header, q.body, q.format, b)
}

// honest answers every question from a bank.
func honest(b *bank) func(question) bool {
	return func(q question) bool { q.send(q.answer(b)); return true }
}

// serve gives every question to answer, which returns false to hang up, and
// gives the device to open. stop is a pulled plug.
func serve(t *testing.T, address string, answer func(question) bool) (d plant.Device, stop func()) {
	t.Helper()
	l, err := net.Listen("tcp", address)
	must(t, err)
	var wg sync.WaitGroup
	var mu sync.Mutex
	conns := map[net.Conn]bool{}
	stop = sync.OnceFunc(func() {
		_ = l.Close()
		mu.Lock()
		for c := range conns {
			_ = c.Close()
		}
		mu.Unlock()
		wg.Wait()
	})
	t.Cleanup(stop)
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				if !errors.Is(err, net.ErrClosed) {
					t.Error(err)
				}
				return
			}
			mu.Lock()
			conns[c] = true
			mu.Unlock()
			wg.Go(func() { attend(c, answer) })
		}
	})
	return plant.Device{Driver: slmp.Kind, Address: l.Addr().String()}, stop
}

func attend(c net.Conn, answer func(question) bool) {
	defer func() { _ = c.Close() }()
	in := bufio.NewReader(c)
	for {
		start, err := in.Peek(4)
		if err != nil {
			return
		}
		f, err := frame.Detect(start)
		if err != nil {
			return
		}
		header := make([]byte, f.HeaderSize())
		if _, err := io.ReadFull(in, header); err != nil {
			return
		}
		h, err := f.ParseRequestHeader(header)
		if err != nil {
			return
		}
		q := question{Header: h, format: f, body: make([]byte, h.Length), send: func(b []byte) { _, _ = c.Write(b) }} // a client that left does not care
		if _, err := io.ReadFull(in, q.body); err != nil || !answer(q) {
			return
		}
	}
}

// serveUDP is serve over datagrams.
func serveUDP(t *testing.T, answer func(question)) (d plant.Device, stop func()) {
	t.Helper()
	p, err := net.ListenPacket("udp", "127.0.0.1:0")
	must(t, err)
	var wg sync.WaitGroup
	stop = sync.OnceFunc(func() { must(t, p.Close()); wg.Wait() })
	t.Cleanup(stop)
	wg.Go(func() {
		b := make([]byte, 1<<16)
		for {
			n, from, err := p.ReadFrom(b)
			if err != nil {
				return
			}
			f, err := frame.Detect(b[:n])
			if err != nil {
				continue
			}
			h, err := f.ParseRequestHeader(b[:n])
			if err != nil {
				continue
			}
			answer(question{Header: h, format: f, body: append([]byte(nil), b[f.HeaderSize():n]...), send: func(b []byte) { _, _ = p.WriteTo(b, from) }})
		}
	})
	return plant.Device{Driver: slmp.Kind, Address: p.LocalAddr().String(), Params: map[string]string{"transport": "udp"}}, stop
}

func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
