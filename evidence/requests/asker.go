package requests

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"zhigai/evidence"
	"zhigai/evidence/seals"
	"zhigai/fact"
	"zhigai/plant"
)

// Asker asks nodes below for a person of this one, and shows nothing that it has
// not checked. Its methods may be called concurrently.
type Asker struct {
	Desk *Desk
}

// Ask makes a request, and asking the same again tells how it stands.
func (a Asker) Ask(ctx context.Context, w Wish) (Shown, error) {
	return a.sealed(ctx, question{Do: "ask", Wish: w})
}

// State tells how a request of the person stands.
func (a Asker) State(ctx context.Context, person string, equipment plant.NodeID, id string) (Shown, error) {
	return a.sealed(ctx, question{Do: "state", Wish: about(person, equipment), Request: id})
}

// Look tells whether the node that keeps the machine's samples can be reached,
// what can be asked for there, and what it sealed last.
func (a Asker) Look(ctx context.Context, person string, equipment plant.NodeID) (Shown, error) {
	return a.sealed(ctx, question{Do: "look", Wish: about(person, equipment)})
}

// about is a wish that names a machine and asks for nothing.
func about(person string, equipment plant.NodeID) Wish {
	return Wish{Person: person, Office: "-", Purpose: "-", Equipment: equipment, Tags: []string{"-"}}
}

// sealed sends a question and adds what the node sealed last.
func (a Asker) sealed(ctx context.Context, q question) (Shown, error) {
	q.Wish.Node, q.Wish.Via = a.Desk.o.Node, nil
	r, err := a.send(ctx, q)
	if err != nil {
		return Shown{}, err
	}
	held, err := a.held(ctx, q.Wish, r)
	out := Shown{Reply: r}
	for _, s := range held {
		out.LastSealed = &s.Day
	}
	return out, err
}

// send goes the way that a question from above goes.
func (a Asker) send(ctx context.Context, q question) (Reply, error) {
	node, ok, err := a.Desk.o.Onward.Below(ctx, q.Wish.Equipment)
	if err != nil {
		return Reply{}, err
	}
	if !ok {
		return Reply{}, fmt.Errorf("%w: no node below keeps machine %s", ErrNotFound, q.Wish.Equipment)
	}
	if node == "" { // this node keeps them: the firm's decision is asked for all the same
		return a.Desk.answer(ctx, q)
	}
	if err := q.Wish.Check(); err != nil {
		return Reply{}, err
	}
	return a.Desk.pass(ctx, node, q)
}

// What became of a page, beside the states of seals.State.
const (
	// Unheld: the proof is whole, but the seal has not come here yet.
	Unheld = "unheld"
)

// Shown is a page as it may be shown.
type Shown struct {
	Reply
	// Proof is verified, unsealed, expired or unheld; "" without a page. Samples
	// are there with verified and unsealed alone.
	Proof      string        `json:"proof,omitempty"`
	LastSealed *evidence.Day `json:"last_sealed,omitempty"` // day of the newest seal of the node that is held here
}

// Verified: the samples fit a seal that is held here.
const Verified = "verified"

// Page asks for an hour and checks the answer. [ErrUntrue] says that what came
// is not what was asked for, or not what was sealed.
func (a Asker) Page(ctx context.Context, w Wish, id, tag string, day evidence.Day, hour int) (Shown, error) {
	w.Node, w.Via = a.Desk.o.Node, nil
	r, err := a.send(ctx, question{Do: "page", Wish: w, Request: id, Tag: tag, Day: day, Hour: hour})
	if err != nil {
		return Shown{}, err
	}
	out := Shown{Reply: r}
	held, err := a.held(ctx, w, r)
	if err != nil {
		return Shown{}, err
	}
	for _, s := range held {
		out.LastSealed = &s.Day
	}
	if r.Page == nil {
		return out, nil
	}
	p := r.Page
	want := evidence.Tag{Equipment: w.Equipment, Name: tag}
	if r.State != fact.EvidenceGranted || r.Request != id || p.Tag != want || p.Day != day || p.Hour != hour || len(p.Samples.Rows) > MaxPage {
		return Shown{}, fmt.Errorf("%w: it is not of %s %s on %s at %d", ErrUntrue, w.Equipment, tag, day, hour)
	}
	out.Proof, err = check(p, want, held)
	if out.Proof == Unheld || out.Proof == string(seals.Gone) {
		p.Samples.Rows = []evidence.Sample{}
	}
	if err != nil {
		return Shown{}, fmt.Errorf("%w: %w", ErrUntrue, err)
	}
	return out, nil
}

