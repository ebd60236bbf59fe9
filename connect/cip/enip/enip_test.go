package enip

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// rack is a controller in memory.
type rack map[string]Value

func (r rack) Get(name string) (Value, error) {
	v, ok := r[name]
	if !ok {
		return v, Status{General: PathUnknown}
	}
	return v, nil
}

func (r rack) Set(name string, v Value) error {
	is, err := r.Get(name)
	if err == nil && is.Type != v.Type {
		err = Status{GeneralError, WrongType}
	}
	if err == nil {
		r[name] = v
	}
	return err
}

func (r rack) Symbols(program string) []Symbol {
	if program != "" {
		return nil
	}
	return []Symbol{{1, "Speed", 0xCA}, {4, "Program:Main", 0x1068}, {300, "Recipe", 0x8FCE}}
}

func (rack) Identity() Identity {
	return Identity{Vendor: 1, Type: 14, Product: 166, Major: 33, Minor: 11, Status: 0x3060, Serial: 0x01234567, Name: "1756-L85E/B", State: 3}
}

// Paths worked out from CIP volume 1, appendix C: a symbol is 91, its length,
// its characters and a byte to fill up; elements are 28, 29 or 2A.
func TestParseTag(t *testing.T) {
	f := func(text, path string, bit int) {
		t.Helper()
		got, err := ParseTag(text)
		if err != nil || !bytes.Equal(got.Path, unhex(t, path)) || got.Bit != bit {
			t.Errorf("%s = %X %d, %v; want %s %d", text, got.Path, got.Bit, err, path, bit)
			return
		}
		if name, err := TagName(got.Path); err != nil || name != got.Name {
			t.Errorf("%s is looked up as %q, %v", text, name, err)
		}
	}
	f("Rate", "9104 52617465", -1)
	f("Speed", "9105 5370656564 00", -1)
	f("Speed.5", "9105 5370656564 00", 5)
	f("A[3]", "9101 41 00 28 03", -1)
	f("A[256]", "9101 41 00 29 00 00 01", -1)
	f("A[65536]", "9101 41 00 2A 00 00 00 01 00", -1)
	f("A[1,2,3].B", "9101 41 00 28 01 28 02 28 03 9101 42 00", -1)
	f("A[1].2", "9101 41 00 28 01", 2)
	f("Program:Main.Tag[3].Member", "910C 50726F6772616D3A4D61696E 9103 546167 00 28 03 9106 4D656D626572", -1)
	f("Local:1:I.Data", "9109 4C6F63616C3A313A49 00 9104 44617461", -1)
	g := func(text, says string) {
		t.Helper()
		if tag, err := ParseTag(text); err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), "write") {
			t.Errorf("%q = %+v, %v; want %q", text, tag, err, says)
		}
	}
	g("", "no name")
	g("A.", "no name")
	g("A..B", "no name")
	g("1A", "no name")
	g("A B", "no name")
	g("A[", "no element")
	g("A[]", "no element")
	g("A[-1]", "no element")
	g("A[+1]", "no element")
	g("A[1,2,3,4]", "no element")
	g("A[1]B", "no element")
	g("A.64", "0 to 63")
	g("Program:Main", "which tag")
	g("A.Program:Main.B", "no name")
	g("Program:Main[1].B", "no name")
	g(strings.Repeat("A", 41), "no name")
	g(strings.Repeat("A.", 300)+"A", "more than 512")
}

