package variable

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"
	"unicode/utf16"
)

// Type is a data type of STEP 7.
type Type byte

const (
	Bool Type = iota
	Byte
	Word
	DWord
	LWord
	SInt
	Int
	DInt
	LInt
	Real
	LReal
	Time      // ms, signed
	LTime     // ns, signed
	S5Time    // BCD with a time base; a timer
	Counter   // BCD; a counter
	Date      // days since 1990-01-01
	TimeOfDay // ms since midnight
	DateTime  // BCD, year to ms
	DTL
	Char
	String
	WString
)

// traits are what the types have in common. A whole type has a sign or not.
var traits = [...]struct {
	size          int
	whole, signed bool
}{
	Bool: {size: 1}, Byte: {1, true, false}, Word: {2, true, false}, DWord: {4, true, false}, LWord: {8, true, false},
	SInt: {1, true, true}, Int: {2, true, true}, DInt: {4, true, true}, LInt: {8, true, true}, Real: {size: 4}, LReal: {size: 8},
	Time: {4, true, true}, LTime: {size: 8}, S5Time: {size: 2}, Counter: {size: 2}, Date: {size: 2}, TimeOfDay: {size: 4}, DateTime: {size: 8},
	DTL: {size: 12}, Char: {size: 1}, String: {size: 2}, WString: {size: 4},
}

var names = map[string]Type{
	"bool": Bool, "byte": Byte, "usint": Byte, "word": Word, "uint": Word, "dword": DWord, "udint": DWord, "lword": LWord, "ulint": LWord,
	"sint": SInt, "int": Int, "dint": DInt, "lint": LInt, "real": Real, "lreal": LReal, "time": Time, "ltime": LTime, "s5time": S5Time,
	"date": Date, "tod": TimeOfDay, "time_of_day": TimeOfDay, "dt": DateTime, "date_and_time": DateTime, "dtl": DTL,
	"char": Char, "string": String, "wstring": WString,
}

// Value is what a variable holds. Text is the bytes of CHAR and STRING as they
// are, UTF-8 of WSTRING and dates.
//
// Times are milliseconds: durations, the time of day since midnight, dates since
// 1970-01-01 of the controller's own clock, which knows no time zone.
type Value struct {
	Number float64
	Text   string
}

// Why bytes are no value.
var (
	ErrMalformed = errors.New("no value of the type")
	ErrImprecise = errors.New("integer beyond ±2^53")
)

// maxWhole is where float64 stops telling integers apart.
const maxWhole = 1 << 53

// Decode reads the variable's bytes, [Variable.Size] of them.
func (v Variable) Decode(raw []byte) (Value, error) {
	t := traits[v.Type]
	switch {
	case v.Type == Bool:
		return Value{Number: float64(raw[0] >> max(v.Bit, 0) & 1)}, nil
	case t.whole:
		return whole(unsigned(raw[:t.size]), t.size, t.signed)
	case v.IsText():
		return v.text(raw)
	case v.IsDate():
		return v.date(raw)
	}
	switch v.Type {
	case Real:
		return Value{Number: float64(math.Float32frombits(binary.BigEndian.Uint32(raw)))}, nil
	case LReal:
		return Value{Number: math.Float64frombits(binary.BigEndian.Uint64(raw))}, nil
	case LTime:
		return Value{Number: float64(int64(binary.BigEndian.Uint64(raw))) / 1e6}, nil
	case S5Time:
		// Two bits of time base, 10 ms × 10^base, and three digits.
		n, err := bcd([]byte{raw[0] & 0x0F, raw[1]})
		return Value{Number: float64(n) * 10 * math.Pow10(int(raw[0]>>4&3))}, err
	}
	n, err := bcd([]byte{raw[0] & 0x0F, raw[1]}) // a counter: three digits
	return Value{Number: float64(n)}, err
}

func unsigned(b []byte) uint64 {
	v := uint64(0)
	for _, x := range b {
		v = v<<8 | uint64(x)
	}
	return v
}

func whole(u uint64, size int, signed bool) (Value, error) {
	if !signed {
		if u > maxWhole {
			return Value{Number: float64(u)}, ErrImprecise
		}
		return Value{Number: float64(u)}, nil
	}
	i := int64(u<<(64-8*size)) >> (64 - 8*size)
	if i > maxWhole || i < -maxWhole {
		return Value{Number: float64(i)}, ErrImprecise
	}
	return Value{Number: float64(i)}, nil
}

