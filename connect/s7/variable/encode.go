package variable

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"
	"unicode/utf16"
)

// Encode is what [Variable.Decode] reads back. Value is a float64, bool or
// string; of CHAR and STRING the string is the bytes as they are to stand there.
// A STRING comes with its header, the maximum being Max.
func (v Variable) Encode(value any) ([]byte, error) {
	if v.IsText() || v.IsDate() {
		if text, ok := value.(string); ok {
			return v.encodeText(text)
		}
	}
	var n float64
	switch x := value.(type) {
	case float64:
		n = x
	case bool:
		if x {
			n = 1
		}
	default:
		return nil, fmt.Errorf("a number is wanted, not %T", value)
	}
	if v.IsText() {
		return nil, fmt.Errorf("a text is wanted, not %v", value)
	}
	return v.number(n)
}

func (v Variable) number(n float64) ([]byte, error) {
	b := make([]byte, v.Size())
	t := traits[v.Type]
	switch {
	case v.Type == Bool:
		if n != 0 && n != 1 {
			return nil, fmt.Errorf("a bit takes true or false, not %v", n)
		}
		b[0] = byte(n)
		return b, nil
	case t.whole:
		return b, putWhole(b, n, t.signed)
	case v.IsDate():
		return b, v.putDate(b, n)
	}
	switch v.Type {
	case Real:
		if math.IsNaN(n) || math.Abs(n) > math.MaxFloat32 {
			return nil, fmt.Errorf("%v is no number a REAL can hold", n)
		}
		binary.BigEndian.PutUint32(b, math.Float32bits(float32(n)))
	case LReal:
		if math.IsNaN(n) || math.IsInf(n, 0) {
			return nil, fmt.Errorf("%v is no number to write", n)
		}
		binary.BigEndian.PutUint64(b, math.Float64bits(n))
	case LTime:
		if ns := n * 1e6; ns != math.Trunc(ns) || math.Abs(ns) > maxWhole {
			return nil, fmt.Errorf("%v ms is no LTIME that can be written exactly", n)
		}
		binary.BigEndian.PutUint64(b, uint64(int64(n*1e6)))
	case S5Time:
		return b, putS5Time(b, n)
	default:
		if n != math.Trunc(n) || n < 0 || n > 999 {
			return nil, fmt.Errorf("%v is no whole number of 0 to 999", n)
		}
		putBCD(b, int(n))
	}
	return b, nil
}

func putWhole(b []byte, n float64, signed bool) error {
	bits := 8 * len(b)
	least, most := 0.0, math.Ldexp(1, bits)-1
	if signed {
		least, most = -math.Ldexp(1, bits-1), math.Ldexp(1, bits-1)-1
	}
	least, most = max(least, -maxWhole), min(most, maxWhole)
	if n != math.Trunc(n) || n < least || n > most {
		return fmt.Errorf("%v is no whole number of %v to %v", n, least, most)
	}
	u := uint64(int64(n))
	for i := range b {
		b[len(b)-1-i] = byte(u >> (8 * i))
	}
	return nil
}

// putS5Time takes the finest time base in which the time has three digits; what
// that base cannot hold exactly is refused.
func putS5Time(b []byte, ms float64) error {
	for base := range 4 {
		unit := 10 * math.Pow10(base)
		if n := ms / unit; n == math.Trunc(n) && n >= 0 && n <= 999 {
			putBCD(b, int(n))
			b[0] |= byte(base << 4)
			return nil
		}
	}
	return fmt.Errorf("%v ms is no S5TIME: three digits in steps of 10 ms, 100 ms, 1 s or 10 s", ms)
}

// putBCD writes decimal digits from the right.
func putBCD(b []byte, n int) {
	for i := len(b) - 1; i >= 0; i-- {
		b[i] = byte(n/10%10<<4 | n%10)
		n /= 100
	}
}

func (v Variable) encodeText(text string) ([]byte, error) {
	b := make([]byte, v.Size())
	switch v.Type {
	case Char:
		if len(text) > v.Max {
			return nil, fmt.Errorf("a text of at most %d bytes is wanted; %q has %d", v.Max, text, len(text))
		}
		for i := copy(b, text); i < len(b); i++ {
			b[i] = ' '
		}
		return b, nil
	case String:
		if len(text) > v.Max {
			return nil, fmt.Errorf("a text of at most %d bytes is wanted; %q has %d", v.Max, text, len(text))
		}
		b[0], b[1] = byte(v.Max), byte(len(text))
		copy(b[2:], text)
		return b, nil
	case WString:
		units := utf16.Encode([]rune(text))
		if len(units) > v.Max {
			return nil, fmt.Errorf("a text of at most %d characters is wanted; %q has %d", v.Max, text, len(units))
		}
		binary.BigEndian.PutUint16(b, uint16(v.Max))
		binary.BigEndian.PutUint16(b[2:], uint16(len(units)))
		for i, u := range units {
			binary.BigEndian.PutUint16(b[4+2*i:], u)
		}
		return b, nil
	}
	form := map[Type]string{Date: dateForm, TimeOfDay: dayForm, DateTime: fullForm, DTL: fullForm}[v.Type]
	t, err := time.Parse(form, text)
	if err != nil {
		return nil, fmt.Errorf("%q is no date here; write %s", text, form)
	}
	if v.Type == TimeOfDay {
		return b, v.putDate(b, float64(t.Sub(t.Truncate(24*time.Hour)).Milliseconds()))
	}
	return b, v.putDate(b, float64(t.UnixMilli()))
}

// putDate writes ms as [Value] counts them.
func (v Variable) putDate(b []byte, ms float64) error {
	if ms != math.Trunc(ms) || math.Abs(ms) > maxWhole {
		return fmt.Errorf("%v is no whole number of milliseconds", ms)
	}
	t := time.UnixMilli(int64(ms)).UTC()
	switch v.Type {
	case TimeOfDay:
		if ms < 0 || ms >= dayMillis {
			return fmt.Errorf("%v ms is no time of day", ms)
		}
		binary.BigEndian.PutUint32(b, uint32(ms))
	case Date:
		day := t.Sub(epoch).Hours() / 24
		if day != math.Trunc(day) || day < 0 || day > math.MaxUint16 {
			return fmt.Errorf("%v ms is no day of 1990-01-01 to 2169-06-06", ms)
		}
		binary.BigEndian.PutUint16(b, uint16(day))
	case DateTime:
		if t.Year() < 1990 || t.Year() > 2089 {
			return fmt.Errorf("year %d; DATE_AND_TIME has 1990 to 2089", t.Year())
		}
		milli := t.Nanosecond() / int(time.Millisecond)
		for i, n := range []int{t.Year() % 100, int(t.Month()), t.Day(), t.Hour(), t.Minute(), t.Second(), milli / 10} {
			putBCD(b[i:i+1], n)
		}
		b[7] = byte(milli%10<<4) | byte(t.Weekday()+1)
	default:
		if t.Year() < 1970 || t.Year() > 2262 {
			return fmt.Errorf("year %d; DTL has 1970 to 2262", t.Year())
		}
		binary.BigEndian.PutUint16(b, uint16(t.Year()))
		for i, n := range []int{int(t.Month()), t.Day(), int(t.Weekday() + 1), t.Hour(), t.Minute(), t.Second()} {
			b[2+i] = byte(n)
		}
		binary.BigEndian.PutUint32(b[8:], uint32(t.Nanosecond()))
	}
	return nil
}

// Whole reports whether the type is an integer, and whether it has a sign.
func (v Variable) Whole() (signed, ok bool) { return traits[v.Type].signed, traits[v.Type].whole }
