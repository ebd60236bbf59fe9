package frame

import (
	"fmt"
	"strconv"
	"strings"
)

// Code is a kind of device: data registers, relays and so on.
type Code byte

// Device is one register or relay of a controller.
type Device struct {
	Code   Code
	Number uint32 // 24 bits
}

const maxNumber = 1<<24 - 1

type kind struct {
	symbol string
	code   Code
	bit    bool // a relay; else a word
	hex    bool // its number is written in hexadecimal
	octal  bool // on an FX CPU its number is written in octal
	plain  bool // not in ASCII code: sources differ on how its number is written
}

// kinds are the codes of commands for the MELSEC-Q and L series, which iQ-R and
// iQ-F take too (manual, 8.1 device code list, page 70). ZR is written in
// decimal as GX Works does.
var kinds = []kind{
	{symbol: "SM", code: 0x91, bit: true},
	{symbol: "SD", code: 0xA9},
	{symbol: "X", code: 0x9C, bit: true, hex: true, octal: true},
	{symbol: "Y", code: 0x9D, bit: true, hex: true, octal: true},
	{symbol: "M", code: 0x90, bit: true},
	{symbol: "L", code: 0x92, bit: true},
	{symbol: "F", code: 0x93, bit: true},
	{symbol: "V", code: 0x94, bit: true},
	{symbol: "B", code: 0xA0, bit: true, hex: true},
	{symbol: "D", code: 0xA8},
	{symbol: "W", code: 0xB4, hex: true},
	{symbol: "TS", code: 0xC1, bit: true},
	{symbol: "TC", code: 0xC0, bit: true},
	{symbol: "TN", code: 0xC2},
	{symbol: "SS", code: 0xC7, bit: true},
	{symbol: "SC", code: 0xC6, bit: true},
	{symbol: "SN", code: 0xC8},
	{symbol: "CS", code: 0xC4, bit: true},
	{symbol: "CC", code: 0xC3, bit: true},
	{symbol: "CN", code: 0xC5},
	{symbol: "SB", code: 0xA1, bit: true, hex: true},
	{symbol: "SW", code: 0xB5, hex: true},
	{symbol: "R", code: 0xAF},
	{symbol: "ZR", code: 0xB0, plain: true},
}

func (c Code) kind() *kind {
	for i := range kinds {
		if kinds[i].code == c {
			return &kinds[i]
		}
	}
	return nil
}

// IsBit reports whether the device is a relay, not a word.
func (c Code) IsBit() bool { k := c.kind(); return k != nil && k.bit }

func (c Code) String() string {
	if k := c.kind(); k != nil {
		return k.symbol
	}
	return fmt.Sprintf("code %02X", byte(c))
}

// base is how the number of a device is written.
func (k *kind) base(octal bool) int {
	switch {
	case octal && k.octal:
		return 8
	case k.hex:
		return 16
	}
	return 10
}

// parseDevice reads D100, W1F or X17.
func parseDevice(text string, octal bool) (Device, error) {
	upper := strings.ToUpper(text)
	var best *kind
	for i := range kinds {
		if k := &kinds[i]; strings.HasPrefix(upper, k.symbol) && (best == nil || len(k.symbol) > len(best.symbol)) {
			best = k
		}
	}
	if best == nil {
		return Device{}, fmt.Errorf("there is no device %q; write one of %s", text, symbols())
	}
	base := best.base(octal)
	n, err := strconv.ParseUint(upper[len(best.symbol):], base, 32)
	if err != nil || n > maxNumber {
		names := map[int]string{8: "octal", 10: "decimal", 16: "hexadecimal"}
		return Device{}, fmt.Errorf("%q is no number of %s; write a %s number behind it, %s", upper[len(best.symbol):], best.symbol, names[base],
			map[int]string{8: best.symbol + "17", 10: best.symbol + "100", 16: best.symbol + "1F"}[base])
	}
	return Device{Code: best.code, Number: uint32(n)}, nil
}

func symbols() string {
	var all []string
	for _, k := range kinds {
		all = append(all, k.symbol)
	}
	return strings.Join(all, ", ")
}

// ASCIIKnown reports whether the number's form in ASCII code is known.
func (c Code) ASCIIKnown() bool { k := c.kind(); return k != nil && !k.plain }

// device writes code and number: three bytes and one, or two characters and six
// digits in the notation of the device (manual, pages 69 and 70).
func (w *writer) device(d Device) {
	if !w.ascii {
		w.b = append(w.b, byte(d.Number), byte(d.Number>>8), byte(d.Number>>16), byte(d.Code))
		return
	}
	k := d.Code.kind()
	if k == nil {
		k = &kind{symbol: "??"}
	}
	w.b = append(w.b, (k.symbol + "*")[:2]...)
	text := strings.ToUpper(strconv.FormatUint(uint64(d.Number), k.base(false)))
	w.b = append(w.b, "000000"[:max(0, 6-len(text))]...)
	w.b = append(w.b, text...)
}

func (r *reader) device() Device {
	if !r.ascii {
		b := r.take(4)
		if b == nil {
			return Device{}
		}
		return Device{Code: Code(b[3]), Number: uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16}
	}
	b := r.take(8)
	if b == nil {
		return Device{}
	}
	for i := range kinds {
		k := &kinds[i]
		if (k.symbol + "*")[:2] != string(b[:2]) {
			continue
		}
		n, err := strconv.ParseUint(string(b[2:]), k.base(false), 24)
		r.wrong = r.wrong || err != nil
		return Device{Code: k.code, Number: uint32(n)}
	}
	r.wrong = true
	return Device{}
}
