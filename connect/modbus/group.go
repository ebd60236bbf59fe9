package modbus

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"zhigai/connect"
	"zhigai/connect/modbus/pdu"
)

// group is the points of one round and the questions that read them.
type group struct {
	conn   *conn
	points []point
	wrong  []error // points that can never be read
	blocks []block
}

// block is one question and the points it answers.
type block struct {
	table   pdu.Table
	address int
	count   int
	members []int
}

// Prepare implements [connect.Conn]: neighbouring addresses share a question.
func (c *conn) Prepare(points []connect.Point) (connect.Group, error) {
	g := &group{conn: c, points: make([]point, len(points)), wrong: make([]error, len(points))}
	var use []int
	for i, p := range points {
		var err error
		if g.points[i], err = parse(p.Address, p.Kind); err != nil {
			g.wrong[i] = fmt.Errorf("%w: %w", connect.ErrUnconfigured, err)
			continue
		}
		use = append(use, i)
	}
	g.blocks = g.join(use)
	return g, nil
}

// join merges points that are sorted by place, filling small gaps.
func (g *group) join(use []int) []block {
	slices.SortStableFunc(use, func(a, b int) int {
		p, q := &g.points[a], &g.points[b]
		return cmp.Or(cmp.Compare(p.table, q.table), cmp.Compare(p.address, q.address))
	})
	var out []block
	for _, i := range use {
		p := &g.points[i]
		most, fill := g.conn.settings.maxRegisters, g.conn.settings.gapFill
		if p.isBit() {
			most, fill = pdu.MaxReadBits, 16*fill
		}
		if n := len(out); n > 0 {
			b := &out[n-1]
			end := max(b.address+b.count, int(p.address)+p.registers)
			if b.table == p.table && int(p.address) <= b.address+b.count+fill && end-b.address <= most {
				b.count = end - b.address
				b.members = append(b.members, i)
				continue
			}
		}
		out = append(out, block{table: p.table, address: int(p.address), count: p.registers, members: []int{i}})
	}
	return out
}

// Read implements [connect.Group].
func (g *group) Read(ctx context.Context, dst []connect.Reading) error {
	if len(g.blocks) == 0 {
		// Nothing to ask would look like an answer, and a dead device alive.
		return fmt.Errorf("modbus %s: none of the points can be read: %w", g.conn.settings.address, errors.Join(g.wrong...))
	}
	for i := range dst {
		dst[i] = connect.Reading{Point: i, Err: g.wrong[i], Raw: dst[i].Raw[:0]}
	}
	for i := 0; i < len(g.blocks); i++ {
		b := &g.blocks[i]
		data, err := g.conn.ask(ctx, b.request())
		var refused pdu.Exception
		switch {
		case err == nil:
			g.spread(b, data, dst)
		case !errors.As(err, &refused):
			if errors.Is(err, pdu.ErrFrame) {
				err = fmt.Errorf("%w: %w", connect.ErrMalformed, err)
			}
			return err
		case absent(refused):
			return err
		case len(b.members) > 1 && (refused == pdu.IllegalDataAddress || refused == pdu.IllegalDataValue):
			// Some register in the block does not exist, or the device takes
			// shorter questions: halve until the guilty one stands alone, and
			// remember.
			g.split(i)
			i--
		default:
			for _, m := range b.members {
				dst[m].Err = g.refusal(m, refused)
			}
		}
	}
	return nil
}

// absent: the gateway speaks, because the device behind it does not.
func absent(e pdu.Exception) bool {
	return e == pdu.GatewayPath || e == pdu.GatewayTarget
}

func (g *group) refusal(member int, e pdu.Exception) error {
	if e == pdu.IllegalDataAddress || e == pdu.IllegalFunction {
		return fmt.Errorf("%w: %w at %d", connect.ErrUnconfigured, e, g.points[member].address)
	}
	return fmt.Errorf("%w: %w", connect.ErrRefused, e)
}

// split replaces block i by its two halves.
func (g *group) split(i int) {
	b := g.blocks[i]
	half := len(b.members) / 2
	left, right := g.cover(b.members[:half]), g.cover(b.members[half:])
	g.blocks = slices.Replace(g.blocks, i, i+1, left, right)
}

func (g *group) cover(members []int) block {
	p := &g.points[members[0]]
	b := block{table: p.table, address: int(p.address), members: slices.Clone(members)}
	for _, m := range members {
		b.count = max(b.count, int(g.points[m].address)+g.points[m].registers-b.address)
	}
	return b
}

func (b *block) request() pdu.Request {
	functions := [...]byte{pdu.Coils: pdu.ReadCoils, pdu.DiscreteInputs: pdu.ReadDiscreteInputs, pdu.Holding: pdu.ReadHolding, pdu.Input: pdu.ReadInput}
	return pdu.Request{Function: functions[b.table], Address: uint16(b.address), Count: uint16(b.count)}
}

// spread gives every point its part of the answer.
func (g *group) spread(b *block, data []byte, dst []connect.Reading) {
	for _, m := range b.members {
		p := &g.points[m]
		at := int(p.address) - b.address
		if p.isBit() {
			on := data[at/8] >> (at % 8) & 1
			dst[m].Raw, dst[m].Number, dst[m].Err = []byte{on}, float64(on), nil
			continue
		}
		p.decode(data[2*at:2*(at+p.registers)], &dst[m])
	}
}
