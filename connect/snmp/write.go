package snmp

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/gosnmp/gosnmp"

	"zhigai/connect"
	"zhigai/connect/snmp/oid"
	"zhigai/plant"
)

// Write implements [connect.Writer]. The value is written in the type that the
// object has now.
func (c *conn) Write(ctx context.Context, p connect.Point, value any) error {
	o, err := oid.Parse(p.Address)
	if err != nil {
		return fmt.Errorf("%w: %w", connect.ErrNotWritten, err)
	}
	now, err := c.ask(ctx, func(g *gosnmp.GoSNMP) (*gosnmp.SnmpPacket, error) { return g.Get([]string{o.String()}) })
	var pdu gosnmp.SnmpPDU
	switch {
	case err != nil:
	case now.Error != gosnmp.NoError:
		err = refusal(now.Error)
	case len(now.Variables) != 1 || now.Variables[0].Name != o.String():
		err = fmt.Errorf("%w: the answer does not name it", connect.ErrMalformed)
	default:
		pdu, err = pduFor(now.Variables[0], p.Kind, value)
	}
	if err != nil {
		return fmt.Errorf("snmp %s: write %q: %w: %w", c.address(), p.Address, connect.ErrNotWritten, err)
	}
	said, err := c.ask(ctx, func(g *gosnmp.GoSNMP) (*gosnmp.SnmpPacket, error) {
		g.Retries = 0 // what may have been written is not written twice
		defer func() { g.Retries = retries }()
		return g.Set([]gosnmp.SnmpPDU{pdu})
	})
	if err != nil {
		return err
	}
	if said.Error != gosnmp.NoError {
		return fmt.Errorf("snmp %s: write %q: %w", c.address(), p.Address, refusal(said.Error))
	}
	return nil
}

func pduFor(now gosnmp.SnmpPDU, kind plant.TagKind, value any) (gosnmp.SnmpPDU, error) {
	out := gosnmp.SnmpPDU{Name: now.Name, Type: now.Type}
	if _, _, _, err := valueOf(now); err != nil && !errors.Is(err, connect.ErrImprecise) {
		return out, err
	}
	number, isNumber := value.(float64)
	if on, ok := value.(bool); ok {
		number, isNumber = 2, true // TruthValue: 2 is no
		if on {
			number = 1
		}
	}
	text, isText := value.(string)
	switch now.Type {
	case gosnmp.Integer:
		if !isNumber || number != math.Trunc(number) || number < math.MinInt32 || number > math.MaxInt32 {
			return out, fmt.Errorf("the object takes a whole number of 32 bits, not %v", value)
		}
		out.Value = int(number)
	case gosnmp.Gauge32, gosnmp.Uinteger32, gosnmp.TimeTicks, gosnmp.Counter32:
		if !isNumber || number != math.Trunc(number) || number < 0 || number > math.MaxUint32 {
			return out, fmt.Errorf("the object takes a whole number of 0 to %d, not %v", uint32(math.MaxUint32), value)
		}
		out.Value = uint32(number)
	case gosnmp.OctetString:
		if !isText && kind != plant.KindText && isNumber {
			text, isText = strconv.FormatFloat(number, 'f', -1, 64), true
		}
		if !isText || len(text) > maxText {
			return out, fmt.Errorf("the object takes a text of %d bytes at most, not %v", maxText, value)
		}
		out.Value = text
	default:
		return out, fmt.Errorf("objects of type %v are not written", now.Type)
	}
	return out, nil
}

// maxText of an object (RFC 2579, DisplayString).
const maxText = 255
