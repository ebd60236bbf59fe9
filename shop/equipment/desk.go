package equipment

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/figure"
	"zhigai/plant"
)

// ErrInvalid wraps what is wrong with something a person entered.
var ErrInvalid = errors.New("equipment: not valid")

// Totaller sums the terms of figures; *figure.Engine is one.
type Totaller interface {
	Totals(ctx context.Context, scope access.Scope, kind figure.Kind, from, to plant.Micros) ([]figure.Totals, error)
}

// Desk is where people look at what machines did and say why they stood. The
// scope of every method is what the asker may see.
type Desk struct {
	Fleet   *Fleet
	Reader  Reader
	Totals  Totaller
	Changed func(ctx context.Context, tenant plant.TenantNo, events []fact.Event) // told of every fact entered; may be nil
	Now     func() time.Time
}

// Limits of one question at the desk.
const (
	maxTimeline = 8 * 24 * time.Hour // a week and a day to see how it began
	maxListed   = 500                // stops on one page
)

// machine finds one by its id within the scope, as it is now or was at t.
func (d *Desk) machine(ctx context.Context, scope access.Scope, node plant.NodeID, t plant.Micros) (*Machine, error) {
	for _, at := range []plant.Micros{min(t, plant.MicrosOf(d.Now())), plant.MicrosOf(d.Now())} {
		s, err := d.Fleet.At(ctx, scope.Tenant, at)
		if err != nil {
			return nil, err
		}
		if m, ok := s.Machines[node]; ok && scope.Allows(m.Path) {
			return m, nil
		}
	}
	return nil, fmt.Errorf("%w: machine %s", access.ErrNotFound, node)
}

func (d *Desk) span(from, to plant.Micros) (plant.Micros, plant.Micros, error) {
	from, to = floorMs(from), floorMs(min(to, plant.MicrosOf(d.Now())))
	switch {
	case to <= from:
		return from, to, fmt.Errorf("%w: the time ends before it begins, or has not begun", ErrInvalid)
	case to-from > plant.Micros(maxTimeline.Microseconds()):
		return from, to, fmt.Errorf("%w: %s at once; %s are allowed", ErrInvalid, time.Duration(to-from)*time.Microsecond, maxTimeline)
	}
	return from, to, nil
}

// Timeline says what a machine did in [from, to), up to now.
func (d *Desk) Timeline(ctx context.Context, scope access.Scope, node plant.NodeID, from, to plant.Micros) ([]Interval, error) {
	from, to, err := d.span(from, to)
	if err != nil {
		return nil, err
	}
	m, err := d.machine(ctx, scope, node, to)
	if err != nil {
		return nil, err
	}
	return d.intervals(ctx, m, from, to)
}

// Counted lists the parts that a machine itself counted in [from, to), up to
// now; what people typed is left out.
func (d *Desk) Counted(ctx context.Context, scope access.Scope, node plant.NodeID, from, to plant.Micros) ([]figure.CountedParts, error) {
	from, to, err := d.span(from, to)
	if err != nil {
		return nil, err
	}
	m, err := d.machine(ctx, scope, node, to)
	if err != nil {
		return nil, err
	}
	facts, err := d.Reader.Gather(ctx, m, from, to)
	if err != nil {
		return nil, err
	}
	facts.Events = slices.DeleteFunc(facts.Events, func(e fact.Event) bool { return e.Kind == fact.KindCount })
	var out []figure.CountedParts
	for _, c := range d.Reader.Settings.replay(m, facts, from, to).counts {
		out = append(out, figure.CountedParts{At: c.At, Product: c.Product, Good: c.Good, Scrap: c.Scrap, Rework: c.Rework})
	}
	return out, nil
}

