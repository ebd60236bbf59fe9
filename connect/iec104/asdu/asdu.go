package asdu

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Type is the type identification of an ASDU (101, clause 7.2.1).
type Type byte

// Types this package knows. The names are those of the standard.
const (
	SinglePoint     Type = 1  // M_SP_NA_1
	DoublePoint     Type = 3  // M_DP_NA_1
	StepPosition    Type = 5  // M_ST_NA_1
	BitString       Type = 7  // M_BO_NA_1
	Normalized      Type = 9  // M_ME_NA_1
	Scaled          Type = 11 // M_ME_NB_1
	Float           Type = 13 // M_ME_NC_1
	Total           Type = 15 // M_IT_NA_1
	NormalizedBare  Type = 21 // M_ME_ND_1
	SinglePointAt   Type = 30 // M_SP_TB_1, and so on to 37: the same with CP56Time2a
	DoublePointAt   Type = 31
	StepPositionAt  Type = 32
	BitStringAt     Type = 33
	NormalizedAt    Type = 34
	ScaledAt        Type = 35
	FloatAt         Type = 36
	TotalAt         Type = 37
	SingleCommand   Type = 45 // C_SC_NA_1
	DoubleCommand   Type = 46 // C_DC_NA_1
	StepCommand     Type = 47 // C_RC_NA_1
	SetNormalized   Type = 48 // C_SE_NA_1
	SetScaled       Type = 49 // C_SE_NB_1
	SetFloat        Type = 50 // C_SE_NC_1
	SetBitString    Type = 51 // C_BO_NA_1
	SingleCommandAt Type = 58 // C_SC_TA_1, and so on to 64
	DoubleCommandAt Type = 59
	StepCommandAt   Type = 60
	SetNormalizedAt Type = 61
	SetScaledAt     Type = 62
	SetFloatAt      Type = 63
	SetBitStringAt  Type = 64
	Initialized     Type = 70  // M_EI_NA_1
	Interrogation   Type = 100 // C_IC_NA_1
	Counters        Type = 101 // C_CI_NA_1
	Read            Type = 102 // C_RD_NA_1
	ClockSync       Type = 103 // C_CS_NA_1
)

// timeSize is a CP56Time2a.
const timeSize = 7

// sizes is the length of one element of each type, its time included.
var sizes = map[Type]int{
	SinglePoint: 1, DoublePoint: 1, StepPosition: 2, BitString: 5, Normalized: 3, Scaled: 3, Float: 5, Total: 5, NormalizedBare: 2,
	SinglePointAt: 1 + timeSize, DoublePointAt: 1 + timeSize, StepPositionAt: 2 + timeSize, BitStringAt: 5 + timeSize,
	NormalizedAt: 3 + timeSize, ScaledAt: 3 + timeSize, FloatAt: 5 + timeSize, TotalAt: 5 + timeSize,
	SingleCommand: 1, DoubleCommand: 1, StepCommand: 1, SetNormalized: 3, SetScaled: 3, SetFloat: 5, SetBitString: 4,
	SingleCommandAt: 1 + timeSize, DoubleCommandAt: 1 + timeSize, StepCommandAt: 1 + timeSize,
	SetNormalizedAt: 3 + timeSize, SetScaledAt: 3 + timeSize, SetFloatAt: 5 + timeSize, SetBitStringAt: 4 + timeSize,
	Initialized: 1, Interrogation: 1, Counters: 1, Read: 0, ClockSync: timeSize,
}

// Base is the type without its time.
func (t Type) Base() Type {
	switch {
	case t >= SinglePointAt && t <= TotalAt:
		return Type(2*(int(t)-int(SinglePointAt)) + 1)
	case t >= SingleCommandAt && t <= SetBitStringAt:
		return t - SingleCommandAt + SingleCommand
	case t == NormalizedBare:
		return Normalized
	}
	return t
}

// Timed is the type with CP56Time2a, itself where there is none.
func (t Type) Timed() Type {
	switch {
	case t >= SinglePoint && t <= Total && t%2 == 1:
		return SinglePointAt + (t-1)/2
	case t >= SingleCommand && t <= SetBitString:
		return t - SingleCommand + SingleCommandAt
	}
	return t
}

// Monitors reports whether objects of the type are values of the process.
func (t Type) Monitors() bool { return t >= SinglePoint && t <= TotalAt && sizes[t] > 0 }

// Commands reports whether the type changes the process.
func (t Type) Commands() bool { return t >= SingleCommand && t <= SetBitStringAt && sizes[t] > 0 }

// Cause is why an ASDU was sent (101, clause 7.2.3).
type Cause byte

