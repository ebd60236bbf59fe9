package s7

import (
	"context"
	"encoding/binary"
	"fmt"

	"zhigai/connect"
	"zhigai/connect/s7/pdu"
	"zhigai/connect/s7/variable"
)

// Write implements [connect.Writer]. A bit is written as a bit, so that its
// neighbours are not touched. A STRING keeps the maximum that stands in the
// controller; a longer text is refused.
func (c *conn) Write(ctx context.Context, p connect.Point, value any) error {
	at, err := parse(p.Address, p.Kind)
	if err != nil {
		return err
	}
	if at.self != "" {
		return fmt.Errorf("s7 address %q: what a controller says of itself is not written", p.Address)
	}
	if text, ok := value.(string); ok && (at.Type == variable.String || at.Type == variable.Char) {
		if value, err = c.settings.inCharset(text); err != nil {
			return fmt.Errorf("s7 address %q: %q in the device's character set: %w", p.Address, text, err)
		}
	}
	data, err := at.Encode(value)
	if err != nil {
		return fmt.Errorf("s7 address %q: %w", p.Address, err)
	}
	item := pdu.Item{Area: at.Area, DB: at.DB, Start: at.Byte}
	switch at.Type {
	case variable.Bool:
		item.IsBit, item.Bit, item.Count = true, at.Bit, 1
		return c.write(ctx, item, data)
	case variable.S5Time, variable.Counter:
		if at.Elementary() {
			item.Count = 1
			return c.write(ctx, item, data)
		}
	case variable.String, variable.WString:
		return c.writeText(ctx, &at, item, data)
	}
	return c.writeBytes(ctx, item, data)
}

func (c *conn) write(ctx context.Context, i pdu.Item, data []byte) error {
	return c.ask(ctx, pdu.Write(i, data), false, pdu.CheckWrite)
}

// writeText writes present length and characters of a STRING or WSTRING, after
// a look at the maximum that the controller has there: beyond it stands another
// variable.
func (c *conn) writeText(ctx context.Context, at *point, i pdu.Item, data []byte) error {
	unit := 1 // bytes of a length, and of a character
	if at.Type == variable.WString {
		unit = 2
	}
	length := func(b []byte) int {
		if unit == 1 {
			return int(b[0])
		}
		return int(binary.BigEndian.Uint16(b))
	}
	head := i
	head.Count = unit
	var most int
	err := c.ask(ctx, pdu.Read([]pdu.Item{head}), true, func(m pdu.Message) error {
		results, err := pdu.CheckRead([]pdu.Item{head}, m)
		if err != nil {
			return err
		}
		if results[0].Code != pdu.Good {
			return results[0].Code
		}
		most = length(results[0].Data)
		return nil
	})
	if err != nil {
		return err
	}
	if n := length(data[unit:]); n > most {
		return fmt.Errorf("s7 %s: the text has %d characters; the controller's variable holds %d", c.settings.address, n, most)
	}
	i.Start += unit
	return c.writeBytes(ctx, i, data[unit:2*unit+unit*length(data[unit:])])
}

// writeBytes writes data that may be longer than one question, from the end, so
// that the length of a text comes last.
func (c *conn) writeBytes(ctx context.Context, i pdu.Item, data []byte) error {
	length, err := c.link.connect(ctx, &c.settings)
	if err != nil {
		return fmt.Errorf("s7 %s: %w", c.settings.address, err)
	}
	start, most := i.Start, pdu.MaxWriteBytes(length)
	for from := (len(data) - 1) / most * most; from >= 0; from -= most {
		part := data[from:min(from+most, len(data))]
		i.Start, i.Count = start+from, len(part)
		if err := c.write(ctx, i, part); err != nil {
			return err
		}
	}
	return nil
}
