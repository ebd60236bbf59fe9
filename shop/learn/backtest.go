package learn

import (
	"cmp"
	"context"
	"slices"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// Episode is a time in which a version would have warned of a machine.
type Episode struct {
	Machine plant.NodeID  `json:"equipment"`
	From    plant.Instant `json:"from" doc:"When it would have been told"`
	To      plant.Instant `json:"to"`
	Windows int           `json:"windows"`
	Most    plant.Name    `json:"most,omitzero" doc:"Signal that had the most of it, of what is normal"`
	Before  *Breakdown    `json:"before" doc:"Failure that followed; null: none is known"`
	LeadS   *int64        `json:"lead_s" doc:"How long before the failure it would have been told"`
	Learnt  bool          `json:"learnt" doc:"Within the data that it learnt of: no proof"`
}

// Backtest is what a version would have said of the past.
type Backtest struct {
	From     plant.Instant `json:"from"`
	To       plant.Instant `json:"to"`
	Windows  int           `json:"windows"`
	Silent   int           `json:"silent" doc:"Windows of which nothing could be said"`
	Outside  int           `json:"outside" doc:"Single windows above the limit"`
	Episodes []Episode     `json:"episodes" nullable:"false"`
	Warned   int           `json:"warned" doc:"Episodes that a known failure followed"`
	Failures []Breakdown   `json:"failures" nullable:"false" doc:"Known of this time"`
	Missed   int           `json:"missed" doc:"Failures without a warning before"`
	// AheadH is how long before a failure a warning counts as one.
	AheadH    float64       `json:"ahead_h"`
	LeadSMean *int64        `json:"lead_s_mean"`
	LearntTo  plant.Instant `json:"learnt_to" doc:"What lies before is no proof"`
}

// normalAheadH is how long before a failure unusual behaviour is taken for its sign.
const normalAheadH = 7 * 24

// Backtest asks a version about the windows of [from, to) and holds what it would have
// warned of against the failures that are known. Nothing is kept.
func (d *Desk) Backtest(ctx context.Context, who access.Principal, version string, from, to plant.Instant) (Backtest, error) {
	v, err := d.Version(ctx, who, version)
	if err != nil {
		return Backtest{}, err
	}
	if goal := v.Asked.Target.Goal; goal != Failure && goal != Normal {
		return Backtest{}, invalid("only a model of failures, or of what is normal, warns")
	}
	to = min(to, d.now())
	if err := v.spanned(from, to); err != nil {
		return Backtest{}, err
	}
	out := Backtest{From: from, To: to, Episodes: []Episode{}, Failures: []Breakdown{}, AheadH: normalAheadH, LearntTo: v.To}
	if v.Asked.Target.Goal == Failure {
		out.AheadH = v.Asked.Target.WithinH
	}
	ahead := plant.Instant(out.AheadH * float64(hour))
	for _, machine := range v.Asked.Machines {
		all, err := d.read(ctx, who.Scope.Tenant, &v, machine, gridOf(from, to, v.Asked.window()))
		if err != nil {
			return Backtest{}, err
		}
		failures, err := d.o.Machines.Failures(ctx, who.Scope.Tenant, machine, from, to+ahead)
		if err != nil {
			return Backtest{}, err
		}
		slices.SortFunc(failures, func(a, b Breakdown) int { return cmp.Compare(a.At, b.At) })
		out.add(&v, machine, all, failures, ahead)
	}
	out.sum()
	return out, nil
}

// add folds the windows of a machine as they would have come.
func (b *Backtest) add(v *Version, machine plant.NodeID, all []Reading, failures []Breakdown, ahead plant.Instant) {
	first := len(b.Episodes)
	told := false
	for i := range all {
		b.Windows++
		if all[i].Why != "" {
			b.Silent++
		} else if all[i].Outside {
			b.Outside++
		}
		last := all[max(0, i+1-lookedAt) : i+1]
		f, _, _ := fold(last)
		switch {
		case f == OffNow && !told:
			e := Episode{Machine: machine, From: all[i].At, To: all[i].At, Windows: 1, Learnt: all[i].At <= v.To}
			if v.Monitor != nil {
				e.Most = v.most(last)
			}
			b.Episodes = append(b.Episodes, e)
		case f == OffNow:
			e := &b.Episodes[len(b.Episodes)-1]
			e.To = all[i].At
			e.Windows++
		}
		told = f == OffNow
	}
	for i := first; i < len(b.Episodes); i++ {
		e := &b.Episodes[i]
		for k := range failures {
			if f := &failures[k]; f.At >= e.From && f.At <= e.To+ahead {
				e.Before, e.LeadS = f, new(int64(f.At-e.From)/int64(time.Second/time.Microsecond))
				break
			}
		}
	}
	for _, f := range failures {
		if f.At >= b.To {
			continue
		}
		b.Failures = append(b.Failures, f)
		if !slices.ContainsFunc(b.Episodes[first:], func(e Episode) bool { return e.From <= f.At && f.At <= e.To+ahead }) {
			b.Missed++
		}
	}
}

// sum tells how many episodes a failure followed, and how long after the first of them.
func (b *Backtest) sum() {
	leads, n := int64(0), int64(0)
	seen := map[*Breakdown]bool{}
	for _, e := range b.Episodes {
		if e.Before == nil {
			continue
		}
		b.Warned++
		if !seen[e.Before] { // the first warning of a failure is the one that helps
			seen[e.Before] = true
			leads += *e.LeadS
			n++
		}
	}
	if n > 0 {
		b.LeadSMean = new(leads / n)
	}
}
