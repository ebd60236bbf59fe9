package diagnosis

import (
	"context"
	"errors"
	"fmt"

	"zhigai/access"
	"zhigai/plant"
)

// errNothing is a further step's word that there is none to make.
var errNothing = errors.New("diagnosis: nothing follows")

// register makes the step by which a diagnosis that was closed enters the
// register that targets count, or by which one that is closed no more leaves it.
func (d *Desk) register(ctx context.Context, tenant plant.TenantNo, p Project, e *Edition) (Step, error) {
	stands := p.State == Closed || p.State == Followed
	switch {
	case stands && p.Entry == nil:
		return d.enter(ctx, tenant, p, e)
	case !stands && p.Entry != nil:
		gone := *p.Entry
		gone.Void = true
		return Step{What: StepTakenBack, Entry: &gone}, nil
	}
	return Step{}, errNothing
}

func (d *Desk) enter(ctx context.Context, tenant plant.TenantNo, p Project, e *Edition) (Step, error) {
	now, err := d.o.Firms.Firm(ctx, tenant, p.Firm.ID)
	if errors.Is(err, access.ErrNotFound) {
		now, err = p.Firm, nil // it left the registry meanwhile: it is entered where it was
	}
	if err != nil {
		return Step{}, err
	}
	if now.Region == "" { // an enterprise of a plant model: it is in no registry
		return Step{}, errNothing
	}
	out, err := p.Outcome(e)
	if err != nil {
		return Step{}, err
	}
	return Step{What: StepEntered, Entry: &Entry{
		Region: now.Region, Sector: now.Sector, Title: p.Plan.Title, From: p.ClosedAt,
		Remark: fmt.Sprintf("%s（第%d版），总分 %.2f，诊断 %s", e.Name.ZH, p.Version, out.Total, p.ID),
	}}, nil
}
