package pdu

import (
	"bytes"
	"encoding/hex"
	"errors"
	"reflect"
	"strings"
	"testing"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// tpdu is a frame without its header, which must be right.
func tpdu(t testing.TB, frame string) []byte {
	t.Helper()
	b := unhex(t, frame)
	n, err := ParseFrame(b)
	if err != nil || n != len(b)-FrameHeader {
		t.Fatalf("frame %s: length %d, %v", frame, n, err)
	}
	return b[FrameHeader:]
}

func messageOf(t testing.TB, frame string) Message {
	t.Helper()
	piece, last, err := ParseData(tpdu(t, frame))
	if err != nil || !last {
		t.Fatalf("frame %s: last %v, %v", frame, last, err)
	}
	m, err := ParseMessage(piece)
	if err != nil {
		t.Fatalf("frame %s: %v", frame, err)
	}
	return m
}

// bank is a controller with DB 1 of 256 bytes, each its address, and timers.
type bank struct{ db [256]byte }

func newBank() *bank {
	b := &bank{}
	for i := range b.db {
		b.db[i] = byte(i)
	}
	return b
}

func (b *bank) ReadItem(i Item, dst []byte) Code {
	switch {
	case i.Area == Timers && i.Start < 8:
		for n := range dst {
			dst[n] = byte(0x10 + n)
		}
	case i.Area != Blocks || i.DB != 1:
		return NotExisting
	case i.Start+len(dst) > len(b.db):
		return OutOfRange
	default:
		copy(dst, b.db[i.Start:])
		if i.IsBit {
			dst[0] = dst[0] >> i.Bit & 1
		}
	}
	return Good
}

func (b *bank) WriteItem(i Item, data []byte) Code {
	if code := b.ReadItem(i, make([]byte, len(data))); code != Good || i.Area == Timers {
		return code
	}
	if i.IsBit {
		b.db[i.Start] = b.db[i.Start]&^(1<<i.Bit) | data[0]<<i.Bit
		return Good
	}
	copy(b.db[i.Start:], data)
	return Good
}

func (*bank) Identity() Identity {
	return Identity{Name: "CPU 315-2 PN/DP", Order: "6ES7 315-2EH14-0AB0", Version: "3.2.6", Serial: "S C-C2UR28922012", Station: "line 3"}
}

// What the npm package nodes7 0.3.18 says, and the answers it took for its
// values: connection, setup, a read of two items, writes of a REAL and a bit.
func TestSession_NodeS7(t *testing.T) {
	var s Session
	b := newBank()
	f := func(question, want string) {
		t.Helper()
		got, err := s.Answer(nil, tpdu(t, question), b)
		if err != nil || hex.EncodeToString(got) != want {
			t.Errorf("answer to %s = %x, %v; want %s", question, got, err, want)
		}
	}
	f("0300001611e00000000200c0010ac1020100c2020102", "0300001611d00002000100c0010ac1020100c2020102")
	f("0300001902f08032010000000000080000f0000008000803c0", "0300001b02f080320300000000000800000000f0000001000103c0")
	f("0300002b02f080320100000002001a00000402120a1002000a000184000020120a10020002000184000320",
		"0300002902f0803203000000020002001400000402ff0400500405060708090a0b0c0dff0400106465")
	f("0300002702f080320100000003000e00080501120a1002000400018400002000040020c1440000", "0300001602f0803203000000030002000100000501ff")
	f("0300002402f080320100000004000e00050501120a1001000100018400006d0003000101", "0300001602f0803203000000040002000100000501ff")
	if got := hex.EncodeToString(b.db[4:8]); got != "c1440000" || b.db[13] != 13|1<<5 {
		t.Errorf("memory %s and %08b", got, b.db[13])
	}
}

// What the client says and what the snap7 library (npm node-snap7 1.0.9) answers:
// a timer, flags, two places of DB 1 with the first of them odd, and a block that
// does not exist.
func TestClient_Snap7(t *testing.T) {
	if got := hex.EncodeToString(AppendConnect(nil, SlotTSAP(Basic, 0, 0), SlotTSAP(Basic, 0, 2))); got != "0300001611e00000000100c0010ac1020300c2020302" {
		t.Errorf("connection request %s", got)
	}
	c, err := ParseConnect(tpdu(t, "0300001611d00001000100c0010ac1020300c2020302"))
	if want := (Connect{Code: ConnectConfirm, Target: 1, Source: 1, Local: 0x0300, Remote: 0x0302, Size: 10}); err != nil || c != want {
		t.Errorf("ParseConnect = %+v, %v; want %+v", c, err, want)
	}
	setup := Setup{1, 1, 960}.Job()
	setup.Reference = 0xFA24
	if got := hex.EncodeToString(setup.Append(nil)); got != "0300001902f08032010000fa2400080000f0000001000103c0" {
		t.Errorf("setup %s", got)
	}
	if s, err := ParseSetup(messageOf(t, "0300001b02f08032030000fa24000800000000f0000001000103c0")); err != nil || s != (Setup{1, 1, 960}) {
		t.Errorf("ParseSetup = %+v, %v", s, err)
	}
	items := []Item{{Area: Timers, Count: 1}, {Area: Flags, Start: 10, Count: 2}, {Area: Blocks, DB: 1, Start: 1, Count: 5}, {Area: Blocks, DB: 9, Count: 2}}
	read := Read(items)
	read.Reference = 0xFA25
	if got := hex.EncodeToString(read.Append(nil)); got != "0300004302f08032010000fa25003200000404120a101d000100001d000000120a10020002000083000050120a10020005000184000008120a10020002000984000000" {
		t.Errorf("read %s", got)
	}
	got, err := CheckRead(items, messageOf(t, "0300002f02f08032030000fa250002001a00000404ff0900022123ff0400101267ff040028c8fb00fb2ec00a000004"))
	want := []Result{{unhex(t, "2123"), Good}, {unhex(t, "1267"), Good}, {unhex(t, "c8fb00fb2e"), Good}, {nil, NotExisting}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("CheckRead = %v, %v; want %v", got, err, want)
	}
}

// What answers is not always an answer.
func TestCheck_Refuses(t *testing.T) {
	items := []Item{{Area: Blocks, DB: 1, Start: 4, Count: 2}}
	f := func(m Message, want error) {
		t.Helper()
		if got, err := CheckRead(items, m); !errors.Is(err, want) {
			t.Errorf("CheckRead(%+v) = %v, %v; want %v", m, got, err, want)
		}
	}
	good := []byte{4, 1}
	f(Message{Kind: AckData, Parameter: good, Data: unhex(t, "ff0400100405")}, nil)
	f(Message{Kind: AckData, Parameter: good, Data: unhex(t, "ff05001004050000")}, ErrFrame)
	f(Message{Kind: AckData, Parameter: good, Data: unhex(t, "ff04002004050607")}, ErrFrame)
	f(Message{Kind: AckData, Parameter: good, Data: unhex(t, "ff04001004")}, ErrFrame)
	f(Message{Kind: AckData, Parameter: good, Data: unhex(t, "ff04")}, ErrFrame)
	f(Message{Kind: AckData, Parameter: []byte{4, 2}, Data: unhex(t, "ff0400100405")}, ErrFrame)
	f(Message{Kind: AckData, Parameter: []byte{5, 1}, Data: []byte{0xFF}}, ErrFrame)
	f(Message{Kind: AckData}, ErrFrame)
	f(Message{Kind: Job, Parameter: good}, ErrFrame)
	f(Message{Kind: UserData, Parameter: good}, ErrFrame)
	f(Message{Kind: Ack, Class: 0x81, Code: 4}, NotPermitted)
	if err := CheckWrite(Message{Kind: AckData, Parameter: []byte{5, 1}, Data: []byte{3}}); !errors.Is(err, AccessDenied) {
		t.Errorf("CheckWrite = %v", err)
	}
	if err := CheckWrite(Message{Kind: AckData, Parameter: []byte{5, 1}, Data: []byte{255, 255}}); !errors.Is(err, ErrFrame) {
		t.Errorf("CheckWrite of two = %v", err)
	}
	if !strings.Contains(NotPermitted.Error(), "PUT/GET") || Refusal(0x8701).Error() != "s7 error 0x8701" || Code(0x99).Error() != "s7 item error 0x99" {
		t.Error("errors do not say what they should")
	}
}

// What a server does not understand it refuses, and goes on; what is no S7 at
// all ends the connection.
func TestSession_Refuses(t *testing.T) {
	b := newBank()
	start := func(limit int) *Session {
		s := &Session{Limit: limit}
		for _, q := range [][]byte{AppendConnect(nil, 0x100, 0x102), Setup{1, 1, 960}.Job().Append(nil)} {
			if _, err := s.Answer(nil, q[FrameHeader:], b); err != nil {
				t.Fatal(err)
			}
		}
		return s
	}
	f := func(limit int, q Message, want Refusal) {
		t.Helper()
		out, err := start(limit).Answer(nil, q.Append(nil)[FrameHeader:], b)
		if err != nil {
			t.Errorf("%+v: %v", q, err)
			return
		}
		if m := messageOf(t, hex.EncodeToString(out)); Refusal(uint16(m.Class)<<8|uint16(m.Code)) != want {
			t.Errorf("%+v: %+v; want %v", q, m, want)
		}
	}
	one := Item{Area: Blocks, DB: 1, Count: 1}
	f(0, Read([]Item{one}), 0)
	f(0, Message{Kind: Job, Parameter: []byte{0x29, 0}}, NotPermitted) // stop
	f(0, Message{Kind: Job, Parameter: []byte{4}}, NotPermitted)
	f(0, Message{Kind: Job, Parameter: []byte{4, 0}}, tooLong)
	f(0, Message{Kind: Job, Parameter: []byte{4, 2, 0x12}}, tooLong)
	f(0, Message{Kind: Job, Parameter: []byte{0xF0, 0}}, NotPermitted)
	f(0, Message{Kind: Job, Parameter: Write(one, []byte{1}).Parameter}, tooLong) // no data
	f(240, Read([]Item{{Area: Blocks, DB: 1, Count: 222}}), 0)
	f(240, Read([]Item{{Area: Blocks, DB: 1, Count: 223}}), tooLong)
	many := make([]Item, MaxItems)
	for i := range many {
		many[i] = one
	}
	f(240, Read(many), tooLong)
	f(480, Read(many), 0)
	f(960, Read(append(many, one)), tooLong)
	for _, q := range []string{"0300000702f000", "0300000b06e00000000000", "0300001102f08072010000000000000000"} {
		if out, err := start(0).Answer(nil, unhex(t, q)[FrameHeader:], b); err == nil && len(out) > 0 {
			t.Errorf("%s is answered with %x", q, out)
		}
	}
	var s Session
	if _, err := s.Answer(nil, Setup{1, 1, 960}.Job().Append(nil)[FrameHeader:], b); err == nil {
		t.Error("a session begins without a connection request")
	}
}

// A list that is longer than a PDU comes in parts.
func TestLists(t *testing.T) {
	b := newBank()
	read := func(s *Session, id uint16) []byte {
		t.Helper()
		var list []byte
		for next := byte(0); ; {
			out, err := s.Answer(nil, ListJob(id, 0, next).Append(nil)[FrameHeader:], b)
			if err != nil {
				t.Fatal(err)
			}
			part, err := CheckList(messageOf(t, hex.EncodeToString(out)))
			if err != nil {
				t.Fatal(err)
			}
			if list = append(list, part.Data...); part.Last {
				return list
			}
			next = part.Sequence
		}
	}
	for _, length := range []int{112, 240, 960} {
		s := &Session{connected: true, length: length}
		var id Identity
		modules, err := Records(read(s, ModuleList))
		if err != nil {
			t.Fatal(err)
		}
		id.Modules(modules)
		components, err := Records(read(s, ComponentList))
		if err != nil {
			t.Fatal(err)
		}
		id.Components(components)
		if id != b.Identity() {
			t.Errorf("PDU %d: identity %+v; want %+v", length, id, b.Identity())
		}
	}
	s := &Session{connected: true, length: 960}
	out, err := s.Answer(nil, ListJob(0x0424, 0, 0).Append(nil)[FrameHeader:], b)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := CheckList(messageOf(t, hex.EncodeToString(out))); !errors.Is(err, Refusal(0xD402)) {
		t.Errorf("a list that is not there: %v", err)
	}
}

// The budget of a job is exactly what a server takes.
func TestBudget_FitsTheNegotiatedLength(t *testing.T) {
	b := newBank()
	for _, length := range []int{240, 480, 960} {
		for size := 1; size <= min(MaxReadBytes(length), 256); size++ {
			budget := NewBudget(length)
			var items []Item
			for budget.Take(size) {
				items = append(items, Item{Area: Blocks, DB: 1, Count: size})
			}
			s := &Session{connected: true, length: length}
			q := Read(items).Append(nil)
			out, err := s.Answer(nil, q[FrameHeader:], b)
			if err != nil || len(q) > length+7 || len(out) > length+7 {
				t.Fatalf("length %d, %d items of %d: question %d, answer %d, %v", length, len(items), size, len(q), len(out), err)
			}
			if _, err := CheckRead(items, messageOf(t, hex.EncodeToString(out))); err != nil {
				t.Fatalf("length %d, %d items of %d: %v", length, len(items), size, err)
			}
		}
		data := make([]byte, MaxWriteBytes(length))
		if n := len(Write(Item{Area: Blocks, DB: 1, Count: len(data)}, data).Append(nil)); n != length+7 {
			t.Errorf("the longest write under %d is %d", length, n-7)
		}
	}
}

func FuzzParseFrame(f *testing.F) {
	f.Add([]byte{3, 0, 0, 22})
	f.Fuzz(func(t *testing.T, b []byte) {
		if n, err := ParseFrame(b); err == nil && (n < 2 || n > MaxFrame) {
			t.Errorf("length %d", n)
		}
	})
}

func FuzzParseConnect(f *testing.F) {
	f.Add(unhex(f, "11e00000000200c0010ac1020100c2020102"))
	f.Add(unhex(f, "068000010000030000"))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := ParseConnect(b)
		if err != nil {
			return
		}
		again, err := ParseConnect(c.Append(nil)[FrameHeader:])
		if err != nil || again != c {
			t.Errorf("%+v becomes %+v, %v", c, again, err)
		}
	})
}

