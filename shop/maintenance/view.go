package maintenance

import (
	"context"

	"zhigai/access"
	"zhigai/calc/kpi"
	"zhigai/plant"
)

// View is an order with what follows from facts.
type View struct {
	Order
	// DowntimeMs is how long the machine stood in planned time from when the alarm
	// came, or the order was made, until it was done.
	DowntimeMs *int64 `json:"downtime_ms"`
	CostFen    *int64 `json:"cost_fen" doc:"Downtime, labour and parts"`
	Reason     string `json:"reason,omitempty" doc:"Why there is no figure"`
	// Known is what was found and done when the same alarm came before.
	Known []Known `json:"known" nullable:"false"`
	// Taken and Kept are the spares of it, as material has them.
	Taken []Taken `json:"taken" nullable:"false"`
	Kept  []Kept  `json:"kept" nullable:"false"`
}

// Known is what was learnt from an order: fault, cause, action, and whether it helped.
type Known struct {
	Order  string        `json:"order" doc:"id"`
	Number int64         `json:"number"`
	Done   plant.Instant `json:"done"`
	Path   string        `json:"path"`
	Name   plant.Name    `json:"name"`
	Fault  string        `json:"fault"`
	Cause  string        `json:"cause"`
	Action string        `json:"action"`
	State  State         `json:"state" enum:"done,verified,ineffective"`
}

// maxKnown bounds what is offered of earlier cases.
const maxKnown = 10

// View is one order with its cost and what is known of its fault.
func (d *Desk) View(ctx context.Context, who access.Principal, id string) (View, error) {
	o, err := d.order(ctx, who, id)
	if err != nil {
		return View{}, err
	}
	v := View{Order: o, Known: []Known{}, Taken: []Taken{}, Kept: []Kept{}}
	if d.o.Spares != nil {
		if v.Taken, v.Kept, err = d.o.Spares.Of(ctx, who, o.Ref()); err != nil {
			return View{}, err
		}
	}
	if o.Origin != nil {
		if v.Known, err = d.known(ctx, who.Scope, o); err != nil {
			return View{}, err
		}
	}
	return v, d.cost(ctx, who.Scope.Tenant, &v)
}

// known are earlier orders of the same alarm, at any machine of the scope: those that
// helped first.
func (d *Desk) known(ctx context.Context, scope access.Scope, o Order) ([]Known, error) {
	all, err := d.o.Store.Orders(ctx, Filter{Scope: scope, Alarm: o.Origin.ID, Before: o.Number, Limit: atOnce})
	if err != nil {
		return nil, err
	}
	out := []Known{}
	for _, state := range []State{Verified, Done, Ineffective} {
		for _, b := range all {
			if b.State == state && b.Action != "" && len(out) < maxKnown {
				out = append(out, Known{b.ID, b.Number, b.when(Done), b.Path, b.Name, b.Fault, b.Work.Cause, b.Action, b.State})
			}
		}
	}
	return out, nil
}

// cost folds what the machine's standstill and the work cost.
func (d *Desk) cost(ctx context.Context, tenant plant.TenantNo, v *View) error {
	from, to := v.Steps[0].At, v.when(Done)
	if v.Origin != nil && v.Origin.From > 0 && v.Origin.From < from {
		from = v.Origin.From
	}
	if to == 0 {
		to = plant.InstantOf(d.o.Now())
	}
	if to <= from {
		v.Reason = "no time has passed yet"
		return nil
	}
	stops, err := d.o.Machines.Stops(ctx, tenant, v.Machine, from, to)
	if err != nil {
		return err
	}
	var down int64
	for _, s := range stops {
		down += int64(min(s.To, to)-max(s.From, from)) / 1000
	}
	v.DowntimeMs = &down
	if down > 0 && v.DownRate == 0 {
		v.Reason = "nobody said what an hour of standstill costs"
		return nil
	}
	const hourMs = 3_600_000
	sum := (down*v.DownRate+hourMs/2)/hourMs + v.LabourFen + v.PartsFen
	v.CostFen = &sum
	return nil
}

