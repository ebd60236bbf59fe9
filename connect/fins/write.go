package fins

import (
	"context"
	"errors"
	"fmt"

	"zhigai/connect"
	"zhigai/connect/fins/frame"
	"zhigai/connect/fins/memory"
	"zhigai/plant"
)

// Interleaves implements [connect.Interleaver]: the link gives every question
// its turn.
func (*conn) Interleaves() {}

// Write implements [connect.Writer]. A bit is written as a bit, so that its
// neighbours are not touched.
func (c *conn) Write(ctx context.Context, p connect.Point, value any) error {
	r, data, err := c.encoded(p, value)
	if err != nil {
		return fmt.Errorf("fins address %q: %w: %w", p.Address, connect.ErrNotWritten, err)
	}
	return refused(c.ask(ctx, frame.WriteMemory, r.Write(data), false, func(f frame.Frame) error {
		_, err := f.Check(0)
		return err
	}))
}

// encoded is where a value goes and its bytes.
func (c *conn) encoded(p connect.Point, value any) (r frame.Range, data []byte, err error) {
	at, err := writable(p.Address, p.Kind)
	if err != nil {
		return r, nil, err
	}
	if text, ok := value.(string); ok && at.Type == memory.String {
		if value, err = c.settings.inCharset(text); err != nil {
			return r, nil, fmt.Errorf("%q in the device's character set: %w", text, err)
		}
	}
	if data, err = at.Encode(value); err != nil {
		return r, nil, err
	}
	r = frame.Range{Area: at.Area, Start: at.Start, Count: at.Words()}
	if at.Type == memory.Bool {
		r.Area, r.Bit = at.Area.Bits(), byte(at.Bit)
	}
	if r.Size() > 2*frame.MaxWriteWords {
		return r, nil, fmt.Errorf("a text of %d bytes does not fit into one command; write at most %d", len(data), 2*frame.MaxWriteWords)
	}
	return r, data, nil
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
	if err == nil && (at.self != "" || at.IsFlag()) {
		err = fmt.Errorf("fins address %q: completion flags and what a controller says of itself are not written; write the address of a word or bit", address)
	}
	return at, err
}

// refused marks what the controller itself said no to. Of what nodes on the way
// say, it may have got the command.
func refused(err error) error {
	var code frame.EndCode
	if errors.As(err, &code) && !code.OnTheWay() {
		return fmt.Errorf("%w: %w", connect.ErrRefused, err)
	}
	return err
}
