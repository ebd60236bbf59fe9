package authenticity

import (
	"cmp"
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
		s.Path, s.Above = path, d.o.Above(tenant)
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
	words := map[string][]word{}
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
				out = append(out, s)
				continue
			}
			var said fact.SuspicionSaid
			if err := json.Unmarshal(e.Payload, &said); err != nil {
				return nil, fmt.Errorf("authenticity: answer %s: %w", e.ID, err)
			}
			words[said.Suspicion] = append(words[said.Suspicion], word{e.ID, Said{At: e.Occurred, By: said.By, What: State(said.What), Text: said.Text}})
		}
		if len(events) < fact.MaxEvents {
			break
		}
	}
	for i := range out {
		out[i].say(words[out[i].ID])
	}
	return out, nil
}

// word is what was said, with the id of its fact.
type word struct {
	id string
	Said
}

// say joins what was said, in the order in which it was: nodes hear of it in
// any. The last decision holds; an answer that came too late changes nothing.
func (s *Suspicion) say(words []word) {
	slices.SortFunc(words, func(a, b word) int { return cmp.Or(cmp.Compare(a.At, b.At), strings.Compare(a.id, b.id)) })
	for _, w := range words {
		s.Said = append(s.Said, w.Said)
		if w.What != Contested || s.State == Open {
			s.State = w.What
		}
	}
}

// Of gives every suspicion of the machines as it stands.
func (d *Desk) Of(ctx context.Context, tenant plant.TenantNo, machines []plant.NodeID) ([]Suspicion, error) {
	if len(machines) == 0 {
		return nil, nil
	}
	return d.fold(ctx, tenant, fact.Filter{Kinds: []fact.Kind{fact.KindSuspicion, fact.KindSuspicionSaid}, Subjects: machines})
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
	if what != Contested && d.o.Above(tenant) {
		return Suspicion{}, fmt.Errorf("%w: the officer of the firm's region decides", ErrElsewhere)
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
	all, err := d.Of(ctx, tenant, []plant.NodeID{machine})
	if err != nil {
		return Suspicion{}, err
	}
	i := slices.IndexFunc(all, func(s Suspicion) bool { return s.ID == id })
	if i < 0 {
		return Suspicion{}, fmt.Errorf("%s: %w", id, ErrNotFound)
	}
	all[i].Above = d.o.Above(tenant)
	return all[i], nil
}

// Suspect gives, by machine, the dates that do not count: those with a
// suspicion that nobody dismissed.
func (d *Desk) Suspect(ctx context.Context, tenant plant.TenantNo, machines []plant.NodeID) (map[plant.NodeID]map[string][]string, error) {
	out := map[plant.NodeID]map[string][]string{}
	all, err := d.Of(ctx, tenant, machines)
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
