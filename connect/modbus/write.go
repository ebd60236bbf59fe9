package modbus

import (
	"context"
	"errors"
	"fmt"

	"zhigai/connect"
	"zhigai/connect/modbus/pdu"
)

// Write implements [connect.Writer]. A bit of a register is read, changed and
// written back; the device must not change the register's other bits by itself
// meanwhile.
func (c *conn) Write(ctx context.Context, p connect.Point, value any) error {
	at, err := parse(p.Address, p.Kind)
	if err != nil {
		return err
	}
	switch {
	case at.table == pdu.Coils:
		return c.writeCoil(ctx, at, value)
	case at.table != pdu.Holding:
		return fmt.Errorf("modbus address %q: only coils and holding registers are written", p.Address)
	case at.form == formBool:
		return c.writeBit(ctx, at, value)
	}
	data, err := at.encode(value)
	if err != nil {
		return fmt.Errorf("modbus address %q: %w", p.Address, err)
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
	on, ok := truth(value)
	if !ok {
		return fmt.Errorf("a coil takes true or false, not %v", value)
	}
	data := []byte{0, 0}
	if on {
		data[0] = 0xFF
	}
	return c.writeOne(ctx, pdu.Request{Function: pdu.WriteCoil, Address: at.address, Data: data})
}

func (c *conn) writeBit(ctx context.Context, at point, value any) error {
	on, ok := truth(value)
	if !ok {
		return fmt.Errorf("a bit takes true or false, not %v", value)
	}
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

func truth(value any) (on, ok bool) {
	switch v := value.(type) {
	case bool:
		return v, true
	case float64:
		return v != 0, v == 0 || v == 1
	}
	return false, false
}