// Frames worked out by hand from the layouts of the specification.
func TestFrames(t *testing.T) {
	register := Frame{Command: RegisterSession, Context: 0x0807060504030201, Data: []byte{1, 0, 0, 0}}
	if got, want := register.Append(nil), unhex(t, "6500 0400 00000000 00000000 0102030405060708 00000000 01000000"); !bytes.Equal(got, want) {
		t.Errorf("register = %X; want %X", got, want)
	}
	read := Read(unhex(t, "91055370656564 00"))
	want := unhex(t, "00000000 0000 0200 0000 0000 B200 0C00 4C 04 9105537065656400 0100")
	if got := Unconnected(read.Append(nil)); !bytes.Equal(got, want) {
		t.Errorf("read = %X; want %X", got, want)
	}
	want = unhex(t, "00000000 0000 0200 A100 0400 78563412 B100 0E00 0700 4C 04 9105537065656400 0100")
	if got := Connected(0x12345678, 7, read.Append(nil)); !bytes.Equal(got, want) {
		t.Errorf("connected read = %X; want %X", got, want)
	}
	want = unhex(t, "52 02 2006 2401 0A 0E 0C00 4C 04 9105537065656400 0100 01 00 0100")
	if got := Through([]byte{1, 0}, read.Append(nil)); !bytes.Equal(got, want) {
		t.Errorf("through the backplane = %X; want %X", got, want)
	}
	o := Opening{ToAsker: 0x11223344, Serial: 0x5566, Vendor: 0x7788, Asker: 0x99AABBCC, Size: SmallSize, Path: unhex(t, "0100 2002 2401")}
	want = unhex(t, "54 02 2006 2401 0A0E 00000000 44332211 6655 8877 CCBBAA99 03000000 40420F00 F443 40420F00 F443 A3 03 0100 2002 2401")
	if got := o.Request().Append(nil); !bytes.Equal(got, want) {
		t.Errorf("forward open = %X; want %X", got, want)
	}
	o.Large, o.Size = true, LargeSize
	want = unhex(t, "5B 02 2006 2401 0A0E 00000000 44332211 6655 8877 CCBBAA99 03000000 40420F00 A00F0042 40420F00 A00F0042 A3 03 0100 2002 2401")
	if got := o.Request().Append(nil); !bytes.Equal(got, want) {
		t.Errorf("large forward open = %X; want %X", got, want)
	}
	back, err := ParseOpening(o.Request())
	if err != nil || !reflect.DeepEqual(back, o) {
		t.Errorf("%+v, %v; want %+v", back, err, o)
	}
	taken := o
	answered := o
	answered.ToTarget = 99
	if err := taken.Accept(answered.Opened()); err != nil || taken.ToTarget != 99 {
		t.Errorf("accepted %+v, %v", taken, err)
	}
	answered.Serial++
	if err := taken.Accept(answered.Opened()); !errors.Is(err, ErrFrame) {
		t.Errorf("another's connection: %v", err)
	}
	if route, err := ParseRoute("1,0, 2,17"); err != nil || !bytes.Equal(route, []byte{1, 0, 2, 17}) {
		t.Errorf("route %v, %v", route, err)
	}
	for _, bad := range []string{"", "1", "0,1", "1,256", "a,b", strings.Repeat("1,0,", 9)} {
		if route, err := ParseRoute(bad); err == nil || !strings.Contains(err.Error(), "write") {
			t.Errorf("route %q = %v, %v", bad, route, err)
		}
	}
}