// Stop is a whole standstill of a machine in planned operation.
type Stop struct {
	Node    plant.NodeID `json:"node"`
	Path    string       `json:"path"`
	Name    plant.Name   `json:"name"`
	From    plant.Micros `json:"from"`
	To      plant.Micros `json:"to"`   // so far, of an open one
	Open    bool         `json:"open"` // still standing
	Micro   bool         `json:"micro"`
	State   State        `json:"state"`
	Reason  string       `json:"reason"` // of its longest part
	SaidBy  string       `json:"said_by,omitempty"`
	Shift   string       `json:"shift,omitempty"`
	Product string       `json:"product,omitempty"`
	LostMs  int64        `json:"lost_ms"` // of it in planned busy time
	Parts   []Part       `json:"parts"`
}

// Part is time of a stop with one reason.
type Part struct {
	From   plant.Micros `json:"from"`
	To     plant.Micros `json:"to"`
	Reason string       `json:"reason"`
	SaidBy string       `json:"said_by,omitempty"`
}

// StopFilter chooses stops.
type StopFilter struct {
	Node       plant.NodeID // one machine; empty for all in the scope
	From, To   plant.Micros
	Unassigned bool   // only those with a part that nobody explained
	Micro      bool   // minor stops too
	Cursor     string // where the last page ended
	Limit      int    // 0 means 100
}

// StopPage is a page of stops, newest first.
type StopPage struct {
	Stops []Stop `json:"stops"`
	Next  string `json:"next,omitempty"` // cursor of the next page
}

// Stops lists stops, newest first. A stop that began before From shows from
// there on.
func (d *Desk) Stops(ctx context.Context, scope access.Scope, f StopFilter) (StopPage, error) {
	from, to, err := d.span(f.From, f.To)
	if err != nil {
		return StopPage{}, err
	}
	s, err := d.Fleet.At(ctx, scope.Tenant, to-1)
	if err != nil {
		return StopPage{}, err
	}
	var all []Stop
	for _, m := range s.Machines {
		if m.Excluded || !scope.Allows(m.Path) || f.Node != "" && m.Node != f.Node {
			continue
		}
		did, err := d.intervals(ctx, m, from, to)
		if err != nil {
			return StopPage{}, err
		}
		all = append(all, stopsOf(m, did, to)...)
	}
	all = slices.DeleteFunc(all, func(s Stop) bool {
		return s.LostMs == 0 || s.Micro && !f.Micro || f.Unassigned && !slices.ContainsFunc(s.Parts, func(p Part) bool { return p.Reason == Unassigned })
	})
	slices.SortFunc(all, func(a, b Stop) int { return strings.Compare(b.key(), a.key()) })
	limit := f.Limit
	if limit <= 0 {
		limit = 100
	}
	limit = min(limit, maxListed)
	first := 0
	if f.Cursor != "" {
		first = len(all)
		if i := slices.IndexFunc(all, func(s Stop) bool { return s.key() < f.Cursor }); i >= 0 {
			first = i
		}
	}
	page := StopPage{Stops: all[first:min(first+limit, len(all))]}
	if first+limit < len(all) {
		page.Next = page.Stops[limit-1].key()
	}
	return page, nil
}

func (s Stop) key() string { return fmt.Sprintf("%020d.%s", s.From, s.Node) }

// stopsOf joins intervals to whole stops.
func stopsOf(m *Machine, in []Interval, now plant.Micros) []Stop {
	var out []Stop
	for _, i := range in {
		if i.Stop == 0 {
			continue
		}
		n := len(out)
		if n == 0 || out[n-1].To != i.From {
			out = append(out, Stop{Node: m.Node, Path: m.Path, Name: m.Name, From: i.From, State: i.State, Shift: i.Shift, Product: i.Product, Micro: i.MicroStop})
			n++
		}
		s := &out[n-1]
		s.To, s.Open = i.To, i.To >= now
		if i.Class != ClassNone && i.Class != PDOT {
			s.LostMs += i.Ms()
		}
		if k := len(s.Parts); k > 0 && s.Parts[k-1].Reason == i.Reason && s.Parts[k-1].SaidBy == i.SaidBy {
			s.Parts[k-1].To = i.To
		} else {
			s.Parts = append(s.Parts, Part{From: i.From, To: i.To, Reason: i.Reason, SaidBy: i.SaidBy})
		}
	}
	for k := range out {
		longest := slices.MaxFunc(out[k].Parts, func(a, b Part) int { return cmp.Compare(a.To-a.From, b.To-b.From) })
		out[k].Reason, out[k].SaidBy = longest.Reason, longest.SaidBy
	}
	return out
}

