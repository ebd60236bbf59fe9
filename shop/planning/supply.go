package planning

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"zhigai/plant"
)

// Supply is what of an item is there, and what will be. Of an item that is not
// among those of a state no books are kept: nothing waits for it.
type Supply struct {
	Item     string
	Stock    []Stock
	Arrivals []Arrival
}

// Stock is what of an item may be used, by place.
type Stock struct {
	Path     string
	Quantity plant.Quantity
}

// Arrival is material that is expected.
type Arrival struct {
	ID        string         `json:"id"`
	Path      string         `json:"path"`
	Party     string         `json:"party,omitempty" doc:"Supplier"`
	Reference string         `json:"reference,omitempty" doc:"Number of the purchase order"`
	Due       plant.Instant  `json:"due" doc:"When it is expected"`
	Quantity  plant.Quantity `json:"quantity" doc:"Still to come"`
}

// Amount is so much of an item.
type Amount struct {
	Item     string
	Quantity plant.Quantity
}

// Cover is when what a job takes of an item is there.
type Cover struct {
	Item    string         `json:"item"`
	Need    plant.Quantity `json:"need" doc:"That the job still takes"`
	Short   plant.Quantity `json:"short,omitempty" doc:"Of it is neither there nor expected"`
	At      plant.Instant  `json:"at,omitempty" doc:"When all of it is there; left out when it lies there now"`
	Arrival *Arrival       `json:"arrival,omitempty" doc:"The one that it waits for, the last of several"`
}

// source is a quantity of an item at a place from an instant on.
type source struct {
	path    string
	at      plant.Instant // 0: now
	arrival *Arrival
	left    plant.Quantity
}

// reaches says whether what lies at a place is used at another: both are of one
// site, or one is around the other.
func (s *source) reaches(place string) bool {
	return plant.Within(s.path, siteOf(place)) || plant.Within(place, s.path)
}

// siteOf is the enterprise and the site of a path.
func siteOf(path string) string {
	parts := strings.SplitN(path, "/", 3)
	return strings.Join(parts[:min(2, len(parts))], "/")
}

// stores are what is there and will be of all items, each what comes first first.
type stores struct {
	of map[string][]*source
	// kept is what is put aside for an order, by its id.
	kept map[string]map[string][]*source
}

func (s *State) stores() stores {
	out := stores{of: map[string][]*source{}, kept: map[string]map[string][]*source{}}
	for _, one := range s.Supply {
		all := []*source{} // there, though it may be none
		for _, k := range one.Stock {
			all = append(all, &source{path: k.Path, left: k.Quantity})
		}
		for i := range one.Arrivals {
			a := &one.Arrivals[i]
			all = append(all, &source{path: a.Path, at: max(a.Due, s.At), arrival: a, left: a.Quantity})
		}
		slices.SortStableFunc(all, func(a, b *source) int { return cmp.Compare(a.at, b.at) })
		out.of[one.Item] = all
	}
	return out
}

// take gives so much of an item to a place from sources, what comes first first.
func take(from []*source, place string, much plant.Quantity) (got []*source, short plant.Quantity) {
	for _, s := range from {
		if much == 0 {
			break
		}
		if s.left == 0 || !s.reaches(place) {
			continue
		}
		n := min(s.left, much)
		s.left, much = s.left-n, much-n
		part := *s
		part.left = n
		got = append(got, &part)
	}
	return got, much
}

// cover says when an order has so much of an item: first of what is put aside for
// it, then of what others leave.
func (st stores) cover(o *Order, item string, need plant.Quantity) Cover {
	c := Cover{Item: item, Need: need}
	got, short := take(st.kept[o.ID][item], o.Place, need)
	more, short := take(st.of[item], o.Place, short)
	for _, s := range slices.Concat(got, more) {
		if s.at > c.At {
			c.At, c.Arrival = s.at, s.arrival
		}
	}
	c.Short = short
	return c
}

