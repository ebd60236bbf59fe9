package s7

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"zhigai/connect"
	"zhigai/connect/s7/pdu"
	"zhigai/connect/s7/variable"
	"zhigai/plant"
)

// Interleaves implements [connect.Interleaver]: the link gives every question
// its turn.
func (*conn) Interleaves() {}

// Write implements [connect.Writer]. A bit is written as a bit, so that its
// neighbours are not touched. A STRING keeps the maximum that stands in the
// controller; a longer text is refused.
func (c *conn) Write(ctx context.Context, p connect.Point, value any) error {
	at, err := writable(p.Address, p.Kind)
	if err == nil {
		value, err = c.inCharset(&at, value)
	}
	var data []byte
	if err == nil {
		data, err = at.Encode(value)
	}
	if err != nil {
		return fmt.Errorf("s7 address %q: %w: %w", p.Address, connect.ErrNotWritten, err)
	}
	return refusal(c.put(ctx, &at, data))
}

// CheckWrite implements [connect.WriteChecker].
func (*Driver) CheckWrite(address string, kind plant.TagKind, value any) error {
	at, err := writable(address, kind)
	if err == nil && value != nil {
		_, err = at.Encode(value)
	}
	return err
}

// writable reads an address that can be written.
func writable(address string, kind plant.TagKind) (point, error) {
	at, err := parse(address, kind)
	if err == nil && at.self != "" {
		err = fmt.Errorf("s7 address %q: what a controller says of itself is not written; write the address of a variable", address)
	}
	return at, err
}

// refusal marks what the controller said no to. After a fault of its hardware
// nobody knows.
func refusal(err error) error {
	var refused pdu.Refusal
	var code pdu.Code
	if errors.As(err, &refused) || errors.As(err, &code) && code != pdu.HardwareFault {
		return fmt.Errorf("%w: %w", connect.ErrRefused, err)
	}
	return err
}

func (c *conn) inCharset(at *point, value any) (any, error) {
	text, ok := value.(string)
	if !ok || at.Type != variable.String && at.Type != variable.Char {
		return value, nil
	}
	out, err := c.settings.inCharset(text)
	if err != nil {
		return nil, fmt.Errorf("%q in the device's character set: %w", text, err)
	}
	return out, nil
}

func (c *conn) put(ctx context.Context, at *point, data []byte) error {
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
		return c.writeText(ctx, at, item, data)
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
		return fmt.Errorf("s7 %s: %w: the text has %d characters; the controller's variable holds %d", c.settings.address, connect.ErrNotWritten, n, most)
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
	last := (len(data) - 1) / most * most
	for from := last; from >= 0; from -= most {
		part := data[from:min(from+most, len(data))]
		i.Start, i.Count = start+from, len(part)
		switch err := c.write(ctx, i, part); {
		case err != nil && from < last:
			return fmt.Errorf("s7 %s: a part of the value is written: %v", c.settings.address, err) // not as a refusal: it has the rest
		case err != nil:
			return err
		}
	}
	return nil
}