func FuzzParseMessage(f *testing.F) {
	f.Add(unhex(f, "320100000003000e00080501120a1002000400018400002000040020c1440000"))
	f.Add(unhex(f, "3203000000040002000100000501ff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := ParseMessage(b)
		if err != nil {
			return
		}
		got := m.Append(nil)[FrameHeader+dataHeader:]
		// Two bytes are reserved and not kept.
		if want := append([]byte(nil), b...); len(got) != len(want) || !bytes.Equal(got[4:], want[4:]) {
			t.Errorf("%x becomes %x", b, got)
		}
	})
}

func FuzzCheckRead(f *testing.F) {
	f.Add(uint8(2), uint16(10), unhex(f, "0402"), unhex(f, "ff0400500405060708090a0b0c0dff0400106465"))
	f.Fuzz(func(t *testing.T, n uint8, count uint16, parameter, data []byte) {
		items := make([]Item, n)
		for i := range items {
			items[i] = Item{Area: Blocks, DB: 1, Count: int(count)}
		}
		got, err := CheckRead(items, Message{Kind: AckData, Parameter: parameter, Data: data})
		for _, r := range got {
			if err == nil && r.Code == Good && len(r.Data) != int(count) {
				t.Errorf("%d bytes; asked for %d", len(r.Data), count)
			}
		}
	})
}

func FuzzLists(f *testing.F) {
	f.Add(unhex(f, "0011000000040001000131323334"))
	f.Fuzz(func(_ *testing.T, b []byte) {
		records, err := Records(b)
		if err != nil {
			return
		}
		var id Identity
		id.Modules(records)
		id.Components(records)
	})
}

// Any job gives an answer of the negotiated length at most, or ends the session.
func FuzzSession(f *testing.F) {
	for _, q := range []string{
		"02f080320100000002001a00000402120a1002000a000184000020120a10020002000184000320", "02f080320100000003000e00080501120a1002000400018400002000040020c1440000",
		"02f08032010000000000080000f0000008000803c0", "02f080320700000000000800080001120411440100ff09000400110000",
	} {
		f.Add(unhex(f, q))
	}
	f.Fuzz(func(t *testing.T, q []byte) {
		s := &Session{connected: true, length: 240}
		out, err := s.Answer(nil, q, newBank())
		if err != nil || len(out) == 0 {
			return
		}
		if n, err := ParseFrame(out); err != nil || n != len(out)-FrameHeader || len(out) > 240+FrameHeader+dataHeader {
			t.Errorf("answer of %d bytes: %v", len(out), err)
		}
	})
}
