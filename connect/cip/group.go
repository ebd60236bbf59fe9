package cip

import (
	"context"
	"errors"
	"fmt"

	"zhigai/connect"
	"zhigai/connect/cip/enip"
	"zhigai/plant"
)

// group is the points of one round and the questions that read them.
type group struct {
	conn   *conn
	points []enip.Tag
	kinds  []plant.TagKind
	wrong  []error // points that can never be read
	use    []int
}

// Prepare implements [connect.Conn].
func (c *conn) Prepare(points []connect.Point) (connect.Group, error) {
	g := &group{conn: c, points: make([]enip.Tag, len(points)), kinds: make([]plant.TagKind, len(points)), wrong: make([]error, len(points))}
	for i, p := range points {
		var err error
		g.kinds[i] = p.Kind
		if g.points[i], err = parse(p.Address, p.Kind); err != nil {
			g.wrong[i] = fmt.Errorf("%w: %w", connect.ErrUnconfigured, err)
			continue
		}
		g.use = append(g.use, i)
	}
	return g, nil
}

// Read implements [connect.Group]: as many tags in one question as fit, question
// and answer.
func (g *group) Read(ctx context.Context, dst []connect.Reading) error {
	if len(g.use) == 0 {
		// Nothing to ask would look like an answer, and a dead device alive.
		return fmt.Errorf("ethernet/ip %s: none of the points can be read: %w", g.conn.settings.address, errors.Join(g.wrong...))
	}
	for i := range dst {
		dst[i] = connect.Reading{Point: i, Err: g.wrong[i], Raw: dst[i].Raw[:0]}
	}
	for rest := g.use; len(rest) > 0; {
		n := g.fits(rest)
		err := g.some(ctx, rest[:n], dst)
		if err != nil {
			if errors.Is(err, enip.ErrFrame) {
				err = fmt.Errorf("%w: %w", connect.ErrMalformed, err)
			}
			return err
		}
		rest = rest[n:]
	}
	return nil
}

const (
	messageCost = 2 + 2 + 2 // place in the table, service and path size, number of elements
	answerCost  = 2 + 4 + 4 // place, header, type
	guessNumber = 8
	guessText   = 88
)

// fits is how many of the points one question may hold. The size of an answer
// is known of tags that were read before.
func (g *group) fits(points []int) int {
	if !g.conn.takesMany() {
		return 1
	}
	room := g.conn.room() - 16 // header and path of the question itself
	asked, answered := 0, 0
	for n, i := range points {
		asked += messageCost + len(g.points[i].Path)
		size := guessNumber
		if g.kinds[i] == plant.KindText {
			size = guessText
		}
		if seen, ok := g.conn.seen(&g.points[i]); ok {
			size = len(seen.Data)
		}
		answered += answerCost + size
		if asked > room || answered > room {
			return max(n, 1)
		}
	}
	return len(points)
}

func (c *conn) takesMany() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.multiple
}

// alone notes that the device takes one request at a time.
func (c *conn) alone() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.multiple = false
}

// seen is the value a tag had last.
func (c *conn) seen(t *enip.Tag) (enip.Value, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	v, ok := c.types[t.Name]
	return v, ok
}

// some reads points that fit into one question.
func (g *group) some(ctx context.Context, points []int, dst []connect.Reading) error {
	if len(points) == 1 {
		return g.one(ctx, points[0], &dst[points[0]])
	}
	messages := make([][]byte, len(points))
	for n, i := range points {
		messages[n] = enip.Read(g.points[i].Path).Append(nil)
	}
	data, err := g.conn.ask(ctx, enip.Request{Service: enip.Multiple, Path: enip.Object(enip.RouterClass, 1), Data: enip.AppendMultiple(nil, messages...)})
	var refused enip.Status
	switch {
	case errors.As(err, &refused) && refused.General == enip.EmbeddedError && len(data) > 0:
		// Some of them were refused: their own answers say why.
	case errors.As(err, &refused) && refused.General == enip.ServiceUnknown:
		g.conn.alone()
		return g.halves(ctx, points, dst)
	case errors.As(err, &refused):
		return g.halves(ctx, points, dst) // too much for the device, or one of them the reason
	case err != nil:
		return err
	}
	answers, err := enip.ParseMultiple(data)
	if err != nil || len(answers) != len(points) {
		g.conn.giveUp()
		return fmt.Errorf("%w: %d answers to %d questions: %w", connect.ErrMalformed, len(answers), len(points), err)
	}
	for n, i := range points {
		answer, err := enip.ParseResponse(answers[n], enip.ReadTag)
		if err != nil {
			g.conn.giveUp()
			return err
		}
		if answer.General == enip.PartialTransfer || answer.General == enip.ReplyTooLarge {
			if err := g.one(ctx, i, &dst[i]); err != nil {
				return err
			}
			continue
		}
		g.take(i, answer.Data, answer.Status(), &dst[i])
	}
	return nil
}

