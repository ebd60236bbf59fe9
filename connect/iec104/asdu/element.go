package asdu

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"
)

// Quality is the descriptor of a value (101, clauses 7.2.6.1 to 7.2.6.4).
type Quality byte

// Bits of quality. Overflow is of measured values only.
const (
	Overflow    Quality = 0x01
	Blocked     Quality = 0x10
	Substituted Quality = 0x20
	NotTopical  Quality = 0x40
	Invalid     Quality = 0x80
)

const pointQuality = Blocked | Substituted | NotTopical | Invalid

// Bits of a counter's sequence byte (101, clause 7.2.6.9).
const (
	Carry    byte = 0x20
	Adjusted byte = 0x40
)

// Value is what an element of the monitored process says.
type Value struct {
	// Number is 0 or 1 of a single point, 0 to 3 of a double point (1 off, 2 on),
	// -64 to 63 of a step position, -1 to 1 of a normalized value.
	Number   float64
	Quality  Quality
	Moving   bool      // a step position that is on its way
	Sequence byte      // of a total: number, carry and adjusted
	Time     time.Time // zero for types without
	BadTime  bool      // the station says that its clock is wrong
}

// Value reads an element of a monitoring type; times are of the zone.
func (o Object) Value(t Type, zone *time.Location) (Value, error) {
	if !t.Monitors() || len(o.Element) != sizes[t] {
		return Value{}, fmt.Errorf("%w: %d bytes are no value of type %d", ErrFrame, len(o.Element), t)
	}
	var v Value
	e := o.Element
	switch t.Base() {
	case SinglePoint:
		v.Number, v.Quality = float64(e[0]&1), Quality(e[0])&pointQuality
	case DoublePoint:
		v.Number, v.Quality = float64(e[0]&3), Quality(e[0])&pointQuality
	case StepPosition:
		v.Number, v.Moving, v.Quality = float64(int8(e[0]<<1)>>1), e[0]&0x80 != 0, Quality(e[1])
	case BitString:
		v.Number, v.Quality = float64(binary.LittleEndian.Uint32(e)), Quality(e[4])
	case Normalized:
		v.Number = float64(int16(binary.LittleEndian.Uint16(e))) / (1 << 15)
		if t != NormalizedBare {
			v.Quality = Quality(e[2])
		}
	case Scaled:
		v.Number, v.Quality = float64(int16(binary.LittleEndian.Uint16(e))), Quality(e[2])
	case Float:
		v.Number, v.Quality = float64(math.Float32frombits(binary.LittleEndian.Uint32(e))), Quality(e[4])
	case Total:
		v.Number, v.Sequence, v.Quality = float64(int32(binary.LittleEndian.Uint32(e))), e[4]&0x7F, Quality(e[4])&Invalid
	}
	if t.Base() == t || t == NormalizedBare {
		return v, nil
	}
	var err error
	v.Time, v.BadTime, err = ParseTime(e[len(e)-timeSize:], zone)
	return v, err
}

// Element is what [Object.Value] reads back. Numbers that the type cannot hold
// roll over (totals, bit strings) or stop at its ends.
func Element(t Type, v Value) []byte {
	if !t.Monitors() {
		return nil
	}
	var e []byte
	switch t.Base() {
	case SinglePoint:
		e = []byte{byte(v.Quality & pointQuality)}
		if v.Number != 0 {
			e[0] |= 1
		}
	case DoublePoint:
		e = []byte{byte(v.Quality&pointQuality) | byte(int(v.Number))&3}
	case StepPosition:
		e = []byte{byte(int8(clamp(v.Number, -64, 63))) & 0x7F, byte(v.Quality)}
		if v.Moving {
			e[0] |= 0x80
		}
	case BitString:
		e = append(binary.LittleEndian.AppendUint32(nil, uint32(int64(v.Number))), byte(v.Quality))
	case Normalized:
		e = binary.LittleEndian.AppendUint16(nil, uint16(int16(clamp(math.Round(v.Number*(1<<15)), math.MinInt16, math.MaxInt16))))
		if t != NormalizedBare {
			e = append(e, byte(v.Quality))
		}
	case Scaled:
		e = append(binary.LittleEndian.AppendUint16(nil, uint16(int16(clamp(v.Number, math.MinInt16, math.MaxInt16)))), byte(v.Quality))
	case Float:
		e = append(binary.LittleEndian.AppendUint32(nil, math.Float32bits(float32(v.Number))), byte(v.Quality))
	case Total:
		e = append(binary.LittleEndian.AppendUint32(nil, uint32(int32(int64(v.Number)))), v.Sequence&0x7F|byte(v.Quality&Invalid))
	}
	if t.Base() == t || t == NormalizedBare {
		return e
	}
	return AppendTime(e, v.Time, v.BadTime)
}

func clamp(v, least, most float64) float64 { return min(max(v, least), most) }

// Command is what an element of a commanding type says.
type Command struct {
	// Number is 0 or 1 of a single command, 1 (off, lower) or 2 (on, higher) of a
	// double or step command, the wanted value of the others.
	Number    float64
	Select    bool
	Qualifier byte
}

