package slmp

import (
	"context"
	"errors"
	"fmt"

	"zhigai/connect"
	"zhigai/connect/slmp/frame"
	"zhigai/plant"
)

// Write implements [connect.Writer]. A bit of a word is read, changed and
// written back; the controller must not change the word's other bits by itself
// meanwhile.
func (c *conn) Write(ctx context.Context, p connect.Point, value any) error {
	a, err := parse(p.Address, p.Kind, c.settings.octal)
	if err == nil && c.settings.format.ASCII && !a.Code.ASCIIKnown() {
		err = fmt.Errorf("slmp address %q: how it stands in ASCII code is not known; write code binary for the device", p.Address)
	}
	var q frame.Request
	if err == nil {
		q, err = request(&a, value)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", connect.ErrNotWritten, err)
	}
	if a.Form == frame.Bool && !a.Code.IsBit() {
		return turnedDown(c.writeBit(ctx, &a, q.On[0]), &a)
	}
	_, err = c.ask(ctx, q)
	return turnedDown(err, &a)
}

// turnedDown marks the end codes with which a station turns a request down. After
// others, such as those of a network on the way, it may have been carried out.
func turnedDown(err error, a *frame.Address) error {
	var end frame.EndCode
	if errors.As(err, &end) && end.Known() {
		return fmt.Errorf("%w (%w)", refusal(end, a), err)
	}
	return err
}

// CheckWrite implements [connect.WriteChecker]; of octal numbers see
// [Driver.CheckPoint].
func (*Driver) CheckWrite(address string, kind plant.TagKind, value any) error {
	a, err := parse(address, kind, false)
	if err == nil && value != nil {
		_, err = request(&a, value)
	}
	return err
}

// request is the command that gives a device a value; of a bit of a word, which
// no command reaches alone, what the bit is to be.
func request(a *frame.Address, value any) (frame.Request, error) {
	q := frame.Request{Command: frame.WriteBatch, Head: a.Device}
	if a.Form == frame.Bool {
		on, ok := connect.Truth(value)
		if !ok {
			return q, fmt.Errorf("slmp %s number %d takes true or false, not %v", a.Code, a.Number, value)
		}
		q.Bits, q.Count, q.On = true, 1, []bool{on}
		return q, nil
	}
	words, err := wordsOf(a, value)
	if err != nil {
		return q, fmt.Errorf("slmp %s number %d: %w", a.Code, a.Number, err)
	}
	q.Words, q.Count = words, uint16(len(words))
	return q, nil
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
		return fmt.Errorf("%w: the word was not read: %w", connect.ErrNotWritten, err)
	}
	word := data.Words[0] &^ (1 << a.Bit)
	if on {
		word |= 1 << a.Bit
	}
	_, err = c.ask(ctx, frame.Request{Command: frame.WriteBatch, Head: a.Device, Count: 1, Words: []uint16{word}})
	return err
}
