package modbus

import (
	"math"
	"strings"
	"testing"

	"zhigai/connect"
	"zhigai/connect/modbus/pdu"
	"zhigai/plant"
)

// Addresses are written by people from manuals: what is wrong must be said
// while writing, and what is right must mean exactly one thing.
func TestParse_Right(t *testing.T) {
	f := func(text string, kind plant.TagKind, want point) {
		t.Helper()
		if got, err := parse(text, kind); err != nil || got != want {
			t.Errorf("%s = %+v, %v; want %+v", text, got, err, want)
		}
	}
	f("holding 0 uint16", plant.KindNumber, point{pdu.Holding, 0, -1, formUint16, 1, order{}, 0})
	f("holding 65535 int16", plant.KindNumber, point{pdu.Holding, 65535, -1, formInt16, 1, order{}, 0})
	f("holding 65534 float32 CDAB", plant.KindNumber, point{pdu.Holding, 65534, -1, formFloat32, 2, order{words: true}, 0})
	f("  input  10   uint64  DCBA ", plant.KindNumber, point{pdu.Input, 10, -1, formUint64, 4, order{true, true}, 0})
	f("holding 40.15 bool", plant.KindBoolean, point{pdu.Holding, 40, 15, formBool, 1, order{}, 0})
	f("holding 4 uint16", plant.KindBoolean, point{pdu.Holding, 4, -1, formUint16, 1, order{}, 0})
	f("coil 3 bool", plant.KindBoolean, point{pdu.Coils, 3, -1, formBool, 1, order{}, 0})
	f("discrete 3 bool", plant.KindEnumeration, point{pdu.DiscreteInputs, 3, -1, formBool, 1, order{}, 0})
	f("holding 5 string7 BADC", plant.KindText, point{pdu.Holding, 5, -1, formString, 4, order{bytes: true}, 7})
	f("holding 5 string250", plant.KindText, point{pdu.Holding, 5, -1, formString, 125, order{}, 250})
}

func TestParse_Wrong(t *testing.T) {
	f := func(text string, kind plant.TagKind, says string) {
		t.Helper()
		if p, err := parse(text, kind); err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), `"`+text+`"`) {
			t.Errorf("%q = %+v, %v; want %q", text, p, err, says)
		}
	}
	f("", plant.KindNumber, "0 parts; write for example")
	f("40001", plant.KindNumber, "1 parts")
	f("holding 1 uint16 ABCD more", plant.KindNumber, "5 parts")
	f("Holding 1 uint16", plant.KindNumber, "write coil, discrete, input or holding")
	f("holding 65536 uint16", plant.KindNumber, "0 to 65535")
	f("holding -1 uint16", plant.KindNumber, "0 to 65535")
	f("holding 0x10 uint16", plant.KindNumber, "0 to 65535")
	f("holding 1.16 bool", plant.KindBoolean, "bits 0 to 15")
	f("holding 1. bool", plant.KindBoolean, "bits 0 to 15")
	f("holding 1.-1 bool", plant.KindBoolean, "bits 0 to 15")
	f("holding 1 float", plant.KindNumber, "write bool, int16")
	f("holding 1 float32 ABDC", plant.KindNumber, "write ABCD, CDAB")
	f("holding 65535 float32", plant.KindNumber, "beyond 65535")
	f("holding 1 string0", plant.KindText, "string16")
	f("holding 1 string251", plant.KindText, "250 at most")
	f("holding 1 string", plant.KindText, "string16")
	f("coil 1 uint16", plant.KindNumber, "are bool")
	f("coil 1.1 bool", plant.KindBoolean, "no bits of its own")
	f("holding 1 bool", plant.KindBoolean, "which bit")
	f("holding 1.1 uint16", plant.KindNumber, "a bit is a bool")
	f("holding 1 string8", plant.KindNumber, "cannot be read from this type")
	f("holding 1 uint16", plant.KindText, "cannot be read from this type")
	f("holding 1 float32", plant.KindBoolean, "16-bit register")
	f("holding 1 uint16", plant.KindWaveform, "waveforms")
}

// What is written is what is read back, whatever the type and order; a value
// that does not fit is refused and not cut.
func FuzzPoint(f *testing.F) {
	f.Add("holding 52 float32 CDAB", 12.5)
	f.Add("holding 0 int64 DCBA", -1e15)
	f.Add("input 10.3 bool", 1.0)
	f.Add("holding 1 bcd32 BADC", 0.0)
	f.Add("coil 1 bool", 1.0)
	f.Fuzz(func(t *testing.T, text string, v float64) {
		for _, kind := range []plant.TagKind{plant.KindNumber, plant.KindBoolean, plant.KindText} {
			p, err := parse(text, kind)
			if err != nil {
				continue
			}
			if p.registers < 1 || p.registers > pdu.MaxReadRegisters || int(p.address)+p.registers > 1<<16 {
				t.Fatalf("%q covers %d registers at %d", text, p.registers, p.address)
			}
			var r connect.Reading
			p.decode(make([]byte, 2*p.registers), &r)
			raw, err := p.encode(v)
			if err != nil {
				continue
			}
			if len(raw) != 2*p.registers {
				t.Fatalf("%q: %d bytes", text, len(raw))
			}
			want := v
			if p.form == formFloat32 {
				want = float64(float32(v))
			}
			if p.decode(raw, &r); r.Err != nil || r.Number != want || math.IsNaN(r.Number) {
				t.Errorf("%q: %v came back as %v, %v", text, v, r.Number, r.Err)
			}
		}
	})
}
