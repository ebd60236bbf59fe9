package slmp

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"zhigai/connect"
	"zhigai/connect/slmp/frame"
)

// group is the points of one round and the questions that read them.
type group struct {
	conn   *conn
	points []frame.Address
	wrong  []error // points that can never be read
	blocks []block
}

// block is one question and the points it answers: words that follow one
// another, or single places of a random read.
type block struct {
	head    frame.Device
	words   int // 0 for a random read
	members []int
}

// gapFill is how many unwanted words are read along: one more question costs
// more.
const gapFill = 16

// span is where a point stands, in words; 16 relays make one.
func span(a *frame.Address) (first, words int) {
	if a.Code.IsBit() {
		return int(a.Number) / 16 * 16, 1
	}
	return int(a.Number), a.Words
}

// step is how far apart the numbers of two neighbouring words are.
func step(c frame.Code) int {
	if c.IsBit() {
		return 16
	}
	return 1
}

// Prepare implements [connect.Conn]: neighbours share a question, and what
// stands alone is read with others that do.
func (c *conn) Prepare(points []connect.Point) (connect.Group, error) {
	g := &group{conn: c, points: make([]frame.Address, len(points)), wrong: make([]error, len(points))}
	var use []int
	for i, p := range points {
		var err error
		g.points[i], err = parse(p.Address, p.Kind, c.settings.octal)
		if err == nil && c.settings.format.ASCII && !g.points[i].Code.ASCIIKnown() {
			err = fmt.Errorf("slmp address %q: how it stands in ASCII code is not known; write code binary for the device", p.Address)
		}
		if err != nil {
			g.wrong[i] = fmt.Errorf("%w: %w", connect.ErrUnconfigured, err)
			continue
		}
		use = append(use, i)
	}
	g.blocks = g.gather(g.join(use))
	return g, nil
}

// join merges points that are sorted by place, filling small gaps.
func (g *group) join(use []int) []block {
	slices.SortStableFunc(use, func(a, b int) int {
		p, q := &g.points[a], &g.points[b]
		return cmp.Or(cmp.Compare(p.Code, q.Code), cmp.Compare(p.Number, q.Number))
	})
	var out []block
	for _, i := range use {
		p := &g.points[i]
		first, words := span(p)
		if n := len(out); n > 0 {
			b := &out[n-1]
			size := step(p.Code)
			offset := (first - int(b.head.Number)) / size
			end := max(b.words, offset+words)
			if b.head.Code == p.Code && offset <= b.words+gapFill && end <= g.conn.settings.maxWords {
				b.words = end
				b.members = append(b.members, i)
				continue
			}
		}
		out = append(out, block{head: frame.Device{Code: p.Code, Number: uint32(first)}, words: words, members: []int{i}})
	}
	return out
}

// gather puts blocks of one or two words into random reads, if there is more
// than one.
func (g *group) gather(blocks []block) []block {
	var small []int
	rest := slices.DeleteFunc(slices.Clone(blocks), func(b block) bool {
		if len(b.members) == 1 && b.words <= 2 {
			small = append(small, b.members[0])
			return true
		}
		return false
	})
	if g.conn.settings.random == 0 || len(small) < 2 {
		return blocks
	}
	for part := range slices.Chunk(small, g.conn.settings.random) {
		rest = append(rest, g.cover(part, true))
	}
	return rest
}

// cover is a block for members; one alone is read by itself.
func (g *group) cover(members []int, random bool) block {
	p := &g.points[members[0]]
	first, _ := span(p)
	b := block{head: frame.Device{Code: p.Code, Number: uint32(first)}, members: slices.Clone(members)}
	if random && len(members) > 1 {
		return b
	}
	for _, m := range members {
		at, words := span(&g.points[m])
		b.words = max(b.words, (at-first)/step(p.Code)+words)
	}
	return b
}

