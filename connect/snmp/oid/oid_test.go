package oid_test

import (
	"strings"
	"testing"

	"zhigai/connect/snmp/oid"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"1.3.6.1.2.1.1.3.0": ".1.3.6.1.2.1.1.3.0", ".1.3.6.1": ".1.3.6.1", "sysUpTime.0": ".1.3.6.1.2.1.1.3.0", "ifInOctets.3": ".1.3.6.1.2.1.2.2.1.10.3",
		"2.999.4294967295": ".2.999.4294967295", "0.0.0": ".0.0.0",
	} {
		if got, err := oid.Parse(text); err != nil || got.String() != want {
			t.Errorf("%s = %s, %v; want %s", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", ".", "1", "1.3", "1..3", "1.3.x", "1.3.-1", "1.3.4294967296", "1.3.01", "3.1.1", "1.40.1", "sysUpTime", ".sysUpTime.0", "sysNothing.0", "1.3.6.", strings.Repeat("1.", 128) + "1",
	} {
		if got, err := oid.Parse(text); err == nil || !strings.Contains(err.Error(), "write") {
			t.Errorf("%q = %v, %v; want what to write", text, got, err)
		}
	}
}

// FuzzParse: what an address says of itself is the same object.
func FuzzParse(f *testing.F) {
	f.Add("1.3.6.1.2.1.1.3.0")
	f.Add("ifInOctets.3")
	f.Fuzz(func(t *testing.T, text string) {
		o, err := oid.Parse(text)
		if err != nil {
			return
		}
		again, err := oid.Parse(o.String())
		if err != nil || again.String() != o.String() {
			t.Fatalf("%q = %s = %s, %v", text, o, again, err)
		}
		_ = o.Title()
	})
}