// Command reads an element of a commanding type; a time is not looked at.
func (o Object) Command(t Type) (Command, error) {
	if !t.Commands() || len(o.Element) != sizes[t] {
		return Command{}, fmt.Errorf("%w: %d bytes are no command of type %d", ErrFrame, len(o.Element), t)
	}
	e := o.Element
	qualified := func(number float64, q byte) (Command, error) {
		return Command{Number: number, Select: q&0x80 != 0, Qualifier: q & 0x7F}, nil
	}
	point := Command{Select: e[0]&0x80 != 0, Qualifier: e[0] >> 2 & 0x1F}
	switch t.Base() {
	case SingleCommand:
		point.Number = float64(e[0] & 1)
		return point, nil
	case DoubleCommand, StepCommand:
		point.Number = float64(e[0] & 3)
		return point, nil
	case SetNormalized:
		return qualified(float64(int16(binary.LittleEndian.Uint16(e)))/(1<<15), e[2])
	case SetScaled:
		return qualified(float64(int16(binary.LittleEndian.Uint16(e))), e[2])
	case SetFloat:
		return qualified(float64(math.Float32frombits(binary.LittleEndian.Uint32(e))), e[4])
	}
	return Command{Number: float64(binary.LittleEndian.Uint32(e))}, nil
}

// CommandElement is what [Object.Command] reads back; the error says which
// values the type takes.
func CommandElement(t Type, c Command) ([]byte, error) {
	within := func(least, most float64, whole bool) error {
		if math.IsNaN(c.Number) || c.Number < least || c.Number > most || whole && c.Number != math.Trunc(c.Number) {
			return fmt.Errorf("%v is no value of %v to %v that a command of type %d takes", c.Number, least, most, t)
		}
		return nil
	}
	point, q := c.Qualifier&0x1F<<2, c.Qualifier&0x7F
	if c.Select {
		point, q = point|0x80, q|0x80
	}
	switch t {
	case SingleCommand:
		return []byte{point | byte(int(c.Number))&1}, within(0, 1, true)
	case DoubleCommand, StepCommand:
		return []byte{point | byte(int(c.Number))&3}, within(1, 2, true)
	case SetNormalized:
		v := math.Round(c.Number * (1 << 15))
		return append(binary.LittleEndian.AppendUint16(nil, uint16(int16(clamp(v, math.MinInt16, math.MaxInt16)))), q), within(-1, 1, false)
	case SetScaled:
		return append(binary.LittleEndian.AppendUint16(nil, uint16(int16(clamp(c.Number, math.MinInt16, math.MaxInt16)))), q), within(math.MinInt16, math.MaxInt16, true)
	case SetFloat:
		return append(binary.LittleEndian.AppendUint32(nil, math.Float32bits(float32(c.Number))), q), within(-math.MaxFloat32, math.MaxFloat32, false)
	case SetBitString:
		return binary.LittleEndian.AppendUint32(nil, uint32(clamp(c.Number, 0, math.MaxUint32))), within(0, math.MaxUint32, true)
	}
	return nil, fmt.Errorf("type %d is no command that is sent; write 45 to 51", t)
}

// century is what the two digits of a CP56Time2a's year stand in.
const century = 2000

// ParseTime reads a CP56Time2a (101, clause 7.2.6.18). Bad says that the
// station marks it invalid. Summer time is the zone's matter, its bit is not
// looked at.
func ParseTime(b []byte, zone *time.Location) (t time.Time, bad bool, err error) {
	if len(b) != timeSize {
		return t, false, fmt.Errorf("%w: time of %d bytes", ErrFrame, len(b))
	}
	ms := int(binary.LittleEndian.Uint16(b))
	minute, hour, day, month, year := int(b[2]&0x3F), int(b[3]&0x1F), int(b[4]&0x1F), int(b[5]&0x0F), int(b[6]&0x7F)
	bad = b[2]&0x80 != 0
	if ms > 59_999 || minute > 59 || hour > 23 || day < 1 || month < 1 || month > 12 || year > 99 {
		if bad {
			return time.Time{}, true, nil // a clock that was never set
		}
		return t, false, fmt.Errorf("%w: % x is no time", ErrFrame, b)
	}
	t = time.Date(century+year, time.Month(month), day, hour, minute, 0, ms*int(time.Millisecond), zone)
	if t.Day() != day {
		return time.Time{}, bad, fmt.Errorf("%w: % x is no day of its month", ErrFrame, b)
	}
	return t.UTC(), bad, nil
}

// AppendTime writes a CP56Time2a in the time's own zone.
func AppendTime(dst []byte, t time.Time, bad bool) []byte {
	ms := t.Second()*1000 + t.Nanosecond()/int(time.Millisecond)
	minute := byte(t.Minute())
	if bad {
		minute |= 0x80
	}
	weekday := byte(t.Weekday())
	if weekday == 0 {
		weekday = 7
	}
	return append(dst, byte(ms), byte(ms>>8), minute, byte(t.Hour()), byte(t.Day())|weekday<<5, byte(t.Month()), byte(t.Year()%100))
}
