package opcua

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"testing"

	"github.com/gopcua/opcua/id"
	"github.com/gopcua/opcua/ua"
	"github.com/gopcua/opcua/uapolicy"
)

// pair is both ends' keys.
type pair struct {
	name         string
	mine, theirs *uapolicy.EncryptionAlgorithm
	encrypted    bool
	local        int // size of the key that opens, 0 for symmetric keys
}

func pairs(t *testing.T) []pair {
	t.Helper()
	me, err := open(t.TempDir(), "urn:test:me")
	if err != nil {
		t.Fatal(err)
	}
	they, err := open(t.TempDir(), "urn:test:they")
	if err != nil {
		t.Fatal(err)
	}
	public := func(d *Driver) *rsa.PublicKey {
		cert, err := x509.ParseCertificate(d.identity.der)
		if err != nil {
			t.Fatal(err)
		}
		return cert.PublicKey.(*rsa.PublicKey)
	}
	var out []pair
	for _, policy := range policies[1:] {
		uri := ua.SecurityPolicyURIPrefix + policy
		a, err := uapolicy.Asymmetric(uri, me.identity.key, public(they))
		if err != nil {
			t.Fatal(err)
		}
		b, err := uapolicy.Asymmetric(uri, they.identity.key, public(me))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, pair{policy + " certificates", a, b, true, they.identity.key.Size()})
		n1, n2 := bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)
		for _, encrypted := range []bool{true, false} {
			a, err := uapolicy.Symmetric(uri, n1, n2)
			if err != nil {
				t.Fatal(err)
			}
			b, err := uapolicy.Symmetric(uri, n2, n1)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, pair{fmt.Sprintf("%s token, encrypted %t", policy, encrypted), a, b, encrypted, 0})
		}
	}
	return out
}

func TestSeal_RoundTripAndEveryByteCounts(t *testing.T) {
	head := []byte("12345678")
	for _, p := range pairs(t) {
		for _, n := range []int{sequenceBytes, 9, 15, 16, 17, 31, 32, 33, 100, 213, 214, 215, 1000} {
			plain := bytes.Repeat([]byte{0xAB}, n)
			chunk, err := seal("MSGF", head, bytes.Clone(plain), p.mine, p.encrypted)
			if err != nil {
				t.Fatalf("%s: seal %d bytes: %v", p.name, n, err)
			}
			got, err := unseal("MSGF", chunk[8:16], chunk[16:], p.theirs, p.encrypted, p.local)
			if err != nil || !bytes.Equal(got, plain) {
				t.Errorf("%s: %d bytes come back as %d, %v", p.name, n, len(got), err)
			}
		}
		chunk, err := seal("MSGF", head, bytes.Repeat([]byte{1}, 40), p.mine, p.encrypted)
		if err != nil {
			t.Fatal(err)
		}
		for i := range chunk[8:] {
			bad := bytes.Clone(chunk)
			bad[8+i] ^= 0x10
			if _, err := unseal("MSGF", bad[8:16], bad[16:], p.theirs, p.encrypted, p.local); !errors.Is(err, errSecurity) {
				t.Errorf("%s: byte %d changed: %v", p.name, i, err)
			}
		}
		for n := range len(chunk) - 16 {
			if p.local > 0 && n%50 != 0 && n != len(chunk)-17 {
				continue // each costs an RSA operation
			}
			if _, err := unseal("MSGF", chunk[8:16], chunk[16:16+n], p.theirs, p.encrypted, p.local); err == nil {
				t.Errorf("%s: cut to %d bytes is taken", p.name, n)
			}
		}
		if _, err := unseal("MSGC", chunk[8:16], chunk[16:], p.theirs, p.encrypted, p.local); !errors.Is(err, errSecurity) {
			t.Errorf("%s: another chunk type: %v", p.name, err)
		}
	}
}

func TestInOrder_RefusesWhatIsLostRepeatedOrPutIn(t *testing.T) {
	at := func(heard uint32, number byte, high byte) error {
		c := &channel{heard: heard, hasHeard: true}
		_, _, err := c.inOrder([]byte{number, high, high, high, 1, 0, 0, 0})
		return err
	}
	if err := at(6, 7, 0); err != nil {
		t.Errorf("7 after 6: %v", err)
	}
	for _, n := range []byte{6, 5, 8} {
		if err := at(6, n, 0); !errors.Is(err, errSecurity) {
			t.Errorf("%d after 6: %v", n, err)
		}
	}
	if err := at(0xFFFFFFFF-100, 1, 0); err != nil {
		t.Errorf("1 after the highest: %v", err)
	}
}

// FuzzDecode: no answer makes the process stop.
func FuzzDecode(f *testing.F) {
	f.Add([]byte{1, 0, 0x8d, 1})
	f.Add([]byte("1\x00\x8d\x010000000000000000\x00000a")) // says that it has 1.6 thousand million elements
	f.Fuzz(func(_ *testing.T, b []byte) {
		as := func(number uint16) []byte { // the most common answers, with any content
			return append([]byte{1, 0, byte(number), byte(number >> 8)}, b...)
		}
		_, _ = decode[*ua.PublishResponse](as(id.PublishResponse_Encoding_DefaultBinary))
		_, _ = decode[*ua.ReadResponse](as(id.ReadResponse_Encoding_DefaultBinary))
		_, _ = decode[*ua.BrowseResponse](as(id.BrowseResponse_Encoding_DefaultBinary))
		_, _ = decode[*ua.GetEndpointsResponse](as(id.GetEndpointsResponse_Encoding_DefaultBinary))
		_, _ = decode[*ua.HistoryReadResponse](as(id.HistoryReadResponse_Encoding_DefaultBinary))
		_, _ = decode[*ua.CallResponse](as(id.CallResponse_Encoding_DefaultBinary))
		_, _ = decode[*ua.ReadResponse](bytes.Clone(b))
	})
}
