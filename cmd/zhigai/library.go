package main

import (
	"context"
	"errors"
	"fmt"

	"zhigai/access"
	"zhigai/connect"
	"zhigai/connect/profile"
	"zhigai/figure"
	"zhigai/record"
	"zhigai/record/sector"
	"zhigai/sector/tenant"
)

// library is what a node knows of kinds of machines and of figures: the
// product's own, and what templates of firms bring along.
type library struct{ r *rules }

var _ tenant.Library = library{}

// parted are files by kind, and where each of them stands.
func parted(files []tenant.File) (profiles []profile.File, definitions []figure.File) {
	for _, f := range files {
		switch f.Kind {
		case tenant.ProfileFile:
			profiles = append(profiles, profile.File{Name: f.Where(), Text: []byte(f.Text)})
		case tenant.DefinitionFile:
			definitions = append(definitions, figure.File{Name: f.Where(), Text: []byte(f.Text)})
		}
	}
	return profiles, definitions
}

// Check implements tenant.Library.
func (l library) Check(files []tenant.File) ([]tenant.File, error) {
	profiles, definitions := parted(files)
	kinds, wrong := l.r.profiles.Check(profiles...)
	figures, wrongFigures := l.r.definitions.Check(definitions...)
	if err := errors.Join(wrong, wrongFigures, l.reasons(kinds)); errors.Is(err, profile.ErrTaken) || errors.Is(err, figure.ErrTaken) {
		return nil, fmt.Errorf("%w: %w", access.ErrConflict, err)
	} else if err != nil {
		return nil, fmt.Errorf("%w: %w", tenant.ErrInvalid, err)
	}
	out := append([]tenant.File{}, files...)
	for i := range out { // what is checked comes in the order in which it was given
		switch out[i].Kind {
		case tenant.ProfileFile:
			out[i].ID, out[i].Version, kinds = kinds[0].ID, kinds[0].Version, kinds[1:]
		case tenant.DefinitionFile:
			out[i].ID, out[i].Version, figures = figures[0].ID, figures[0].Version, figures[1:]
		}
	}
	return out, nil
}

// reasons looks whether the node knows the stop reasons that profiles give.
func (l library) reasons(kinds []*profile.Profile) error {
	var unknown []error
	say := func(p *profile.Profile, what, reason string) {
		if _, ok := l.r.reasons.Reason(reason); !ok {
			unknown = append(unknown, fmt.Errorf("profile %s: %s has the reason %q, which the node does not know", p.ID, what, reason))
		}
	}
	for _, p := range kinds {
		for code, reason := range p.Reasons {
			say(p, fmt.Sprintf("code %d", code), reason)
		}
		for _, a := range p.Alarms {
			if a.Reason != "" {
				say(p, "alarm "+a.ID, a.Reason)
			}
		}
	}
	return errors.Join(unknown...)
}

// Take implements tenant.Library.
func (l library) Take(files []tenant.File) error {
	profiles, definitions := parted(files)
	if _, err := l.r.definitions.Check(definitions...); err != nil { // before anything is taken
		return err
	}
	if err := l.r.profiles.Add(profiles...); err != nil {
		return err
	}
	return l.r.definitions.Add(definitions...)
}

// shelf is the library beside what the record keeps of it.
func (r *rules) shelf(rec *record.DB) *tenant.Shelf {
	return tenant.NewShelf(sector.NewFiles(rec), library{r})
}

// loadRulesOf are the rules of a node that does not run: the product's, and what
// templates brought to it.
func loadRulesOf(ctx context.Context, rec *record.DB, drivers []connect.Driver) (*rules, error) {
	r, err := loadRules(drivers)
	if err != nil {
		return nil, err
	}
	return r, r.shelf(rec).Learn(ctx)
}

// learn makes known what templates brought, to this process or another one. What
// cannot be used any more leaves machines of that kind without state.
func (n *node) learn(ctx context.Context) {
	if err := n.shelf.Learn(ctx); err != nil {
		n.log.Error("library of the node", "err", err)
	}
}