// ReasonLoss is what one reason cost.
type ReasonLoss struct {
	Reason Reason  `json:"reason"`
	Ms     int64   `json:"ms"`
	Stops  int64   `json:"stops"`
	Share  float64 `json:"share"` // of all reasons together
	// Window is what was looked at; its parts are LossParts of it.
	Window figure.Span `json:"window"`
}

// Pareto lists what each reason cost in [from, to), widened to full hours, the
// dearest first.
func (d *Desk) Pareto(ctx context.Context, scope access.Scope, from, to plant.Micros) ([]ReasonLoss, error) {
	totals, err := d.Totals.Totals(ctx, scope, figure.Range, from, to)
	if err != nil {
		return nil, err
	}
	var out []ReasonLoss
	var all int64
	for _, t := range totals {
		for term, ms := range t.Terms {
			id, ok := strings.CutPrefix(term, TermStop(""))
			if !ok {
				continue
			}
			reason, known := d.Reader.Settings.Reasons.Reason(id)
			if !known { // taken out of the tree since
				reason = Reason{ID: id, Name: plant.Name{ZH: id, EN: id}, Loss: LossOther}
			}
			all += ms
			out = append(out, ReasonLoss{Reason: reason, Ms: ms, Stops: t.Terms[TermStopCount(id)], Window: t.Window})
		}
	}
	slices.SortFunc(out, func(a, b ReasonLoss) int {
		return cmp.Or(cmp.Compare(b.Ms, a.Ms), strings.Compare(a.Reason.ID, b.Reason.ID))
	})
	for i := range out {
		out[i].Share = float64(out[i].Ms) / float64(all)
	}
	return out, nil
}

// LossPart is a piece of time that a stop reason took from planned busy time.
type LossPart struct {
	Interval
	Node plant.NodeID
	Path string
	Name plant.Name // of the machine
}

// LossParts lists what [Desk.Pareto] adds up for one reason, in order of time:
// the lengths of the parts are the reason's loss, to the millisecond.
func (d *Desk) LossParts(ctx context.Context, scope access.Scope, reason string, from, to plant.Micros) ([]LossPart, error) {
	from, to, err := d.span(from, to)
	if err != nil {
		return nil, err
	}
	s, err := d.Fleet.At(ctx, scope.Tenant, to-1)
	if err != nil {
		return nil, err
	}
	var out []LossPart
	for _, m := range s.Machines {
		if m.Excluded || !scope.Allows(m.Path) {
			continue
		}
		facts, err := d.Reader.Gather(ctx, m, from, to)
		if err != nil {
			return nil, err
		}
		for _, i := range d.Reader.Settings.Intervals(m, facts, from, to) {
			if i.Reason == reason && i.Class != ClassNone && i.Class != PDOT && i.Class != ClassUnknown {
				out = append(out, LossPart{i, m.Node, m.Path, m.Name})
			}
		}
	}
	slices.SortFunc(out, func(a, b LossPart) int {
		return cmp.Or(cmp.Compare(a.From, b.From), strings.Compare(string(a.Node), string(b.Node)))
	})
	return out, nil
}

// unmarshal reads a payload that this program wrote.
func unmarshal[T any](e fact.Event) (T, bool) {
	var p T
	return p, json.Unmarshal(e.Payload, &p) == nil
}
