package reporting

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// Station is another node at which a part of a report's way is gone.
type Station struct {
	Node      string    `json:"node"` // its key
	Name      string    `json:"name"`
	Region    string    `json:"region"`
	Connected bool      `json:"connected"`
	Since     time.Time `json:"since,omitzero" doc:"Of connected as it is"`
}

// Stations are the nodes that share the reports with this one.
type Stations struct {
	// Own is the division for which this node speaks to the one above, "" for none.
	Own   string
	Above *Station // the node above, when Own is given
	Below []Station
}

// Nodes tells them.
type Nodes interface {
	Stations(ctx context.Context, tenant plant.TenantNo) (Stations, error)
}

// below is the node below that speaks for the region, itself or by one below it.
func (s Stations) below(region string) *Station {
	prefix := plant.RegionPrefix(region)
	i := slices.IndexFunc(s.Below, func(o Station) bool { return o.Region != "" && strings.HasPrefix(prefix, plant.RegionPrefix(o.Region)) })
	if i < 0 {
		return nil
	}
	return &s.Below[i]
}

// speaks reports whether this node hands on what the region says.
func (s Stations) speaks(region string) bool {
	return s.Own != "" && strings.HasPrefix(plant.RegionPrefix(region), plant.RegionPrefix(s.Own))
}

// here narrows where somebody stands to what is done at this node: what a region
// says is said at its own node, and what the level above says of it at that one's.
func (s Stations) here(st Standing, region string) (here Standing, own, above *Station) {
	if own = s.below(region); own != nil {
		st.Away = true
		if own.Region != region {
			st.Above, above = false, own
		}
	}
	if s.Above != nil && s.Own == region {
		st.Ruled, above = true, s.Above
	}
	return st, own, above
}

// nextHere is next for a node among others: a step that is the asker's, but done
// elsewhere, says where.
func (s Stations) nextHere(h Head, what What, full Standing) (State, error) {
	here, own, above := s.here(full, h.Region)
	state, err := next(h, what, here)
	if !errors.Is(err, access.ErrForbidden) {
		return state, err
	}
	if _, there := next(h, what, full); there != nil {
		return state, err
	}
	at := above
	if by := sideOf(what); by == Own || by == Chain {
		at = own
	}
	return state, fmt.Errorf("%w: %s of %s is done at the node %s; sign in there", ErrState, what, h.Region, at.Name)
}

func sideOf(what What) Side {
	for _, w := range ways {
		if w.what == what {
			return w.by
		}
	}
	return ""
}

// Fact is a step as it goes between nodes, with the values that it froze.
type Fact struct {
	Report string  `json:"report"`
	Step   Step    `json:"step"`
	Frozen *Frozen `json:"frozen,omitempty"`
}

// Refusal is what a node is told whose step the node above did not take.
type Refusal struct {
	Report string    `json:"report"`
	Seq    int64     `json:"seq"`
	What   What      `json:"what"`
	Node   string    `json:"node"` // key of the node that sent it
	Name   string    `json:"name"` // of that node
	By     string    `json:"by"`   // name of the node that refused it
	At     time.Time `json:"at"`
	Reason string    `json:"reason"`
}

// Refused says why a node that speaks for a division, "" for none, may not hand on
// the step; "" when it may. A node speaks for its own division, and hands on what
// is said and decided within; what the level above says of it is not its to say.
func (f Fact) Refused(regions *plant.Regions, speaks string) string {
	period, code, _ := strings.Cut(f.Report, ".")
	region, known := regions.Get(code)
	_, err := PeriodOf(period)
	own, _ := regions.Get(speaks)
	side := sideOf(f.Step.What)
	switch {
	case !known || err != nil:
		return fmt.Sprintf("no report is named %.40q", f.Report)
	case side == "" || f.Step.Seq < 1 || f.Step.Node == "" || !slices.Contains(States, f.Step.State):
		return fmt.Sprintf("step %d %.20q, %.20q is none that a report has", f.Step.Seq, f.Step.What, f.Step.State)
	case f.Frozen != nil && (f.Frozen.Report != f.Report || f.Frozen.Revision != f.Step.Revision || f.Frozen.Root != RootOf(f.Frozen.Values)):
		return "the values are not those whose digest they carry"
	case speaks == "":
		return "the node was given no division to speak for; an administrator of the node above gives it one at 系统 → 上下级节点"
	case !strings.HasPrefix(region.Prefix(), own.Prefix()):
		return fmt.Sprintf("the node speaks for %s %s, not for %s %s", own.Code, own.Name, region.Code, region.Name)
	case region.Code == speaks && (side == Above || side == Higher):
		return fmt.Sprintf("%s of %s %s is for the level above it, not for its own node", f.Step.What, region.Code, region.Name)
	}
	return ""
}