// bcd reads two decimal digits a byte.
func bcd(b []byte) (int, error) {
	n := 0
	for _, x := range b {
		hi, lo := int(x>>4), int(x&15)
		if hi > 9 || lo > 9 {
			return 0, fmt.Errorf("%w: % x is no BCD number", ErrMalformed, b)
		}
		n = 100*n + 10*hi + lo
	}
	return n, nil
}

// text reads CHAR[n], or a STRING behind its maximum and present length. A
// header that cannot be is no text: the place is another type's or was never
// written.
func (v Variable) text(raw []byte) (Value, error) {
	switch v.Type {
	case Char:
		n := len(raw)
		for n > 0 && (raw[n-1] == 0 || raw[n-1] == ' ') {
			n-- // programs fill with blanks or leave what was never written
		}
		return Value{Text: string(raw[:n])}, nil
	case String:
		most, n := int(raw[0]), int(raw[1])
		if n > most {
			return Value{}, fmt.Errorf("%w: a STRING of %d characters of %d", ErrMalformed, n, most)
		}
		return Value{Text: string(raw[2 : 2+min(n, v.Max)])}, nil
	}
	most, n := int(binary.BigEndian.Uint16(raw)), int(binary.BigEndian.Uint16(raw[2:]))
	if n > most {
		return Value{}, fmt.Errorf("%w: a WSTRING of %d characters of %d", ErrMalformed, n, most)
	}
	units := make([]uint16, min(n, v.Max))
	for i := range units {
		units[i] = binary.BigEndian.Uint16(raw[4+2*i:])
	}
	return Value{Text: string(utf16.Decode(units))}, nil
}

// Formats of dates as texts; there is no zone because the controller has none.
const (
	dateForm = "2006-01-02"
	dayForm  = "15:04:05.000"
	fullForm = dateForm + "T" + dayForm

	dayMillis = 24 * 60 * 60 * 1000
)

// epoch is day 0 of DATE.
var epoch = time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)

func (v Variable) date(raw []byte) (Value, error) {
	value := func(t time.Time, form string) (Value, error) {
		return Value{Number: float64(t.UnixMicro()) / 1000, Text: t.Format(form)}, nil
	}
	switch v.Type {
	case Date:
		return value(epoch.AddDate(0, 0, int(binary.BigEndian.Uint16(raw))), dateForm)
	case TimeOfDay:
		ms := int64(binary.BigEndian.Uint32(raw))
		if ms >= dayMillis {
			return Value{}, fmt.Errorf("%w: %d ms is no time of day", ErrMalformed, ms)
		}
		return value(time.UnixMilli(ms).UTC(), dayForm)
	case DateTime:
		t, err := clock(raw)
		if err != nil {
			return Value{}, err
		}
		return value(t, fullForm)
	}
	// DTL: year, month, day, day of the week, hour, minute, second, ns.
	t, err := moment(int(binary.BigEndian.Uint16(raw)), int(raw[2]), int(raw[3]), int(raw[5]), int(raw[6]), int(raw[7]), int(binary.BigEndian.Uint32(raw[8:])))
	if err != nil {
		return Value{}, err
	}
	return value(t, fullForm)
}

// clock reads DATE_AND_TIME: BCD of year (90 to 89 is 1990 to 2089), month, day,
// hour, minute, second, and three digits of ms before the day of the week.
func clock(raw []byte) (time.Time, error) {
	var n [7]int
	for i := range 6 {
		var err error
		if n[i], err = bcd(raw[i : i+1]); err != nil {
			return time.Time{}, err
		}
	}
	tens, err := bcd(raw[6:7])
	if err != nil || raw[7]>>4 > 9 {
		return time.Time{}, fmt.Errorf("%w: % x ends no date and time", ErrMalformed, raw[6:8])
	}
	ms := 10*tens + int(raw[7]>>4)
	year := 1900 + n[0]
	if n[0] < 90 {
		year += 100
	}
	return moment(year, n[1], n[2], n[3], n[4], n[5], ms*int(time.Millisecond))
}

// moment refuses what no calendar has, which time.Date would roll over.
func moment(year, month, day, hour, minute, second, ns int) (time.Time, error) {
	t := time.Date(year, time.Month(month), day, hour, minute, second, ns, time.UTC)
	if year < 1970 || t.Month() != time.Month(month) || t.Day() != day || t.Hour() != hour || t.Minute() != minute || t.Second() != second || ns > 999_999_999 {
		return t, fmt.Errorf("%w: %d-%d-%d %d:%d:%d is no date", ErrMalformed, year, month, day, hour, minute, second)
	}
	return t, nil
}
