package health

import (
	"context"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// Known is something that is known to have been wrong with a machine.
type Known struct {
	At    plant.Instant `json:"at" doc:"When work on it was done"`
	Text  string        `json:"text"`
	Order string        `json:"order" doc:"Id of the work order"`
}

// Events tell what is known to have been wrong.
type Events interface {
	// Known are corrective works that were done at a machine in [from, to), by time.
	Known(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, from, to plant.Instant) ([]Known, error)
}

// Told is a stretch of windows in which the diagnosis named one fault.
type Told struct {
	Fault   string        `json:"fault"`
	From    plant.Instant `json:"from"`
	To      plant.Instant `json:"to"`
	Windows int           `json:"windows"`
	Before  *Known        `json:"before" doc:"Work that was done within 30 days of it; null without"`
	LeadS   *int64        `json:"lead_s" doc:"How long before that work it was named first"`
}

// Backtest is what the rules would have said of the past.
type Backtest struct {
	From      plant.Instant `json:"from"`
	To        plant.Instant `json:"to"`
	Windows   int           `json:"windows"`
	Named     int           `json:"named" doc:"Windows at which a fault was named"`
	Uncertain int           `json:"uncertain"`
	Told      []Told        `json:"told" nullable:"false"`
	Known     []Known       `json:"known" nullable:"false" doc:"All that is known of this time"`
	Missed    int           `json:"missed" doc:"Of it nothing was named in the 30 days before"`
	Version   int           `json:"rules_version"`
}

// ahead is how long before work a fault is taken for its reason.
const ahead = plant.Instant(30 * 24 * time.Hour / time.Microsecond)

// Combined says what vibration, temperature and current of a point say together at an
// instant.
func (d *Desk) Combined(ctx context.Context, who access.Principal, id string, at plant.Instant) (Combined, error) {
	all, err := d.Readings(ctx, who, id, 0, at+1, judged)
	if err != nil {
		return Combined{}, err
	}
	return combine(all, d.o.Rules), nil
}

// Backtest lets the rules judge each window of [from, to) by what was known then, and
// holds that against work that was done.
func (d *Desk) Backtest(ctx context.Context, who access.Principal, id string, from, to plant.Instant) (Backtest, error) {
	p, err := d.Point(ctx, who, id)
	if err != nil {
		return Backtest{}, err
	}
	all, err := d.o.Store.Readings(ctx, who.Scope.Tenant, id, 0, to, judged)
	if err != nil {
		return Backtest{}, err
	}
	out := Backtest{From: from, To: to, Told: []Told{}, Known: []Known{}, Version: d.o.Rules.Version}
	if d.o.Events != nil {
		if out.Known, err = d.o.Events.Known(ctx, who.Scope.Tenant, p.Machine, from, to+ahead); err != nil {
			return Backtest{}, err
		}
	}
	for i := range all {
		if all[i].At < from {
			continue
		}
		out.Windows++
		verdict := combine(all[:i+1], d.o.Rules).Verdict
		switch verdict {
		case NotSure:
			out.Uncertain++
			continue
		case NothingFound:
			continue
		}
		out.Named++
		if n := len(out.Told); n > 0 && out.Told[n-1].Fault == verdict && !broken(all, out.Told[n-1].To, all[i].At) {
			out.Told[n-1].To = all[i].At
			out.Told[n-1].Windows++
			continue
		}
		out.Told = append(out.Told, Told{Fault: verdict, From: all[i].At, To: all[i].At, Windows: 1})
	}
	out.match()
	return out, nil
}

// broken says whether more than some windows lie between two that say the same.
func broken(all []Reading, from, to plant.Instant) bool {
	between := count(all, func(r Reading) bool { return r.At > from && r.At < to })
	return between > lookedAt
}

// match holds what was named against what is known.
func (b *Backtest) match() {
	for i := range b.Told {
		t := &b.Told[i]
		for k := range b.Known {
			if known := &b.Known[k]; known.At >= t.From && known.At <= t.To+ahead {
				t.Before, t.LeadS = known, new(int64(known.At-t.From)/1_000_000)
				break
			}
		}
	}
	for _, k := range b.Known {
		found := false
		for _, t := range b.Told {
			found = found || t.From <= k.At && k.At <= t.To+ahead
		}
		if !found && k.At < b.To {
			b.Missed++
		}
	}
}