// check says how far the page is proved.
func check(p *Page, want evidence.Tag, held []evidence.Seal) (string, error) {
	numbers, texts := p.Samples.Plain()
	switch {
	case p.State == seals.Unsealed && p.Proof == nil:
		// Whether they are of the hour can still be seen.
		d, err := evidence.DayOf(p.Day, numbers, texts)
		if err != nil {
			return "", err
		}
		return string(seals.Unsealed), d.OnlyHour(p.Hour)
	case p.Proof == nil || p.Proof.Leaf.Day != p.Day || p.Proof.Hour != p.Hour || p.Proof.Leaf.Tag != want:
		return "", fmt.Errorf("%w: the proof is missing or of something else", evidence.ErrMismatch)
	case p.State == seals.Gone:
		if err := p.Proof.Check(); err != nil {
			return "", err
		}
	case p.State == seals.Sealed:
		if err := p.Proof.CheckHour(want, numbers, texts); err != nil {
			return "", err
		}
	default:
		return "", fmt.Errorf("%w: the node says itself that the samples are not those it sealed (%.40q)", evidence.ErrMismatch, p.State)
	}
	i := slices.IndexFunc(held, func(s evidence.Seal) bool { return s.Number == p.Proof.Seal.Number })
	switch {
	case i < 0:
		return Unheld, nil
	case held[i].Hash() != p.Proof.Seal.Hash():
		return "", fmt.Errorf("%w: seal %d is held here with the hash %s; the answer has %s", evidence.ErrMismatch, held[i].Number, held[i].Hash(), p.Proof.Seal.Hash())
	case p.State == seals.Gone:
		return string(seals.Gone), nil
	}
	return Verified, nil
}

// held gives the seals of the node that keeps the machine's samples, oldest
// first: those that came up as facts.
func (a Asker) held(ctx context.Context, w Wish, r Reply) ([]evidence.Seal, error) {
	at := r.At
	if r.State == Offline { // the node itself said nothing: it decided requests before
		at = ""
		known, err := list(ctx, a.Desk.o.Journal, a.Desk.o.Tenant, fact.Filter{Subjects: []plant.NodeID{w.Equipment}})
		if err != nil {
			return nil, err
		}
		for _, one := range known {
			at = one.At
		}
		if at == "" { // nobody asked before: the node next to this one, if it is the firm's own
			if at, _, err = a.Desk.o.Onward.Below(ctx, w.Equipment); err != nil {
				return nil, err
			}
		}
	}
	if at == "" {
		return nil, nil
	}
	events, err := a.Desk.o.Journal.Events(ctx, a.Desk.o.Tenant, fact.Filter{Kinds: []fact.Kind{fact.KindSeal}, Sources: []string{seals.Source(at)}, Newest: true})
	if err != nil {
		return nil, err
	}
	out := make([]evidence.Seal, 0, len(events))
	for _, e := range events {
		var s evidence.Seal
		if err := json.Unmarshal(e.Payload, &s); err != nil {
			return nil, fmt.Errorf("seal %s: %w", e.ID, err)
		}
		if s.Node == at {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b evidence.Seal) int { return int(a.Number - b.Number) })
	return out, nil
}

// Made lists the requests that people of this node made, newest first: as far as
// the nodes below share what they note of them.
func (a Asker) Made(ctx context.Context) ([]Request, error) {
	all, err := list(ctx, a.Desk.o.Journal, a.Desk.o.Tenant, fact.Filter{})
	return slices.DeleteFunc(all, func(r Request) bool { return r.Wish.Node != a.Desk.o.Node }), err
}