// Summary is what work was done in a stretch of time.
type Summary struct {
	From  plant.Instant `json:"from"`
	To    plant.Instant `json:"to"`
	Count map[Kind]int  `json:"count" doc:"Orders that were done in the stretch, by kind"`
	Open  int           `json:"open" doc:"Orders that are open now"`
	Late  int           `json:"late" doc:"Of them those that are past their due time"`
	// WorkMs is time from taking an order up until it was done.
	WorkMs map[Kind]int64 `json:"work_ms"`
	// CorrectiveRatio is ISO 22400-2's corrective maintenance ratio.
	CorrectiveRatio *float64 `json:"corrective_ratio" doc:"Corrective maintenance time by all maintenance time, 0..1"`
	Reason          string   `json:"reason,omitempty" doc:"Why there is no ratio"`
	// Of the orders that were done in the stretch.
	DownMs      int64 `json:"down_ms" doc:"How long their machines stood in planned time because of them"`
	DownFen     int64 `json:"down_fen" doc:"What that cost, of those that say what an hour costs"`
	LabourFen   int64 `json:"labour_fen"`
	PartsFen    int64 `json:"parts_fen"`
	NoRate      int   `json:"without_rate" doc:"Of them those whose standstill has no price"`
	Verified    int   `json:"verified" doc:"Of those done in the stretch, how many were seen to have helped"`
	Ineffective int   `json:"ineffective"`
}

// Summary folds the orders of a scope that were done in [from, to).
func (d *Desk) Summary(ctx context.Context, scope access.Scope, from, to plant.Instant) (Summary, error) {
	s := Summary{From: from, To: to, Count: map[Kind]int{}, WorkMs: map[Kind]int64{}}
	now := plant.InstantOf(d.o.Now())
	for before := int64(0); ; {
		page, err := d.o.Store.Orders(ctx, Filter{Scope: scope, Before: before, Limit: atOnce})
		if err != nil {
			return Summary{}, err
		}
		for _, o := range page {
			before = o.Number
			s.add(o, now)
			if err := d.addCost(ctx, scope.Tenant, o, &s); err != nil {
				return Summary{}, err
			}
		}
		if len(page) < atOnce {
			break
		}
	}
	preventive := s.WorkMs[Preventive] + s.WorkMs[Condition]
	r := kpi.CorrectiveMaintenanceRatio(float64(s.WorkMs[Corrective]), float64(preventive))
	s.Reason = r.Reason
	if r.OK {
		s.CorrectiveRatio = &r.Value
	}
	return s, nil
}

// addCost adds what an order cost that was done in the stretch.
func (d *Desk) addCost(ctx context.Context, tenant plant.TenantNo, o Order, s *Summary) error {
	if done := o.when(Done); done < s.From || done >= s.To || o.State == Cancelled {
		return nil
	}
	v := View{Order: o}
	if err := d.cost(ctx, tenant, &v); err != nil {
		return err
	}
	s.LabourFen += o.LabourFen
	s.PartsFen += o.PartsFen
	if v.DowntimeMs == nil || *v.DowntimeMs == 0 {
		return nil
	}
	s.DownMs += *v.DowntimeMs
	if v.CostFen == nil {
		s.NoRate++
		return nil
	}
	s.DownFen += *v.CostFen - o.LabourFen - o.PartsFen
	return nil
}

func (s *Summary) add(o Order, now plant.Instant) {
	if o.Open() && o.State != Done {
		s.Open++
		if o.Due != 0 && o.Due < now {
			s.Late++
		}
	}
	done := o.when(Done)
	if done < s.From || done >= s.To || o.State == Cancelled {
		return
	}
	s.Count[o.Kind]++
	if begun := o.when(InWork); begun != 0 && begun < done {
		s.WorkMs[o.Kind] += int64(done-begun) / 1000
	}
	switch o.State {
	case Verified:
		s.Verified++
	case Ineffective:
		s.Ineffective++
	}
}
