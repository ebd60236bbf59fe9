package snmp

import (
	"errors"
	"strings"
	"testing"

	"github.com/gosnmp/gosnmp"

	"zhigai/connect"
	"zhigai/plant"
)

func TestSettings(t *testing.T) {
	f := func(says string, params ...string) {
		t.Helper()
		d := plant.Device{Driver: Kind, Address: "10.0.0.1:161", Params: map[string]string{}}
		for i := 0; i < len(params); i += 2 {
			d.Params[params[i]] = params[i+1]
		}
		_, err := settingsOf(d)
		if says == "" && err != nil || says != "" && (err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), "write") && !strings.Contains(err.Error(), "characters")) {
			t.Errorf("%v: %v; want %q", params, err, says)
		}
	}
	f("")
	f("", "version", "1", "community", "x")
	f("", "version", "3", "user", "u")
	f("", "version", "3", "user", "u", "auth", "SHA256", "auth_password", "12345678", "priv", "AES", "priv_password", "12345678", "context", "c")
	f("version", "version", "2")
	f("belong to version 3", "user", "u")
	f("needs a user", "version", "3")
	f("priv without auth", "version", "3", "user", "u", "priv", "AES", "priv_password", "12345678")
	f("fewer than 8", "version", "3", "user", "u", "auth", "SHA", "auth_password", "short")
	f("without its method", "version", "3", "user", "u", "auth_password", "12345678")
	f("auth is", "version", "3", "user", "u", "auth", "sha")
	f("priv is", "version", "3", "user", "u", "priv", "3DES")
	f("timeout", "timeout", "1ms")
	f("max_objects", "max_objects", "61")
	f("not known", "port", "161")
	for _, address := range []string{"10.0.0.1", ":161", "10.0.0.1:0", "10.0.0.1:99999", "http://10.0.0.1:161"} {
		if _, err := settingsOf(plant.Device{Address: address}); err == nil || !strings.Contains(err.Error(), "write host:port") {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// Every type of object as every kind of tag.
func TestReading(t *testing.T) {
	f := func(kind plant.TagKind, of gosnmp.Asn1BER, value any, number float64, text string, is error) {
		t.Helper()
		r := reading(3, kind, gosnmp.SnmpPDU{Type: of, Value: value})
		if r.Point != 3 || r.Number != number || r.Text != text || !errors.Is(r.Err, is) {
			t.Errorf("%v %v as %s = %+v; want %v %q, %v", of, value, kind, r, number, text, is)
		}
	}
	f(plant.KindNumber, gosnmp.Integer, -5, -5, "", nil)
	f(plant.KindNumber, gosnmp.Gauge32, uint(4294967295), 4294967295, "", nil)
	f(plant.KindNumber, gosnmp.TimeTicks, uint32(12345), 12345, "", nil)
	f(plant.KindNumber, gosnmp.Counter64, uint64(1)<<53, 1<<53, "", nil)
	f(plant.KindNumber, gosnmp.Counter64, uint64(1)<<53+1, 0, "", connect.ErrImprecise)
	f(plant.KindNumber, gosnmp.OpaqueFloat, float32(1.5), 1.5, "", nil)
	f(plant.KindNumber, gosnmp.OpaqueDouble, 2.5, 2.5, "", nil)
	f(plant.KindNumber, gosnmp.OctetString, []byte(" 0.15 "), 0.15, "", nil)
	f(plant.KindNumber, gosnmp.OctetString, []byte("NaN"), 0, "", connect.ErrMalformed)
	f(plant.KindNumber, gosnmp.OctetString, []byte("warm"), 0, "", connect.ErrMalformed)
	f(plant.KindText, gosnmp.Integer, 7, 0, "7", nil)
	f(plant.KindText, gosnmp.OctetString, []byte("热处理 2\x00"), 0, "热处理 2", nil)
	f(plant.KindText, gosnmp.OctetString, []byte{0, 0x1a, 0xff}, 0, "00:1a:ff", nil)
	f(plant.KindText, gosnmp.ObjectIdentifier, ".1.3.6.1.4.1.318", 0, "1.3.6.1.4.1.318", nil)
	f(plant.KindText, gosnmp.IPAddress, "10.0.0.1", 0, "10.0.0.1", nil)
	f(plant.KindBoolean, gosnmp.Integer, 1, 1, "", nil)
	f(plant.KindBoolean, gosnmp.Integer, 2, 0, "", nil)
	f(plant.KindBoolean, gosnmp.Integer, 0, 0, "", nil)
	f(plant.KindBoolean, gosnmp.Integer, 3, 0, "", connect.ErrMalformed)
	f(plant.KindEnumeration, gosnmp.OctetString, []byte("1.5"), 0, "", connect.ErrMalformed)
	f(plant.KindNumber, gosnmp.NoSuchInstance, nil, 0, "", connect.ErrUnconfigured)
	f(plant.KindNumber, gosnmp.NoSuchObject, nil, 0, "", connect.ErrUnconfigured)
	f(plant.KindNumber, gosnmp.EndOfMibView, nil, 0, "", connect.ErrUnconfigured)
	f(plant.KindNumber, gosnmp.Null, nil, 0, "", connect.ErrUnavailable)
	f(plant.KindNumber, gosnmp.BitString, struct{}{}, 0, "", connect.ErrMalformed)
}

func TestPDUFor(t *testing.T) {
	f := func(of gosnmp.Asn1BER, now, value, want any, kind plant.TagKind) {
		t.Helper()
		p, err := pduFor(gosnmp.SnmpPDU{Name: ".1.3.6", Type: of, Value: now}, kind, value)
		if (err != nil) != (want == nil) || want != nil && p.Value != want {
			t.Errorf("%v to %v = %v, %v; want %v", value, of, p.Value, err, want)
		}
	}
	f(gosnmp.Integer, 1, -7.0, -7, plant.KindNumber)
	f(gosnmp.Integer, 1, true, 1, plant.KindBoolean)
	f(gosnmp.Integer, 1, false, 2, plant.KindBoolean)
	f(gosnmp.Integer, 1, 0.5, nil, plant.KindNumber)
	f(gosnmp.Integer, 1, 1e12, nil, plant.KindNumber)
	f(gosnmp.Integer, 1, "x", nil, plant.KindText)
	f(gosnmp.Gauge32, uint(1), 4e9, uint32(4e9), plant.KindNumber)
	f(gosnmp.Gauge32, uint(1), -1.0, nil, plant.KindNumber)
	f(gosnmp.OctetString, []byte("a"), "b", "b", plant.KindText)
	f(gosnmp.OctetString, []byte("1.5"), 2.5, "2.5", plant.KindNumber)
	f(gosnmp.OctetString, []byte("a"), strings.Repeat("x", 256), nil, plant.KindText)
	f(gosnmp.IPAddress, "10.0.0.1", "10.0.0.2", nil, plant.KindText)
	f(gosnmp.NoSuchInstance, nil, 1.0, nil, plant.KindNumber)
}

// Neighbours in one column are read as a run, however the profile lists them;
// what stands elsewhere, or too far, is not.
func TestRuns(t *testing.T) {
	var points []connect.Point
	for _, a := range []string{"1.3.6.1.9.1.5", "1.3.6.1.9.1.1", "1.3.6.1.9.1.2", "1.3.6.1.9.2.1", "1.3.6.1.9.1.9", "1.3.6.1.9.1.10", "1.3.6.1.9.1.30", "1.3.6.1.9.1.2"} {
		points = append(points, connect.Point{Address: a, Kind: plant.KindNumber})
	}
	made, err := (&conn{settings: settings{most: 9}}).Prepare(points)
	if err != nil {
		t.Fatal(err)
	}
	g := made.(*group)
	var got []string
	for _, run := range g.runs() {
		words := make([]string, len(run))
		for i, p := range run {
			words[i] = points[p].Address
		}
		got = append(got, strings.Join(words, " "))
	}
	want := "1.3.6.1.9.1.1 1.3.6.1.9.1.2 1.3.6.1.9.1.2 1.3.6.1.9.1.5|1.3.6.1.9.1.9 1.3.6.1.9.1.10|1.3.6.1.9.1.30|1.3.6.1.9.2.1"
	if s := strings.Join(got, "|"); s != want {
		t.Errorf("%s; want %s", s, want)
	}
}

func TestParseSearch(t *testing.T) {
	f := func(where string, n int, port uint16, community string) {
		t.Helper()
		all, c, err := parseSearch(where)
		if err != nil || len(all) != n || all[0].Port() != port || c != community {
			t.Errorf("%s = %v %s, %v", where, all, c, err)
		}
	}
	f("192.168.1.30", 1, 161, "")
	f("192.168.1.1-60:1161 community private", 60, 1161, "private")
	f("192.168.1.0/24", 256, 161, "")
	for _, where := range []string{"", "host", "192.168.0.0/16", "a b", "192.168.1.1 community"} {
		if _, _, err := parseSearch(where); err == nil || !strings.Contains(err.Error(), "write") {
			t.Errorf("%q: %v", where, err)
		}
	}
}