// Read implements [connect.Group].
func (g *group) Read(ctx context.Context, dst []connect.Reading) error {
	if len(g.blocks) == 0 {
		// Nothing to ask would look like an answer, and a dead device alive.
		return fmt.Errorf("slmp %s: none of the points can be read: %w", g.conn.settings.address, errors.Join(g.wrong...))
	}
	for i := range dst {
		dst[i] = connect.Reading{Point: i, Err: g.wrong[i], Raw: dst[i].Raw[:0]}
	}
	for i := 0; i < len(g.blocks); i++ {
		b := &g.blocks[i]
		data, err := g.conn.ask(ctx, g.request(b))
		switch end := refused(err); {
		case err == nil:
			g.spread(b, data.Words, dst)
		case end == 0:
			if errors.Is(err, frame.ErrFrame) {
				err = fmt.Errorf("%w: %w", connect.ErrMalformed, err)
			}
			return err
		case len(b.members) > 1 && b.words == 0 && end == frame.WrongCommand:
			g.batches(i) // a station without random read
			i--
		case len(b.members) > 1 && ofAddress(end):
			// Some device in the block does not exist, or the station takes shorter
			// questions: halve until the guilty one stands alone, and remember.
			g.split(i)
			i--
		default:
			for _, m := range b.members {
				dst[m].Err = refusal(end, &g.points[m])
			}
		}
	}
	return nil
}

// ofAddress reports whether an end code may concern one address of many.
func ofAddress(end frame.EndCode) bool {
	switch end {
	case frame.OutOfRange, frame.TooManyWords, frame.TooManyBits, frame.TooManyRandom, frame.BeyondLast, frame.NoSuchDevice, frame.WrongRequest, frame.WrongLength:
		return true
	}
	return false
}

func refusal(end frame.EndCode, a *frame.Address) error {
	if ofAddress(end) || end == frame.WrongCommand {
		return fmt.Errorf("%w: %w at %s number %d", connect.ErrUnconfigured, end, a.Code, a.Number)
	}
	return fmt.Errorf("%w: %w", connect.ErrRefused, end)
}

// split replaces block i by its two halves.
func (g *group) split(i int) {
	b := g.blocks[i]
	half := len(b.members) / 2
	random := b.words == 0
	g.blocks = slices.Replace(g.blocks, i, i+1, g.cover(b.members[:half], random), g.cover(b.members[half:], random))
}

// batches replaces a random read by questions of one point each.
func (g *group) batches(i int) {
	var single []block
	for _, m := range g.blocks[i].members {
		single = append(single, g.cover([]int{m}, false))
	}
	g.blocks = slices.Replace(g.blocks, i, i+1, single...)
}

func (g *group) request(b *block) frame.Request {
	if b.words > 0 {
		return frame.Request{Command: frame.ReadBatch, Head: b.head, Count: uint16(b.words)}
	}
	q := frame.Request{Command: frame.ReadRandom}
	for _, m := range b.members {
		first, words := span(&g.points[m])
		d := frame.Device{Code: g.points[m].Code, Number: uint32(first)}
		if words == 1 {
			q.Single = append(q.Single, d)
		} else {
			q.Double = append(q.Double, d)
		}
	}
	return q
}

// spread gives every point its part of the answer.
func (g *group) spread(b *block, words []uint16, dst []connect.Reading) {
	if b.words > 0 {
		for _, m := range b.members {
			first, n := span(&g.points[m])
			at := (first - int(b.head.Number)) / step(b.head.Code)
			reading(&g.points[m], words[at:at+n], &dst[m])
		}
		return
	}
	at := 0
	for size := 1; size <= 2; size++ {
		for _, m := range b.members {
			if _, n := span(&g.points[m]); n == size {
				reading(&g.points[m], words[at:at+n], &dst[m])
				at += n
			}
		}
	}
}

// reading is what the words of one point say.
func reading(a *frame.Address, words []uint16, r *connect.Reading) {
	r.Raw = r.Raw[:0]
	for _, w := range words {
		r.Raw = binary.LittleEndian.AppendUint16(r.Raw, w)
	}
	r.Err, r.Text = nil, ""
	switch {
	case a.Form == frame.Text:
		r.Text = a.Text(words)
	case a.Code.IsBit():
		r.Number = float64(words[0] >> (a.Number % 16) & 1)
	default:
		var err error
		if r.Number, err = a.Value(words); err != nil {
			r.Err = connect.ErrImprecise
		}
	}
}
