package opcua

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gopcua/opcua/ua"

	"zhigai/connect"
	"zhigai/plant"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func open(dir, uri string) (*Driver, error) {
	return New(Options{Dir: dir, ApplicationURI: uri, Now: func() time.Time { return noon }, Logger: slog.New(slog.DiscardHandler)})
}

func TestCheckDevice(t *testing.T) {
	d, err := open(t.TempDir(), "urn:test:zhigai")
	if err != nil {
		t.Fatal(err)
	}
	f := func(address, want string, params ...string) {
		t.Helper()
		dev := plant.Device{Address: address, Params: map[string]string{}}
		for i := 0; i < len(params); i += 2 {
			dev.Params[params[i]] = params[i+1]
		}
		err := d.CheckDevice(dev)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("CheckDevice(%q, %v) = %v; want %q", address, params, err, want)
		}
	}
	const ok = "opc.tcp://host:4840/path"
	f(ok, "")
	f(ok, "", "policy", "None")
	f(ok, "", "policy", "Aes256_Sha256_RsaPss", "mode", "Sign", "user", "u", "password", "p", "timeout", "2s")
	f("http://host", "opc.tcp://192.168.1.10:4840")
	f("opc.tcp://user:secret@host", "are params")
	f("host:4840", "opc.tcp://")
	f(ok, "one of None, Basic256Sha256", "policy", "Basic256")
	f(ok, "mode", "policy", "None", "mode", "Sign")
	f(ok, "mode", "mode", "None")
	f(ok, "without user", "password", "p")
	f(ok, "duration", "timeout", "5")
	f(ok, "not known", "polcy", "None")
}

func TestNode_ParseAndResolve(t *testing.T) {
	namespaces := []string{"http://opcfoundation.org/UA/", "urn:server", "urn:a;b%"}
	f := func(in, want string) {
		t.Helper()
		n, err := parseNode(in)
		if err != nil {
			t.Errorf("parseNode(%q): %v", in, err)
			return
		}
		id, err := n.resolve(namespaces)
		if err != nil || id.String() != want {
			t.Errorf("%q resolves to %v, %v; want %s", in, id, err, want)
			return
		}
		back, err := parseNode(addressOf(id, namespaces))
		if err != nil {
			t.Errorf("address of %v: %v", id, err)
			return
		}
		if again, err := back.resolve(namespaces); err != nil || again.String() != want {
			t.Errorf("%v written as %q resolves to %v, %v", id, addressOf(id, namespaces), again, err)
		}
	}
	f("nsu=urn:server;s=Spindle;Speed=1", "ns=1;s=Spindle;Speed=1")
	f("nsu=urn:a%3Bb%25;i=7", "ns=2;i=7")
	f("nsu=urn:server;g=72962B91-FA75-4AE6-8D28-B404DC7DAF63", "ns=1;g=72962B91-FA75-4AE6-8D28-B404DC7DAF63")
	f("nsu=urn:server;b=AQID", "ns=1;b=AQID")
	f("ns=1;s=轴承", "ns=1;s=轴承")
	f("i=2258", "i=2258")
	for _, bad := range []string{
		"", "Speed", "nsu=urn:server", "nsu=;s=x", "ns=x;s=y", "ns=70000;s=y", "i=-1", "i=x", "g=1234", "b=***", "s=", "q=1",
		"s=" + strings.Repeat("x", 5000), "ns=1;", "nsu=a;b;c",
	} {
		if n, err := parseNode(bad); err == nil || !strings.Contains(err.Error(), "nsu=<namespace uri>") {
			t.Errorf("parseNode(%.20q) = %+v, %v; want an error that says what to write", bad, n, err)
		}
	}
	n, err := parseNode("nsu=urn:other;s=x")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.resolve(namespaces); !errors.Is(err, connect.ErrUnconfigured) {
		t.Errorf("unknown namespace: %v", err)
	}
}

