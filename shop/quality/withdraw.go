package quality

import (
	"context"
	"strings"

	"zhigai/access"
	"zhigai/plant"
)

// Mistyped asks for a measurement to count no more.
type Mistyped struct {
	At     plant.Instant `json:"at" doc:"When it was measured"`
	Reason string        `json:"reason" minLength:"1" maxLength:"400" doc:"What was wrong with it"`
}

// Withdraw says that a measurement was mistyped: it stays to be seen, and counts no
// more. What a machine measured is corrected where its samples are.
func (d *Desk) Withdraw(ctx context.Context, who access.Principal, characteristic, id string, m Mistyped) (Subgroup, error) {
	c, err := d.characteristic(ctx, who, characteristic, access.Report)
	if err != nil {
		return Subgroup{}, err
	}
	s, err := d.o.Store.Subgroup(ctx, who.Scope.Tenant, characteristic, m.At, id)
	if err != nil {
		return Subgroup{}, err
	}
	if m.Reason = strings.TrimSpace(m.Reason); m.Reason == "" {
		return Subgroup{}, invalid("a measurement is withdrawn without a reason; say what was wrong with it")
	}
	switch {
	case s.Entered == 0:
		return Subgroup{}, invalid("a machine measured it; correct its samples, or leave it out of phase I with its cause")
	case s.Withdrawn != nil:
		return Subgroup{}, conflict("it was withdrawn by %s already", s.Withdrawn.By)
	}
	s.Withdrawn = &Withdrawal{At: d.now(), By: who.Name, Reason: m.Reason}
	if err := d.o.Store.Withdraw(ctx, who.Scope.Tenant, c, s); err != nil {
		return Subgroup{}, err
	}
	if d.o.Alarms == nil {
		return s, nil
	}
	// An alarm that stands because of it is settled by what is left.
	before, err := d.o.Store.Before(ctx, who.Scope.Tenant, characteristic, d.now()+1, 1)
	if err != nil || len(before) > 0 && (len(before[0].Rules) > 0 || before[0].outside(&c)) {
		return s, err
	}
	return s, d.o.Alarms.Clear(ctx, who.Scope.Tenant, c.ID, d.now())
}
