package handshake

import (
	"cmp"
	"context"
	"slices"

	"gonum.org/v1/gonum/stat"

	"zhigai/access"
	calc "zhigai/calc/handshake"
	"zhigai/fact/document"
	"zhigai/plant"
)

// Told is how the other machine was told of a step.
type Told struct {
	Machine plant.NodeID  `json:"equipment"`
	Signal  string        `json:"signal"`
	Value   float64       `json:"value"`
	Idle    float64       `json:"idle" doc:"What it is set back to"`
	Command string        `json:"command,omitempty" doc:"Id of the command"`
	State   string        `json:"state,omitempty" doc:"How the command ended; left out while it is under way"`
	Why     string        `json:"why,omitempty"`
	At      plant.Instant `json:"at,omitempty" doc:"When it ended: of a confirmed one when it was read back"`
	TookMs  float64       `json:"took_ms,omitempty" doc:"From the step seen to the command's end"`
}

// Taken is a step as it was seen.
type Taken struct {
	Name     string        `json:"name"`
	Party    calc.Party    `json:"party" enum:"giver,taker"`
	Machine  plant.NodeID  `json:"equipment"`
	Signal   string        `json:"signal"`
	Tag      plant.TagNo   `json:"tag" doc:"By which its samples are found"`
	Value    float64       `json:"value"`
	At       plant.Instant `json:"at" doc:"When the machine said so"`
	WaitedMs float64       `json:"waited_ms" doc:"Since the step before was told; 0 of the first"`
	Told     *Told         `json:"told,omitempty"`
}

// Handover is one hand-over. Each of its revisions is a fact.
type Handover struct {
	ID        string        `json:"id"`
	Rev       int64         `json:"rev"`
	Handshake string        `json:"handshake" doc:"Its series"`
	RevisedID string        `json:"revision_id"`
	Revision  int           `json:"revision"`
	Begun     plant.Instant `json:"begun"`
	Ended     plant.Instant `json:"ended,omitempty" doc:"Left out while it is under way"`
	Cleared   plant.Instant `json:"cleared,omitempty" doc:"When both were idle again"`
	End       calc.End      `json:"end,omitempty" enum:"done,aborted,timed_out"`
	EndBy     calc.Party    `json:"end_by,omitempty" enum:"giver,taker,node" doc:"Who gave up, was waited for, or was lost; node: zhigai, or a person"`
	Why       calc.Why      `json:"why,omitempty" enum:"not_shown,gave_up,not_told,loss,person,changed"`
	Loss      calc.Loss     `json:"loss,omitempty" enum:"stale,lost,restart,clock,overload"`
	Reason    string        `json:"reason,omitempty" doc:"In words, where there are more"`
	At        string        `json:"at,omitempty" doc:"Step at which it ended"`
	By        string        `json:"by,omitempty" doc:"Person who gave it up"`
	Held      bool          `json:"held,omitempty" doc:"What was told was left as it was, for a person"`
	Late      plant.Instant `json:"late,omitempty" doc:"When the step came that had been waited for too long"`
	Delayed   calc.Party    `json:"delayed,omitempty" enum:"giver,taker,node" doc:"Who took the longest, of all that was waited for"`
	DelayMs   float64       `json:"delay_ms,omitempty" doc:"How long that took"`
	Resumed   int           `json:"resumed,omitempty" doc:"Restarts of the node within it"`
	Steps     []Taken       `json:"steps" nullable:"false"`
}

// delay says who was waited for the longest: with each step its party, with each telling
// the machine that took the command, and with an end whoever it is laid to.
func (h *Handover) delay(lastMs float64) {
	note := func(p calc.Party, ms float64) {
		if ms > h.DelayMs {
			h.Delayed, h.DelayMs = p, ms
		}
	}
	h.Delayed, h.DelayMs = "", 0
	for _, s := range h.Steps {
		note(s.Party, s.WaitedMs)
		if s.Told != nil {
			note(s.Party.Other(), s.Told.TookMs)
		}
	}
	if h.EndBy != "" {
		note(h.EndBy, lastMs)
	}
}

// HandoverFilter chooses hand-overs of one handshake.
type HandoverFilter struct {
	From, To plant.Instant // begun, half open; 0 is not asked
	End      string        // "" for all; open: those under way
	Before   string        // id: those before it
	Limit    int
}

func (f HandoverFilter) takes(h Handover) bool {
	end := cmp.Or(string(h.End), "open")
	return h.Begun >= f.From && (f.To == 0 || h.Begun < f.To) && (f.End == "" || f.End == end)
}

// Handovers are what was handed over, the newest first.
func (d *Desk) Handovers(ctx context.Context, who access.Principal, series string, f HandoverFilter) ([]Handover, error) {
	if _, err := d.ofSeries(ctx, who.Scope, series); err != nil {
		return nil, err
	}
	var out []Handover
	q := Filter{Scope: access.Scope{Tenant: who.Scope.Tenant}, Kind: KindHandover, Of: series, Before: f.Before, Limit: maxHandovers}
	for looked := 0; looked < 50*maxHandovers; looked += maxHandovers {
		page, err := document.ReadAll[Handover](d.o.Store.Documents(ctx, q))
		if err != nil {
			return nil, err
		}
		for _, h := range page {
			if f.takes(h) {
				if out = append(out, h); len(out) == f.Limit {
					return out, nil
				}
			}
		}
		if len(page) < maxHandovers || page[len(page)-1].Begun < f.From {
			break
		}
		q.Before = page[len(page)-1].ID
	}
	return slices.Clip(out), nil
}

