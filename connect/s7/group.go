package s7

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"zhigai/connect"
	"zhigai/connect/s7/pdu"
	"zhigai/plant"
)

// group is the points of one round and the jobs that read them.
type group struct {
	conn   *conn
	points []point
	kinds  []plant.TagKind
	wrong  []error // points that can never be read
	use    []int   // points in memory, by place
	self   []int   // points the controller says of itself
	length int     // of a PDU, for which the plan is made
	spans  []*span
	jobs   []job
}

// span is a stretch of memory read in one piece, and the points in it. Start and
// count are in the numbers of the area.
type span struct {
	item    pdu.Item
	members []int
	data    []byte
	code    pdu.Code
}

// job is one question: pieces of spans that fit into it.
type job struct {
	items  []pdu.Item
	pieces []piece
}

// piece is where an item's data goes.
type piece struct {
	span *span
	at   int
}

// Prepare implements [connect.Conn]: neighbouring places share an item, items
// share a question.
func (c *conn) Prepare(points []connect.Point) (connect.Group, error) {
	g := &group{conn: c, points: make([]point, len(points)), kinds: make([]plant.TagKind, len(points)), wrong: make([]error, len(points))}
	for i, p := range points {
		var err error
		g.kinds[i] = p.Kind
		if g.points[i], err = parse(p.Address, p.Kind); err != nil {
			g.wrong[i] = fmt.Errorf("%w: %w", connect.ErrUnconfigured, err)
			continue
		}
		if g.points[i].self != "" {
			g.self = append(g.self, i)
			continue
		}
		g.use = append(g.use, i)
	}
	slices.SortStableFunc(g.use, func(a, b int) int {
		p, q := &g.points[a], &g.points[b]
		return cmp.Or(cmp.Compare(p.Area, q.Area), cmp.Compare(p.DB, q.DB), cmp.Compare(p.Byte, q.Byte))
	})
	return g, nil
}

// plan merges points that are sorted by place, filling small gaps, for a PDU of
// the length. No span is longer than one item, so that a value always comes from
// one instant, but for a text that alone is longer.
func (g *group) plan(length int) {
	g.length, g.spans = length, nil
	for _, i := range g.use {
		p := &g.points[i]
		start, count := p.Place()
		most, fill := pdu.MaxReadBytes(g.length), g.conn.settings.gapFill
		if p.Elementary() {
			most, fill = most/2, fill/2
		}
		if n := len(g.spans); n > 0 {
			s := g.spans[n-1]
			end := max(s.item.Start+s.item.Count, start+count)
			if s.item.Area == p.Area && s.item.DB == p.DB && start <= s.item.Start+s.item.Count+fill && end-s.item.Start <= most {
				s.item.Count = end - s.item.Start
				s.members = append(s.members, i)
				continue
			}
		}
		g.spans = append(g.spans, &span{item: pdu.Item{Area: p.Area, DB: p.DB, Start: start, Count: count}, members: []int{i}})
	}
	g.jobs = pack(g.spans, g.length)
}

// pack puts items into questions, each into the first that has room.
func pack(spans []*span, length int) []job {
	var jobs []job
	var budgets []pdu.Budget
	add := func(i pdu.Item, p piece, bytes int) {
		for n := range jobs {
			if budgets[n].Take(bytes) {
				jobs[n].items, jobs[n].pieces = append(jobs[n].items, i), append(jobs[n].pieces, p)
				return
			}
		}
		b := pdu.NewBudget(length)
		b.Take(bytes)
		budgets = append(budgets, b)
		jobs = append(jobs, job{items: []pdu.Item{i}, pieces: []piece{p}})
	}
	most := pdu.MaxReadBytes(length)
	for _, s := range spans {
		width := s.width()
		s.data = slices.Grow(s.data[:0], width*s.item.Count)[:width*s.item.Count]
		for at := 0; at < s.item.Count; at += most / width {
			i := s.item
			i.Start += at
			i.Count = min(most/width, s.item.Count-at)
			add(i, piece{s, width * at}, width*i.Count)
		}
	}
	return jobs
}

// width is how many bytes one number of the area is.
func (s *span) width() int {
	if s.item.Area == pdu.Timers || s.item.Area == pdu.Counters {
		return 2
	}
	return 1
}

