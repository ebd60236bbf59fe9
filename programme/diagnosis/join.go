package diagnosis

import (
	"context"
	"errors"
	"slices"

	"zhigai/access"
	"zhigai/plant"
)

// Project is one project as it stands, for other parts of the node: who may see
// it is theirs to decide.
func (d *Desk) Project(ctx context.Context, tenant plant.TenantNo, id string) (Project, error) {
	steps, err := d.o.Store.Steps(ctx, tenant, id)
	return Fold(id, steps), err
}

// Join puts somebody into the team who was dispatched and accepted: that was
// decided before. Who is in it already changes nothing.
func (d *Desk) Join(ctx context.Context, who access.Principal, id string, m Expert) error {
	return d.restaff(ctx, who, id, func(team []Expert) ([]Expert, error) {
		if slices.ContainsFunc(team, func(o Expert) bool { return o.Expert == m.Expert }) {
			return nil, errNothing
		}
		if len(team) >= maxTeam {
			return nil, invalid("a team of %d; %d are allowed", len(team)+1, maxTeam)
		}
		if m.Role == Lead && slices.ContainsFunc(team, func(o Expert) bool { return o.Role == Lead }) {
			m.Role = "expert" // somebody leads who was named by hand
		}
		if i := slices.IndexFunc(team, func(o Expert) bool { return o.Name == m.Name }); i >= 0 {
			m.Skills = team[i].Skills // was typed before the dispatch: the same person
			team[i] = m
			return team, nil
		}
		return append(team, m), nil
	})
}

// Leave takes somebody out of the team who was dispatched.
func (d *Desk) Leave(ctx context.Context, who access.Principal, id, expert string) error {
	return d.restaff(ctx, who, id, func(team []Expert) ([]Expert, error) {
		left := slices.DeleteFunc(slices.Clone(team), func(o Expert) bool { return o.Expert == expert })
		if len(left) == len(team) {
			return nil, errNothing
		}
		return left, nil
	})
}

// attempts is how often a change that asks for no revision is tried anew when
// others write meanwhile.
const attempts = 5

func (d *Desk) restaff(ctx context.Context, who access.Principal, id string, change func([]Expert) ([]Expert, error)) error {
	var err error
	for range attempts {
		var p Project
		if p, err = d.Project(ctx, who.Scope.Tenant, id); err != nil {
			return err
		}
		e, ok := d.o.Editions.Edition(p.Edition, p.Version)
		if !ok {
			return invalid("the edition %s version %d is not in this program", p.Edition, p.Version)
		}
		if err = frozen(p); err != nil {
			return err
		}
		var team []Expert
		if team, err = change(slices.Clone(p.Team)); err != nil {
			if errors.Is(err, errNothing) {
				return nil
			}
			return err
		}
		if _, err = d.save(ctx, who, p, e, Step{What: StepTeam, Team: team}); !errors.Is(err, access.ErrConflict) {
			return err
		}
	}
	return err
}