// Causes.
const (
	Periodic         Cause = 1
	Background       Cause = 2
	Spontaneous      Cause = 3
	Startup          Cause = 4
	Requested        Cause = 5
	Activation       Cause = 6
	ActivationCon    Cause = 7
	Deactivation     Cause = 8
	DeactivationCon  Cause = 9
	Termination      Cause = 10
	Interrogated     Cause = 20 // to the station; 21 to 36 to a group
	CounterRequested Cause = 37
	UnknownType      Cause = 44
	UnknownCause     Cause = 45
	UnknownCommon    Cause = 46
	UnknownObject    Cause = 47
)

func (c Cause) String() string {
	names := map[Cause]string{
		Periodic: "periodic", Background: "background", Spontaneous: "spontaneous", Startup: "initialized", Requested: "requested",
		Activation: "activation", ActivationCon: "activation confirmed", Deactivation: "deactivation", DeactivationCon: "deactivation confirmed",
		Termination: "activation terminated", Interrogated: "interrogated", CounterRequested: "counters requested", UnknownType: "unknown type",
		UnknownCause: "unknown cause", UnknownCommon: "unknown common address", UnknownObject: "unknown object address",
	}
	if name, ok := names[c]; ok {
		return fmt.Sprintf("cause %d (%s)", byte(c), name)
	}
	return fmt.Sprintf("cause %d", byte(c))
}

// Object is one information object: its address and its element as on the wire.
type Object struct {
	Address uint32 // 24 bits
	Element []byte
}

// MaxObject is the last object address.
const MaxObject = 1<<24 - 1

// ASDU is one message between station and controlling station.
type ASDU struct {
	Type       Type
	Sequence   bool // one address for all objects, which follow one another
	Cause      Cause
	Negative   bool
	Test       bool
	Originator byte
	Common     uint16 // address of the station; 65535 all
	Objects    []Object
}

const (
	identifierSize = 6 // type, number, cause 2, common address 2
	addressSize    = 3
)

// ErrUnknownType is of an ASDU whose objects this package cannot tell apart.
var ErrUnknownType = errors.New("type of an iec 104 ASDU is not known")

// Parse reads an ASDU. Elements share b's memory. With [ErrUnknownType] the
// fields before the objects are there.
func Parse(b []byte) (ASDU, error) {
	if len(b) < identifierSize || len(b) > MaxASDU {
		return ASDU{}, fmt.Errorf("%w: ASDU of %d bytes", ErrFrame, len(b))
	}
	a := ASDU{
		Type: Type(b[0]), Sequence: b[1]&0x80 != 0, Cause: Cause(b[2] & 0x3F), Negative: b[2]&0x40 != 0, Test: b[2]&0x80 != 0,
		Originator: b[3], Common: binary.LittleEndian.Uint16(b[4:]),
	}
	size, known := sizes[a.Type]
	if !known {
		return a, fmt.Errorf("%w: %d", ErrUnknownType, b[0])
	}
	n, rest := int(b[1]&0x7F), b[identifierSize:]
	want := n * (addressSize + size)
	if a.Sequence {
		want = addressSize + n*size
	}
	if n == 0 || len(rest) != want || a.Sequence && size == 0 {
		return a, fmt.Errorf("%w: %d objects of type %d in %d bytes", ErrFrame, n, a.Type, len(rest))
	}
	a.Objects = make([]Object, n)
	first := uint32(0)
	for i := range a.Objects {
		o := &a.Objects[i]
		if i == 0 || !a.Sequence {
			first = uint32(rest[0]) | uint32(rest[1])<<8 | uint32(rest[2])<<16
			rest = rest[addressSize:]
			o.Address = first
		} else {
			o.Address = first + uint32(i)
		}
		if o.Address > MaxObject {
			return a, fmt.Errorf("%w: objects beyond address %d", ErrFrame, MaxObject)
		}
		o.Element, rest = rest[:size:size], rest[size:]
	}
	return a, nil
}

// Append writes the ASDU. It must not have more objects than fit; see [Fits].
func (a *ASDU) Append(dst []byte) []byte {
	number := byte(len(a.Objects))
	if a.Sequence {
		number |= 0x80
	}
	cause := byte(a.Cause) & 0x3F
	if a.Negative {
		cause |= 0x40
	}
	if a.Test {
		cause |= 0x80
	}
	dst = append(dst, byte(a.Type), number, cause, a.Originator, byte(a.Common), byte(a.Common>>8))
	for i, o := range a.Objects {
		if i == 0 || !a.Sequence {
			dst = append(dst, byte(o.Address), byte(o.Address>>8), byte(o.Address>>16))
		}
		dst = append(dst, o.Element...)
	}
	return dst
}
