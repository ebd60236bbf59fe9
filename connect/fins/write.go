package fins

import (
	"context"
	"fmt"

	"zhigai/connect"
	"zhigai/connect/fins/frame"
	"zhigai/connect/fins/memory"
)

// Write implements [connect.Writer]. A bit is written as a bit, so that its
// neighbours are not touched.
func (c *conn) Write(ctx context.Context, p connect.Point, value any) error {
	at, err := parse(p.Address, p.Kind)
	if err != nil {
		return err
	}
	if at.self != "" || at.IsFlag() {
		return fmt.Errorf("fins address %q: completion flags and what a controller says of itself are not written", p.Address)
	}
	if text, ok := value.(string); ok && at.Type == memory.String {
		if value, err = c.settings.inCharset(text); err != nil {
			return fmt.Errorf("fins address %q: %q in the device's character set: %w", p.Address, text, err)
		}
	}
	data, err := at.Encode(value)
	if err != nil {
		return fmt.Errorf("fins address %q: %w", p.Address, err)
	}
	r := frame.Range{Area: at.Area, Start: at.Start, Count: at.Words()}
	if at.Type == memory.Bool {
		r.Area, r.Bit = at.Area.Bits(), byte(at.Bit)
	}
	if r.Size() > 2*frame.MaxWriteWords {
		return fmt.Errorf("fins address %q: a text of %d bytes does not fit into one command; write at most %d", p.Address, len(data), 2*frame.MaxWriteWords)
	}
	return c.ask(ctx, frame.WriteMemory, r.Write(data), false, func(f frame.Frame) error {
		_, err := f.Check(0)
		return err
	})
}