// Read implements [connect.Group].
func (g *group) Read(ctx context.Context, dst []connect.Reading) error {
	if len(g.use)+len(g.self) == 0 {
		// Nothing to ask would look like an answer, and a dead device alive.
		return fmt.Errorf("s7 %s: none of the points can be read: %w", g.conn.settings.address, errors.Join(g.wrong...))
	}
	for i := range dst {
		dst[i] = connect.Reading{Point: i, Err: g.wrong[i], Raw: dst[i].Raw[:0]}
	}
	if err := g.readSelf(ctx, dst); err != nil {
		return err
	}
	if len(g.use) == 0 {
		return nil
	}
	length, err := g.conn.link.connect(ctx, &g.conn.settings)
	if err != nil {
		return fmt.Errorf("s7 %s: %w", g.conn.settings.address, err)
	}
	if length != g.length {
		g.plan(length) // the controller has agreed on another since the last
	}
	for jobs := g.jobs; len(jobs) > 0; {
		if err := g.run(ctx, jobs); err != nil {
			var refused pdu.Refusal
			if !errors.As(err, &refused) {
				return err
			}
			length, err := g.conn.link.connect(ctx, &g.conn.settings)
			if err == nil && length != g.length {
				g.plan(length) // it was connected again in between
				jobs = g.jobs
				continue
			}
			g.refuse(refused, dst)
			return nil
		}
		// Some place in a span does not exist: halve until the guilty one stands
		// alone, and remember.
		if again := g.split(jobs); len(again) > 0 {
			jobs = pack(again, g.length)
			continue
		}
		break
	}
	for _, s := range g.spans {
		g.spread(s, dst)
	}
	return nil
}

// run asks jobs and puts the data into the spans.
func (g *group) run(ctx context.Context, jobs []job) error {
	for _, j := range jobs {
		for _, p := range j.pieces {
			p.span.code = pdu.Good
		}
	}
	for _, j := range jobs {
		err := g.conn.ask(ctx, pdu.Read(j.items), true, func(m pdu.Message) error {
			results, err := pdu.CheckRead(j.items, m)
			for n, r := range results {
				if r.Code != pdu.Good {
					j.pieces[n].span.code = r.Code
					continue
				}
				copy(j.pieces[n].span.data[j.pieces[n].at:], r.Data)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// split replaces the spans of jobs that failed and have more than one member by
// their halves, and gives those.
func (g *group) split(jobs []job) []*span {
	var again []*span
	done := map[*span]bool{}
	for _, j := range jobs {
		for _, p := range j.pieces {
			s := p.span
			if done[s] || s.code == pdu.Good || s.code == pdu.HardwareFault || len(s.members) == 1 {
				continue
			}
			done[s] = true
			half := len(s.members) / 2
			again = append(again, g.cover(s.members[:half]), g.cover(s.members[half:]))
		}
	}
	if len(again) > 0 {
		g.spans = append(slices.DeleteFunc(g.spans, func(s *span) bool { return done[s] }), again...)
		g.jobs = pack(g.spans, g.length)
	}
	return again
}

// cover is the span of points that are sorted by place.
func (g *group) cover(members []int) *span {
	p := &g.points[members[0]]
	s := &span{item: pdu.Item{Area: p.Area, DB: p.DB, Start: p.Byte}, members: slices.Clone(members)}
	for _, m := range members {
		start, count := g.points[m].Place()
		s.item.Count = max(s.item.Count, start+count-s.item.Start)
	}
	return s
}

// spread gives every point of a span its part of the data, or the reason.
func (g *group) spread(s *span, dst []connect.Reading) {
	for _, m := range s.members {
		if s.code != pdu.Good {
			dst[m].Err = itemError(s.code)
			continue
		}
		p := &g.points[m]
		at := s.width() * (p.Byte - s.item.Start)
		p.decode(s.data[at:at+p.Size()], &g.conn.settings, g.kinds[m], &dst[m])
	}
}

func itemError(c pdu.Code) error {
	if c == pdu.OutOfRange || c == pdu.NotExisting {
		return fmt.Errorf("%w: %w", connect.ErrUnconfigured, c)
	}
	return fmt.Errorf("%w: %w", connect.ErrRefused, c)
}

// refuse marks all points in memory: the controller is there and does not let
// them be read.
func (g *group) refuse(e pdu.Refusal, dst []connect.Reading) {
	for _, m := range g.use {
		dst[m].Err = fmt.Errorf("%w: %w", connect.ErrRefused, e)
	}
}
