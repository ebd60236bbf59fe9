package cip

import (
	"context"
	"errors"
	"fmt"

	"zhigai/connect"
	"zhigai/connect/cip/enip"
)

// Write implements [connect.Writer]. The tag's type is that which was read
// before; a bit is set by the controller itself, the others of its word stay.
func (c *conn) Write(ctx context.Context, p connect.Point, value any) error {
	t, r, err := c.prepare(ctx, p, value)
	if err != nil {
		return fmt.Errorf("%w: %w", connect.ErrNotWritten, err)
	}
	_, err = c.ask(ctx, r)
	var refused enip.Status
	if errors.As(err, &refused) && refused.General == enip.GeneralError && refused.Extended == enip.WrongType {
		c.mu.Lock()
		delete(c.types, t.Name) // the program was changed: the next write looks first
		c.mu.Unlock()
	}
	return err
}

// prepare makes the question that writes; the tag's type is asked for when it
// is not known yet.
func (c *conn) prepare(ctx context.Context, p connect.Point, value any) (t enip.Tag, r enip.Request, err error) {
	if t, err = parse(p.Address, p.Kind); err != nil {
		return t, r, err
	}
	is, known := c.seen(&t)
	if !known {
		data, err := c.whole(ctx, t.Path)
		if err != nil {
			return t, r, err
		}
		if is, err = enip.ParseValue(data); err != nil {
			return t, r, fmt.Errorf("%w: %w", connect.ErrMalformed, err)
		}
	}
	if r, err = request(&t, is, value); err != nil {
		err = fmt.Errorf("logix tag %q: %w", p.Address, err)
	}
	return t, r, err
}

func request(t *enip.Tag, is enip.Value, value any) (enip.Request, error) {
	if t.Bit >= 0 {
		on, ok := connect.Truth(value)
		if !ok {
			return enip.Request{}, fmt.Errorf("a bit takes true or false, not %v", value)
		}
		return enip.Modify(t.Path, is.Type, t.Bit, on)
	}
	var v enip.Value
	var err error
	switch x := value.(type) {
	case string:
		v, err = is.WithText(x)
	case float64:
		v, err = enip.OfNumber(is.Type, x)
	case bool:
		n := 0.0
		if x {
			n = 1
		}
		v, err = enip.OfNumber(is.Type, n)
	default:
		err = fmt.Errorf("a number or a text is wanted, not %T", value)
	}
	return enip.Write(t.Path, v), err
}
