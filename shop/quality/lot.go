package quality

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"zhigai/access"
	"zhigai/calc/sampling"
	"zhigai/fact/document"
	"zhigai/plant"
)

// Lot is a lot that was inspected by sampling, judged by the plan in force then.
type Lot struct {
	ID             string        `json:"id"`
	Characteristic string        `json:"characteristic"`
	Lot            string        `json:"lot,omitempty"`
	Supplier       string        `json:"supplier,omitempty"`
	Size           int64         `json:"size"`
	Found          int           `json:"found"`
	Again          bool          `json:"again,omitempty" doc:"It was rejected before, and does not count for switching"`
	Severity       string        `json:"severity"`
	Code           string        `json:"code"`
	N              int           `json:"n"`
	Inspect        int64         `json:"inspect" doc:"Units to look at: the whole lot when it is not larger than the sample"`
	Ac             int           `json:"ac"`
	Re             int           `json:"re"`
	Accepted       bool          `json:"accepted"`
	Score          int           `json:"score" doc:"Switching score after it"`
	Next           string        `json:"next" doc:"How the next lot is inspected"`
	Discontinued   bool          `json:"discontinued,omitempty"`
	Why            string        `json:"why,omitempty" doc:"Why the next lot is inspected otherwise"`
	Steady         bool          `json:"steady,omitempty" doc:"Somebody said that production is steady, or mended"`
	Note           string        `json:"note,omitempty"`
	By             string        `json:"by"`
	At             plant.Instant `json:"at"`
}

// NewLot is what somebody found in the sample of a lot.
type NewLot struct {
	Lot      string `json:"lot,omitempty" maxLength:"60"`
	Supplier string `json:"supplier,omitempty" maxLength:"60"`
	Size     int64  `json:"size" minimum:"2" maximum:"1000000000" doc:"Units in the lot"`
	Found    int    `json:"found" minimum:"0" doc:"Nonconforming units of the sample"`
	Again    bool   `json:"again,omitempty" doc:"It was rejected before"`
	Steady   bool   `json:"steady,omitempty" doc:"Production is steady and the responsible person agrees to reduced inspection"`
	Note     string `json:"note,omitempty" maxLength:"1000"`
	Key      string `json:"key,omitempty" maxLength:"80"`
	Try      bool   `json:"try,omitempty" doc:"Only tell the plan of the next lot of this size"`
}

// maxSwitching is how many lots the switching rules look back: the longest way, to a
// score of 30, takes 15, and what was before a change does not count.
const maxSwitching = 500

// state folds the lots of a characteristic by the switching rules, oldest first.
func state(c *Characteristic, lots []Lot) sampling.State {
	s := sampling.Start()
	for _, l := range lots {
		if l.Again {
			continue
		}
		if s.Discontinued && l.Steady {
			s = s.Resume()
		}
		judged, err := sampling.Judge(l.Size, c.Level, c.AQL, s.Severity, l.Found)
		if err != nil { // the plan has changed so that the lot says nothing of it
			continue
		}
		s = s.Switch(judged, l.Steady)
	}
	return s
}

