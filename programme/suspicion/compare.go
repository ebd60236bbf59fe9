package suspicion

import (
	"context"
	"fmt"
	"slices"
	"time"

	"zhigai/calc/authenticity"
	"zhigai/fact"
	"zhigai/plant"
)

// Way says by which nodes a plant reports and whose it is.
type Way struct {
	Nodes []string
	Firm  string
}

const (
	// lookBack is how many days before a day it is compared with: who copies, copies
	// what is at hand. Sketches from below are kept no longer.
	lookBack = 7
	// maxCompared bounds the sketches of one comparison: a province's day. With
	// fewer machines it looks back, day by day.
	maxCompared = 600_000
	// heldHashes are in memory at once, 16 bytes each.
	heldHashes = 4_000_000
	// hashesOf is how many a sketch has at most.
	hashesOf = 80
	// atOnce is how many suspicions are recorded in one step.
	atOnce = 1000
)

// Compared is what a comparison did.
type Compared struct {
	Dates int
	Found int  // suspicions that were new
	Full  bool // there were more matches than are looked at
}

// Compare compares the days of machines of which rows came behind a number, in
// the order in which they came, and returns how far it has come. Machines that
// report by one node were compared there.
func (d *Desk) Compare(ctx context.Context, tenant plant.TenantNo, after uint64) (through uint64, out Compared, err error) {
	oldest := d.Now().AddDate(0, 0, -2*lookBack).Format(time.DateOnly)
	dates, head, err := d.Sketches.DatesAfter(ctx, tenant, after, oldest)
	if err != nil || len(dates) == 0 {
		return max(head, after), out, err
	}
	ways, err := d.Ways(ctx, tenant)
	if err != nil {
		return after, out, err
	}
	apart := func(a, b string) bool {
		x, y := ways[plant.NodeID(a)], ways[plant.NodeID(b)]
		return !slices.ContainsFunc(x.Nodes, func(w string) bool { return slices.Contains(y.Nodes, w) })
	}
	for _, date := range dates {
		found, full, err := d.compareDay(ctx, tenant, date, apart, ways)
		if err != nil {
			return after, out, fmt.Errorf("compare machines on %s: %w", date, err)
		}
		out.Dates, out.Found, out.Full = out.Dates+1, out.Found+found, out.Full || full
	}
	return head, out, d.Sketches.DropForeign(ctx, tenant, oldest)
}

func (d *Desk) compareDay(ctx context.Context, tenant plant.TenantNo, date string, apart func(a, b string) bool, ways map[plant.NodeID]Way) (int, bool, error) {
	day, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return 0, false, fmt.Errorf("%w: date %q", ErrInvalid, date)
	}
	from, count := date, 0
	for back := range lookBack + 1 {
		first := day.AddDate(0, 0, -back).Format(time.DateOnly)
		n, err := d.Sketches.SketchCount(ctx, tenant, first, date)
		if err != nil {
			return 0, false, err
		}
		if back > 0 && n > maxCompared {
			break
		}
		from, count = first, n
	}
	each := func(yield func(authenticity.Labelled) error) error {
		return d.Sketches.EachSketch(ctx, tenant, from, date, yield)
	}
	matches, full, err := authenticity.Between(date, count*hashesOf, heldHashes, each, apart)
	if err != nil {
		return 0, false, err
	}
	var events []fact.Event
	for _, m := range matches {
		if m.Kind == authenticity.CopiedFirm && sameFirm(ways, m) {
			m.Kind = authenticity.CopiedMachine
		}
		events = append(events, suspect(m, m.A, m.B), suspect(m, m.B, m.A))
	}
	// What an earlier comparison found is named by the same source.
	found := 0
	for len(events) > 0 {
		n := min(len(events), atOnce)
		before := d.Now()
		stored, err := d.Journal.Append(ctx, tenant, events[:n]...)
		if err != nil {
			return found, full, err
		}
		for _, e := range stored {
			if e.Recorded >= plant.MicrosOf(before) {
				found++
			}
		}
		events = events[n:]
	}
	return found, full, nil
}

func sameFirm(ways map[plant.NodeID]Way, m authenticity.Match) bool {
	firm := ways[plant.NodeID(m.A.Owner)].Firm
	return firm != "" && firm == ways[plant.NodeID(m.B.Owner)].Firm
}

// suspect is the fact that a machine's day is like another's.
func suspect(m authenticity.Match, own, other authenticity.Whose) fact.Event {
	payload := fact.Suspicion{
		Kind: string(m.Kind), Date: own.Day, Other: plant.NodeID(other.Machine), OtherDate: other.Day, Share: m.Likeness.Share,
		Got: float64(max(m.Likeness.Shapes, m.Likeness.Clocks)), Limit: authenticity.BriefFrom,
	}
	at, _ := time.Parse(time.DateOnly, own.Day) // it was kept by its date
	e := fact.New(fact.KindSuspicion, plant.NodeID(own.Machine), at, fmt.Sprintf("authenticity:%s:%s:%s:%s:%s", own.Machine, own.Day, m.Kind, other.Machine, other.Day), payload)
	e.SourceSeq = 1
	return e
}
