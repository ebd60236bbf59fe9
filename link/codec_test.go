package link

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"reflect"
	"strings"
	"testing"
)

func sampleParcel() parcel {
	return parcel{
		Session: "S1", Stream: StreamHistory, Epoch: 2, From: 10, To: 20,
		Items: []Item{{Seq: 10, Recorded: 1000, Payload: []byte("ten")}, {Seq: 12, Recorded: 900, Payload: []byte{}}, {Seq: 20, Recorded: 5000, Payload: bytes.Repeat([]byte("x"), 3000)}},
		Gaps:  []Gap{{Stream: StreamHistory, From: 13, To: 15, FromTime: 1, ToTime: 2, Reason: GapSize}, {Stream: StreamHistory, From: 17, To: 17, Reason: GapAge}},
	}
}

func TestCodec_RoundTrip(t *testing.T) {
	p := newPacker()
	for _, want := range []parcel{sampleParcel(), {Session: "S", Stream: StreamRecord, Epoch: 1, From: 1, To: 1}} {
		raw := p.seal(want)
		got, err := p.unseal(raw)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v\nwant %+v", got, want)
		}
	}
}

func TestCodec_EveryCutAndFlipIsNoticed(t *testing.T) {
	p := newPacker()
	raw := p.seal(sampleParcel())
	for n := range raw {
		if _, err := p.unseal(raw[:n]); !errors.Is(err, ErrDamaged) {
			t.Fatalf("cut at %d: %v", n, err)
		}
		bent := bytes.Clone(raw)
		bent[n] ^= 0x10
		if _, err := p.unseal(bent); !errors.Is(err, ErrDamaged) {
			t.Fatalf("flipped at %d: %v", n, err)
		}
	}
}

// resealed gives a message a right checksum again.
func resealed(raw []byte) []byte {
	end := len(raw) - sumBytes
	return binary.LittleEndian.AppendUint32(bytes.Clone(raw[:end]), crc32.Checksum(raw[:end], castagnoli))
}

func TestCodec_Lies(t *testing.T) {
	p := newPacker()
	newer := p.seal(sampleParcel())
	newer[2]++
	if _, err := p.unseal(resealed(newer)); !errors.Is(err, ErrVersion) {
		t.Errorf("a newer codec gives %v", err)
	}
	strange := seal(kindEnd, nil)
	if _, _, err := unseal(strange); !errors.Is(err, ErrDamaged) {
		t.Errorf("an unknown kind gives %v", err)
	}
	huge := seal(kindDelivery, binary.AppendUvarint(nil, MaxMessage+1))
	if _, err := p.unseal(huge); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "claims") {
		t.Errorf("a lying length gives %v", err)
	}
	// A bomb: a small message that unpacks to more than it says.
	bomb := p.enc.EncodeAll(make([]byte, 8<<20), binary.AppendUvarint(nil, 100))
	if _, err := p.unseal(seal(kindDelivery, bomb)); !errors.Is(err, ErrDamaged) {
		t.Errorf("a bomb gives %v", err)
	}
	for name, d := range map[string]parcel{
		"from behind to":   {From: 5, To: 4},
		"from zero":        {From: 0, To: 4},
		"item behind to":   {From: 1, To: 4, Items: []Item{{Seq: 9}}},
		"same item twice":  {From: 1, To: 4, Items: []Item{{Seq: 2}, {Seq: 2}}},
		"gap behind to":    {From: 1, To: 4, Gaps: []Gap{{From: 2, To: 9}}},
		"gap turned round": {From: 1, To: 4, Gaps: []Gap{{From: 3, To: 2}}},
		"gaps overlap":     {From: 1, To: 4, Gaps: []Gap{{From: 1, To: 3}, {From: 3, To: 4}}},
	} {
		if _, err := decodeParcel(appendParcel(nil, d)); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRefusal_KeepsItsMeaning(t *testing.T) {
	for _, r := range refusals {
		var w welcome
		err := unsealJSON(refuse(r.err), kindWelcome, &w)
		if !errors.Is(err, r.err) {
			t.Errorf("%s comes out as %v", r.code, err)
		}
		if RefusalCode(err) != r.code {
			t.Errorf("%s has the code %q", r.code, RefusalCode(err))
		}
	}
	secret := errors.New("pq: password of the database is wrong")
	if err := unsealJSON(refuse(secret), kindWelcome, &welcome{}); !errors.Is(err, ErrUnavailable) || strings.Contains(err.Error(), "password") {
		t.Errorf("an inner error comes out as %v", err)
	}
}

func FuzzParcel(f *testing.F) {
	f.Add(appendParcel(nil, sampleParcel()))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, plain []byte) {
		d, err := decodeParcel(plain)
		if err != nil {
			return
		}
		again, err := decodeParcel(appendParcel(nil, d))
		if err != nil || !reflect.DeepEqual(again, d) {
			t.Errorf("%+v comes back as %+v, %v", d, again, err)
		}
		at := Progress{Version: 1, Epoch: d.Epoch, Ranges: Ranges{{1, small(d.From)}}}
		if next, err := fresh(at, d); err == nil && !next.After.Ranges.valid() {
			t.Errorf("progress %v", next.After.Ranges)
		}
	})
}

// small keeps the ranges of the fuzz test small and valid.
func small(n uint64) uint64 { return max(1, min(n, 5)) }

func FuzzUnseal(f *testing.F) {
	p := newPacker()
	f.Add(p.seal(sampleParcel()))
	f.Add(refuse(ErrBusy))
	f.Add(sealJSON(kindHello, hello{Instance: "a"}))
	f.Fuzz(func(_ *testing.T, raw []byte) {
		_, _ = p.unseal(raw)
		_, _ = p.unseal(resealed(append(raw, 0, 0, 0, 0)))
		var h hello
		_ = unsealJSON(resealed(append(raw, 0, 0, 0, 0)), kindHello, &h)
		_, _ = ParseCode(string(raw))
	})
}

func TestCode_RoundTripAndSlips(t *testing.T) {
	want := Invitation{Secret: [secretBytes]byte{1, 2, 3}, Fingerprint: [FingerprintBytes]byte{9, 8, 7}}
	text := want.String()
	for _, s := range []string{text, strings.ToLower(text), " " + strings.ReplaceAll(text, "-", " ") + "\n"} {
		if got, err := ParseCode(s); err != nil || got != want {
			t.Errorf("ParseCode(%q) = %v, %v", s, got, err)
		}
	}
	for i := range text {
		slip := []byte(text)
		if slip[i] == '-' {
			continue
		}
		slip[i] = 'A' + (slip[i]+1)%26
		if string(slip) == text {
			continue
		}
		if _, err := ParseCode(string(slip)); !errors.Is(err, ErrCodeForm) {
			t.Errorf("slip at %d of %s: %v", i, slip, err)
		}
	}
}
