package material

import (
	"strings"
	"testing"
)

func TestCode_RoundAndDamaged(t *testing.T) {
	for kind, id := range map[CodeKind]string{LotCode: "gcr15:H2381 A.7", ItemCode: "6204-ir", LocationCode: "main/a/03", CardCode: "01ABC/7", JobCode: "A-2026.11/10"} {
		text := Code(kind, id)
		if s := ReadCode(" " + text + "\r\n"); s.Kind != kind || s.ID != id || s.Foreign() {
			t.Errorf("%s read as %+v", text, s)
		}
		for i := len(codeHead); i < len(text); i++ { // one character read wrongly
			if s := ReadCode(text[:i] + string(text[i]^1) + text[i+1:]); !s.Foreign() || s.Looks != "ours" || s.Why == "" {
				t.Errorf("damaged at %d: %+v", i, s)
			}
		}
		if s := ReadCode(text[:len(text)-2]); !s.Foreign() || s.Looks != "ours" {
			t.Errorf("cut off: %+v", s)
		}
	}
	// CRC-16/IBM-3740 of "123456789" is 29B1 (catalogue of parametrised CRC algorithms).
	if got := crc16("123456789"); got != 0x29B1 {
		t.Errorf("crc16 = %04X; want 29B1", got)
	}
}

func TestReadCode_ForeignCodesAreRefusedWithWhatTheyLookLike(t *testing.T) {
	f := func(text, looks, why string) {
		t.Helper()
		if s := ReadCode(text); !s.Foreign() || s.Looks != looks || !strings.Contains(s.Why, why) {
			t.Errorf("%q: %+v; want %s with %q", text, s, looks, why)
		}
	}
	// Element strings of the GS1 General Specifications' form; GTIN 09506000134352 is GS1's own example.
	f("]C10109506000134352"+"10ABC123\x1d17261231", "gs1", "(10) lot ABC123, (17) expires 261231")
	f("]d2010950600013435221SER-9", "gs1", "(21) serial SER-9")
	f("(01)09506000134352(10)H2381(3103)000750", "gs1", "(3103) measure 000750")
	f("]C10109506000134353", "text", "no code of ours") // wrong check digit
	f("6901234567892", "ean", "trade number")
	f("6901234567891", "number", "bare number")
	f("https://example.com/x", "url", "web page")
	f("H2381", "text", "no code of ours")
	f("", "text", "nothing was scanned")
}

func FuzzReadCode(f *testing.F) {
	for _, s := range []string{"ZG1.L.a:b.29B1", "]C1010950600013435210A\x1d17261231", "(01)09506000134352(10)X", "690", "(", "()", "](d2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s := ReadCode(text)
		if s.Foreign() && s.Why == "" {
			t.Errorf("%q is foreign without a reason", text)
		}
		if !s.Foreign() && Code(s.Kind, s.ID) != s.Text {
			t.Errorf("%q read as %+v, which is written %q", text, s, Code(s.Kind, s.ID))
		}
	})
}