// Times are how long something took, in ms. Nearest-rank quantiles of few values are those
// values themselves.
type Times struct {
	Count    int     `json:"count"`
	MedianMs float64 `json:"median_ms"`
	P95Ms    float64 `json:"p95_ms"`
	MostMs   float64 `json:"most_ms"`
}

func timesOf(ms []float64) *Times {
	if len(ms) == 0 {
		return nil
	}
	slices.Sort(ms)
	q := func(p float64) float64 { return stat.Quantile(p, stat.Empirical, ms, nil) }
	return &Times{Count: len(ms), MedianMs: q(0.5), P95Ms: q(0.95), MostMs: ms[len(ms)-1]}
}

// StepTimes are those of one step over many hand-overs.
type StepTimes struct {
	Name   string     `json:"name"`
	Party  calc.Party `json:"party" enum:"giver,taker"`
	Waited *Times     `json:"waited,omitempty" doc:"For the party to show it; left out where it was never waited for"`
	Told   *Times     `json:"told,omitempty" doc:"From the step seen to its command read back; left out where nothing was told"`
}

// EndCount is how many hand-overs ended in a way.
type EndCount struct {
	End   calc.End   `json:"end" enum:"done,aborted,timed_out"`
	By    calc.Party `json:"by,omitempty" enum:"giver,taker,node"`
	Why   calc.Why   `json:"why,omitempty"`
	Count int        `json:"count"`
}

// Statistics are those of the hand-overs of a stretch of time.
type Statistics struct {
	Count int         `json:"count" doc:"Hand-overs that ended"`
	Whole bool        `json:"whole" doc:"All of the stretch were read; false: the newest alone"`
	Total *Times      `json:"total,omitempty" doc:"From begun to ended, of those that came to their end"`
	Steps []StepTimes `json:"steps" nullable:"false"`
	Ends  []EndCount  `json:"ends" nullable:"false" doc:"The most frequent first"`
}

// maxCounted bounds the hand-overs of one statistic.
const maxCounted = 10_000

// Statistics folds the hand-overs that began in a stretch of time.
func (d *Desk) Statistics(ctx context.Context, who access.Principal, series string, from, to plant.Instant) (Statistics, error) {
	all, err := d.Handovers(ctx, who, series, HandoverFilter{From: from, To: to, Limit: maxCounted + 1})
	if err != nil {
		return Statistics{}, err
	}
	out := StatisticsOf(all[:min(len(all), maxCounted)])
	out.Whole = len(all) <= maxCounted
	return out, nil
}

// StatisticsOf folds hand-overs. Those under way count for nothing yet.
func StatisticsOf(all []Handover) Statistics {
	out := Statistics{Whole: true, Steps: []StepTimes{}, Ends: []EndCount{}}
	waited, told := map[string][]float64{}, map[string][]float64{}
	var total []float64
	for _, h := range all {
		if h.End == "" {
			continue
		}
		out.Count++
		if h.End == calc.Done {
			total = append(total, float64(h.Ended-h.Begun)/1000)
		}
		out.end(EndCount{End: h.End, By: h.EndBy, Why: h.Why})
		for i, s := range h.Steps {
			if !slices.ContainsFunc(out.Steps, func(o StepTimes) bool { return o.Name == s.Name }) {
				out.Steps = append(out.Steps, StepTimes{Name: s.Name, Party: s.Party})
			}
			if i > 0 {
				waited[s.Name] = append(waited[s.Name], s.WaitedMs)
			}
			if s.Told != nil && s.Told.TookMs > 0 {
				told[s.Name] = append(told[s.Name], s.Told.TookMs)
			}
		}
	}
	out.Total = timesOf(total)
	for i := range out.Steps {
		s := &out.Steps[i]
		s.Waited, s.Told = timesOf(waited[s.Name]), timesOf(told[s.Name])
	}
	slices.SortFunc(out.Steps, func(a, b StepTimes) int { return cmp.Compare(placeOf(a.Name), placeOf(b.Name)) })
	slices.SortStableFunc(out.Ends, func(a, b EndCount) int { return b.Count - a.Count })
	return out
}

// placeOf is where a step stands among those of its kind.
func placeOf(step string) int {
	for _, steps := range kinds {
		if i := slices.Index(steps, step); i >= 0 {
			return i
		}
	}
	return len(step)
}

func (s *Statistics) end(e EndCount) {
	for i := range s.Ends {
		if o := &s.Ends[i]; o.End == e.End && o.By == e.By && o.Why == e.Why {
			o.Count++
			return
		}
	}
	e.Count = 1
	s.Ends = append(s.Ends, e)
}
