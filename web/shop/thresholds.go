package shop

import (
	"context"
	"net/http"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/calc/threshold"
	"zhigai/plant"
	"zhigai/shop/equipment"
	"zhigai/web"
)

// Thresholds is what the values of a signal say about where a machine stands,
// idles and runs.
type Thresholds struct {
	Signals    []ThresholdSignal `json:"signals" nullable:"false" doc:"Signals that the machine's rules compare; none when they have no thresholds"`
	Signal     string            `json:"signal,omitempty" doc:"The one that was looked at"`
	Unit       string            `json:"unit,omitempty"`
	Params     []ThresholdParam  `json:"params" nullable:"false" doc:"Lowest first"`
	Thresholds []float64         `json:"thresholds" nullable:"false" doc:"Proposed; none when it cannot be told"`
	Why        string            `json:"why,omitempty" enum:",short,constant,one" doc:"Why there is no proposal: listened to for less than an hour, never moved, or one level"`
	// Separability and Valley are those of threshold.Proposal.
	Separability float64        `json:"separability" doc:"Share of the variance between the classes, 0..1"`
	Valley       float64        `json:"valley" doc:"Time in the valley between two levels over that at the lower level, 0..1; 0 is empty"`
	Clear        bool           `json:"clear"`
	ObservedMS   int64          `json:"observed_ms"`
	MissingMS    int64          `json:"missing_ms" doc:"Without contact or good values; tells nothing"`
	Bins         []ThresholdBin `json:"bins" nullable:"false" doc:"Time at values; the first and the last hold what is beyond them, too"`
	Proposed     ThresholdSplit `json:"proposed" doc:"What the proposal would make of the time"`
	Present      ThresholdSplit `json:"present" doc:"What the present thresholds make of it"`
}

// ThresholdSignal is a signal that can be learned from.
type ThresholdSignal struct {
	Name  string     `json:"name"`
	Title plant.Name `json:"title"`
	Unit  string     `json:"unit,omitempty"`
	Tag   uint32     `json:"tag"`
}

// ThresholdParam is a parameter of the device that a rule compares with.
type ThresholdParam struct {
	Name     string     `json:"name"`
	Title    plant.Name `json:"title"`
	Value    *float64   `json:"value,omitempty" doc:"At present"`
	Proposed *float64   `json:"proposed,omitempty"`
	Min      *float64   `json:"min,omitempty"`
	Max      *float64   `json:"max,omitempty"`
}

// ThresholdBin is a bar of the histogram.
type ThresholdBin struct {
	From float64 `json:"from"`
	To   float64 `json:"to"`
	MS   int64   `json:"ms"`
}

// ThresholdSplit is what thresholds make of the time.
type ThresholdSplit struct {
	Classes        []ThresholdClass `json:"classes" nullable:"false" doc:"Lowest first"`
	ChangesPerHour float64          `json:"changes_per_hour"`
}

// ThresholdClass is the time between two thresholds.
type ThresholdClass struct {
	MS     int64   `json:"ms"`
	Share  float64 `json:"share"`
	Median float64 `json:"median"`
}

func (r *rooms) registerThresholds() {
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/equipment/{id}/thresholds", ID: "thresholds", Summary: "Thresholds between standing, idle and running, learned from a signal; changes nothing", Tag: "equipment", Needs: access.Engineer, Heavy: true},
		func(ctx context.Context, in *struct {
			ID     plant.NodeID `path:"id" maxLength:"60"`
			Signal string       `query:"signal" maxLength:"100" doc:"The first that rules compare when left out"`
			From   time.Time    `query:"from" required:"true"`
			To     time.Time    `query:"to" required:"true"`
		},
		) (*struct{ Body Thresholds }, error) {
			from, to, err := web.Range{From: in.From, To: in.To}.Micros()
			if err != nil {
				return nil, err
			}
			l, err := r.Desk.Learn(ctx, web.Who(ctx).Scope, in.ID, in.Signal, from, to)
			if err != nil {
				return nil, err
			}
			return &struct{ Body Thresholds }{thresholdsOf(l)}, nil
		})
	web.Handle(r.api, web.Op{Method: http.MethodGet, Path: "/equipment/{id}/preview", ID: "preview", Summary: "What a machine would have done with other thresholds; changes nothing", Tag: "equipment", Needs: access.Engineer, Heavy: true},
		func(ctx context.Context, in *struct {
			ID    plant.NodeID `path:"id" maxLength:"60"`
			From  time.Time    `query:"from" required:"true"`
			To    time.Time    `query:"to" required:"true"`
			Param []string     `query:"param,explode" maxItems:"20" doc:"name=value"`
		},
		) (*web.ListOut[Interval], error) {
			from, to, err := web.Range{From: in.From, To: in.To}.Micros()
			if err != nil {
				return nil, err
			}
			params := map[string]string{}
			for _, p := range in.Param {
				name, value, ok := strings.Cut(p, "=")
				if !ok {
					return nil, web.Invalid("query.param", "%q; write name=value, for example run_above=2", p)
				}
				params[name] = value
			}
			all, err := r.Desk.Preview(ctx, web.Who(ctx).Scope, in.ID, from, to, params)
			if err != nil {
				return nil, err
			}
			items := make([]Interval, len(all))
			for i, x := range all {
				items[i] = r.intervalOf(x)
			}
			return web.NewList(items, ""), nil
		})
}

func thresholdsOf(l equipment.Learned) Thresholds {
	p := l.Proposal
	out := Thresholds{
		Signals: []ThresholdSignal{}, Signal: l.Tag.Name, Unit: l.Tag.Unit, Params: []ThresholdParam{}, Thresholds: append([]float64{}, p.Thresholds...),
		Why: string(p.Why), Separability: p.Separability, Valley: p.Valley, Clear: p.Clear, ObservedMS: p.ObservedMs, MissingMS: p.MissingMs, Bins: []ThresholdBin{},
		Proposed: splitOf(l.Holds, p.Thresholds),
	}
	for _, t := range l.Signals {
		out.Signals = append(out.Signals, ThresholdSignal{Name: t.Name, Title: t.Title, Unit: t.Unit, Tag: uint32(t.No)})
	}
	var present []float64
	for _, t := range l.Thresholds {
		out.Params = append(out.Params, ThresholdParam{Name: t.Param.Name, Title: t.Param.Title, Value: t.Value, Proposed: t.Proposed, Min: t.Param.Min, Max: t.Param.Max})
		if t.Value != nil {
			present = append(present, *t.Value)
		}
	}
	out.Present = splitOf(l.Holds, present)
	for _, b := range p.Histogram {
		out.Bins = append(out.Bins, ThresholdBin{From: b.From, To: b.To, MS: b.Ms})
	}
	return out
}

func splitOf(holds []threshold.Hold, thresholds []float64) ThresholdSplit {
	classes, changes := threshold.Split(holds, thresholds)
	out := ThresholdSplit{Classes: []ThresholdClass{}, ChangesPerHour: changes}
	for _, c := range classes {
		out.Classes = append(out.Classes, ThresholdClass{MS: c.Ms, Share: c.Share, Median: c.Median})
	}
	return out
}