func TestValues(t *testing.T) {
	f := func(kind Type, n float64, data string) {
		t.Helper()
		v, err := OfNumber(kind, n)
		if err != nil || !bytes.Equal(v.Data, unhex(t, data)) {
			t.Errorf("type %X of %v = %X, %v; want %s", uint16(kind), n, v.Data, err, data)
			return
		}
		parsed, err := ParseValue(append(v.AppendType(nil), v.Data...))
		if err != nil {
			t.Error(err)
		}
		if back, err := parsed.Number(-1); err != nil || back != n {
			t.Errorf("type %X: %v comes back as %v, %v", uint16(kind), n, back, err)
		}
	}
	f(Bool, 1, "01")
	f(Sint, -1, "FF")
	f(Int, -2, "FEFF")
	f(Dint, -70000, "90EEFEFF")
	f(Lint, -1, "FFFFFFFFFFFFFFFF")
	f(Usint, 200, "C8")
	f(Uint, 65535, "FFFF")
	f(Udint, 4e9, "00286BEE")
	f(Ulint, MaxWhole, "0000000000002000")
	f(Real, 12.5, "00004841")
	f(Lreal, -0.1, "9A9999999999B9BF")
	f(Dword, 5, "05000000")
	g := func(kind Type, n float64) {
		t.Helper()
		if v, err := OfNumber(kind, n); err == nil {
			t.Errorf("type %X takes %v as %X", uint16(kind), n, v.Data)
		}
	}
	g(Bool, 2)
	g(Sint, 128)
	g(Int, 1.5)
	g(Udint, -1)
	g(Real, 1e300)
	g(Lreal, math.NaN())
	g(Ulint, MaxWhole*2)
	g(Struct, 1)
	text := OfText("磨床-7")
	if s, err := text.Text(); err != nil || s != "磨床-7" || len(text.Data) != 88 {
		t.Errorf("text %q, %v, %X", s, err, text.Data)
	}
	if v, err := text.WithText("x"); err != nil || v.Data[0] != 1 || len(v.Data) != 88 || v.Data[5] != 0 {
		t.Errorf("another text %X, %v", v.Data, err)
	}
	if _, err := text.WithText(strings.Repeat("x", 83)); err == nil {
		t.Error("83 characters in 82")
	}
	if s, err := (Value{Type: String, Data: unhex(t, "0200 4142")}).Text(); err != nil || s != "AB" {
		t.Errorf("short text %q, %v", s, err)
	}
	for _, bad := range []Value{{Type: Struct, Data: unhex(t, "FF000000 4142")}, {Type: Struct, Data: unhex(t, "FFFFFFFF 4142")}, {Type: Real, Data: make([]byte, 4)}, {Type: String, Data: unhex(t, "0300 4142")}} {
		if s, err := bad.Text(); !errors.Is(err, ErrNoText) {
			t.Errorf("%+v = %q, %v", bad, s, err)
		}
	}
	r, err := Modify(nil, Int, 3, true)
	if err != nil || !bytes.Equal(r.Data, unhex(t, "0200 0800 FFFF")) {
		t.Errorf("set bit 3 = %X, %v", r.Data, err)
	}
	if r, err = Modify(nil, Sint, 0, false); err != nil || !bytes.Equal(r.Data, unhex(t, "0100 00 FE")) {
		t.Errorf("clear bit 0 = %X, %v", r.Data, err)
	}
	if _, err := Modify(nil, Sint, 8, true); err == nil {
		t.Error("bit 8 of 8")
	}
	if n, err := (Value{Type: Ulint, Data: unhex(t, "0100000000002000")}).Number(-1); !errors.Is(err, ErrImprecise) {
		t.Errorf("2^53+1 = %v, %v", n, err)
	}
	if n, err := (Value{Type: Dint, Data: unhex(t, "20000000")}).Number(5); err != nil || n != 1 {
		t.Errorf("bit 5 = %v, %v", n, err)
	}
}

func TestMultiple(t *testing.T) {
	b := AppendMultiple(nil, []byte{1, 2}, nil, []byte{3})
	if want := unhex(t, "0300 0800 0A00 0A00 0102 03"); !bytes.Equal(b, want) {
		t.Errorf("%X; want %X", b, want)
	}
	for _, bad := range []string{"", "0100", "0100 0500 0102", "0100 0300", "0200 0800 0600 0102", "FFFF"} {
		if got, err := ParseMultiple(unhex(t, bad)); !errors.Is(err, ErrFrame) {
			t.Errorf("%s = %X, %v", bad, got, err)
		}
	}
}

// A session answers whatever stands in a frame.
func FuzzSession(f *testing.F) {
	tag, _ := ParseTag("A")
	f.Add(uint16(SendRRData), Unconnected(Read(tag.Path).Append(nil)))
	f.Add(uint16(SendRRData), Unconnected(Through([]byte{1, 0}, List("", 0).Append(nil))))
	f.Add(uint16(SendRRData), Unconnected(Opening{Size: SmallSize}.Request().Append(nil)))
	f.Add(uint16(SendRRData), Unconnected(Request{Multiple, Object(RouterClass, 1), AppendMultiple(nil, Read(tag.Path).Append(nil))}.Append(nil)))
	f.Add(uint16(SendUnitData), Connected(0x5A000001, 1, Write(tag.Path, OfText("x")).Append(nil)))
	f.Fuzz(func(t *testing.T, command uint16, data []byte) {
		s := Session{Tags: rack{"A": OfText("abc"), "B": {Type: Dint, Data: make([]byte, 4)}}}
		s.Handle(Frame{Command: RegisterSession})
		s.Handle(Frame{Command: SendRRData, Session: s.handle, Data: Unconnected(Opening{Size: SmallSize}.Request().Append(nil))})
		answer, ok := s.Handle(Frame{Command: Command(command), Session: s.handle, Context: 7, Data: data})
		if !ok || Command(command) == UnregisterSession {
			return
		}
		got, n, err := ParseHeader(answer)
		if err != nil || n != len(answer)-HeaderSize || got.Context != 7 {
			t.Errorf("%X, %v", answer, err)
		}
	})
}