// Inspect judges a lot by its sample, or with Try tells how many units to look at.
func (d *Desk) Inspect(ctx context.Context, who access.Principal, id string, n NewLot) (Lot, error) {
	right := access.Report
	if n.Try {
		right = access.Read
	}
	c, err := d.characteristic(ctx, who, id, right)
	if err != nil {
		return Lot{}, err
	}
	if c.Level == "" {
		return Lot{}, invalid("%s has no sampling plan; give it a level and an AQL", c.Code)
	}
	tenant := who.Scope.Tenant
	if n.Key != "" {
		old, err := document.Read[Lot](d.o.Store.Keyed(ctx, tenant, KindLot, who.Name, n.Key))
		if err == nil {
			return old, nil
		}
	}
	lots, err := d.lots(ctx, tenant, id)
	if err != nil {
		return Lot{}, err
	}
	before := state(&c, lots)
	if before.Discontinued {
		if !n.Steady { // whoever says that the process was mended
			return Lot{}, invalid("inspection was discontinued: five lots were rejected in tightened inspection; mend the process, then say that it is steady")
		}
		before = before.Resume()
	}
	judged, err := sampling.Judge(n.Size, c.Level, c.AQL, before.Severity, n.Found)
	if err != nil {
		return Lot{}, invalid("%v", err)
	}
	// Reduced inspection goes on while nobody says otherwise.
	steady := n.Steady || before.Severity == sampling.Reduced
	after := before
	if !n.Again {
		after = before.Switch(judged, steady)
	}
	l := Lot{
		ID: d.o.NewID(), Characteristic: id, Lot: strings.TrimSpace(n.Lot), Supplier: strings.TrimSpace(n.Supplier), Size: n.Size, Found: n.Found, Again: n.Again,
		Severity: string(before.Severity), Code: judged.Plan.Code, N: judged.Plan.N, Inspect: judged.Plan.Inspect, Ac: judged.Plan.Ac, Re: judged.Plan.Re,
		Accepted: judged.Accepted, Score: after.Score, Next: string(after.Severity), Discontinued: after.Discontinued, Why: after.Why, Steady: steady, Note: strings.TrimSpace(n.Note),
		By: who.Name, At: d.now(),
	}
	if n.Try {
		return l, nil
	}
	return l, d.save(ctx, tenant, Document{Kind: KindLot, ID: l.ID, Place: c.Place, Path: c.Path, Of: id, By: who.Name, Key: n.Key}, l, 0)
}

// lots of a characteristic, oldest first.
func (d *Desk) lots(ctx context.Context, tenant plant.TenantNo, id string) ([]Lot, error) {
	all, err := document.ReadAll[Lot](d.o.Store.Documents(ctx, Filter{Scope: access.Scope{Tenant: tenant}, Kind: KindLot, Of: id, Limit: maxSwitching}))
	slices.Reverse(all)
	return all, err
}

// Lots lists lots that were inspected, the newest first.
func (d *Desk) Lots(ctx context.Context, f Filter) ([]Lot, error) {
	f.Kind = KindLot
	return document.ReadAll[Lot](d.o.Store.Documents(ctx, f))
}

// DefectCount is how often a kind of defect was found.
type DefectCount struct {
	Code  string  `json:"code"`
	Count int64   `json:"count"`
	Share float64 `json:"share" doc:"Of all, up to and with this one"`
	From  string  `json:"from" enum:"inspection,production"`
}

// Pareto counts what was found by inspection, and what production entered as scrap,
// the most frequent first, with the shares that add up.
func (d *Desk) Pareto(ctx context.Context, scope access.Scope, from, to plant.Instant) ([]DefectCount, error) {
	sums := map[[2]string]int64{}
	list, err := d.Characteristics(ctx, Filter{Scope: scope, Limit: maxList})
	if err != nil {
		return nil, err
	}
	for _, c := range list {
		if !c.Attribute {
			continue
		}
		all, err := d.o.Store.Subgroups(ctx, scope.Tenant, c.ID, from, to, maxCapability)
		if err != nil {
			return nil, err
		}
		for _, s := range all {
			for _, f := range s.Defects {
				sums[[2]string{f.Code, "inspection"}] += f.Count
			}
		}
	}
	if d.o.Scrap != nil {
		scrap, err := d.o.Scrap.Scrap(ctx, scope, from, to)
		if err != nil {
			return nil, err
		}
		for _, f := range scrap {
			sums[[2]string{f.Code, "production"}] += f.Count
		}
	}
	out := make([]DefectCount, 0, len(sums))
	total := int64(0)
	for key, n := range sums {
		out = append(out, DefectCount{Code: key[0], From: key[1], Count: n})
		total += n
	}
	slices.SortFunc(out, func(a, b DefectCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Code, b.Code), cmp.Compare(a.From, b.From))
	})
	sum := int64(0)
	for i := range out {
		sum += out[i].Count
		out[i].Share = float64(sum) / float64(total)
	}
	return out, nil
}
