package authenticity

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"zhigai/fact"
	"zhigai/plant"
)

// Filter chooses suspicions; what is not given does not bind.
type Filter struct {
	Machine  plant.NodeID
	States   []State
	From, To string // dates, half open
}

// maxListed bounds one answer: more are not looked at one by one.
const maxListed = 2000

// List gives suspicions of the machines, newest day first.
func (d *Desk) List(ctx context.Context, tenant plant.TenantNo, machines map[plant.NodeID]string, f Filter) ([]Suspicion, error) {
	filter := fact.Filter{Kinds: []fact.Kind{fact.KindSuspicion, fact.KindSuspicionSaid}}
	if f.Machine != "" {
		filter.Subjects = []plant.NodeID{f.Machine}
	}
	all, err := d.fold(ctx, tenant, filter)
	if err != nil {
		return nil, err
	}
	var out []Suspicion
	for _, s := range all {
		path, ok := machines[s.Machine]
		if !ok || len(f.States) > 0 && !slices.Contains(f.States, s.State) || f.From != "" && s.Date < f.From || f.To != "" && s.Date >= f.To {
			continue
		}
		s.Path = path
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b Suspicion) int {
		if c := strings.Compare(b.Date, a.Date); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return out[:min(len(out), maxListed)], nil
}

// fold joins suspicions and what was said of them, in order of their recording.
func (d *Desk) fold(ctx context.Context, tenant plant.TenantNo, filter fact.Filter) ([]Suspicion, error) {
	var out []Suspicion
	at := map[string]int{}
	for {
		events, err := d.o.Journal.Events(ctx, tenant, filter)
		if err != nil {
			return nil, fmt.Errorf("authenticity: read suspicions: %w", err)
		}
		for _, e := range events {
			filter.AfterSeq = e.Seq
			if e.Kind == fact.KindSuspicion {
				s := Suspicion{ID: e.ID, Machine: e.Subject, State: Open, Said: []Said{}}
				if err := json.Unmarshal(e.Payload, &s.Suspicion); err != nil {
					return nil, fmt.Errorf("authenticity: suspicion %s: %w", e.ID, err)
				}
				at[e.ID] = len(out)
				out = append(out, s)
				continue
			}
			var said fact.SuspicionSaid
			if err := json.Unmarshal(e.Payload, &said); err != nil {
				return nil, fmt.Errorf("authenticity: answer %s: %w", e.ID, err)
			}
			if i, ok := at[said.Suspicion]; ok {
				out[i].State = State(said.What)
				out[i].Said = append(out[i].Said, Said{At: e.Occurred, By: said.By, What: State(said.What), Text: said.Text})
			}
		}
		if len(events) < fact.MaxEvents {
			return out, nil
		}
	}
}

// maxText bounds what a person says of a suspicion, letters.
const maxText = 2000

// Say records what a person says of a suspicion: contested by the firm, upheld
// or dismissed by whoever decides. What was decided can be decided again; the
// record keeps both.
func (d *Desk) Say(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, id, by string, what State, text string) (Suspicion, error) {
	text = strings.TrimSpace(text)
	if text == "" || utf8.RuneCountInString(text) > maxText {
		return Suspicion{}, fmt.Errorf("%w: text: say why, in 1 to %d letters", ErrInvalid, maxText)
	}
	if !slices.Contains([]State{Contested, Upheld, Dismissed}, what) {
		return Suspicion{}, fmt.Errorf("%w: what %q; write contested, upheld or dismissed", ErrInvalid, what)
	}
	was, err := d.get(ctx, tenant, machine, id)
	if err != nil {
		return Suspicion{}, err
	}
	if what == Contested && was.State != Open && was.State != Contested {
		return Suspicion{}, fmt.Errorf("%w: it is %s already; a decision is contested with whoever decided", ErrInvalid, was.State)
	}
	e := fact.New(fact.KindSuspicionSaid, machine, d.o.Now(), "authenticity", fact.SuspicionSaid{Suspicion: id, What: string(what), By: by, Text: text})
	if _, err := d.o.Journal.Append(ctx, tenant, e); err != nil {
		return Suspicion{}, fmt.Errorf("authenticity: record what was said: %w", err)
	}
	return d.get(ctx, tenant, machine, id)
}

func (d *Desk) get(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, id string) (Suspicion, error) {
	all, err := d.fold(ctx, tenant, fact.Filter{Kinds: []fact.Kind{fact.KindSuspicion, fact.KindSuspicionSaid}, Subjects: []plant.NodeID{machine}})
	if err != nil {
		return Suspicion{}, err
	}
	i := slices.IndexFunc(all, func(s Suspicion) bool { return s.ID == id })
	if i < 0 {
		return Suspicion{}, fmt.Errorf("%s: %w", id, ErrNotFound)
	}
	return all[i], nil
}

// Suspect gives, by machine, the dates that do not count: those with a
// suspicion that nobody dismissed.
func (d *Desk) Suspect(ctx context.Context, tenant plant.TenantNo, machines []plant.NodeID) (map[plant.NodeID]map[string][]string, error) {
	out := map[plant.NodeID]map[string][]string{}
	if len(machines) == 0 {
		return out, nil
	}
	all, err := d.fold(ctx, tenant, fact.Filter{Kinds: []fact.Kind{fact.KindSuspicion, fact.KindSuspicionSaid}, Subjects: machines})
	if err != nil {
		return nil, err
	}
	for _, s := range all {
		if s.Counts() {
			continue
		}
		days := out[s.Machine]
		if days == nil {
			days = map[string][]string{}
			out[s.Machine] = days
		}
		if !slices.Contains(days[s.Date], s.Kind) {
			days[s.Date] = append(days[s.Date], s.Kind)
			slices.Sort(days[s.Date])
		}
	}
	return out, nil
}