// order is that in which steps of several nodes are folded: by their number, which
// is above every step that who took it had seen. Of steps that were taken at a
// time, the region's own comes first, so that the level above has the last word.
func order(a, b Step) int {
	rank := func(s Step) int { return slices.Index([]Side{Own, Above, Higher, ""}, plainly(sideOf(s.What))) }
	return cmp.Or(cmp.Compare(a.Seq, b.Seq), cmp.Compare(rank(a), rank(b)), cmp.Compare(a.Node, b.Node), a.At.Compare(b.At))
}

func plainly(by Side) Side {
	if by == Chain {
		return Own
	}
	return by
}

// Ordered puts steps into the order in which they are folded.
func Ordered(steps []Step) []Step {
	slices.SortFunc(steps, order)
	return steps
}

// FoldSteps makes of an open report what its steps make of it, in whatever order
// they came: every node that has the same steps has the same report.
func FoldSteps(open Head, steps []Step) Head {
	h := open
	for _, s := range Ordered(slices.Clone(steps)) {
		if moves := slices.ContainsFunc(ways, func(w way) bool { return w.what == s.What && w.to != "" }); !moves {
			s.State, s.Revision = h.State, h.Revision
		}
		h = h.after(s)
	}
	return h
}

// Take keeps steps that came from other nodes, with what they make of the reports.
// Those that are here already change nothing.
func (d *Desk) Take(ctx context.Context, tenant plant.TenantNo, facts []Fact) error {
	by := map[string][]Fact{}
	var ids []string
	for _, f := range facts {
		if by[f.Report] == nil {
			ids = append(ids, f.Report)
		}
		by[f.Report] = append(by[f.Report], f)
	}
	for _, id := range ids {
		p, r, err := d.place(id)
		if err != nil {
			return err
		}
		if err := d.Store.Merge(ctx, tenant, open(p, r), by[id]); err != nil {
			return err
		}
	}
	return nil
}

// TakeRefusal keeps with a report that the node above did not take a step of it.
func (d *Desk) TakeRefusal(ctx context.Context, tenant plant.TenantNo, r Refusal) error {
	s := Step{Seq: r.Seq, At: r.At, Who: "node", Name: r.By, What: Refuse, Words: r.Reason, Node: "above"}
	return d.Take(ctx, tenant, []Fact{{Report: r.Report, Step: s}})
}

// Facts are all steps of the reports of a division and of those in it, as they go
// to another node.
func (d *Desk) Facts(ctx context.Context, tenant plant.TenantNo, region string) ([]Fact, error) {
	heads, err := d.Store.Heads(ctx, tenant, Filter{Areas: []access.Area{{Region: plant.RegionPrefix(region)}}})
	if err != nil {
		return nil, err
	}
	var out []Fact
	for _, h := range heads {
		steps, err := d.Store.Steps(ctx, tenant, h.ID)
		if err != nil {
			return nil, err
		}
		for _, s := range steps {
			if s.What == Refuse {
				continue
			}
			f := Fact{Report: h.ID, Step: s}
			if s.What == Freeze || s.What == Revise {
				frozen, err := d.Store.Frozen(ctx, tenant, h.ID, s.Revision)
				if err != nil {
					return nil, err
				}
				f.Frozen = &frozen
			}
			out = append(out, f)
		}
	}
	return out, nil
}
