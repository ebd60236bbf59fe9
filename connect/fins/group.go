package fins

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"zhigai/connect"
	"zhigai/connect/fins/frame"
)

// group is the points of one round and the questions that read them.
type group struct {
	conn   *conn
	points []point
	wrong  []error // points that can never be read
	jobs   []job
	self   []int // points the controller says of itself
}

// job is one question: one span, or several that are scattered and short.
type job []span

// span is a stretch of memory and the points in it.
type span struct {
	frame.Range
	members []int
}

// Prepare implements [connect.Conn]: neighbouring words share a question, and
// what is scattered is read together.
func (c *conn) Prepare(points []connect.Point) (connect.Group, error) {
	g := &group{conn: c, points: make([]point, len(points)), wrong: make([]error, len(points))}
	var use []int
	for i, p := range points {
		var err error
		if g.points[i], err = parse(p.Address, p.Kind); err != nil {
			g.wrong[i] = fmt.Errorf("%w: %w", connect.ErrUnconfigured, err)
			continue
		}
		if g.points[i].self != "" {
			g.self = append(g.self, i)
			continue
		}
		use = append(use, i)
	}
	g.jobs = g.gather(g.join(use))
	return g, nil
}

// join merges points that are sorted by place, filling small gaps. Bits are read
// with their words.
func (g *group) join(use []int) []span {
	slices.SortStableFunc(use, func(a, b int) int {
		p, q := &g.points[a], &g.points[b]
		return cmp.Or(cmp.Compare(p.Area, q.Area), cmp.Compare(p.Start, q.Start))
	})
	var out []span
	for _, i := range use {
		p := &g.points[i]
		if n := len(out); n > 0 {
			s := &out[n-1]
			end := max(int(s.Start)+s.Count, int(p.Start)+p.Words())
			if s.Area == p.Area && int(p.Start) <= int(s.Start)+s.Count+g.conn.settings.gapFill && end-int(s.Start) <= g.conn.settings.maxWords {
				s.Count = end - int(s.Start)
				s.members = append(s.members, i)
				continue
			}
		}
		out = append(out, g.cover([]int{i}))
	}
	return out
}

// cover is the span of points that are sorted by place.
func (g *group) cover(members []int) span {
	p := &g.points[members[0]]
	s := span{Range: frame.Range{Area: p.Area, Start: p.Start}, members: slices.Clone(members)}
	for _, m := range members {
		s.Count = max(s.Count, int(g.points[m].Start)+g.points[m].Words()-int(p.Start))
	}
	return s
}

// short is up to how many words a span is better read among scattered ones: each
// word costs seven bytes there, a question of its own a round trip.
const short = 4

// gather puts short spans into common questions.
func (g *group) gather(spans []span) []job {
	var out []job
	var many job
	elements := 0
	for _, s := range spans {
		if s.Count > short || g.conn.noMany {
			out = append(out, job{s})
			continue
		}
		if elements+s.Count > min(frame.MaxReadMany, g.conn.settings.maxWords) {
			out, many, elements = append(out, many), nil, 0
		}
		many, elements = append(many, s), elements+s.Count
	}
	if len(many) > 0 {
		out = append(out, many)
	}
	return out
}

// Read implements [connect.Group].
func (g *group) Read(ctx context.Context, dst []connect.Reading) error {
	if len(g.jobs)+len(g.self) == 0 {
		// Nothing to ask would look like an answer, and a dead device alive.
		return fmt.Errorf("fins %s: none of the points can be read: %w", g.conn.settings.address, errors.Join(g.wrong...))
	}
	for i := range dst {
		dst[i] = connect.Reading{Point: i, Err: g.wrong[i], Raw: dst[i].Raw[:0]}
	}
	if err := g.readSelf(ctx, dst); err != nil {
		return err
	}
	for i := 0; i < len(g.jobs); i++ {
		j := g.jobs[i]
		err := g.run(ctx, j, dst)
		var end frame.EndCode
		switch {
		case err == nil:
		case !errors.As(err, &end) || end.OnTheWay():
			return err
		case len(j) > 1 && end == frame.UndefinedCommand:
			// It cannot read scattered words at one time: one question a span, and
			// remember.
			g.conn.noMany = true
			g.replace(i, g.gather(slices.Clone(j))...)
			i--
		case len(j) > 1: // one of them may be what is refused
			half := len(j) / 2
			g.replace(i, j[:half:half], j[half:])
			i--
		case len(j) == 1 && len(j[0].members) > 1 && ofPlace(end):
			// Some word does not exist, or the controller takes shorter questions:
			// halve until the guilty one stands alone, and remember.
			half := len(j[0].members) / 2
			g.replace(i, job{g.cover(j[0].members[:half])}, job{g.cover(j[0].members[half:])})
			i--
		default:
			for _, s := range j {
				for _, m := range s.members {
					dst[m].Err = refusal(end)
				}
			}
		}
	}
	return nil
}

func (g *group) replace(i int, with ...job) { g.jobs = slices.Replace(g.jobs, i, i+1, with...) }

// ofPlace reports whether the end code may be of one place among many, or of too
// many of them.
func ofPlace(e frame.EndCode) bool { return e>>8 == 0x11 || e>>8 == 0x10 }

func refusal(e frame.EndCode) error {
	if e == frame.AreaMissing || e == frame.AddressRange || e == frame.RangeExceeded {
		return fmt.Errorf("%w: %w", connect.ErrUnconfigured, e)
	}
	return fmt.Errorf("%w: %w", connect.ErrRefused, e)
}

// run asks one question and gives every point its part of the answer.
func (g *group) run(ctx context.Context, j job, dst []connect.Reading) error {
	if len(j) == 1 {
		s := &j[0]
		return g.conn.ask(ctx, frame.ReadMemory, s.Read(), true, func(f frame.Frame) error {
			data, err := f.Check(s.Size())
			if err == nil {
				g.spread(s, data, dst)
			}
			return err
		})
	}
	ranges := make([]frame.Range, len(j))
	for i, s := range j {
		ranges[i] = s.Range
	}
	return g.conn.ask(ctx, frame.ReadMany, frame.Many(ranges), true, func(f frame.Frame) error {
		data, err := f.Check(frame.ManySize(ranges))
		if err != nil {
			return err
		}
		pieces, err := frame.SplitMany(ranges, data)
		for i := range pieces {
			g.spread(&j[i], pieces[i], dst)
		}
		return err
	})
}

// spread gives every point of a span its part of the data.
func (g *group) spread(s *span, data []byte, dst []connect.Reading) {
	width := len(data) / s.Count
	for _, m := range s.members {
		p := &g.points[m]
		at := width * int(p.Start-s.Start)
		p.decode(data[at:at+p.Size()], &g.conn.settings, &dst[m])
	}
}

// readSelf fills the points that the controller says of itself.
func (g *group) readSelf(ctx context.Context, dst []connect.Reading) error {
	if len(g.self) == 0 {
		return nil
	}
	if len(g.jobs) == 0 { // a value that was remembered is no sign of life
		if err := g.conn.greet(ctx); err != nil {
			return err
		}
	}
	for _, m := range g.self {
		dst[m].Text = g.conn.model
		if g.points[m].self == "version" {
			dst[m].Text = g.conn.version
		}
		if dst[m].Text == "" {
			dst[m].Err = fmt.Errorf("%w: the controller does not say its %s", connect.ErrUnconfigured, g.points[m].self)
		}
	}
	return nil
}
