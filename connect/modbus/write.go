package modbus

import (
	"context"
	"errors"
	"fmt"

	"zhigai/connect"
	"zhigai/connect/modbus/pdu"
	"zhigai/plant"
)

// Write implements [connect.Writer]. A bit of a register is read, changed and
// written back; the device must not change the register's other bits by itself
// meanwhile.
func (c *conn) Write(ctx context.Context, p connect.Point, value any) error {
	at, err := writable(p.Address, p.Kind)
	if err == nil {
		err = at.takes(value)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", connect.ErrNotWritten, err)
	}
	err = c.write(ctx, at, value)
	var refused pdu.Exception
	switch {
	case errors.As(err, &refused) && done[refused]:
		return fmt.Errorf("%w: %w", connect.ErrRefused, err)
	case errors.Is(err, pdu.ErrAltered):
		return fmt.Errorf("%w: %w", connect.ErrAltered, err)
	}
	return err
}

// done are the exceptions after which the device has done nothing. Others say
// that it has failed on the way, is still at it, or that a gateway heard nothing.
var done = map[pdu.Exception]bool{pdu.IllegalFunction: true, pdu.IllegalDataAddress: true, pdu.IllegalDataValue: true, pdu.DeviceBusy: true}

// CheckWrite implements [connect.WriteChecker].
func (*Driver) CheckWrite(address string, kind plant.TagKind, value any) error {
	return checkWrite(address, kind, value)
}

// CheckWrite implements [connect.WriteChecker].
func (*SerialDriver) CheckWrite(address string, kind plant.TagKind, value any) error {
	return checkWrite(address, kind, value)
}

func checkWrite(address string, kind plant.TagKind, value any) error {
	at, err := writable(address, kind)
	if err != nil || value == nil {
		return err
	}
	return at.takes(value)
}

// writable reads an address that can be written.
func writable(address string, kind plant.TagKind) (point, error) {
	at, err := parse(address, kind)
	switch {
	case err != nil:
		return at, err
	case at.table != pdu.Coils && at.table != pdu.Holding:
		return at, fmt.Errorf("modbus address %q: only coils and holding registers are written; write coil or holding", address)
	case at.form == formBCD16 || at.form == formBCD32:
		return at, fmt.Errorf("modbus address %q: values of this type are not written; write another type", address)
	}
	return at, nil
}

// takes reports whether a value fits the point.
func (p *point) takes(value any) error {
	if p.form == formBool {
		if _, ok := connect.Truth(value); !ok {
			return fmt.Errorf("a coil or bit takes true or false, not %v", value)
		}
		return nil
	}
	_, err := p.encode(value)
	return err
}

func (c *conn) write(ctx context.Context, at point, value any) error {
	switch {
	case at.table == pdu.Coils:
		return c.writeCoil(ctx, at, value)
	case at.form == formBool:
		return c.writeBit(ctx, at, value)
	}
	data, err := at.encode(value)
	if err != nil {
		return err
	}
	if at.registers > 1 {
		_, err = c.ask(ctx, pdu.Request{Function: pdu.WriteRegisters, Address: at.address, Count: uint16(at.registers), Data: data})
		return err
	}
	return c.writeOne(ctx, pdu.Request{Function: pdu.WriteRegister, Address: at.address, Data: data})
}

// writeOne writes a coil or a register. Some devices have only the functions
// for many: one that does not know the function has done nothing, so that it
// is asked the other way.
func (c *conn) writeOne(ctx context.Context, q pdu.Request) error {
	_, err := c.ask(ctx, q)
	if !errors.Is(err, pdu.IllegalFunction) {
		return err
	}
	many := pdu.Request{Function: pdu.WriteRegisters, Address: q.Address, Count: 1, Data: q.Data}
	if q.Function == pdu.WriteCoil {
		many.Function, many.Data = pdu.WriteCoils, []byte{q.Data[0] & 1}
	}
	_, err = c.ask(ctx, many)
	return err
}

func (c *conn) writeCoil(ctx context.Context, at point, value any) error {
	on, _ := connect.Truth(value)
	data := []byte{0, 0}
	if on {
		data[0] = 0xFF
	}
	return c.writeOne(ctx, pdu.Request{Function: pdu.WriteCoil, Address: at.address, Data: data})
}

func (c *conn) writeBit(ctx context.Context, at point, value any) error {
	on, _ := connect.Truth(value)
	data, err := c.ask(ctx, pdu.Request{Function: pdu.ReadHolding, Address: at.address, Count: 1})
	if err != nil {
		return err
	}
	word := uint16(data[0])<<8 | uint16(data[1])
	word &^= 1 << at.bit
	if on {
		word |= 1 << at.bit
	}
	return c.writeOne(ctx, pdu.Request{Function: pdu.WriteRegister, Address: at.address, Data: []byte{byte(word >> 8), byte(word)}})
}
