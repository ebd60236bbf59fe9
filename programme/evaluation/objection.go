package evaluation

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"zhigai/access"
)

// Object raises an objection to a firm's score while the list is on public
// notice. Who may see the firm may speak for it.
func (d *Desk) Object(ctx context.Context, who access.Principal, id, firm, text string) (Round, error) {
	r, err := d.round(ctx, who, id)
	if err != nil {
		return Round{}, err
	}
	text = strings.TrimSpace(text)
	today := d.today()
	switch {
	case r.State != Public:
		return Round{}, fmt.Errorf("%w: objections are taken while the list is public; it is %s", ErrState, r.State)
	case today < r.From || today > r.To:
		return Round{}, fmt.Errorf("%w: objections are taken from %s to %s", ErrState, r.From, r.To)
	case text == "" || len(text) > maxText:
		return Round{}, invalid("text: write 1 to %d bytes", maxText)
	case len(r.Objections) >= maxObjections:
		return Round{}, invalid("the round has %d objections; that is as many as there may be", maxObjections)
	}
	about, err := d.Firm(ctx, who, id, firm, 0)
	if err != nil {
		return Round{}, err
	}
	o := Objection{ID: d.NewID(), Firm: firm, Name: about.Row.Name, Region: about.Row.Region, Sector: about.Row.Sector, Text: text, By: who.Name, At: d.instant()}
	if _, err := d.save(ctx, who, r, nil, Step{What: StepObjected, Objection: &o}); err != nil {
		return Round{}, err
	}
	return d.Round(ctx, who, id)
}

// Answer decides on an objection. One that is upheld names the values that hold
// instead; the list is computed again with them, as a new revision that names the
// objection. The firm's own return stays as it is.
func (d *Desk) Answer(ctx context.Context, who access.Principal, id string, seen int64, objection string, said Objection) (Round, error) {
	r, s, err := d.kept(ctx, who, id, seen)
	if err != nil {
		return Round{}, err
	}
	i := slices.IndexFunc(r.Objections, func(o Objection) bool { return o.ID == objection })
	switch {
	case i < 0:
		return Round{}, fmt.Errorf("%w: objection %s", access.ErrNotFound, objection)
	case r.State != Public || r.Objections[i].Decision != "":
		return Round{}, fmt.Errorf("%w: the objection is answered, or the round is %s", ErrState, r.State)
	}
	o := r.Objections[i]
	o.Decision, o.Answer, o.AnsweredBy, o.AnsweredAt = said.Decision, strings.TrimSpace(said.Answer), who.Name, d.instant()
	if o.Answer == "" || len(o.Answer) > maxText {
		return Round{}, invalid("answer: write 1 to %d bytes: the reason is part of the decision", maxText)
	}
	if o.Decision == Rejected {
		if len(said.Corrected) > 0 {
			return Round{}, invalid("corrected: a rejected objection changes no value")
		}
		return d.save(ctx, who, r, nil, Step{What: StepAnswered, Objection: &o})
	}
	if o.Decision != Upheld {
		return Round{}, invalid("decision %q; write upheld or rejected", o.Decision)
	}
	if err := checkCorrected(s, said.Corrected); err != nil {
		return Round{}, err
	}
	o.Corrected, o.Revision = said.Corrected, r.Current().Number+1
	rows, rev, err := d.again(ctx, who, r, s, o)
	if err != nil {
		return Round{}, err
	}
	return d.save(ctx, who, r, rows, Step{What: StepAnswered, Objection: &o}, Step{What: StepComputed, Revision: &rev})
}

func checkCorrected(s *Standard, values map[string]*int64) error {
	if len(values) == 0 {
		return invalid("corrected: name the values that hold instead")
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		switch v := values[name]; {
		case !slices.Contains(s.Values(), name):
			return invalid("corrected: %q is no value of the standard; it reads %s", name, strings.Join(s.Values(), ", "))
		case v != nil && *v < 0 && name != "value_added_fen":
			return invalid("corrected: %s is never negative", name)
		}
	}
	return nil
}

// again scores the inputs of the newest revision with what an objection corrected.
func (d *Desk) again(ctx context.Context, who access.Principal, r Round, s *Standard, o Objection) ([]Row, Revision, error) {
	var inputs []Input
	f := ScoreFilter{Areas: []access.Area{{}}, Round: r.ID, Revision: r.Current().Number, Limit: rowsAtOnce}
	for {
		rows, err := d.Store.Rows(ctx, who.Scope.Tenant, f)
		if err != nil {
			return nil, Revision{}, err
		}
		for _, row := range rows {
			inputs = append(inputs, row.Input)
		}
		if len(rows) < f.Limit {
			break
		}
		f.After = rows[len(rows)-1].Place
	}
	i := slices.IndexFunc(inputs, func(in Input) bool { return in.Firm == o.Firm })
	if i < 0 {
		return nil, Revision{}, fmt.Errorf("evaluation %s: firm %s is not in revision %d", r.ID, o.Firm, r.Current().Number)
	}
	inputs[i].Values = maps.Clone(inputs[i].Values)
	for name, v := range o.Corrected {
		if v == nil {
			delete(inputs[i].Values, name)
			continue
		}
		inputs[i].Values[name] = Value{*v, "objection"}
	}
	return d.score(who, s, inputs, o.Revision, o.ID)
}

// rowsAtOnce is how many rows of a list are read at a time.
const rowsAtOnce = 2000
