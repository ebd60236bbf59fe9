package snmp

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gosnmp/gosnmp"

	"zhigai/connect"
	"zhigai/connect/snmp/oid"
	"zhigai/plant"
)

// Browse implements [connect.Browser]: what stands directly below parent, found
// by asking for the next object and passing over whole branches.
func (c *conn) Browse(ctx context.Context, parent string) ([]connect.Browsed, error) {
	above := oid.ID{1, 3, 6, 1}
	if parent != "" {
		var err error
		if above, err = oid.Parse(parent); err != nil {
			return nil, err
		}
	}
	var out []connect.Browsed
	for at := above; len(out) < maxBrowse; {
		p, err := c.ask(ctx, func(g *gosnmp.GoSNMP) (*gosnmp.SnmpPacket, error) { return g.GetNext([]string{at.String()}) })
		if err != nil {
			return nil, err
		}
		if p.Error != gosnmp.NoError || len(p.Variables) != 1 || p.Variables[0].Type == gosnmp.EndOfMibView {
			break // version 1 says so with an error
		}
		v := p.Variables[0]
		next, err := oid.Parse(v.Name)
		if err != nil || slices.Compare(next, at) <= 0 {
			return nil, fmt.Errorf("snmp %s: %w: %s follows %s", c.address(), connect.ErrMalformed, v.Name, at)
		}
		if !next.Within(above) || len(next) == len(above) {
			break
		}
		child := next[:len(above)+1]
		b := connect.Browsed{Address: child.Plain(), Name: child.Title(), Folder: true}
		if rest := next[len(child):]; len(rest) == 0 || len(rest) == 1 && rest[0] == 0 {
			b = connect.Browsed{Address: next.Plain(), Name: next.Title(), Kind: kindOf(v)}
		}
		out = append(out, b)
		at = append(slices.Clone(child), math.MaxUint32) // behind all that stands below child
	}
	return out, nil
}

// maxBrowse is how many rows a person looks at.
const maxBrowse = 1000

func kindOf(v gosnmp.SnmpPDU) plant.TagKind {
	if _, _, isText, _ := valueOf(v); isText {
		return plant.KindText
	}
	return plant.KindNumber
}