// giveUp closes the TCP connection after an answer that cannot be trusted.
func (c *conn) giveUp() {
	c.turn <- struct{}{}
	c.drop()
	<-c.turn
}

// halves reads points in two questions.
func (g *group) halves(ctx context.Context, points []int, dst []connect.Reading) error {
	half := len(points) / 2
	if !g.conn.takesMany() {
		half = 1
	}
	for _, part := range [][]int{points[:half], points[half:]} {
		for len(part) > 0 {
			n := len(part)
			if !g.conn.takesMany() {
				n = 1
			}
			if err := g.some(ctx, part[:n], dst); err != nil {
				return err
			}
			part = part[n:]
		}
	}
	return nil
}

// one reads a point by itself, in parts where it is long.
func (g *group) one(ctx context.Context, i int, r *connect.Reading) error {
	data, err := g.conn.whole(ctx, g.points[i].Path)
	var refused enip.Status
	if err != nil && !errors.As(err, &refused) {
		return err
	}
	g.take(i, data, err, r)
	return nil
}

// maxParts bounds the parts of one element: the longest structures have some
// ten thousand bytes.
const maxParts = 256

// whole is the answer to reading one element.
func (c *conn) whole(ctx context.Context, path []byte) ([]byte, error) {
	data, err := c.ask(ctx, enip.Read(path))
	var refused enip.Status
	if !errors.As(err, &refused) || refused.General != enip.PartialTransfer {
		return data, err
	}
	var all []byte
	offset := 0
	for range maxParts {
		part, err := c.ask(ctx, enip.ReadPart(path, uint32(offset)))
		more := errors.As(err, &refused) && refused.General == enip.PartialTransfer
		if err != nil && !more {
			return nil, err
		}
		v, wrong := enip.ParsePart(part)
		if wrong != nil || more && len(v.Data) == 0 {
			c.giveUp()
			return nil, fmt.Errorf("%w: part of %d bytes at %d", enip.ErrFrame, len(part), offset)
		}
		if offset == 0 {
			all = v.AppendType(nil)
		}
		all, offset = append(all, v.Data...), offset+len(v.Data)
		if !more {
			return all, nil
		}
	}
	c.giveUp()
	return nil, fmt.Errorf("%w: more than %d parts", enip.ErrFrame, maxParts)
}

// take makes a reading of the answer for one point.
func (g *group) take(i int, data []byte, err error, r *connect.Reading) {
	var refused enip.Status
	if errors.As(err, &refused) {
		r.Err = refusal(refused)
		return
	}
	v, err := enip.ParseValue(data)
	if err != nil {
		r.Err = fmt.Errorf("%w: %w", connect.ErrMalformed, err)
		return
	}
	t := &g.points[i]
	g.conn.mu.Lock()
	g.conn.types[t.Name] = v
	g.conn.mu.Unlock()
	r.Raw = append(r.Raw[:0], v.Data...)
	if g.kinds[i] == plant.KindText {
		r.Text, err = v.Text()
	} else {
		r.Number, err = v.Number(t.Bit)
	}
	switch {
	case errors.Is(err, enip.ErrImprecise):
		r.Err = connect.ErrImprecise
	case err != nil:
		r.Err = fmt.Errorf("%w: %w", connect.ErrMalformed, err)
	}
}

// refusal says what a status means for one point.
func refusal(s enip.Status) error {
	switch s.General {
	case enip.PathSegment, enip.PathUnknown, enip.InvalidMember:
		return fmt.Errorf("%w: %w", connect.ErrUnconfigured, s)
	case enip.GeneralError:
		if s.Extended == enip.BeyondEnd {
			return fmt.Errorf("%w: %w", connect.ErrUnconfigured, s)
		}
	}
	return fmt.Errorf("%w: %w", connect.ErrRefused, s)
}
