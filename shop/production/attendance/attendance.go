// Package attendance says how much of the time in which people were there they
// were at work on orders (worker efficiency of ISO 22400-2). It is a fold over the
// stretches that the pay office is told.
//
// Nobody clocks in here: that somebody was there is known from sign-ins at jobs
// alone. Start with [Fold] and [Desk.Figures].
package attendance

import (
	"cmp"
	"slices"
	"time"

	"zhigai/plant"
	"zhigai/shop/production"
)

// Names of the terms of a person. Times are in milliseconds.
const (
	People = "people"  // 1
	APWTMs = "apwt_ms" // actual personnel work time: signed in at jobs
	APATMs = "apat_ms" // actual personnel attendance time
)

// TermNames are all of them.
func TermNames() []string { return []string{People, APWTMs, APATMs} }

// MaxGap is how long somebody may be signed in nowhere and still be there: longer
// than a meal or a meeting, shorter than the rest between two shifts.
const MaxGap = 4 * time.Hour

// Stay is time in which somebody was there.
type Stay struct {
	From plant.Instant `json:"from"`
	To   plant.Instant `json:"to"`
}

// Person is somebody with what he or she did in a window.
type Person struct {
	Person string           `json:"person"`
	Orders int              `json:"orders"`
	Stays  []Stay           `json:"stays" nullable:"false" doc:"From signing in to signing out; breaks are not taken out of them"`
	Terms  map[string]int64 `json:"terms"`
}

// Breaks are the breaks of a machine's calendar in [from, to), in order.
type Breaks func(machine plant.NodeID, from, to plant.Instant) ([]plant.Span, error)

// Fold makes the people of what they worked, whatever order it comes in; by name.
// The breaks in a gap are those of the machine that somebody worked at before.
func Fold(worked []production.Worked, breaks Breaks) ([]Person, error) {
	worked = slices.DeleteFunc(slices.Clone(worked), func(w production.Worked) bool { return w.Person == "" || w.From >= w.To })
	slices.SortFunc(worked, func(a, b production.Worked) int {
		return cmp.Or(cmp.Compare(a.Person, b.Person), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To), cmp.Compare(a.Order, b.Order), cmp.Compare(a.Job, b.Job))
	})
	out := []Person{}
	for len(worked) > 0 {
		n := slices.IndexFunc(worked, func(w production.Worked) bool { return w.Person != worked[0].Person })
		if n < 0 {
			n = len(worked)
		}
		p, err := person(worked[:n], breaks)
		if err != nil {
			return nil, err
		}
		out, worked = append(out, p), worked[n:]
	}
	return out, nil
}

func person(worked []production.Worked, breaks Breaks) (Person, error) {
	p := Person{Person: worked[0].Person, Terms: map[string]int64{People: 1}}
	var work, there plant.Instant
	orders := map[string]bool{}
	last := worked[0]
	for i, w := range worked {
		orders[w.Order] = true
		n := len(p.Stays)
		switch {
		case i == 0 || w.From-p.Stays[n-1].To >= plant.Instant(MaxGap.Microseconds()):
			p.Stays = append(p.Stays, Stay{w.From, w.To})
			work, last = work+w.To-w.From, w
			continue
		case w.From > p.Stays[n-1].To:
			gap := Stay{p.Stays[n-1].To, w.From}
			off, err := within(gap, last, breaks)
			if err != nil {
				return Person{}, err
			}
			there += gap.To - gap.From - off
			work += w.To - w.From
		case w.To > p.Stays[n-1].To:
			work += w.To - p.Stays[n-1].To
		}
		if w.To >= p.Stays[n-1].To {
			p.Stays[n-1].To, last = w.To, w
		}
	}
	p.Orders = len(orders)
	p.Terms[APWTMs], p.Terms[APATMs] = int64(work)/1000, int64(work+there)/1000
	return p, nil
}

// within is how much of a gap is break at a machine of the last stretch.
func within(gap Stay, last production.Worked, breaks Breaks) (plant.Instant, error) {
	if len(last.Equipment) == 0 {
		return 0, nil
	}
	spans, err := breaks(last.Equipment[len(last.Equipment)-1], gap.From, gap.To)
	var off plant.Instant
	for _, s := range spans {
		off += max(0, min(plant.Instant(s.To), gap.To)-max(plant.Instant(s.From), gap.From))
	}
	return off, err
}
