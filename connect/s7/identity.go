package s7

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"zhigai/connect"
	"zhigai/connect/s7/pdu"
	"zhigai/plant"
)

// maxParts bounds the questions for one list: the longest a controller has fits
// into far fewer.
const maxParts = 16

// list reads one system status list. Its records are nil when the controller
// does not have it.
func (c *conn) list(ctx context.Context, id uint16) (map[uint16][]byte, error) {
	var whole []byte
	next := byte(0)
	for range maxParts {
		var part pdu.ListPart
		err := c.ask(ctx, pdu.ListJob(id, 0, next), true, func(m pdu.Message) (err error) {
			if part, err = pdu.CheckList(m); err == nil {
				whole = append(whole, part.Data...) // m is gone after this
			}
			return err
		})
		var refused pdu.Refusal
		if errors.As(err, &refused) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		if part.Last || part.Sequence == 0 {
			return pdu.Records(whole)
		}
		next = part.Sequence
	}
	return nil, fmt.Errorf("s7 %s: %w: a list of more than %d parts", c.settings.address, connect.ErrMalformed, maxParts)
}

// identity is what the controller says it is; empty where it says nothing.
func (c *conn) identity(ctx context.Context) (pdu.Identity, error) {
	if c.who != nil {
		return *c.who, nil
	}
	var id pdu.Identity
	modules, err := c.list(ctx, pdu.ModuleList)
	if err != nil {
		return id, err
	}
	id.Modules(modules)
	components, err := c.list(ctx, pdu.ComponentList)
	if err != nil {
		return id, err
	}
	id.Components(components)
	c.who = &id
	return id, nil
}

// readSelf fills the points that the controller says of itself.
func (g *group) readSelf(ctx context.Context, dst []connect.Reading) error {
	if len(g.self) == 0 {
		return nil
	}
	id, err := g.conn.identity(ctx)
	if err != nil {
		return err
	}
	for _, m := range g.self {
		if dst[m].Text = selfWords[g.points[m].self](id); dst[m].Text == "" {
			dst[m].Err = fmt.Errorf("%w: the controller does not say its %s", connect.ErrUnconfigured, g.points[m].self)
		}
	}
	return nil
}

// Test implements [connect.Tester]: whether the controller answers, and what it
// says it is.
func (d *Driver) Test(ctx context.Context, device plant.Device) (string, error) {
	opened, err := d.Open(ctx, device)
	if err != nil {
		return "", err
	}
	defer opened.Close()
	c := opened.(*conn)
	id, err := c.identity(ctx)
	if err != nil {
		return "", err
	}
	length, err := c.link.connect(ctx, &c.settings)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("Siemens S7 answers: %s (PDU of %d bytes)", title(id), length), nil
}

// title is what a controller is called in one line.
func title(id pdu.Identity) string {
	words := []string{}
	for _, one := range []struct{ before, text string }{{"", id.Name}, {"", id.Order}, {"V", id.Version}, {"serial number ", id.Serial}} {
		if one.text != "" {
			words = append(words, one.before+one.text)
		}
	}
	if len(words) == 0 {
		return "Siemens S7"
	}
	return strings.Join(words, ", ")
}
