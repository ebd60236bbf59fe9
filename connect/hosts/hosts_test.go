package hosts_test

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"zhigai/connect/hosts"
)

func TestParse(t *testing.T) {
	f := func(where string, count int, first, last string) {
		t.Helper()
		got, err := hosts.Parse(where, 102)
		if err != nil || len(got) != count || got[0].String() != first || got[count-1].String() != last {
			t.Errorf("Parse(%q) = %v, %v; want %d of %s to %s", where, got, err, count, first, last)
		}
	}
	f("192.168.1.20", 1, "192.168.1.20:102", "192.168.1.20:102")
	f("192.168.1.20:10102", 1, "192.168.1.20:10102", "192.168.1.20:10102")
	f(" 192.168.1.1-60 ", 60, "192.168.1.1:102", "192.168.1.60:102")
	f("192.168.1.77/24:99", 256, "192.168.1.0:99", "192.168.1.255:99")
	f("fe80::1", 1, "[fe80::1]:102", "[fe80::1]:102")
	f("fe80::/120", 256, "[fe80::]:102", "[fe80::ff]:102")
	for _, where := range []string{
		"", "plc", "10.0.0.0/8", "10.0.0.1-300", "10.0.0.9-2", "10.0.0.1:0", "10.0.0.1:70000", "10.0.0.1:x", "10.0.0.1 2", "::/64", "::1-4",
	} {
		if got, err := hosts.Parse(where, 102); err == nil || !strings.Contains(err.Error(), "write for example") {
			t.Errorf("Parse(%q) = %v, %v; want what to write", where, got, err)
		}
	}
}

// A walk gives what it found in the order of the addresses, and no more than
// some are asked at one time.
func TestWalk(t *testing.T) {
	all, err := hosts.Parse("10.0.0.0/24", 1)
	if err != nil {
		t.Fatal(err)
	}
	var now, most, told, last atomic.Int32
	looked := func(done, total int, found []string) {
		told.Add(int32(len(found)))
		last.Store(max(last.Load(), int32(done)))
		if total != 256 {
			t.Errorf("%d of %d", done, total)
		}
	}
	got, err := hosts.Walk(t.Context(), all, func(_ context.Context, host netip.AddrPort) []string {
		most.Store(max(most.Load(), now.Add(1)))
		defer now.Add(-1)
		if host.Addr().As4()[3]%100 != 7 {
			return nil
		}
		return []string{host.Addr().String()}
	}, looked)
	if want := "[10.0.0.7 10.0.0.107 10.0.0.207]"; err != nil || fmt.Sprint(got) != want {
		t.Errorf("Walk = %v, %v; want %v", got, err, want)
	}
	if told.Load() != 3 || last.Load() != 256 {
		t.Errorf("told of %d found and %d done; want 3 and 256", told.Load(), last.Load())
	}
	if most.Load() > 32 {
		t.Errorf("%d hosts asked at once; want 32 at most", most.Load())
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if got, err := hosts.Walk(ended, all, func(context.Context, netip.AddrPort) []string { return []string{"x"} }, looked); err == nil || len(got) != 0 {
		t.Errorf("Walk with an ended context = %v, %v", got, err)
	}
}