// covers says for every job that takes something of which books are kept when it
// is there. Jobs that are begun take first, then orders by urgency: by priority,
// then by due date; what is promised to nobody yet takes last. What is reserved
// for an order nobody else takes.
func (s *State) covers() map[Ref][]Cover {
	out := map[Ref][]Cover{}
	st := s.stores()
	if len(st.of) == 0 {
		return out
	}
	orders := s.byUrgency()
	for _, o := range orders {
		for _, r := range o.Reserved {
			got, _ := take(st.of[r.Item], o.Place, r.Quantity)
			if st.kept[o.ID] == nil {
				st.kept[o.ID] = map[string][]*source{}
			}
			st.kept[o.ID][r.Item] = got
		}
	}
	for _, begun := range []bool{true, false} {
		for _, o := range orders {
			for i := range o.Jobs {
				j := &o.Jobs[i]
				if o.State != OrderOpen || j.ended() || j.LeadMs > 0 || j.tied() != begun {
					continue
				}
				for _, m := range j.Materials {
					if _, kept := st.of[m.Item]; !kept {
						continue
					}
					if need := j.needs(o, m); need > 0 {
						r := Ref{o.ID, j.No}
						out[r] = append(out[r], st.cover(o, m.Item, need))
					}
				}
			}
		}
	}
	return out
}

// byUrgency are all orders in the order in which they take material.
func (s *State) byUrgency() []*Order {
	var out []*Order
	for _, all := range [][]Order{s.Orders, s.Others} {
		for i := range all {
			out = append(out, &all[i])
		}
	}
	slices.SortStableFunc(out, func(a, b *Order) int {
		last := func(o *Order) int {
			if o.ID == promisedID {
				return 1
			}
			return 0
		}
		return cmp.Or(cmp.Compare(last(a), last(b)), cmp.Compare(b.Priority, a.Priority), cmp.Compare(a.Due, b.Due), strings.Compare(a.Number, b.Number))
	})
	return out
}

// needs is what a job still takes of an item: for what it made and what is left,
// less what is booked as used. What it used and nobody booked lies in the books on
// both sides.
func (j *Job) needs(o *Order, m Amount) plant.Quantity {
	need, ok := m.Quantity.Times(j.Made + j.left(o.Quantity))
	if !ok {
		return 0 // more than any store holds: a mistake of the bill, which production refuses
	}
	for _, u := range j.Used {
		if u.Item == m.Item {
			need -= u.Quantity
		}
	}
	return max(0, need)
}

// last is the cover that a job waits for: one that is short, or the latest.
func last(covers []Cover) *Cover {
	var out *Cover
	for i := range covers {
		c := &covers[i]
		if out == nil || c.Short > 0 && out.Short == 0 || (c.Short > 0) == (out.Short > 0) && c.At > out.At {
			out = c
		}
	}
	return out
}

// supplied lets a job wait for what it takes; false when that will not be there.
func (c *chain) supplied(j *Job) (*Cover, bool) {
	at := last(c.covers[Ref{c.order.ID, j.No}])
	if at == nil || at.Short == 0 || j.State == jobRunning {
		return at, true
	}
	c.leave(c.order, j.No, WhyNoMaterial, "order %s, job %d takes %s of %s, and %s of it are neither there nor expected; enter when they arrive, count what lies there, or reserve it for this order",
		c.order.Number, j.No, at.Need, at.Item, at.Short)
	return nil, false
}

// awaited says in words what an operation waits for.
func (c *Cover) awaited() string {
	if c.Arrival == nil {
		return c.Item
	}
	return strings.TrimSpace(fmt.Sprintf("%s of %s", c.Item, cmp.Or(c.Arrival.Reference, c.Arrival.Party, c.Arrival.ID)))
}

// lacking are jobs of a plan that were to begin before what they take is there, as
// it looks now.
func (s *State) lacking(m *Model, places map[Ref]Place) (out []Change) {
	covers := s.covers()
	for i := range s.Orders {
		o := &s.Orders[i]
		if !plant.Within(o.Place, m.Place) {
			continue
		}
		for k := range o.Jobs {
			j := &o.Jobs[k]
			p, planned := places[Ref{o.ID, j.No}]
			c := last(covers[Ref{o.ID, j.No}])
			if !planned || c == nil || j.State == jobRunning {
				continue
			}
			switch {
			case c.Short > 0:
				out = append(out, Change{What: "material", Order: o.ID, Number: o.Number, Job: j.No, Text: fmt.Sprintf("order %s, job %d: %s of %s are neither there nor expected any more", o.Number, j.No, c.Short, c.Item)})
			case c.At > p.Start && c.At > s.At:
				out = append(out, Change{What: "material", Order: o.ID, Number: o.Number, Job: j.No, Text: fmt.Sprintf("order %s, job %d is planned to begin %d min before %s is there", o.Number, j.No, int64(c.At-p.Start)/60_000_000, c.awaited())})
			}
		}
	}
	return out
}