// FuzzFrame: what is read is written again as it was.
func FuzzFrame(f *testing.F) {
	f.Add(Frame{Command: ListIdentity, Data: rack{}.Identity().Listed()}.Append(nil))
	f.Add(Frame{Command: SendUnitData, Data: Connected(1, 2, []byte{3})}.Append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		frame, n, err := ParseHeader(b)
		if err != nil || n != len(b)-HeaderSize {
			return
		}
		frame.Data = b[HeaderSize:]
		if again := frame.Append(nil); !bytes.Equal(again, b) {
			t.Errorf("%X is written as %X", b, again)
		}
		if items, err := ParseItems(frame.Data); err == nil && !bytes.Equal(AppendItems(nil, items...), frame.Data) {
			t.Errorf("items of %X", frame.Data)
		}
		if id, number, message, err := ParseConnected(frame.Data); err == nil && len(frame.Data) == len(Connected(id, number, message)) && !bytes.Equal(Connected(id, number, message)[dataHeader:], frame.Data[dataHeader:]) {
			t.Errorf("connected %X", frame.Data)
		}
		_, _ = ParseListed(frame.Data)
	})
}

// FuzzMessage: requests, responses and what is in them.
func FuzzMessage(f *testing.F) {
	tag, _ := ParseTag("Program:Main.A[3].B")
	f.Add(Read(tag.Path).Append(nil))
	f.Add(Response{Service: ReadTag, Data: append(OfText("x").AppendType(nil), OfText("x").Data...)}.Append(nil))
	f.Add(AppendMultiple(nil, []byte{1}, []byte{2, 3}))
	f.Add(AppendSymbol(nil, Symbol{1, "A", 0xC4}))
	f.Fuzz(func(t *testing.T, b []byte) {
		if r, err := ParseRequest(b); err == nil && !bytes.Equal(r.Append(nil), b) {
			t.Errorf("request %X", b)
		}
		if len(b) > 0 {
			if r, err := ParseResponse(b, Service(b[0]&^reply)); err == nil && !bytes.Equal(r.Append(nil), b) {
				t.Errorf("response %X", b)
			}
		}
		if m, err := ParseMultiple(b); err == nil && !bytes.Equal(AppendMultiple(nil, m...), b) {
			t.Errorf("multiple %X", b)
		}
		if v, err := ParseValue(b); err == nil {
			if !bytes.Equal(append(v.AppendType(nil), v.Data...), b) {
				t.Errorf("value %X", b)
			}
			_, _ = v.Number(3)
			if s, err := v.Text(); err == nil && len(s) <= 82 && v.Type == Struct {
				if again, err := v.WithText(s); err == nil {
					if back, err := again.Text(); err != nil || back != strings.ToValidUTF8(s, "\uFFFD") {
						t.Errorf("text %q came back as %q, %v", s, back, err)
					}
				}
			}
		}
		if symbols, err := ParseSymbols(b); err == nil {
			var again []byte
			for _, s := range symbols {
				again = AppendSymbol(again, s)
			}
			if !bytes.Equal(again, b) {
				t.Errorf("symbols %X", b)
			}
		}
		if r, err := ParseRequest(b); err == nil {
			_, _, _ = Unwrap(r)
			_, _ = ParseOpening(r)
		}
	})
}

// FuzzParseTag: a name that is taken has a path, which stands for the name.
func FuzzParseTag(f *testing.F) {
	for _, s := range []string{"Speed", "Program:Main.Station[3].Count", "Matrix[1,2]", "Status.5"} {
		f.Add(s, []byte{0x91, 1, 'A', 0})
	}
	f.Fuzz(func(t *testing.T, text string, path []byte) {
		_, _ = TagName(path)
		_, _, _, _ = ParseObject(path)
		tag, err := ParseTag(text)
		if err != nil {
			return
		}
		if len(tag.Path)%2 != 0 || len(tag.Path) > 2*255 {
			t.Errorf("%q: a path of %d bytes", text, len(tag.Path))
		}
		name, err := TagName(tag.Path)
		if err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if again, err := ParseTag(name); err != nil || !bytes.Equal(again.Path, tag.Path) {
			t.Errorf("%q is looked up as %q", text, name)
		}
	})
}
