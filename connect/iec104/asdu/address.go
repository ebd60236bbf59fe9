package asdu

import (
	"fmt"
	"strconv"
	"strings"
)

// Address is what a person wrote: which object is read, and which is commanded
// when the point is written.
type Address struct {
	Object      uint32
	Type        Type // 0 for any
	Command     uint32
	CommandType Type // 0: the one that fits Type
}

const addressExample = `write for example "IOA 4001 (TI 13)", "IOA 1001" or "IOA 1001 (TI 1) command IOA 6001 (TI 45)"`

// ParseAddress reads "IOA <n> [(TI <t>)] [command IOA <n> [(TI <t>)]]". Without
// a command object the point is commanded under its own address.
func ParseAddress(text string) (Address, error) {
	var a Address
	read, write, commanded := strings.Cut(text, "command")
	var err error
	if a.Object, a.Type, err = parseObject(read); err == nil && a.Type != 0 {
		a.Type = a.Type.Base()
		if !a.Type.Monitors() {
			err = fmt.Errorf("type %d is no value of the process (1 to 15, 30 to 37)", a.Type)
		}
	}
	a.Command = a.Object
	if err == nil && commanded {
		if a.Command, a.CommandType, err = parseObject(write); err == nil && a.CommandType != 0 && (!a.CommandType.Commands() || a.CommandType != a.CommandType.Base()) {
			err = fmt.Errorf("type %d is no command (45 to 51)", a.CommandType)
		}
	}
	if err != nil {
		return a, fmt.Errorf("iec 104 address %q: %w; %s", text, err, addressExample)
	}
	if a.CommandType == 0 {
		a.CommandType = commandFor(a.Type)
	}
	return a, nil
}

func parseObject(text string) (uint32, Type, error) {
	f := strings.Fields(strings.NewReplacer("(", " ", ")", " ").Replace(text))
	if len(f) != 2 && len(f) != 4 || f[0] != "IOA" || len(f) == 4 && f[2] != "TI" {
		return 0, 0, fmt.Errorf("%q is no object", strings.TrimSpace(text))
	}
	n, err := strconv.ParseUint(f[1], 10, 24)
	if err != nil || n == 0 {
		return 0, 0, fmt.Errorf("object address %q is none of 1 to %d", f[1], MaxObject)
	}
	if len(f) == 2 {
		return uint32(n), 0, nil
	}
	t, err := strconv.ParseUint(f[3], 10, 8)
	if err != nil || t == 0 {
		return 0, 0, fmt.Errorf("type %q is no number of the standard", f[3])
	}
	return uint32(n), Type(t), nil
}

// commandFor is the command whose effect a value of the type shows, 0 for none.
func commandFor(t Type) Type {
	return map[Type]Type{
		SinglePoint: SingleCommand, DoublePoint: DoubleCommand, StepPosition: StepCommand, Normalized: SetNormalized,
		Scaled: SetScaled, Float: SetFloat, BitString: SetBitString,
	}[t]
}
