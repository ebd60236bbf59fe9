package s7_test

import (
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"zhigai/connect"
	"zhigai/connect/conntest"
	"zhigai/connect/peer"
	"zhigai/connect/s7"
	"zhigai/connect/s7/pdu"
	"zhigai/plant"
)

// A controller that knows no such TSAP says so; the person is told which
// parameters to look at.
func TestOpen_Refused(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	var wg sync.WaitGroup
	t.Cleanup(func() { must(t, l.Close()); wg.Wait() })
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.ReadFull(c, make([]byte, 22))
			_, _ = c.Write(pdu.Connect{Code: pdu.Disconnect, Target: 1, Reason: 3}.Append(nil))
			_ = c.Close()
		}
	})
	_, err = s7.New().Open(within(t, patience), plant.Device{Driver: s7.Kind, Address: l.Addr().String(), Params: map[string]string{"slot": "2"}})
	if !errors.Is(err, connect.ErrRefused) || !strings.Contains(err.Error(), "03.02") || !strings.Contains(err.Error(), "slot") {
		t.Errorf("Open = %v", err)
	}
	if found, err := s7.New().Discover(within(t, patience), l.Addr().String()); err != nil || len(found) != 0 {
		t.Errorf("Discover = %+v, %v", found, err)
	}
}

// Devices of one controller share a connection: it has few.
func TestOpen_OneConnectionForAllDevices(t *testing.T) {
	var mu sync.Mutex
	conns := map[net.Conn]bool{}
	d := controller{bank: newMemory(map[uint16]int{1: 20}), answer: func(q question) bool {
		mu.Lock()
		conns[q.conn] = true
		mu.Unlock()
		return honest(q)
	}}.serve(t)
	driver := s7.New()
	for range 5 {
		conntest.Expect(t, conntest.Open(t, driver, d), conntest.Number("DB1.DBW3", 0x0304))
	}
	other := plant.Device{Driver: s7.Kind, Address: d.Address, Params: map[string]string{"connection": "op"}}
	conntest.Expect(t, conntest.Open(t, driver, other), conntest.Number("DB1.DBW3", 0x0304))
	mu.Lock()
	defer mu.Unlock()
	if len(conns) != 2 {
		t.Errorf("%d connections; want one for the five and one for the other kind", len(conns))
	}
}

func TestDiscover_Where(t *testing.T) {
	for _, where := range []string{"", "plc", "10.0.0.0/8", "10.0.0.1:0"} {
		if found, err := s7.New().Discover(within(t, patience), where); err == nil || !strings.Contains(err.Error(), "write for example") {
			t.Errorf("Discover(%q) = %v, %v", where, found, err)
		}
	}
	nobody := peer.Port(t)
	if found, err := s7.New().Discover(within(t, patience), "127.0.0.1:"+nobody); err != nil || len(found) != 0 {
		t.Errorf("found %+v, %v", found, err)
	}
}

// A group that has nothing to ask must not look like a controller that answers.
func TestGroup_NothingToAsk(t *testing.T) {
	c := conntest.Open(t, s7.New(), controller{bank: newMemory(nil)}.serve(t))
	g, err := c.Prepare([]connect.Point{{Address: "40001", Kind: plant.KindNumber}})
	must(t, err)
	if err := g.Read(within(t, patience), make([]connect.Reading, 1)); err == nil || !strings.Contains(err.Error(), "none of the points") {
		t.Errorf("Read = %v", err)
	}
}

func TestCheckDevice(t *testing.T) {
	f := func(name, value, says string) {
		t.Helper()
		err := s7.New().CheckDevice(plant.Device{Driver: s7.Kind, Address: "h:102", Params: map[string]string{name: value}})
		if says == "" && err != nil || says != "" && (err == nil || !strings.Contains(err.Error(), says)) {
			t.Errorf("%s=%s: %v", name, value, err)
		}
	}
	f("plc", "S7-1500", "")
	f("plc", "plc5", "write logo, s7-1200")
	f("slot", "3", "")
	f("slot", "32", "write 0 to 31")
	f("rack", "8", "write 0 to 7")
	f("connection", "op", "")
	f("connection", "x", "write basic, op, pg")
	f("tsap_remote", "03.01", "")
	f("tsap_remote", "0301", "")
	f("tsap_remote", "301", "four hexadecimal digits")
	f("tsap_local", "03.0x", "four hexadecimal digits")
	f("max_pdu", "239", "write 240 to 960")
	f("max_gap_fill", "-1", "write 0 to 960")
	f("charset", "ebcdic", "write gb18030, latin-1, utf-8")
	f("timeout", "1ms", "write 10ms to 30s")
}