func TestIdentity_CertificateAsServersWantIt(t *testing.T) {
	dir := t.TempDir()
	d, err := open(dir, "urn:test:zhigai")
	if err != nil {
		t.Fatal(err)
	}
	text, _ := d.Certificate()
	block, _ := pem.Decode(text)
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	usage := x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment | x509.KeyUsageKeyEncipherment | x509.KeyUsageDataEncipherment
	if len(cert.URIs) != 1 || cert.URIs[0].String() != "urn:test:zhigai" || cert.KeyUsage != usage || cert.IsCA {
		t.Errorf("certificate has %v, usage %b", cert.URIs, cert.KeyUsage)
	}
	if _, err := open(dir, "urn:test:other"); err == nil || !strings.Contains(err.Error(), "move application.crt") {
		t.Errorf("another application uri: %v; want to be told what to do", err)
	}
	if _, err := open(t.TempDir(), "zhigai"); err == nil {
		t.Error("an application uri without scheme is taken")
	}
	if err := os.WriteFile(filepath.Join(dir, keyFile), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := open(dir, "urn:test:zhigai"); err == nil {
		t.Error("a broken key is taken")
	}
}

func TestTrust_FileAndFingerprint(t *testing.T) {
	dir := t.TempDir()
	d, err := open(dir, "urn:test:zhigai")
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Trust("opc.tcp://h", "abc"); err == nil || !strings.Contains(err.Error(), "64 digits") {
		t.Errorf("Trust of a short fingerprint: %v", err)
	}
	cert, err := x509.ParseCertificate(d.identity.der)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.trust.check("opc.tcp://h", cert); !errors.Is(err, connect.ErrNotTrusted) {
		t.Errorf("check = %v", err)
	}
	if err := d.Trust("opc.tcp://h", fingerprintOf(cert.Raw)); err != nil {
		t.Fatal(err)
	}
	if err := d.trust.check("opc.tcp://h", cert); err != nil {
		t.Errorf("check after approval = %v", err)
	}
	if err := d.trust.check("opc.tcp://other", cert); err == nil {
		t.Error("an approval for one address holds for another")
	}
	for i := range maxPending + 10 {
		_ = d.trust.check("opc.tcp://"+strings.Repeat("x", i+1), cert)
	}
	if n := len(d.Pending()); n != maxPending {
		t.Errorf("%d pending; want %d", n, maxPending)
	}
	if err := os.WriteFile(filepath.Join(dir, trustFile), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := open(dir, "urn:test:zhigai"); err == nil || !strings.Contains(err.Error(), "approve again") {
		t.Errorf("a broken approvals file: %v", err)
	}
}

func TestReading_StatusAndOverflow(t *testing.T) {
	value := func(status ua.StatusCode) connect.Reading {
		return reading(0, plant.KindNumber, &ua.DataValue{Value: ua.MustVariant(1.5), Status: status})
	}
	if r := value(0x00000480); r.Err != nil || !r.Uncertain {
		t.Errorf("overflow = %+v; want uncertain", r)
	}
	if r := value(ua.StatusUncertainLastUsableValue); r.Err != nil || !r.Uncertain {
		t.Errorf("uncertain = %+v", r)
	}
	for status, want := range map[ua.StatusCode]error{
		ua.StatusBadNodeIDUnknown: connect.ErrUnconfigured, ua.StatusBadWaitingForInitialData: connect.ErrStale,
		ua.StatusBadUserAccessDenied: connect.ErrRefused, ua.StatusBad: connect.ErrRefused, 0xC0000000: connect.ErrRefused,
	} {
		if r := value(status); !errors.Is(r.Err, want) {
			t.Errorf("status %#x = %v; want %v", uint32(status), r.Err, want)
		}
	}
	if r := reading(0, plant.KindNumber, nil); !errors.Is(r.Err, connect.ErrMalformed) {
		t.Errorf("nothing = %+v", r)
	}
	if r := reading(0, plant.KindNumber, &ua.DataValue{}); !errors.Is(r.Err, connect.ErrRefused) {
		t.Errorf("null = %+v", r)
	}
}

func TestQueue_HoldsAStall(t *testing.T) {
	for period, want := range map[time.Duration]uint32{50 * time.Millisecond: 600, time.Second: 30, time.Minute: minQueue, 10 * time.Millisecond: maxQueue} {
		if got := queueFor(period); got != want {
			t.Errorf("queueFor(%v) = %d; want %d", period, got, want)
		}
	}
}
