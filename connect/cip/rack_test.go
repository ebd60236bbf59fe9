package cip_test

import (
	"context"
	"errors"
	"io"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"zhigai/connect/cip"
	"zhigai/connect/cip/enip"
	"zhigai/plant"
)

// patience is how long a test waits for what must happen; a test that passes
// never waits it out.
const patience = 20 * time.Second

// rack is a controller in memory: what is not in it does not exist.
type rack struct {
	mu   sync.Mutex
	tags map[string]enip.Value
}

var _ enip.Tags = (*rack)(nil)

func newRack(t *testing.T) *rack {
	t.Helper()
	r := &rack{tags: map[string]enip.Value{}}
	for name, v := range map[string]struct {
		t enip.Type
		n float64
	}{
		"Running": {enip.Bool, 1}, "Small": {enip.Sint, -5}, "Count": {enip.Dint, -70000}, "Big": {enip.Lint, 1 << 53}, "Speed": {enip.Real, 12.5},
		"Precise": {enip.Lreal, -0.1}, "Status": {enip.Dint, 0x28}, "Set": {enip.Real, 0}, "Flags": {enip.Int, 0x0F0},
		"Program:Main.Station[3].Count": {enip.Dint, 33}, "Matrix[1,2]": {enip.Int, 12}, "Port": {enip.Uint, 65535},
	} {
		one, err := enip.OfNumber(v.t, v.n)
		must(t, err)
		r.tags[name] = one
	}
	r.tags["Product"] = enip.OfText("CNC-7 磨床")
	r.tags["Recipe"] = enip.Value{Type: enip.Struct, Handle: 0x1234, Data: make([]byte, 9000)}
	copy(r.tags["Recipe"].Data, "\x05\x00\x00\x00HELLO")
	return r
}

func (r *rack) Get(name string) (enip.Value, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	v, ok := r.tags[name]
	if !ok {
		return v, enip.Status{General: enip.PathUnknown}
	}
	return v, nil
}

func (r *rack) Set(name string, v enip.Value) error {
	is, err := r.Get(name)
	switch {
	case err != nil:
		return err
	case is.Type != v.Type || is.Handle != v.Handle || len(is.Data) != len(v.Data):
		return enip.Status{General: enip.GeneralError, Extended: enip.WrongType}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	v.Data = append([]byte(nil), v.Data...)
	r.tags[name] = v
	return nil
}

func (r *rack) Symbols(program string) []enip.Symbol {
	if program == "Program:Main" {
		return []enip.Symbol{{Instance: 1, Name: "Station", Kind: 0x8000 | 0x2000 | 0x123}, {Instance: 2, Name: "Step", Kind: uint16(enip.Dint)}}
	}
	if program != "" {
		return nil
	}
	out := []enip.Symbol{{Instance: 1, Name: "Program:Main", Kind: 0x1068}, {Instance: 2, Name: "__hidden", Kind: 0xC4}, {Instance: 3, Name: "Local:1:I", Kind: 0x8123}}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(r.tags)) {
		if strings.ContainsAny(name, ".[") {
			continue
		}
		kind := uint16(r.tags[name].Type)
		if r.tags[name].Type == enip.Struct {
			kind = 0x8000 | r.tags[name].Handle&0xFFF
		}
		out = append(out, enip.Symbol{Instance: uint32(10 * (len(out) + 1)), Name: name, Kind: kind})
	}
	for i := range 200 { // more than one answer holds
		out = append(out, enip.Symbol{Instance: uint32(1000 + i), Name: "Zone_" + strings.Repeat("x", 30) + string(rune('a'+i%26)), Kind: 0x2000 | uint16(enip.Real)})
	}
	return out
}

func (*rack) Identity() enip.Identity {
	return enip.Identity{Vendor: 1, Type: 14, Product: 166, Major: 33, Minor: 11, Serial: 0x01234567, Name: "1756-L85E/B", State: 3}
}

// caller is one TCP connection to the rack.
type caller struct {
	net.Conn
	enip.Session
}

// serve answers every frame, or does what trick does, which returns false to
// hang up. Stop is a pulled plug.
func serve(t *testing.T, address string, make func() enip.Session, trick func(c *caller, f enip.Frame, answer []byte) bool) (d plant.Device, stop func()) {
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
			wg.Go(func() { attend(&caller{Conn: c, Session: make()}, trick) })
		}
	})
	return plant.Device{Driver: cip.Kind, Address: l.Addr().String()}, stop
}

func attend(c *caller, trick func(c *caller, f enip.Frame, answer []byte) bool) {
	defer func() { _ = c.Close() }()
	for {
		header := make([]byte, enip.HeaderSize)
		if _, err := io.ReadFull(c, header); err != nil {
			return
		}
		f, n, err := enip.ParseHeader(header)
		if err != nil {
			return
		}
		f.Data = make([]byte, n)
		if _, err := io.ReadFull(c, f.Data); err != nil {
			return
		}
		answer, ok := c.Handle(f)
		if !ok {
			return
		}
		if trick == nil {
			_, err = c.Write(answer)
		} else if !trick(c, f, answer) {
			return
		}
		if err != nil {
			return
		}
	}
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
