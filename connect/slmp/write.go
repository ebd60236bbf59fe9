package slmp

import (
	"context"
	"fmt"

	"zhigai/connect"
	"zhigai/connect/slmp/frame"
)

// Write implements [connect.Writer]. A bit of a word is read, changed and
// written back; the controller must not change the word's other bits by itself
// meanwhile.
func (c *conn) Write(ctx context.Context, p connect.Point, value any) error {
	a, err := parse(p.Address, p.Kind, c.settings.octal)
	if err != nil {
		return err
	}
	if c.settings.format.ASCII && !a.Code.ASCIIKnown() {
		return fmt.Errorf("slmp address %q: how it stands in ASCII code is not known; write code binary for the device", p.Address)
	}
	q := frame.Request{Command: frame.WriteBatch, Head: a.Device}
	switch on, isTruth := truth(value); {
	case a.Form == frame.Bool && !isTruth:
		return fmt.Errorf("slmp address %q takes true or false, not %v", p.Address, value)
	case a.Code.IsBit():
		q.Bits, q.Count, q.On = true, 1, []bool{on}
	case a.Form == frame.Bool:
		return c.writeBit(ctx, &a, on)
	default:
		if q.Words, err = wordsOf(&a, value); err != nil {
			return fmt.Errorf("slmp address %q: %w", p.Address, err)
		}
		q.Count = uint16(len(q.Words))
	}
	_, err = c.ask(ctx, q)
	return err
}

func wordsOf(a *frame.Address, value any) ([]uint16, error) {
	switch v := value.(type) {
	case string:
		return a.TextWords(v)
	case float64:
		return a.ValueWords(v)
	case bool:
		n := 0.0
		if v {
			n = 1
		}
		return a.ValueWords(n)
	}
	return nil, fmt.Errorf("a number or a text is wanted, not %T", value)
}

func (c *conn) writeBit(ctx context.Context, a *frame.Address, on bool) error {
	data, err := c.ask(ctx, frame.Request{Command: frame.ReadBatch, Head: a.Device, Count: 1})
	if err != nil {
		return err
	}
	word := data.Words[0] &^ (1 << a.Bit)
	if on {
		word |= 1 << a.Bit
	}
	_, err = c.ask(ctx, frame.Request{Command: frame.WriteBatch, Head: a.Device, Count: 1, Words: []uint16{word}})
	return err
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
